//! etcd's Maintenance service: how this node is.

use machine::etcd::{Keys, Query, Range};
use tonic::{Request, Response, Status};
use wire::etcd::etcdserverpb::maintenance_server::Maintenance;
use wire::etcd::etcdserverpb::{StatusRequest, StatusResponse};

use super::Front;

/// The version of etcd whose API this is. Kubernetes takes 3.5.13 and later for a promise of
/// progress notifications, which are not served yet.
const VERSION: &str = "3.5.0";

#[tonic::async_trait]
impl Maintenance for Front {
    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusResponse>, Status> {
        // Any local read carries the revision; this one reads nothing else.
        let nothing = Range {
            serializable: true,
            count_only: true,
            ..Range::new(Keys::new("\0".into(), "".into()))
        };
        let reply = self.header().range(self.query(Query::Range(nothing)).await?)?;
        let status = &self.status;
        let leader = status.leader().map_or(0, |node| self.config.member_id(node));
        let errors = if leader == 0 { vec!["etcdserver: no leader".to_string()] } else { vec![] };
        Ok(Response::new(StatusResponse {
            header: reply.header,
            version: VERSION.to_string(),
            db_size: status.size() as i64,
            db_size_in_use: status.size() as i64,
            leader,
            raft_index: status.last(),
            raft_term: status.term(),
            raft_applied_index: status.applied(),
            errors,
            is_learner: false,
            ..StatusResponse::default()
        }))
    }
}
