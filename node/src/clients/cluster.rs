//! etcd's Cluster service: who the members are.

use model::NodeId;
use tonic::{Request, Response, Status};
use wire::etcd::etcdserverpb::cluster_server::Cluster;
use wire::etcd::etcdserverpb::{Member, MemberListRequest, MemberListResponse};

use super::Front;

#[tonic::async_trait]
impl Cluster for Front {
    // The members never change, so this node's answer is as good as any other's.
    async fn member_list(
        &self,
        _: Request<MemberListRequest>,
    ) -> Result<Response<MemberListResponse>, Status> {
        let members = NodeId::first(self.config.members.len()).zip(&self.config.members);
        let members = members.map(|(node, member)| Member {
            id: self.config.member_id(node),
            name: node.to_string(),
            peer_ur_ls: vec![format!("http://{}", member.peers)],
            client_ur_ls: vec![format!("http://{}", member.clients)],
            is_learner: false,
        });
        let header = Some(self.header().at(0));
        Ok(Response::new(MemberListResponse { header, members: members.collect() }))
    }
}
