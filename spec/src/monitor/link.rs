//! Perfect links.

use std::collections::BTreeMap;

use model::{Fingerprint, NodeId, NodeSet, Process, Value};

use super::Monitor;

/// Reliable delivery, no duplication, no creation (Cachin, Guerraoui and Rodrigues, module 2.3), of
/// payloads of type `V`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PerfectLinks<V> {
    /// How often a payload was sent, less how often it was delivered, by sender, addressee and
    /// fingerprint.
    owed: BTreeMap<(NodeId, NodeId, u64), (u32, V)>,
    faulty: NodeSet,
}

impl<V> Default for PerfectLinks<V> {
    fn default() -> Self {
        PerfectLinks { owed: BTreeMap::new(), faulty: NodeSet::EMPTY }
    }
}

/// Judges every link whose requests name the addressee with the payload, and whose indications
/// name the sender.
impl<V, P> Monitor<P> for PerfectLinks<V>
where
    V: Value,
    P: Process<Request: Into<(NodeId, V)>, Indication: Into<(NodeId, V)>>,
{
    fn requested(&mut self, from: NodeId, request: &P::Request) {
        let (to, payload) = request.clone().into();
        let key = (from, to, Fingerprint::of(&payload));
        self.owed.entry(key).or_insert((0, payload)).0 += 1;
    }

    fn indicated(&mut self, to: NodeId, indication: &P::Indication) -> Result<(), String> {
        let (from, payload) = indication.clone().into();
        if self.faulty.contains(from) || self.faulty.contains(to) {
            return Ok(());
        }
        let key = (from, to, Fingerprint::of(&payload));
        let Some((count, _)) = self.owed.get_mut(&key) else {
            return Err(format!(
                "{to} was delivered {payload} from {from} more often than {from} sent it there."
            ));
        };
        *count -= 1;
        if *count == 0 {
            self.owed.remove(&key);
        }
        Ok(())
    }

    fn promise(&self, _: NodeId, _: &P::Indication) -> Option<&'static str> {
        Some("integrity: what is sent is delivered at most once, and nothing else")
    }

    fn crashed(&mut self, node: NodeId) {
        // Nothing is promised any more of what was sent to it.
        self.owed.retain(|&(_, to, _), _| to != node);
    }

    fn faulty(&mut self, node: NodeId) {
        self.faulty.insert(node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let both = |from, to| correct.contains(from) && correct.contains(to);
        match self.owed.iter().find(|((from, to, _), _)| both(*from, *to)) {
            Some(((from, to, _), (_, payload))) => Err(format!(
                "{from} sent {payload} to {to}, and both are correct, but it was not delivered."
            )),
            None => Ok(()),
        }
    }
}
