//! Deadlock detection in the AND model: one judge for every protocol, by the true waits.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet};

/// Keeps the graph of who waits for whom, from what nodes are told, and checks that nobody is told
/// of a deadlock that is none, and, once faults have healed, that whoever was asked to detect while
/// it was on a cycle was told of it.
///
/// A wait begins when the one is told that it is blocked, and ends when the other is told that it
/// has granted: the other's word counts, not its arrival. In the AND model, with grants from active
/// nodes only, a cycle stays for good; so a deadlock that was true when it was found is true when
/// it is told. It knows nothing of processes: whoever knows the types of a protocol feeds it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct WaitsFor {
    /// For each node that is not active, who has yet to grant.
    waits: BTreeMap<NodeId, NodeSet>,
    /// Who is owed the news of its deadlock.
    owed: NodeSet,
}

impl WaitsFor {
    /// The node waits for these from now on.
    ///
    /// # Errors
    /// It waits already.
    pub fn blocked(&mut self, node: NodeId, on: NodeSet) -> Result<(), String> {
        match self.waits.insert(node, on) {
            None => Ok(()),
            Some(before) => Err(format!(
                "{node} is blocked on {on}, but was blocked before and not active since: {before} \
                 had yet to grant."
            )),
        }
    }

    /// `by` has granted what `node` asked it for.
    ///
    /// # Errors
    /// It had not asked for anything.
    pub fn granted(&mut self, by: NodeId, node: NodeId) -> Result<(), String> {
        match self.waits.get_mut(&node).is_some_and(|waits| waits.remove(by)) {
            true => Ok(()),
            false => Err(format!("{by} granted {node}, which does not wait for it.")),
        }
    }

    /// The node goes on.
    ///
    /// # Errors
    /// Somebody has yet to grant.
    pub fn active(&mut self, node: NodeId) -> Result<(), String> {
        match self.waits.remove(&node) {
            None => Err(format!("{node} is active again, but was not blocked.")),
            Some(waits) if !waits.is_empty() => {
                Err(format!("{node} is active, but {waits} have yet to grant."))
            }
            Some(_) => Ok(()),
        }
    }

    /// The node is asked whether it is in a deadlock: if it is, it is owed an answer.
    pub fn asked(&mut self, node: NodeId) {
        if self.reach(node).contains(node) {
            self.owed.insert(node);
        }
    }

    /// The node is told that it is in a deadlock.
    ///
    /// # Errors
    /// It is not.
    pub fn deadlock(&mut self, node: NodeId) -> Result<(), String> {
        let reach = self.reach(node);
        if !reach.contains(node) {
            return Err(format!(
                "{node} is told of a deadlock, but of {reach}, for whom it waits directly or not, \
                 nobody waits for it."
            ));
        }
        self.owed.remove(node);
        Ok(())
    }

    /// The node is no more: it waits for nobody, and is told nothing.
    pub fn crashed(&mut self, node: NodeId) {
        self.waits.remove(&node);
        self.owed.remove(node);
    }

    /// Whether everybody who is correct was told of its deadlock, and of its last grant.
    ///
    /// # Errors
    /// Who was not.
    pub fn complete(&self, correct: NodeSet) -> Result<(), String> {
        for node in correct.iter() {
            let reach = self.reach(node);
            if self.owed.contains(node) && reach.contains(node) {
                return Err(format!(
                    "{node} waits for {reach}, itself among them, and was asked to detect that, \
                     but has not been told."
                ));
            }
            if self.waits.get(&node).is_some_and(|waits| waits.is_empty()) {
                return Err(format!("Everybody has granted, but {node} does not go on."));
            }
        }
        Ok(())
    }

    /// For whom a node waits, directly or not.
    fn reach(&self, node: NodeId) -> NodeSet {
        let mut reach = NodeSet::EMPTY;
        let mut fresh = vec![node];
        while let Some(one) = fresh.pop() {
            let waits = self.waits.get(&one).copied().unwrap_or(NodeSet::EMPTY);
            fresh.extend(waits.iter().filter(|&next| reach.insert(next)));
        }
        reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const C: NodeId = NodeId(2);

    fn on(nodes: &[NodeId]) -> NodeSet {
        nodes.iter().copied().collect()
    }

    #[test]
    fn each_promise_is_judged() {
        let mut judge = WaitsFor::default();
        assert_eq!(judge.blocked(A, on(&[B])), Ok(()));
        let again = judge.clone().blocked(A, on(&[C]));
        assert!(again.is_err_and(|why| why.contains("was blocked before")));
        assert!(judge.granted(A, B).is_err_and(|why| why.contains("does not wait")));
        assert!(judge.clone().active(A).is_err_and(|why| why.contains("{n1} have yet")));
        assert_eq!(judge.blocked(B, on(&[A, C])), Ok(()));
        assert_eq!(judge.blocked(C, on(&[])), Ok(()));
        assert!(judge.complete(on(&[C])).is_err_and(|why| why.contains("n2 does not go on")));
        assert_eq!(judge.active(C), Ok(()));
        assert!(judge.active(C).is_err_and(|why| why.contains("was not blocked")));
        assert_eq!(judge.blocked(C, on(&[B])), Ok(()));
        assert_eq!(judge.granted(C, B), Ok(()));
        assert_eq!(judge.clone().deadlock(C), Err(PHANTOM.to_string()), "It leads to the cycle.");
        [A, C].into_iter().for_each(|node| judge.asked(node));
        let late = judge.complete(NodeSet::first(3));
        assert!(late.is_err_and(|why| why.starts_with("n0 waits for {n0 n1}")));
        assert_eq!(judge.deadlock(A), Ok(()));
        assert_eq!(judge.complete(NodeSet::first(3)), Ok(()));
    }

    const PHANTOM: &str = "n2 is told of a deadlock, but of {n0 n1}, for whom it waits directly or \
                           not, nobody waits for it.";
}
