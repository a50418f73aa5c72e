//! ◇P, the eventually perfect failure detector.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet, Process};

use super::Monitor;

/// Strong completeness and eventual strong accuracy (Cachin, Guerraoui and Rodrigues, module 2.8):
/// there comes a time from which every correct node suspects exactly the nodes that crashed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventuallyPerfect {
    members: NodeSet,
    suspected: BTreeMap<NodeId, NodeSet>,
}

impl EventuallyPerfect {
    /// A monitor of the nodes `n0` to `n(nodes-1)`; nobody is suspected yet.
    pub fn new(nodes: usize) -> EventuallyPerfect {
        EventuallyPerfect { members: NodeSet::first(nodes), suspected: BTreeMap::new() }
    }
}

/// Judges every protocol whose indications name a node, and whether it is suspected from now on.
impl<P: Process<Indication: Into<(NodeId, bool)>>> Monitor<P> for EventuallyPerfect {
    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let (other, is_suspected) = indication.clone().into();
        let suspected = self.suspected.entry(node).or_default();
        match is_suspected {
            true => suspected.insert(other),
            false => suspected.remove(other),
        };
        Ok(())
    }

    fn crashed(&mut self, node: NodeId) {
        self.suspected.remove(&node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        for node in correct.iter() {
            let suspected = self.suspected.get(&node).copied().unwrap_or_default();
            for other in self.members.iter() {
                match (correct.contains(other), suspected.contains(other)) {
                    (true, true) => {
                        return Err(format!("{node} suspects {other}, and both are correct."));
                    }
                    (false, false) => {
                        return Err(format!("{other} is down, but {node} does not suspect it."));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
