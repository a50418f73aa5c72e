//! What is demanded of a run that goes on for ever: who must move, and what must come of it.
//!
//! From some time on there are no more faults: nodes that are down may stay down, nothing crashes.
//! Nodes that are up then take each step that stays possible, and reliable links deliver what
//! stays in flight. The layer above need not ask, and a node that is down need not come back.

use model::{Fingerprint, NodeId, NodeSet};

use super::memory::{Act, Memory};
use super::story::Scene;
use super::{Explore, Network, Taken};
use crate::{Fairness, Violation};

/// An act that stays the same one while others happen.
fn class(node: NodeId, kind: u8, argument: u64) -> u64 {
    Fingerprint::of(&(node, kind, argument))
}

impl Explore<'_> {
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
    pub(super) fn owed(&self, memory: &mut Memory, world: &[u32]) -> Option<String> {
        self.learn(memory, world);
        let is_up = |node: &NodeId| memory.facts(world[node.index()]).is_up;
        let up: NodeSet = self.nodes().filter(is_up).collect();
        if up.len() < self.core {
            return None;
        }
        let missed = self.missed(memory, (world[self.shape.monitor()], up));
        missed.as_deref().map(str::to_string)
    }

    pub(super) fn fairness_of(&self, memory: &mut Memory, world: &[u32], taken: Taken) -> Fairness {
        self.learn(memory, world);
        let Taken { node, act, .. } = taken;
        match act {
            Act::Deliver(packet) => {
                let sender = memory.channels[packet as usize].0;
                let is_traitor = self.traitors.contains(sender);
                match is_traitor || memory.facts(world[sender.index()]).is_up {
                    true => Fairness::Fair(class(node, 0, u64::from(packet))),
                    false => Fairness::Free,
                }
            }
            Act::Fire(place) => {
                let alarms = self.meaning.alarms(world[node.index()]);
                Fairness::Fair(class(node, 1, alarms[place as usize]))
            }
            Act::Flush => Fairness::Fair(class(node, 2, 0)),
            Act::Sync => Fairness::Fair(class(node, 3, 0)),
            Act::Request(_) | Act::Restart | Act::Forge(_) | Act::Drop(_) => Fairness::Free,
            Act::Crash => Fairness::Fault,
        }
    }

    /// Alarms that would ring if the budget had not been used up.
    pub(super) fn withheld_from(&self, world: &[u32]) -> Vec<u64> {
        if self.shape.fires(world) > 0 {
            return Vec::new();
        }
        let of_node = |node: NodeId| {
            let alarms = self.meaning.alarms(world[node.index()]).into_iter();
            alarms.map(move |alarm| class(node, 1, alarm))
        };
        self.nodes().flat_map(of_node).collect()
    }

    pub(super) fn lasso_told(
        &self,
        stem: Vec<Scene>,
        cycle: Vec<Scene>,
        violation: &Violation,
    ) -> String {
        let steps = stem.len();
        let head = match cycle.len() {
            0 => format!("# After these {steps} steps nothing more must happen.\n"),
            count => {
                format!("# After the first {steps} steps, the last {count} repeat for ever.\n")
            }
        };
        let scenes: Vec<Scene> = stem.into_iter().chain(cycle).collect();
        let told = self.told(&scenes, violation);
        // The first line of a story names its cast.
        match told.split_once('\n') {
            Some((cast, rest)) => format!("{cast}\n{head}{rest}"),
            None => told,
        }
    }
}
