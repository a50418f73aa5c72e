//! Ben-Or's randomised consensus in the lab.

use canon::consensus::ben_or::{BenOr, Message, Mutant, Setup, Step, one_proposal_a_round};
use canon::consensus::{Decide, Propose};
use check::{Bounds, Flushing};
use model::{Event, NodeId, NodeSet, Random};
use sim::Scale;
use spec::monitor::Consensus;
use world::rename::Symmetry;
use world::timed::{MILLIS, SECONDS};
use world::trace::{Epoch, Trace};
use world::{Invariant, Sometimes, Subject, SystemModel};

use crate::alike::alike;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Claim, Measure, calm_run, delays_until, mean};

/// Ben-Or, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct BenOrLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored, worlds in which a node has begun a later round are not gone on from.
    pub rounds: u32,
    /// When explored: how many nodes propose `true`, those with the highest numbers; the others
    /// propose `false`.
    pub trues: usize,
}

impl BenOrLab {
    /// Sound Ben-Or, which bears that fewer than half of its nodes stop. It is explored through
    /// one round and into the next, with one node of another mind than the others.
    pub fn new(nodes: usize) -> BenOrLab {
        BenOrLab { nodes, mutant: None, rounds: 1, trues: 1 }
    }

    /// `f`: how many nodes may stop.
    fn most(&self) -> usize {
        (self.nodes - 1) / 2
    }
}

impl Subject for BenOrLab {
    type Process = BenOr;
    type Monitor = Consensus<bool>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> BenOr {
        let members = NodeSet::first(self.nodes);
        BenOr::new(Setup { me, members, most: self.most(), mutant: self.mutant })
    }

    fn monitor(&self) -> Consensus<bool> {
        Consensus::new()
    }

    fn invariants(&self) -> Vec<Invariant<BenOr>> {
        vec![Invariant { name: "one proposal a round", holds: one_proposal_a_round }]
    }

    fn sometimes(&self) -> Vec<Sometimes<BenOr>> {
        vec![
            Sometimes { name: "a node decides", seen: |_, node| node.step() == Step::Halted },
            Sometimes { name: "a node proposes no value", seen: proposes_none },
            Sometimes { name: "a second round is begun", seen: |_, node| node.round() > 1 },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Propose<bool>> {
        vec![Propose(node.index() + self.trues >= self.nodes)]
    }

    fn symmetry(&self) -> Option<Symmetry<BenOrLab>> {
        alike(self, NodeSet::first(self.nodes))
    }

    fn request(&self, _: NodeId, _: u64, random: &mut Random) -> Option<Propose<bool>> {
        Some(Propose(random.chance(1, 2)))
    }

    fn model(&self) -> SystemModel {
        SystemModel::crash_stop(self.nodes, self.most())
    }

    fn epoch(&self, node: &BenOr) -> Option<Epoch> {
        Some(Epoch { number: u64::from(node.round()), leads: false })
    }

    fn resized(&self, nodes: usize) -> Option<BenOrLab> {
        Some(BenOrLab { nodes, ..self.clone() })
    }

    fn within(&self, nodes: &[&BenOr]) -> bool {
        nodes.iter().all(|node| node.round() <= self.rounds)
    }
}

impl Exhibit for BenOrLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "ben-or",
        what: "consensus by tossing coins, where no deterministic protocol can decide",
        family: "consensus",
        file: "canon/src/consensus/ben_or.rs",
        source: "Ben-Or 1983, protocol A",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "count"];

    fn sized(nodes: usize) -> BenOrLab {
        BenOrLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> BenOrLab {
        BenOrLab { mutant: Some(mutant), ..self }
    }

    /// No crashes: a node that is never heard again is one whose messages do not arrive.
    fn bounds(&self) -> Bounds {
        Bounds { flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::number("rounds", "the latest round to go on from", &mut self.rounds),
            Dial::number("trues", "how many nodes propose true", &mut self.trues),
        ]
    }

    /// There is one decision only, so runs are short and crowded.
    fn scale() -> Scale {
        Scale { faults: SECONDS, settle: 5 * SECONDS, operations: 20, strikes: 20 }
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let alike = proposed(nodes, 1, |_| true);
        let n = nodes as f64;
        let convention = "all propose alike, no faults, no messages to oneself; half of the \
                          messages are those of the round after the decision";
        let measure = |what, measured, formula, expected| {
            Measure::exact(nodes, what, convention, measured, (formula, expected))
        };
        let delays = delays_until(&alike, &Decide(true).to_string()).map_or(f64::NAN, f64::from);
        let rounds: Vec<f64> = (1..=SAMPLES).map(|seed| rounds(nodes, seed)).collect();
        let (measured, _) = mean(&rounds);
        vec![
            measure("messages", alike.messages() as f64, "4n(n-1)", 4.0 * n * (n - 1.0)),
            measure("delays", delays, "2", 2.0),
            Measure {
                what: "mean rounds until the last decides",
                convention: "every other node proposes true; 200 seeds of a scheduler that is \
                             fair. The bound holds for schedulers that see neither values nor \
                             coins; lab/stories/ben-or/adaptive-scheduler.story has one that does",
                nodes,
                measured,
                formula: "2^(n-1) + 1",
                expected: (nodes as f64 - 1.0).exp2() + 1.0,
                claim: Claim::AtMost,
            },
        ]
    }
}

/// The runs of which the mean number of rounds is taken.
const SAMPLES: u64 = 200;

/// A run without faults in which every node proposes at one time.
fn proposed(nodes: usize, seed: u64, value: impl Fn(NodeId) -> bool) -> Trace {
    let asked = |node| (10 * MILLIS, node, Propose(value(node)));
    let requests: Vec<_> = NodeId::first(nodes).map(asked).collect();
    calm_run(&BenOrLab::new(nodes), seed, &requests, 2)
}

/// In which round the last node decides, when every other node proposes `true`.
fn rounds(nodes: usize, seed: u64) -> f64 {
    let trace = proposed(nodes, seed, |node| node.0 % 2 == 1);
    let decisions = trace.events.iter().filter(|event| !event.tells.is_empty());
    let rounds: Vec<u64> = decisions.filter_map(|event| Some(event.epoch?.number)).collect();
    assert_eq!(rounds.len(), nodes, "Every node decides in a calm run.");
    rounds.into_iter().max().map_or(f64::NAN, |round| round as f64)
}

fn proposes_none(event: &Event<BenOr>, _: &BenOr) -> bool {
    matches!(event, Event::Message(_, Message::Proposal { value: None, .. }))
}
