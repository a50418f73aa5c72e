//! What a node has to be told.

use std::net::SocketAddr;
use std::path::PathBuf;

use model::NodeId;

use crate::Error;

/// A node and its cluster.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node's number, which is its place in `members`.
    pub me: NodeId,
    /// The cluster's random number: nodes of another cluster are not talked to, and a data folder
    /// of another cluster is not touched.
    pub cluster: u64,
    /// All nodes, this one among them.
    pub members: Vec<Member>,
    /// The folder of this node's log.
    pub data: PathBuf,
}

/// Where a node is reached.
#[derive(Clone, Debug)]
pub struct Member {
    /// By clients.
    pub clients: SocketAddr,
    /// By its peers.
    pub peers: SocketAddr,
}

impl Config {
    /// This node's own addresses.
    ///
    /// # Errors
    /// When the node is not one of the members, or there are more than protocols can count.
    pub fn own(&self) -> Result<&Member, Error> {
        let count = self.members.len();
        if count > model::NodeSet::CAPACITY {
            return Err(Error::Config(format!(
                "a cluster has at most {} nodes, not {count}",
                model::NodeSet::CAPACITY
            )));
        }
        self.members.get(self.me.index()).ok_or_else(|| {
            Error::Config(format!("{} is not one of the cluster's {count} nodes", self.me))
        })
    }

    /// All nodes but this one, with their peer addresses.
    pub fn peers(&self) -> Vec<(NodeId, SocketAddr)> {
        let all = NodeId::first(self.members.len()).zip(&self.members);
        all.filter(|(node, _)| *node != self.me).map(|(node, m)| (node, m.peers)).collect()
    }

    /// The number by which etcd's clients know a node: never 0.
    pub fn member_id(&self, node: NodeId) -> u64 {
        model::Fingerprint::of(&(self.cluster, node)).max(1)
    }
}
