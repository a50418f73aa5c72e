//! Ω in the lab: three layers, a leader detector on a failure detector on links.

use std::time::Duration;

use canon::detector::increasing_timeout::IncreasingTimeout;
use canon::election::omega::{Mutant, Omega, the_first_unsuspected_leads};
use check::{Bounds, Flushing, Network};
use model::{Event, NodeId};
use spec::monitor::EventualLeader;
use world::{Faults, Invariant, Sometimes, Subject, SystemModel};

use crate::exhibit::{Card, Exhibit, Open};

/// The first period of the detector, and by how much a mistake lengthens it. A round trip of the
/// simulated network in its worst weather takes longer, so mistakes are made and learnt from.
const STEP: Duration = Duration::from_millis(20);

/// Ω and its size.
#[derive(Clone, Debug)]
pub struct OmegaLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
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
        let detector = IncreasingTimeout::new(node, self.nodes, STEP, None);
        Omega::new(self.nodes, detector, self.mutant)
    }

    fn monitor(&self) -> EventualLeader {
        EventualLeader::default()
    }

    fn invariants(&self) -> Vec<Invariant<Omega>> {
        let holds = the_first_unsuspected_leads;
        vec![Invariant { name: "the first unsuspected leads", holds }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Omega>> {
        vec![
            Sometimes { name: "somebody but n0 is trusted", seen: trusts_another },
            Sometimes { name: "a mistake lengthens the period", seen: has_learnt },
        ]
    }

    /// Crash-stop, any number but one of the nodes; fair-loss links.
    fn model(&self) -> SystemModel {
        let most = self.nodes - 1;
        let all = SystemModel::consensus(self.nodes);
        SystemModel { faults: Faults::CrashStop, most, core: 1, ..all }
    }

    fn resized(&self, nodes: usize) -> Option<OmegaLab> {
        Some(OmegaLab { nodes, ..self.clone() })
    }
}

impl Exhibit for OmegaLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "omega",
        what: "the eventual leader detector, on a failure detector, on perfect links",
        family: "election",
        file: "canon/src/election/omega.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithms 2.1, 2.2, 2.7, 2.8",
        nodes: 3,
        sizes: (1, 9),
    };

    fn sized(nodes: usize) -> OmegaLab {
        OmegaLab { nodes, mutant: None }
    }

    /// Its detector beats for ever, and each beat has a number of its own: there are finitely many
    /// worlds only while alarms are counted. What must come in the end is therefore left to
    /// simulations; explored is what is true at any time. To that, who has crashed for good is one
    /// who is slow for ever.
    fn bounds(&self) -> Bounds {
        Bounds { fires: Some(3), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (OmegaLab, Bounds) {
        let lab = OmegaLab::sized(2);
        let bounds = Bounds { network: Network::Fifo { copies: 1 }, ..lab.bounds() };
        (lab, bounds)
    }

    fn broken(self, mutant: Mutant) -> OmegaLab {
        OmegaLab { mutant: Some(mutant), ..self }
    }

    const NEEDS: &'static [&'static str] = &["faults"];
}

fn trusts_another(_: &Event<Omega>, omega: &Omega) -> bool {
    omega.leader().is_some_and(|leader| leader != NodeId(0))
}

fn has_learnt(_: &Event<Omega>, omega: &Omega) -> bool {
    omega.period() > STEP
}
