//! Causal broadcast.

use std::collections::{BTreeMap, BTreeSet};

use model::{NodeId, NodeSet, Process, Value};

use super::{Monitor, ReliableBroadcast};

/// Reliable broadcast (see [`ReliableBroadcast::regular`]) in causal order: no node delivers a
/// broadcast before one that it follows upon, because its node had broadcast or delivered that
/// before (Cachin, Guerraoui and Rodrigues 2011, module 3.9).
///
/// What a node broadcasts must be told from whatever else it broadcasts.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CausalBroadcast<V: Value + Ord> {
    reliable: ReliableBroadcast<V>,
    /// What each broadcast follows upon. What those in turn follow upon is there, too: their
    /// nodes, or whoever delivered them in between, are held to the same order.
    before: BTreeMap<(NodeId, V), BTreeSet<(NodeId, V)>>,
}

impl<V: Value + Ord> CausalBroadcast<V> {
    /// A monitor that has seen nothing yet.
    pub fn new() -> Self {
        CausalBroadcast { reliable: ReliableBroadcast::regular(), before: BTreeMap::new() }
    }
}

impl<V: Value + Ord> Default for CausalBroadcast<V> {
    fn default() -> Self {
        CausalBroadcast::new()
    }
}

/// Judges every protocol that is asked for a payload, and tells payloads with their broadcasters.
impl<V, P> Monitor<P> for CausalBroadcast<V>
where
    V: Value + Ord,
    P: Process<Request: AsRef<V>, Indication: Into<(NodeId, V)>>,
{
    fn requested(&mut self, node: NodeId, request: &P::Request) {
        let before = self.reliable.known(node).cloned().collect();
        self.before.insert((node, request.as_ref().clone()), before);
        Monitor::<P>::requested(&mut self.reliable, node, request);
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        Monitor::<P>::indicated(&mut self.reliable, node, indication)?;
        let (from, payload): (NodeId, V) = indication.clone().into();
        let name = (from, payload);
        for (first, earlier) in self.before.get(&name).into_iter().flatten() {
            if self.reliable.times(node, *first, earlier) == 0 {
                let payload = &name.1;
                return Err(format!(
                    "{node} delivers {payload} from {from} before {earlier} from {first}, which \
                     {from} knew when it broadcast {payload}."
                ));
            }
        }
        Ok(())
    }

    fn faulty(&mut self, node: NodeId) {
        Monitor::<P>::faulty(&mut self.reliable, node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        Monitor::<P>::settled(&self.reliable, correct)
    }
}
