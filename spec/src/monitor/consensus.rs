//! Consensus: one judge for every protocol of which each node may be asked to propose a value, and
//! tells the value that is decided.

use std::collections::BTreeSet;

use model::{Fingerprint, NodeId, NodeSet, Process, Value};
use serde::{Deserialize, Serialize};

use super::Monitor;

/// Validity, uniform agreement, integrity and termination (Cachin, Guerraoui and Rodrigues, module
/// 5.2).
///
/// Where some nodes are Byzantine, only the others count: a value that is decided was proposed by
/// one of them. Of two values, that says as much as the usual wording, that a common proposal of
/// all of them is decided.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Consensus<V: Value> {
    /// The values that were proposed, by their fingerprints; forgotten once one is decided.
    proposed: BTreeSet<u64>,
    /// What was decided first; nothing else may be.
    decided: Option<V>,
    /// Who proposed since it started.
    asked: NodeSet,
    /// Who decided since it started.
    told: NodeSet,
    faulty: NodeSet,
}

impl<V: Value> Consensus<V> {
    /// A monitor that has seen nothing yet.
    pub fn new() -> Consensus<V> {
        Consensus {
            proposed: BTreeSet::new(),
            decided: None,
            asked: NodeSet::EMPTY,
            told: NodeSet::EMPTY,
            faulty: NodeSet::EMPTY,
        }
    }
}

impl<V: Value> Default for Consensus<V> {
    fn default() -> Self {
        Consensus::new()
    }
}

/// Judges every protocol whose requests hold the value that is proposed, and whose indications
/// hold the one that is decided.
impl<V, P> Monitor<P> for Consensus<V>
where
    V: Value,
    P: Process<Request: AsRef<V>, Indication: AsRef<V>>,
{
    fn requested(&mut self, node: NodeId, request: &P::Request) {
        if self.faulty.contains(node) {
            return;
        }
        self.asked.insert(node);
        if self.decided.is_none() {
            self.proposed.insert(Fingerprint::of(request.as_ref()));
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String> {
        let value = indication.as_ref();
        if self.faulty.contains(node) {
            return Ok(());
        }
        if !self.told.insert(node) {
            return Err(format!("{node} decides {value}, but it had decided before."));
        }
        match &self.decided {
            Some(first) if first != value => {
                Err(format!("{node} decides {value}, but {first} was decided before."))
            }
            Some(_) => Ok(()),
            None if !self.proposed.contains(&Fingerprint::of(value)) => {
                Err(format!("{node} decides {value}, but nobody who counts proposed it."))
            }
            None => {
                self.decided = Some(value.clone());
                self.proposed.clear();
                Ok(())
            }
        }
    }

    fn promise(&self, node: NodeId, _: &P::Indication) -> Option<&'static str> {
        Some(match (self.told.contains(node), &self.decided) {
            (true, _) => "integrity: no node decides twice",
            (false, Some(_)) => "uniform agreement: no two nodes decide differently",
            (false, None) => "validity: what is decided was proposed",
        })
    }

    fn crashed(&mut self, node: NodeId) {
        self.asked.remove(node);
        self.told.remove(node);
    }

    fn faulty(&mut self, node: NodeId) {
        self.faulty.insert(node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let Some(asked) = correct.intersection(self.asked).iter().next() else {
            return Ok(());
        };
        match correct.iter().find(|&node| !self.told.contains(node)) {
            None => Ok(()),
            Some(node) => Err(format!(
                "{node} is correct and has not decided, though {asked}, which is correct too, has \
                 proposed."
            )),
        }
    }
}
