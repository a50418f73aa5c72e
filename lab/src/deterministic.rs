//! The deterministic consensus of one bit in the lab. That no such protocol decides in every
//! asynchronous run is shown on it by [`flp`](crate::flp).

use canon::consensus::Propose;
use canon::consensus::deterministic::{Deterministic, Message, Mutant};
use check::{Bounds, Flushing};
use model::{Event, NodeId, NodeSet, Random};
use sim::Scale;
use spec::monitor::Consensus;
use world::timed::{MILLIS, SECONDS};
use world::trace::{Causality, Epoch};
use world::{Sometimes, Subject, SystemModel, Timing};

use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, delays_until, even_run};

/// The protocol, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct DeterministicLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored, worlds in which a node is in a later round are not gone on from.
    pub rounds: u64,
}

impl DeterministicLab {
    /// The sound protocol; it is explored through rounds 0 and 1.
    pub fn new(nodes: usize) -> DeterministicLab {
        DeterministicLab { nodes, mutant: None, rounds: 1 }
    }
}

impl Subject for DeterministicLab {
    type Process = Deterministic;
    type Monitor = Consensus<bool>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Deterministic {
        Deterministic::new(node, self.nodes, self.mutant)
    }

    fn monitor(&self) -> Consensus<bool> {
        Consensus::new()
    }

    fn sometimes(&self) -> Vec<Sometimes<Deterministic>> {
        vec![
            Sometimes { name: "a node decides", seen: |_, node| node.decided().is_some() },
            Sometimes { name: "a round lasts too long", seen: |_, node| node.round() > 0 },
            Sometimes { name: "an estimate was taken over", seen: is_taken_over },
        ]
    }

    fn requests(&self, _: NodeId) -> Vec<Propose<bool>> {
        vec![Propose(false), Propose(true)]
    }

    fn request(&self, _: NodeId, _: u64, random: &mut Random) -> Option<Propose<bool>> {
        Some(Propose(random.chance(1, 2)))
    }

    /// Crash-stop of a minority, perfect links.
    fn model(&self) -> SystemModel {
        let minority = self.nodes - NodeSet::first(self.nodes).majority();
        let timing = Timing::PartiallySynchronous;
        SystemModel { timing, ..SystemModel::crash_stop(self.nodes, minority) }
    }

    fn epoch(&self, node: &Deterministic) -> Option<Epoch> {
        Some(Epoch { number: node.round(), leads: node.coordinates() })
    }

    fn resized(&self, nodes: usize) -> Option<DeterministicLab> {
        Some(DeterministicLab { nodes, ..self.clone() })
    }

    fn within(&self, nodes: &[&Deterministic]) -> bool {
        nodes.iter().all(|node| node.round() <= self.rounds)
    }
}

impl Exhibit for DeterministicLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "deterministic-consensus",
        what: "consensus by coordinators in turn, which no asynchronous run is sure to end",
        family: "consensus",
        file: "canon/src/consensus/deterministic.rs",
        source: "Chandra, Toueg 1996, figure 6; Fischer, Lynch, Paterson 1985",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults", "count"];

    fn sized(nodes: usize) -> DeterministicLab {
        DeterministicLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> DeterministicLab {
        DeterministicLab { mutant: Some(mutant), ..self }
    }

    /// No crashes: a node that is never heard again is one whose messages do not arrive.
    fn bounds(&self) -> Bounds {
        Bounds { fires: Some(2), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![Dial::number("rounds", "the latest round to go on from", &mut self.rounds)]
    }

    /// There is one decision only, so runs are short and crowded.
    fn scale() -> Scale {
        Scale { faults: SECONDS, settle: 5 * SECONDS, operations: 20, strikes: 20 }
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let asked = |node| (10 * MILLIS, node, Propose(true));
        let requests: Vec<_> = NodeId::first(nodes).map(asked).collect();
        let trace = even_run(&DeterministicLab::new(nodes), &requests, 1);
        let order = Causality::of(&trace);
        let decides = |node| {
            let tells = |index: &usize| {
                let event = &trace.events[*index];
                event.node == Some(node) && !event.tells.is_empty()
            };
            (0..trace.events.len()).find(tells).expect("Every node decides in a calm run.")
        };
        let first = f64::from(order.delays(decides(NodeId(0))));
        let last = f64::from(delays_until(&trace, "decide").expect("They decide."));
        let n = nodes as f64;
        let sent = |name| trace.messages_called(name) as f64;
        let round: f64 = ["Estimate", "Proposal", "Ack"].map(sent).iter().sum();
        let convention =
            "all propose at once, no faults, every message takes as long; none to oneself";
        let delays = |some: f64| if nodes > 1 { some } else { 0.0 };
        let exact =
            |what, measured, formula| Measure::exact(nodes, what, convention, measured, formula);
        vec![
            exact("messages of the round", round, ("3(n-1)", 3.0 * (n - 1.0))),
            exact("messages that tell the decision", sent("Decided"), ("n(n-1)", n * (n - 1.0))),
            exact("delays until the coordinator decides", first, ("3, alone 0", delays(3.0))),
            exact("delays until all decide", last, ("4, alone 0", delays(4.0))),
        ]
    }
}

fn is_taken_over(event: &Event<Deterministic>, _: &Deterministic) -> bool {
    matches!(event, Event::Message(_, Message::Estimate { since, .. }) if *since > 0)
}
