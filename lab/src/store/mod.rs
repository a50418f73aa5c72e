//! The served store in the lab: the very replica that `synod serve` runs, with clients whose
//! history is judged linearizable.

mod clients;
mod model;

use ::model::{Event, NodeId, Random};
use canon::order::raft::{
    Mutant, Raft, Setup, electable_completeness, election_safety, leader_completeness,
    log_matching, state_machine_safety,
};
use machine::etcd::{self, Etcd, Query, Reply};
use machine::{Command, Indication, Machine, Replica, Request};
use spec::monitor::Monitor;
use world::trace::Epoch;
use world::{Invariant, Sometimes, Subject};

use crate::exhibit::{Card, Exhibit};

use self::model::Ask;
pub use clients::StoreClients;

/// What the store puts into order.
type Ordered = Command<etcd::Command>;

/// The replica that is served.
pub type Store = Replica<Raft<Ordered>, Etcd>;

/// The store, its size, and perhaps a breakage of the Raft below it.
#[derive(Clone, Debug)]
pub struct StoreLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
}

/// Clients judge the store by their history, so at each step there is nothing left to judge.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ByHistory;

impl Monitor<Store> for ByHistory {
    fn indicated(&mut self, _: NodeId, _: &Indication<Reply>) -> Result<(), String> {
        Ok(())
    }
}

impl Subject for StoreLab {
    type Process = Store;
    type Monitor = ByHistory;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Store {
        let weigh = |command: &Ordered| Etcd::weight(&command.body);
        let setup = Setup { weigh, mutant: self.mutant, ..Setup::new(node, self.nodes) };
        Replica::new(node, Raft::new(setup))
    }

    fn monitor(&self) -> ByHistory {
        ByHistory
    }

    fn invariants(&self) -> Vec<Invariant<Store>> {
        vec![
            Invariant { name: "election safety", holds: |n| below(n, election_safety) },
            Invariant { name: "log matching", holds: |n| below(n, log_matching) },
            Invariant { name: "leader completeness", holds: |n| below(n, leader_completeness) },
            Invariant {
                name: "leader completeness to come",
                holds: |n| below(n, electable_completeness),
            },
            Invariant { name: "state machine safety", holds: |n| below(n, state_machine_safety) },
        ]
    }

    fn sometimes(&self) -> Vec<Sometimes<Store>> {
        vec![
            Sometimes { name: "a leader is elected", seen: |_, store| store.order().is_leader() },
            Sometimes { name: "a command is forwarded", seen: |event, _| is_forward(event) },
            Sometimes { name: "a follower's read is answered", seen: |event, _| is_read(event) },
            Sometimes { name: "the machine changes", seen: |_, store| store.applied() > 1 },
            Sometimes { name: "something is asked again", seen: |event, _| is_retry(event) },
        ]
    }

    /// For stories: at each node two writes and two reads of one key.
    fn requests(&self, node: NodeId) -> Vec<Request<etcd::Command, Query>> {
        let first = u64::from(node.0) * 10;
        let (key, put) = (0, |value| Ask::Put { key: 0, value });
        let asks = [put(first + 1), put(first + 2), Ask::Get { key }, Ask::Get { key }];
        let asks = (first + 1..).zip(asks);
        asks.map(|(id, ask)| Request::Ask { id, operation: clients::operation(&ask) }).collect()
    }

    /// For real processes. Whoever asks here has seen nothing, so what it swaps is what was never
    /// written.
    fn request(
        &self,
        _: NodeId,
        count: u64,
        random: &mut Random,
    ) -> Option<Request<etcd::Command, Query>> {
        let operation = clients::operation(&clients::drawn(random, count, |_| 0));
        Some(Request::Ask { id: count + 1, operation })
    }

    fn epoch(&self, store: &Store) -> Option<Epoch> {
        let raft = store.order();
        Some(Epoch { number: raft.term(), leads: raft.is_leader() })
    }

    fn resized(&self, nodes: usize) -> Option<StoreLab> {
        Some(StoreLab { nodes, ..self.clone() })
    }
}

impl Exhibit for StoreLab {
    type Workload = StoreClients;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "store",
        what: "the served store: etcd's machine on Raft, with clients whose history is judged",
        family: "machine",
        file: "machine/src/replica/mod.rs",
        source: "Schneider 1990; etcd v3",
        nodes: 3,
        sizes: (1, 9),
    };

    /// Its state is too large; the order below it is explored by itself.
    const EXPLORED: bool = false;

    fn sized(nodes: usize) -> StoreLab {
        StoreLab { nodes, mutant: None }
    }

    fn broken(self, mutant: Mutant) -> StoreLab {
        StoreLab { mutant: Some(mutant), ..self }
    }
}

/// An invariant of the order, asked of the replicas above it.
fn below(
    nodes: &[&Store],
    holds: fn(&[&Raft<Ordered>]) -> Result<(), String>,
) -> Result<(), String> {
    let orders: Vec<&Raft<Ordered>> = nodes.iter().map(|replica| replica.order()).collect();
    holds(&orders)
}

fn is_forward(event: &Event<Store>) -> bool {
    matches!(event, Event::Message(_, machine::Message::Forward(_)))
}

fn is_read(event: &Event<Store>) -> bool {
    use canon::order::raft::Message;
    matches!(event, Event::Message(_, machine::Message::Order(Message::ReadIndexReply { .. })))
}

fn is_retry(event: &Event<Store>) -> bool {
    matches!(event, Event::Timer(machine::Timer::Retry))
}
