//! The transport between peers on loopback: several nodes in one thread and one poll, and
//! strangers of all kinds.

mod daily;
mod strangers;

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use mio::{Events, Poll};
use model::NodeId;
use node::peers::{Note, Peers};

const CLUSTER: u64 = 0xc0ffee;

/// Tokens of node `i` begin at `i` times this.
const RANGE: usize = 1000;

/// Nothing here takes long; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nodes that share one thread and one poll.
struct Hall {
    poll: Poll,
    events: Events,
    addresses: Vec<SocketAddr>,
    nodes: Vec<Option<Peers>>,
    /// What each node has received.
    got: Vec<Vec<(NodeId, Vec<u8>)>>,
    notes: Vec<Note>,
    /// Nodes in this list take no events: they are alive and do not read.
    deaf: Vec<usize>,
}

impl Hall {
    /// A hall of `count` nodes, none started.
    fn new(count: usize) -> Hall {
        Hall {
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(256),
            addresses: (0..count).map(|_| free_address()).collect(),
            nodes: (0..count).map(|_| None).collect(),
            got: vec![Vec::new(); count],
            notes: Vec::new(),
            deaf: Vec::new(),
        }
    }

    /// A hall of `count` nodes that are all connected.
    fn connected(count: usize) -> Hall {
        let mut hall = Hall::new(count);
        (0..count).for_each(|index| hall.start(index));
        hall.until("all are connected", |hall| {
            let all = count - 1;
            hall.nodes
                .iter()
                .flatten()
                .all(|node| (node.counters().connected, node.counters().accepted) == (all, all))
        });
        hall
    }

    fn start(&mut self, index: usize) {
        let peers = (0..self.addresses.len())
            .filter(|other| *other != index)
            .map(|other| (NodeId(other as u16), self.addresses[other]))
            .collect();
        let registry = self.poll.registry().try_clone().unwrap();
        let tokens = index * RANGE..(index + 1) * RANGE;
        let (me, address) = (NodeId(index as u16), self.addresses[index]);
        self.nodes[index] =
            Some(Peers::new(me, CLUSTER, address, peers, registry, tokens).unwrap());
    }

    fn stop(&mut self, index: usize) {
        self.nodes[index] = None;
    }

    fn node(&mut self, index: usize) -> &mut Peers {
        self.nodes[index].as_mut().expect("the node runs")
    }

    fn send(&mut self, from: usize, to: usize, payload: &[u8]) {
        self.node(from).send(NodeId(to as u16), |out| out.extend_from_slice(payload));
    }

    /// One turn of the loop that a server would run.
    fn turn(&mut self) {
        let now = Instant::now();
        let mut sleep = Duration::from_millis(50);
        for node in self.nodes.iter_mut().flatten() {
            node.flush();
            if let Some(at) = node.tick(now) {
                sleep = sleep.min(at.saturating_duration_since(now));
            }
            self.notes.extend(node.notes());
        }
        self.poll.poll(&mut self.events, Some(sleep)).unwrap();
        for event in &self.events {
            let index = event.token().0 / RANGE;
            if self.deaf.contains(&index) {
                continue;
            }
            let got = &mut self.got[index];
            if let Some(node) = &mut self.nodes[index] {
                node.ready(event, &mut |from, payload| got.push((from, payload.to_vec())));
            }
        }
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Hall) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < PATIENCE, "waited too long until {what}: {:?}", self.notes);
            self.turn();
        }
    }
}

/// A port that was free a moment ago, below those that the system gives to connections: one of
/// those could be taken by a dialling socket while its owner restarts.
fn free_address() -> SocketAddr {
    use std::hash::{BuildHasher, Hasher, RandomState};
    loop {
        let port = 10_000 + (RandomState::new().build_hasher().finish() % 20_000) as u16;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
