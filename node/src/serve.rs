//! One node, from an empty process to the served store and back.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use canon::order::raft::{Raft, Setup};
use machine::etcd::Etcd;
use machine::{Command, Machine, Replica};
use mio::{Poll, Waker};
use model::Host;
use tokio::sync::oneshot;

use crate::clients::{self, Front};
use crate::config::Config;
use crate::drive::{DESK, Desk, Drive};
use crate::log::{Identity, Log};
use crate::peers::Peers;
use crate::status::Status;
use crate::{Error, News};

/// The store that is served: etcd's key-value machine over Raft.
type Store = Replica<Raft<Command<<Etcd as Machine>::Command>>, Etcd>;

/// How long clients may take to end their streams when the node stops.
const GRACE: Duration = Duration::from_millis(100);

/// Runs a node until `stop` is given or dropped, and tells `news` what happens.
///
/// # Errors
/// When a port or the data folder cannot be had, when the log is damaged, when the disk fails.
pub fn serve(
    config: Config,
    news: Sender<News>,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let own = config.own()?.clone();
    let listener = TcpListener::bind(own.clients)
        .map_err(|source| Error::Listen { address: own.clients, source })?;
    let poll = Poll::new().map_err(Error::Poll)?;
    let registry = poll.registry().try_clone().map_err(Error::Poll)?;
    let tokens = DESK.0 + 1..DESK.0 + 1 + Peers::tokens(config.members.len());
    let peers = Peers::new(config.me, config.cluster, own.peers, config.peers(), registry, tokens)
        .map_err(Error::Peers)?;
    let (host, log) = recover(&config, &news)?;
    // Nobody may be listening for news: then nobody wants to know.
    let _ = news.send(News::Listening { clients: own.clients, peers: own.peers });

    let waker = Waker::new(poll.registry(), DESK).map_err(Error::Poll)?;
    let desk = Arc::new(Desk::new(waker));
    let status = Arc::new(Status::default());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Poll)?;
    let drive = Drive::new(poll, host, log, peers, desk.clone(), status.clone(), news, seed());
    let (ended, mut has_ended) = oneshot::channel::<()>();
    let thread = thread::Builder::new()
        .name("drive".into())
        .spawn(move || {
            let _ended = ended; // Dropped when the loop ends, however it ends.
            drive.run()
        })
        .map_err(Error::Poll)?;
    let front = Front::new(desk.clone(), status, config);
    let (served, is_driving) = runtime.block_on(async {
        tokio::select! {
            _ = stop => (Ok(()), true),
            _ = &mut has_ended => (Ok(()), false),
            served = clients::serve(listener, front) => (served, true),
        }
    });
    // Whatever ended the service, the loop is told, and what it refuses on its way out still
    // reaches the clients that listen.
    let stopped = desk.stop().map_err(Error::Poll);
    runtime.block_on(async {
        if is_driving {
            let _ = has_ended.await;
        }
        let _ = tokio::time::timeout(GRACE, desk.hand_out()).await;
    });
    let drove = thread.join().unwrap_or(Err(Error::Broken));
    drove.and(served).and(stopped)
}

/// The process as the log recovers it, and the log.
fn recover(config: &Config, news: &Sender<News>) -> Result<(Host<Store>, Log), Error> {
    let weigh = |command: &Command<<Etcd as Machine>::Command>| Etcd::weight(&command.body);
    let setup = Setup { weigh, ..Setup::new(config.me, config.members.len()) };
    let mut host = Host::new(config.me, Replica::new(config.me, Raft::new(setup)));
    let identity = Identity { cluster: config.cluster, node: config.me.0 };
    let (log, opened) = Log::open(&config.data, identity, |frame| {
        let records: Vec<_> = postcard::from_bytes(frame).map_err(|error| {
            format!("it is whole but holds no records of this version: {error}")
        })?;
        records.into_iter().for_each(|record| host.recover(record));
        Ok(())
    })
    .map_err(Error::Log)?;
    let _ = news.send(News::Recovered(opened));
    Ok((host, log))
}

/// Differs from node to node and from start to start, so that election time-outs do.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
