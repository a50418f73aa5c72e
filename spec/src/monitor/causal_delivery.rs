//! Messages in causal order.

use std::collections::{BTreeMap, BTreeSet};

use model::{NodeId, NodeSet, Process, Value};

use super::Monitor;

/// Reliable delivery between correct nodes, no duplication, no creation, and causal order: of two
/// messages to one node, if the sending of the one happened before that of the other, it is
/// delivered before it (Raynal, Schiper and Toueg 1991).
///
/// It keeps the past of every sending as a set. What is sent must be told from whatever else is
/// sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CausalDelivery<V: Value + Ord> {
    sent: BTreeMap<V, Sent<V>>,
    /// What was sent before the last event of each node.
    past: BTreeMap<NodeId, BTreeSet<V>>,
    told: BTreeSet<V>,
}

/// What is known of a message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Sent<V> {
    from: NodeId,
    to: NodeId,
    /// What was sent before it, to whomever.
    before: BTreeSet<V>,
}

impl<V: Value + Ord> CausalDelivery<V> {
    /// A monitor that has seen nothing yet.
    pub fn new() -> Self {
        let (sent, past, told) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        CausalDelivery { sent, past, told }
    }
}

impl<V: Value + Ord> Default for CausalDelivery<V> {
    fn default() -> Self {
        CausalDelivery::new()
    }
}

/// Judges every protocol that is asked to send a payload to a node, and tells payloads with their
/// senders.
impl<V, P> Monitor<P> for CausalDelivery<V>
where
    V: Value + Ord,
    P: Process<Request: Into<(NodeId, V)>, Indication: Into<(NodeId, V)>>,
{
    fn requested(&mut self, from: NodeId, request: &P::Request) {
        let (to, payload) = request.clone().into();
        let past = self.past.entry(from).or_default();
        let before = past.clone();
        past.insert(payload.clone());
        self.sent.insert(payload, Sent { from, to, before });
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let (from, payload): (NodeId, V) = indication.clone().into();
        let sent = self.sent.get(&payload).filter(|sent| (sent.from, sent.to) == (from, node));
        let Some(Sent { before, .. }) = sent else {
            return Err(format!(
                "{node} delivers {payload} from {from}, which never sent it there."
            ));
        };
        let comes_here = |earlier: &&V| self.sent.get(*earlier).is_some_and(|sent| sent.to == node);
        let missing =
            before.iter().filter(comes_here).find(|earlier| !self.told.contains(*earlier));
        if let Some(earlier) = missing {
            return Err(format!(
                "{node} delivers {payload} from {from} before {earlier}, which was sent to {node} \
                 before it."
            ));
        }
        if !self.told.insert(payload.clone()) {
            return Err(format!("{node} delivers {payload} from {from} twice."));
        }
        let past = self.past.entry(node).or_default();
        past.extend(before.iter().cloned());
        past.insert(payload);
        Ok(())
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        for (payload, Sent { from, to, .. }) in &self.sent {
            let owed = correct.contains(*from) && correct.contains(*to);
            if owed && !self.told.contains(payload) {
                return Err(format!(
                    "{from} sent {payload} to {to}, and both are correct, but it was never \
                     delivered."
                ));
            }
        }
        Ok(())
    }
}
