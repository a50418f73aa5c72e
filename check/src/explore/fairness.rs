//! What is demanded of a run that goes on for ever: who must move, and what must come of it.
//!
//! From some time on there are no more faults: nodes that are down may stay down, nothing crashes.
//! Nodes that are up then take each step that stays possible, and reliable links deliver what
//! stays in flight. The layer above need not ask, and a node that is down need not come back.

use model::{Fingerprint, NodeId, NodeSet};
use spec::monitor::Monitor;

use super::memo::Act;
use super::story::Scene;
use super::{Explore, Network, Shareable, Taken};
use crate::{Fairness, Violation};

/// An act that stays the same one while others happen.
fn class(node: NodeId, kind: u8, argument: u64) -> u64 {
    Fingerprint::of(&(node, kind, argument))
}

impl<S: Shareable> Explore<'_, S> {
    /// Whether liveness can be judged within these bounds; if not, what to change.
    pub(super) fn is_fair(&self) -> Result<(), String> {
        if self.folding.is_some() {
            return Err("liveness is judged without symmetry: set `symmetry` to false".into());
        }
        match self.bounds.network {
            Network::Reliable { .. } | Network::Fifo { .. } => Ok(()),
            Network::Lossy { .. } | Network::Duplicating => {
                Err("liveness needs reliable links, as this network may lose everything: choose \
                 `Reliable` or `Fifo`"
                    .into())
            }
        }
    }

    /// What is promised and has not come: nothing is promised while fewer nodes are up than the
    /// subject needs.
    pub(super) fn owed(&self, world: &[u32]) -> Option<String> {
        let tables = self.tables();
        let is_up = |node: &NodeId| tables.entries[world[node.index()] as usize].node.up.is_some();
        let up: NodeSet = self.nodes().filter(is_up).collect();
        if up.len() < self.subject.failures().core {
            return None;
        }
        tables.monitors.value(world[self.shape.monitor()]).settled(up).err()
    }

    pub(super) fn fairness_of(&self, world: &[u32], taken: Taken) -> Fairness {
        let Taken { node, act, .. } = taken;
        match act {
            Act::Deliver(packet) => Fairness::Fair(class(node, 0, u64::from(packet))),
            Act::Fire(place) => {
                let tables = self.tables();
                let timers = &tables.entries[world[node.index()] as usize].timers;
                Fairness::Fair(class(node, 1, Fingerprint::of(&timers[place as usize])))
            }
            Act::Flush => Fairness::Fair(class(node, 2, 0)),
            Act::Sync => Fairness::Fair(class(node, 3, 0)),
            Act::Request(_) | Act::Restart | Act::Forge(_) => Fairness::Free,
            Act::Crash => Fairness::Fault,
        }
    }

    /// Alarms that would ring if the budget had not been used up.
    pub(super) fn withheld_from(&self, world: &[u32]) -> Vec<u64> {
        if self.shape.fires(world) > 0 {
            return Vec::new();
        }
        let tables = self.tables();
        let of_node = |node: NodeId| {
            let timers = tables.entries[world[node.index()] as usize].timers.iter();
            timers.map(move |timer| class(node, 1, Fingerprint::of(timer))).collect::<Vec<_>>()
        };
        self.nodes().flat_map(of_node).collect()
    }

    pub(super) fn lasso_told(
        &self,
        stem: Vec<Scene<S::Process>>,
        cycle: Vec<Scene<S::Process>>,
        violation: &Violation,
    ) -> String {
        let steps = stem.len();
        let head = match cycle.len() {
            0 => format!("# After these {steps} steps nothing more must happen.\n"),
            count => {
                format!("# After the first {steps} steps, the last {count} repeat for ever.\n")
            }
        };
        let scenes: Vec<_> = stem.into_iter().chain(cycle).collect();
        let told = self.told(&scenes, violation);
        // The first line of a story names its cast.
        match told.split_once('\n') {
            Some((cast, rest)) => format!("{cast}\n{head}{rest}"),
            None => told,
        }
    }
}
