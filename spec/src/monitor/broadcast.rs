//! Reliable broadcast, uniform or not.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet, Process, Value};
use serde::{Deserialize, Serialize};

use super::Monitor;

/// Broadcasts, by who said what, and how often. Two broadcasts of one node that say the same are
/// alike to whoever hears them, so they are counted, not named.
type Said<V> = BTreeMap<(NodeId, V), u32>;

/// Validity, no duplication, no creation, and agreement among correct nodes or, if it is uniform,
/// with those that crashed (Cachin, Guerraoui and Rodrigues 2011, modules 3.2 and 3.3).
///
/// It is about nodes that crash for good: one that comes back is held to everything.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ReliableBroadcast<V: Value + Ord> {
    is_uniform: bool,
    asked: Said<V>,
    told: BTreeMap<NodeId, Said<V>>,
    faulty: NodeSet,
}

impl<V: Value + Ord> ReliableBroadcast<V> {
    /// What one correct node delivers, every correct node delivers.
    pub fn regular() -> Self {
        let (asked, told) = (BTreeMap::new(), BTreeMap::new());
        ReliableBroadcast { is_uniform: false, asked, told, faulty: NodeSet::EMPTY }
    }

    /// What any node delivers, even one that crashes, every correct node delivers.
    pub fn uniform() -> Self {
        ReliableBroadcast { is_uniform: true, ..ReliableBroadcast::regular() }
    }

    /// What this node was told, by who broadcast it, and what it broadcast itself.
    pub(super) fn known(&self, node: NodeId) -> impl Iterator<Item = &(NodeId, V)> {
        let told = self.told.get(&node).into_iter().flat_map(BTreeMap::keys);
        told.chain(self.asked.keys().filter(move |(from, _)| *from == node))
    }

    /// How often this node was told that `from` broadcast this.
    pub(super) fn times(&self, node: NodeId, from: NodeId, payload: &V) -> u32 {
        let said = self.told.get(&node);
        said.and_then(|said| said.get(&(from, payload.clone()))).copied().unwrap_or(0)
    }
}

/// Judges every protocol that is asked for a payload, and tells payloads with their broadcasters.
impl<V, P> Monitor<P> for ReliableBroadcast<V>
where
    V: Value + Ord,
    P: Process<Request: AsRef<V>, Indication: Into<(NodeId, V)>>,
{
    fn requested(&mut self, node: NodeId, request: &P::Request) {
        *self.asked.entry((node, request.as_ref().clone())).or_default() += 1;
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let (from, payload): (NodeId, V) = indication.clone().into();
        let asked = self.asked.get(&(from, payload.clone())).copied().unwrap_or(0);
        let told = self.told.entry(node).or_default();
        let times = told.entry((from, payload.clone())).or_default();
        *times += 1;
        if *times <= asked || self.faulty.contains(from) {
            return Ok(());
        }
        Err(match asked {
            0 => format!("{node} delivers {payload} from {from}, which never broadcast it."),
            _ => format!(
                "{node} has delivered {payload} from {from} {times} times, but {from} broadcast \
                 it {asked} times."
            ),
        })
    }

    fn promise(&self, _: NodeId, _: &P::Indication) -> Option<&'static str> {
        Some("integrity: what was broadcast is delivered once, and nothing else")
    }

    fn faulty(&mut self, node: NodeId) {
        self.faulty.insert(node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        for (&(from, ref payload), &asked) in &self.asked {
            if correct.contains(from) && self.times(from, from, payload) < asked {
                return Err(format!(
                    "{from} is correct and broadcast {payload}, but never delivered it."
                ));
            }
        }
        for (&first, said) in &self.told {
            if !self.is_uniform && !correct.contains(first) {
                continue;
            }
            for (&(from, ref payload), &times) in said {
                let lacks = |&node: &NodeId| self.times(node, from, payload) < times;
                if let Some(node) = correct.iter().find(lacks) {
                    return Err(format!(
                        "{first} delivered {payload} from {from}, but {node}, which is correct, \
                         never did."
                    ));
                }
            }
        }
        Ok(())
    }
}
