//! The faults of a plan, done to the served store.

use field::Weather;
use model::{NodeId, NodeSet};
use node::log::wound;
use world::timed::Fault;

use crate::town::Town;

/// What has been done to a town so far.
pub(crate) struct Harm {
    weather: Weather,
    nodes: usize,
    /// The nodes whose logs were damaged: they must not start.
    pub damaged: NodeSet,
    /// Faults done.
    pub count: u64,
}

impl Harm {
    /// None so far, among so many nodes.
    pub fn none(nodes: usize) -> Harm {
        Harm { weather: Weather::calm(nodes), nodes, damaged: NodeSet::EMPTY, count: 0 }
    }

    /// What the network loses all the time, in millionths, until faults heal.
    pub fn lose(&mut self, town: &Town, loss_ppm: u32) {
        let forever = Fault::Storm { loss_ppm, duplicate_ppm: 0, span: u64::MAX };
        self.weather.change(&forever, true);
        town.network.become_like(&self.weather);
    }

    /// A fault begins, or ends. Returns what was done, in words; what cannot be done is left out,
    /// and the report names it.
    pub fn suffer(
        &mut self,
        town: &mut Town,
        fault: &Fault,
        begins: bool,
    ) -> Result<Option<String>, String> {
        match *fault {
            Fault::Stall { .. } | Fault::Skew { .. } | Fault::Leap { .. } | Fault::Back { .. } => {
                return Ok(None);
            }
            // What is damaged stays so: a second wound might heal the first.
            Fault::Rot { node, .. } | Fault::Forget { node, .. }
                if begins && self.damaged.contains(node) =>
            {
                return Ok(None);
            }
            Fault::Crash { node, .. } | Fault::Rot { node, .. } | Fault::Forget { node, .. }
                if !begins =>
            {
                town.revive(node)?;
            }
            Fault::Crash { node, .. } => town.kill(node),
            Fault::Rot { node, frame, .. } => {
                town.kill(node);
                let rotten = wound::rot(&town.log(node), frame).map_err(|e| e.to_string())?;
                if rotten.is_some() {
                    self.damaged.insert(node);
                }
            }
            Fault::Forget { node, frames, .. } => {
                town.kill(node);
                wound::forget(&town.log(node), frames).map_err(|error| error.to_string())?;
            }
            Fault::Pause { node, .. } => town.pause(node, begins),
            Fault::Cut { .. } | Fault::Clog { .. } | Fault::Omit { .. } | Fault::Storm { .. } => {
                self.weather.change(fault, begins);
                town.network.become_like(&self.weather);
            }
        }
        self.count += u64::from(begins);
        let verb = if begins { "" } else { "the end of: " };
        Ok(Some(format!("{verb}{fault}")))
    }

    /// Faults are over: who is not of the core stays away for good, all others come back.
    pub fn heal(&mut self, town: &mut Town, core: NodeSet) -> Result<(), String> {
        self.weather = Weather::calm(self.nodes);
        town.network.become_like(&self.weather);
        for node in NodeId::first(self.nodes) {
            town.pause(node, false);
            match core.contains(node) {
                true => town.revive(node)?,
                false => town.kill(node),
            }
        }
        Ok(())
    }
}
