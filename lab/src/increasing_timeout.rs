//! The increasing-timeout detector in the lab.

use std::time::Duration;

use canon::detector::increasing_timeout::{IncreasingTimeout, Mutant, mistakes_are_mended};
use check::{Bounds, Flushing, Network};
use model::{Event, NodeId, NodeSet};
use sim::Scale;
use spec::monitor::EventuallyPerfect;
use world::timed::SECONDS;
use world::{Faults, Sometimes, Subject, SystemModel};

use crate::exhibit::{Card, Exhibit, Open};

/// The first period, and by how much a mistake lengthens it: shorter than a round trip even of a
/// quiet data centre, so that every detector makes mistakes and must learn.
const STEP: Duration = Duration::from_micros(150);

/// The detector, its size, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct IncreasingTimeoutLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
}

impl Subject for IncreasingTimeoutLab {
    type Process = IncreasingTimeout;
    type Monitor = EventuallyPerfect;

    fn name(&self) -> &'static str {
        "increasing-timeout"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> IncreasingTimeout {
        IncreasingTimeout::new(node, self.nodes, STEP, self.mutant)
    }

    fn monitor(&self) -> EventuallyPerfect {
        EventuallyPerfect::new(self.nodes)
    }

    fn step(&self, before: &IncreasingTimeout, after: &IncreasingTimeout) -> Result<(), String> {
        mistakes_are_mended(before, after)
    }

    fn sometimes(&self) -> Vec<Sometimes<IncreasingTimeout>> {
        vec![
            Sometimes { name: "a node is suspected", seen: suspects },
            Sometimes { name: "a mistake lengthens the period", seen: has_learnt },
        ]
    }

    /// Crash-stop of any number but one; fair-loss links.
    fn model(&self) -> SystemModel {
        let most = self.nodes - 1;
        let all = SystemModel::consensus(self.nodes);
        SystemModel { faults: Faults::CrashStop, most, core: 1, ..all }
    }

    fn resized(&self, nodes: usize) -> Option<IncreasingTimeoutLab> {
        (nodes > 1).then(|| IncreasingTimeoutLab { nodes, ..self.clone() })
    }
}

impl Exhibit for IncreasingTimeoutLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "increasing-timeout",
        what: "the eventually perfect failure detector, by time-outs that grow with each mistake",
        family: "detector",
        file: "canon/src/detector/increasing_timeout.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithm 2.7",
        nodes: 3,
        sizes: (2, 9),
    };

    fn sized(nodes: usize) -> IncreasingTimeoutLab {
        IncreasingTimeoutLab { nodes, mutant: None }
    }

    /// It beats for ever, and each beat has a number of its own: there are finitely many worlds
    /// only while alarms are counted. What must come in the end is therefore left to simulations;
    /// explored is what each step must bring. To that, who has crashed for good is one who is slow
    /// for ever.
    fn bounds(&self) -> Bounds {
        Bounds { fires: Some(3), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (IncreasingTimeoutLab, Bounds) {
        let lab = IncreasingTimeoutLab::sized(2);
        let bounds = Bounds { network: Network::Fifo { copies: 1 }, ..lab.bounds() };
        (lab, bounds)
    }

    fn broken(self, mutant: Mutant) -> IncreasingTimeoutLab {
        IncreasingTimeoutLab { mutant: Some(mutant), ..self }
    }

    /// Periods are short, so a quarter of a second of faults holds hundreds of them, and a second
    /// is enough to learn the delays of calm weather.
    fn scale() -> Scale {
        Scale { faults: SECONDS / 4, settle: SECONDS, ..Scale::default() }
    }

    const NEEDS: &'static [&'static str] = &["faults"];
}

fn suspects(_: &Event<IncreasingTimeout>, detector: &IncreasingTimeout) -> bool {
    detector.suspected() != NodeSet::EMPTY
}

fn has_learnt(_: &Event<IncreasingTimeout>, detector: &IncreasingTimeout) -> bool {
    detector.period() > STEP
}
