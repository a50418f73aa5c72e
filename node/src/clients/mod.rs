//! What clients reach: etcd's API over gRPC. It only translates and asks the desk.

mod cluster;
mod door;
mod kv;
mod maintenance;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use machine::etcd::{Command, Etcd, Query, Reply};
use machine::{Machine, Operation};
use tonic::Status as Refused;
use tonic::transport::Server;
use wire::etcd::etcdserverpb::cluster_server::ClusterServer;
use wire::etcd::etcdserverpb::kv_server::KvServer;
use wire::etcd::etcdserverpb::maintenance_server::MaintenanceServer;
use wire::etcd::{Error, Header, MAX_MESSAGE_BYTES};

use crate::config::Config;
use crate::drive::{Asked, Desk, Refusal};
use crate::status::Status;

/// How often an idle connection is asked whether its client is still there, and how long that may
/// take: a client that is gone is forgotten within a minute and a half.
const PING: Duration = Duration::from_secs(60);
const PONG: Duration = Duration::from_secs(30);

/// Streams that one connection may have open at once: as many as may wait at the node, for one
/// client library may share one connection among all its callers.
const STREAMS: u32 = crate::drive::WAITING as u32;

/// The desk as the services see it, and who we are.
#[derive(Clone)]
pub struct Front {
    desk: Arc<Desk<Asked<Etcd>, Reply>>,
    status: Arc<Status>,
    config: Arc<Config>,
    header: Header,
}

impl Front {
    /// The front of one node.
    pub fn new(desk: Arc<Desk<Asked<Etcd>, Reply>>, status: Arc<Status>, config: Config) -> Front {
        let header = Header {
            cluster_id: config.cluster,
            member_id: config.member_id(config.me),
            raft_term: 0,
        };
        Front { desk, status, config: Arc::new(config), header }
    }

    fn header(&self) -> Header {
        Header { raft_term: self.status.term(), ..self.header }
    }

    async fn update(&self, command: Command) -> Result<Reply, Refused> {
        let weight = Etcd::weight(&command);
        self.ask(Operation::Update(command), weight).await
    }

    async fn query(&self, query: Query) -> Result<Reply, Refused> {
        match query.serializable() {
            true => self.ask(Operation::Peek(query), 0).await,
            false => self.ask(Operation::Read(query), 0).await,
        }
    }

    async fn ask(&self, operation: Asked<Etcd>, weight: usize) -> Result<Reply, Refused> {
        let refusal = match self.desk.ask(operation, weight).await {
            Ok(reply) => return Ok(reply),
            Err(refusal) => refusal,
        };
        Err(Refused::from(match refusal {
            Refusal::Full => Error::TooManyRequests,
            Refusal::TimedOut => Error::TimedOut,
            Refusal::Stopped => Error::Stopped,
        }))
    }
}

/// Serves clients until the runtime ends.
///
/// # Errors
/// When the listener is of no use.
pub async fn serve(listener: TcpListener, front: Front) -> Result<(), crate::Error> {
    listener.set_nonblocking(true).map_err(crate::Error::Poll)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(crate::Error::Poll)?;
    let desk = front.desk.clone();
    let services = Server::builder()
        .http2_keepalive_interval(Some(PING))
        .http2_keepalive_timeout(Some(PONG))
        .max_concurrent_streams(STREAMS)
        .add_service(KvServer::new(front.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(ClusterServer::new(front.clone()))
        .add_service(MaintenanceServer::new(front))
        .serve_with_incoming(door::visitors(listener));
    tokio::select! {
        _ = desk.hand_out() => Ok(()),
        served = services => served.map_err(|error| {
            crate::Error::Poll(std::io::Error::other(error))
        }),
    }
}
