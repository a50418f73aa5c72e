//! Ω in the lab: three layers, a leader detector on a failure detector on links.

use std::time::Duration;

use canon::detector::increasing_timeout::IncreasingTimeout;
use canon::election::omega::Omega;
use model::{Event, NodeId};
use spec::monitor::EventualLeader;
use world::{Failures, Sometimes, Subject};

/// The first period of the detector, and by how much a mistake lengthens it. A round trip of the
/// simulated network in its worst weather takes longer, so mistakes are made and learnt from.
const STEP: Duration = Duration::from_millis(20);

/// Ω and its size.
#[derive(Clone, Debug)]
pub struct OmegaLab {
    /// How many nodes.
    pub nodes: usize,
}

impl Subject for OmegaLab {
    type Process = Omega;
    type Monitor = EventualLeader;

    fn name(&self) -> &'static str {
        "omega"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Omega {
        Omega::new(self.nodes, IncreasingTimeout::new(node, self.nodes, STEP))
    }

    fn monitor(&self) -> EventualLeader {
        EventualLeader::default()
    }

    fn sometimes(&self) -> Vec<Sometimes<Omega>> {
        vec![
            Sometimes { name: "somebody but n0 is trusted", seen: trusts_another },
            Sometimes { name: "a mistake lengthens the period", seen: has_learnt },
        ]
    }

    /// Crash-stop, any number but one of the nodes; fair-loss links.
    fn failures(&self) -> Failures {
        Failures { recovery: false, core: 1, crashes: self.nodes - 1, ..Failures::all(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<OmegaLab> {
        Some(OmegaLab { nodes })
    }
}

fn trusts_another(_: &Event<Omega>, omega: &Omega) -> bool {
    omega.leader().is_some_and(|leader| leader != NodeId(0))
}

fn has_learnt(_: &Event<Omega>, omega: &Omega) -> bool {
    omega.period() > STEP
}
