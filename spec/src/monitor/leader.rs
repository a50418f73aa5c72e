//! Ω, the eventual leader detector.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet, Process};

use super::Monitor;

/// Eventual accuracy and eventual agreement (Cachin, Guerraoui and Rodrigues, module 2.9): there
/// comes a time from which every correct node trusts the same correct node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct EventualLeader {
    trusts: BTreeMap<NodeId, NodeId>,
}

/// Judges every protocol whose indications name the node that is trusted from now on.
impl<P: Process<Indication: Into<NodeId>>> Monitor<P> for EventualLeader {
    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        self.trusts.insert(node, indication.clone().into());
        Ok(())
    }

    fn crashed(&mut self, node: NodeId) {
        self.trusts.remove(&node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let mut common = None;
        for node in correct.iter() {
            let Some(&leader) = self.trusts.get(&node) else {
                return Err(format!("{node} is correct but trusts nobody."));
            };
            if !correct.contains(leader) {
                return Err(format!("{node} trusts {leader}, which is down."));
            }
            let (first, agreed) = *common.get_or_insert((node, leader));
            if agreed != leader {
                return Err(format!("{first} trusts {agreed}, but {node} trusts {leader}."));
            }
        }
        Ok(())
    }
}
