//! When the users of a node come: at the times of the plan; and once faults have healed, again and
//! again, for promises are about those who ask.

use std::collections::{BTreeMap, VecDeque};

use model::{NodeId, NodeSet};
use sim::{Operation, Plan, Probes};

/// How often each user comes in the time in which promises have to come true, if it is served at
/// once.
const TIMES: u64 = 20;

/// Whose turn it is, and when. Times are virtual, in nanoseconds.
pub(crate) struct Turns {
    nodes: usize,
    operations: VecDeque<Operation>,
    /// From being served to coming again.
    pause: u64,
    /// Who comes again; nobody before faults heal.
    core: NodeSet,
    /// When they do.
    again: BTreeMap<NodeId, u64>,
    /// The number of the last turn that was not of the plan.
    count: u64,
}

impl Turns {
    /// The turns of a plan.
    pub(crate) fn new(plan: &Plan) -> Turns {
        Turns {
            nodes: plan.nodes,
            operations: plan.operations.iter().copied().collect(),
            pause: (plan.settle / TIMES).max(1),
            core: NodeSet::EMPTY,
            again: BTreeMap::new(),
            count: Probes::FIRST,
        }
    }

    /// When the next turn is.
    pub(crate) fn next(&self) -> Option<u64> {
        let planned = self.operations.front().map(|operation| operation.at);
        planned.into_iter().chain(self.again.values().copied()).min()
    }

    /// Whose turn it is now, with the number that decides all that is drawn for it. Nobody comes to
    /// a node that is down.
    pub(crate) fn take(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, u64)> {
        while let Some(operation) = self.operations.pop_front_if(|next| next.at <= now) {
            let node = NodeId(operation.client % self.nodes as u16);
            if up.contains(node) {
                return Some((node, operation.count));
            }
        }
        let (&node, _) = self.again.iter().find(|(_, at)| **at <= now)?;
        self.again.remove(&node);
        self.count += 1;
        Some((node, self.count))
    }

    /// The user of a node has been served.
    pub(crate) fn served(&mut self, now: u64, node: NodeId) {
        if self.core.contains(node) {
            self.again.insert(node, now + self.pause);
        }
    }

    /// Faults have healed: from now on the users of the core come again when they are served, and
    /// these, who are not under way, at first.
    pub(crate) fn healed(&mut self, now: u64, core: NodeSet, idle: impl Iterator<Item = NodeId>) {
        self.core = core;
        self.again = idle.map(|node| (node, now + self.pause)).collect();
    }

    /// Who comes again; nobody before faults heal.
    pub(crate) fn core(&self) -> NodeSet {
        self.core
    }
}
