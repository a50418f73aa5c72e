//! Snapshots: one judge for every protocol that records the global state of something of which
//! there is always the same amount.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet};

/// Checks that the parts of each snapshot, states and channels together, add up to what there is
/// (consistency and completeness: what is recorded as received was recorded as sent, and nothing
/// under way is left out or recorded twice); that each node tells its part once, of a snapshot that
/// was begun; and, once faults have healed, that every node has.
///
/// It knows nothing of processes: whoever knows the types of a protocol feeds it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Conservation {
    all: NodeSet,
    /// How much there is.
    total: u64,
    /// The snapshots that were begun, by number.
    snapshots: BTreeMap<u64, Told>,
}

/// What was told of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Told {
    nodes: NodeSet,
    amount: u64,
}

impl Conservation {
    /// A judge of what `nodes` nodes record of `total`.
    pub fn new(nodes: usize, total: u64) -> Conservation {
        Conservation { all: NodeSet::first(nodes), total, snapshots: BTreeMap::new() }
    }

    /// Somebody was asked to begin the snapshot, perhaps not as the first.
    pub fn begun(&mut self, snapshot: u64) {
        self.snapshots.entry(snapshot).or_default();
    }

    /// A node tells its part of a snapshot, in which there is so much.
    ///
    /// # Errors
    /// What the part contradicts.
    pub fn recorded(&mut self, node: NodeId, snapshot: u64, amount: u64) -> Result<(), String> {
        let Some(told) = self.snapshots.get_mut(&snapshot) else {
            return Err(format!("{node} recorded snapshot #{snapshot}, which nobody began."));
        };
        if !told.nodes.insert(node) {
            return Err(format!("{node} recorded snapshot #{snapshot} a second time."));
        }
        told.amount = told.amount.saturating_add(amount);
        let (found, total) = (told.amount, self.total);
        let is_complete = told.nodes == self.all;
        if found > total || is_complete && found != total {
            return Err(format!(
                "Snapshot #{snapshot} holds {found} when {node} has told its part, but there is \
                 always {total}."
            ));
        }
        Ok(())
    }

    /// Whether everybody has told its part of every snapshot that was begun.
    ///
    /// # Errors
    /// Who has not.
    pub fn complete(&self, correct: NodeSet) -> Result<(), String> {
        for (snapshot, told) in &self.snapshots {
            if let Some(node) = correct.iter().find(|&node| !told.nodes.contains(node)) {
                return Err(format!("{node} has not told its part of snapshot #{snapshot}."));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_promise_is_judged() {
        let mut judge = Conservation::new(2, 800);
        assert!(judge.recorded(NodeId(0), 1, 0).is_err_and(|why| why.contains("nobody began")));
        judge.begun(1);
        judge.begun(1);
        assert_eq!(judge.recorded(NodeId(0), 1, 550), Ok(()));
        let twice = judge.clone().recorded(NodeId(0), 1, 0);
        assert!(twice.is_err_and(|why| why.contains("a second time")));
        assert!(judge.complete(NodeSet::first(2)).is_err_and(|why| why.starts_with("n1 has not")));
        for wrong in [200, 251] {
            let sum = judge.clone().recorded(NodeId(1), 1, wrong);
            assert!(sum.is_err_and(|why| why.contains("always 800")), "{wrong}");
        }
        assert_eq!(judge.recorded(NodeId(1), 1, 250), Ok(()));
        assert_eq!(judge.complete(NodeSet::first(2)), Ok(()));
    }
}
