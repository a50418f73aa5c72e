//! The network between the nodes: a proxy for every ordered pair, which the runner cuts and clogs.
//!
//! A node sends on connections that it dialled and receives on those that it accepted
//! (docs/peers.md), so one connection is one direction, and what one proxy does is done one way.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use field::{Quality, Weather};
use model::{NodeId, Random};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Bytes that are carried at once; what a node sends together is mostly shorter.
const CHUNK: usize = 64 << 10;

/// All proxies. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Network {
    /// Carries the bytes.
    _runtime: Runtime,
    /// By sender, then by addressee. The diagonal carries nothing.
    links: Vec<Vec<Link>>,
    resets: Arc<AtomicU64>,
}

/// The way from one node to another.
#[derive(Debug)]
struct Link {
    address: SocketAddr,
    quality: watch::Sender<Quality>,
}

impl Network {
    /// Proxies between nodes that listen for their peers at these addresses.
    pub fn new(peers: &[SocketAddr], seed: u64) -> io::Result<Network> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build()?;
        let resets = Arc::new(AtomicU64::new(0));
        let link = |from: usize, to: usize| -> io::Result<Link> {
            let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
            let address = listener.local_addr()?;
            let (quality, watched) = watch::channel(Quality::default());
            let way = Way {
                to: peers[to],
                quality: watched,
                newest: Arc::default(),
                resets: resets.clone(),
                seed: Random::child(seed, &format!("link {from} {to}")).bits(),
            };
            runtime.spawn(way.serve(listener));
            Ok(Link { address, quality })
        };
        let nodes = peers.len();
        let links = (0..nodes).map(|from| (0..nodes).map(|to| link(from, to)).collect());
        let links = links.collect::<io::Result<_>>()?;
        Ok(Network { _runtime: runtime, links, resets })
    }

    /// Where a node reaches another.
    pub fn address(&self, from: NodeId, to: NodeId) -> SocketAddr {
        self.links[from.index()][to.index()].address
    }

    /// From now on the links are as the weather is.
    pub fn become_like(&self, weather: &Weather) {
        for (from, links) in NodeId::first(self.links.len()).zip(&self.links) {
            for (link, quality) in links.iter().zip(weather.of(from)) {
                link.quality.send_replace(quality);
            }
        }
    }

    /// Connections that were broken on purpose, so far.
    pub fn resets(&self) -> u64 {
        self.resets.load(Ordering::Relaxed)
    }
}

/// What a proxy knows.
#[derive(Clone)]
struct Way {
    to: SocketAddr,
    quality: watch::Receiver<Quality>,
    /// How many connections there have been.
    newest: Arc<AtomicU64>,
    resets: Arc<AtomicU64>,
    seed: u64,
}

impl Way {
    async fn serve(self, listener: TcpListener) {
        loop {
            // A connection that could not be taken is dialled again.
            if let Ok((near, _)) = listener.accept().await {
                let number = self.newest.fetch_add(1, Ordering::Relaxed) + 1;
                tokio::spawn(self.clone().carry(near, number));
            }
        }
    }

    /// Carries one connection until either side closes it or it is cut. While the way is cut or
    /// clogged, a new connection waits, as one does whose first packet is lost or late.
    async fn carry(mut self, mut near: TcpStream, number: u64) {
        let is_open = |quality: &Quality| !quality.cut && !quality.clogged;
        let opened = self.quality.wait_for(is_open).await.is_ok();
        // One that was given up in the meantime must not displace its successor.
        if !opened || self.newest.load(Ordering::Relaxed) != number {
            return;
        }
        let Ok(mut far) = TcpStream::connect(self.to).await else { return };
        // Without it small frames would wait for each other; if it fails, they do.
        let _ = near.set_nodelay(true).and(far.set_nodelay(true));
        let mut random = Random::child(self.seed, &format!("connection {number}"));
        let mut cut = self.quality.clone();
        let is_broken = {
            let (near_read, near_write) = near.split();
            let (far_read, far_write) = far.split();
            tokio::select! {
                cut = cut.wait_for(|quality| quality.cut) => cut.is_ok(),
                broken = forward(near_read, far_write, &mut self.quality, &mut random) => broken,
                () = back(far_read, near_write) => false,
            }
        };
        self.resets.fetch_add(u64::from(is_broken), Ordering::Relaxed);
    }
}

/// Carries what is sent. Returns true if the connection is to be broken: a stream cannot lose what
/// is in its midst, so what would be lost is lost with all behind it.
async fn forward(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    quality: &mut watch::Receiver<Quality>,
    random: &mut Random,
) -> bool {
    let mut chunk = vec![0; CHUNK];
    loop {
        let Ok(count @ 1..) = from.read(&mut chunk).await else { return false };
        let Ok(now) = quality.wait_for(|quality| !quality.clogged).await.map(|now| *now) else {
            return false;
        };
        if random.chance(u64::from(now.loss_ppm.min(1_000_000)), 1_000_000) {
            return true;
        }
        if to.write_all(&chunk[..count]).await.is_err() {
            return false;
        }
    }
}

/// Carries the answer to a greeting, which is all that comes back.
async fn back(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) {
    let mut chunk = [0; 512];
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        if to.write_all(&chunk[..count]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use field::Weather;
    use model::NodeSet;
    use world::timed::{Fault, SECONDS};

    use super::*;

    /// A connection from the one to the other over the network, that has carried a byte each way.
    fn connect(network: &Network, from: u16, to: u16, at: &TcpListener) -> (TcpStream, TcpStream) {
        let near = TcpStream::connect(network.address(NodeId(from), NodeId(to)));
        let mut near = near.expect("The proxy listens.");
        near.write_all(b"?").expect("The connection is open.");
        let mut far = at.accept().expect("The proxy dials.").0;
        assert_eq!(read(&mut far), Some(b'?'));
        far.write_all(b"!").expect("The connection is open.");
        assert_eq!(read(&mut near), Some(b'!'));
        (near, far)
    }

    /// The next byte, or nothing when the connection is closed.
    fn read(stream: &mut TcpStream) -> Option<u8> {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => Some(byte[0]),
            Ok(_) => None,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// A cut breaks what stands and lets nothing new through, one way only; a clog holds what is
    /// sent; a storm breaks connections; and all of it ends.
    #[test]
    fn ways_are_cut_and_clogged_one_by_one() {
        let nodes: Vec<TcpListener> =
            (0..2).map(|_| TcpListener::bind("127.0.0.1:0").expect("There are ports.")).collect();
        let peers: Vec<SocketAddr> =
            nodes.iter().map(|node| node.local_addr().expect("It listens.")).collect();
        let network = Network::new(&peers, 1).expect("There are ports.");
        let mut weather = Weather::calm(2);
        let sides = (NodeSet::from_iter([NodeId(0)]), NodeSet::from_iter([NodeId(1)]));
        let mut change = |fault: &Fault, begins| {
            weather.change(fault, begins);
            network.become_like(&weather);
        };

        let (mut there, mut end) = connect(&network, 0, 1, &nodes[1]);
        let (mut back, mut home) = connect(&network, 1, 0, &nodes[0]);
        let cut = Fault::Cut { from: sides.0, to: sides.1, both: false, span: SECONDS };
        // What gets through a cut may be late to be seen, but not every time.
        for round in 1..=50 {
            change(&cut, true);
            assert_eq!((read(&mut there), read(&mut end)), (None, None));
            let early = TcpStream::connect(network.address(NodeId(0), NodeId(1)));
            there = early.expect("The proxy listens.");
            there.write_all(b"e").expect("It waits.");
            back.write_all(b"b").expect("The other way is open.");
            assert_eq!(read(&mut home), Some(b'b'));
            nodes[1].set_nonblocking(true).expect("It can be asked without waiting.");
            assert!(nodes[1].accept().is_err(), "nothing gets through a cut");
            nodes[1].set_nonblocking(false).expect("And waited for.");
            change(&cut, false);
            end = nodes[1].accept().expect("What waited gets through.").0;
            assert_eq!(read(&mut end), Some(b'e'));
            assert_eq!(network.resets(), round);
        }

        let clog = Fault::Clog { from: sides.0, to: sides.1, span: SECONDS };
        change(&clog, true);
        there.write_all(b"c").expect("It waits.");
        back.write_all(b"d").expect("The other way is open.");
        assert_eq!(read(&mut home), Some(b'd'));
        end.set_nonblocking(true).expect("It can be asked without waiting.");
        assert!(end.read(&mut [0]).is_err(), "nothing gets through a clog");
        end.set_nonblocking(false).expect("And waited for.");
        change(&clog, false);
        assert_eq!(read(&mut end), Some(b'c'));

        let storm = Fault::Storm { loss_ppm: 1_000_000, duplicate_ppm: 0, span: SECONDS };
        change(&storm, true);
        there.write_all(b"s").expect("The connection is open.");
        assert_eq!((read(&mut there), read(&mut end)), (None, None));
        assert_eq!(network.resets(), 51);
        change(&storm, false);
        connect(&network, 0, 1, &nodes[1]);
    }
}
