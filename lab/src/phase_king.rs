//! Phase King in the lab.

use std::time::Duration;

use canon::byzantine::phase_king::{Message, Mutant, PhaseKing, Setup, a_loyal_king_unites};
use canon::consensus::Propose;
use check::{Bounds, Flushing, Network};
use model::{Event, NodeId, NodeSet, Random};
use sim::Scale;
use spec::monitor::Consensus;
use world::rename::Symmetry;
use world::timed::{MILLIS, SECONDS};
use world::trace::{Epoch, What};
use world::{DELTA, Faults, Invariant, Links, Sometimes, Subject, SystemModel, Timing};

use crate::alike::alike;
use crate::exhibit::{Card, Dial, Exhibit, number};
use crate::theory::{Measure, calm_run};
use crate::together::{TOGETHER, Together};

/// Phase King, its size, how many traitors it bears, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct PhaseKingLab {
    /// How many nodes.
    pub nodes: usize,
    /// `f`: how many of them may be traitors. Sound if there are more than `4f` nodes.
    pub most: usize,
    /// The traitors of a story or an exploration, if not the king of the last phase; a random run
    /// draws its own.
    pub traitors: Option<NodeSet>,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
}

impl PhaseKingLab {
    /// Sound Phase King, which bears as many traitors as it can at this size; nobody betrays.
    pub fn new(nodes: usize) -> PhaseKingLab {
        PhaseKingLab { nodes, most: most_of(nodes), traitors: Some(NodeSet::EMPTY), mutant: None }
    }
}

/// The most traitors among so many nodes: `n > 4f`.
fn most_of(nodes: usize) -> usize {
    (nodes - 1) / 4
}

/// How long a round lasts, in nanoseconds: twice what any message takes, differences between
/// starts included.
const ROUND: u64 = 2 * DELTA;

impl Subject for PhaseKingLab {
    type Process = PhaseKing;
    type Monitor = Consensus<bool>;

    fn name(&self) -> &'static str {
        "phase-king"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> PhaseKing {
        PhaseKing::new(Setup {
            me,
            members: NodeSet::first(self.nodes),
            most: self.most,
            round: Duration::from_nanos(ROUND),
            mutant: self.mutant,
        })
    }

    fn monitor(&self) -> Consensus<bool> {
        Consensus::new()
    }

    fn invariants(&self) -> Vec<Invariant<PhaseKing>> {
        vec![Invariant { name: "a loyal king unites", holds: a_loyal_king_unites }]
    }

    fn sometimes(&self) -> Vec<Sometimes<PhaseKing>> {
        vec![
            Sometimes { name: "a node disobeys its king", seen: disobeys },
            Sometimes { name: "a node obeys its king", seen: obeys },
        ]
    }

    fn requests(&self, _: NodeId) -> Vec<Propose<bool>> {
        vec![Propose(false), Propose(true)]
    }

    fn request(&self, _: NodeId, _: u64, random: &mut Random) -> Option<Propose<bool>> {
        Some(Propose(random.chance(1, 2)))
    }

    fn traitors(&self) -> NodeSet {
        // His word comes when no other king can mend it.
        let last_king = [NodeId(self.most as u16)].into_iter().take(self.most).collect();
        self.traitors.unwrap_or(last_king)
    }

    /// Every value in every phase, as anybody and as king.
    fn forgeries(&self, _: NodeId, _: NodeId) -> Vec<Message> {
        let phases = 1..=self.most as u32 + 1;
        let values = phases.flat_map(|phase| [(phase, false), (phase, true)]);
        let lies =
            |(phase, value)| [Message::Value { phase, value }, Message::King { phase, value }];
        values.flat_map(lies).collect()
    }

    fn model(&self) -> SystemModel {
        SystemModel {
            links: Links::Perfect,
            ordered: false,
            faults: Faults::Byzantine,
            most: self.most,
            core: self.nodes - self.most,
            timing: Timing::Synchronous,
        }
    }

    fn epoch(&self, node: &PhaseKing) -> Option<Epoch> {
        Some(Epoch { number: u64::from(node.round().div_ceil(2)), leads: node.rules() })
    }

    /// Loyal nodes that are never king.
    fn symmetry(&self) -> Option<Symmetry<PhaseKingLab>> {
        let kings = NodeSet::first(self.most + 1);
        let is_common = |node: &NodeId| !kings.contains(*node) && !self.traitors().contains(*node);
        alike(self, NodeId::first(self.nodes).filter(is_common).collect())
    }

    /// Rounds begin when all have proposed.
    fn within(&self, nodes: &[&PhaseKing]) -> bool {
        let has_begun = nodes.iter().any(|node| node.round() > 0);
        !has_begun || nodes.iter().all(|node| node.value().is_some())
    }

    /// It then bears no more traitors than it can in that size.
    fn resized(&self, nodes: usize) -> Option<PhaseKingLab> {
        let most = self.most.min(most_of(nodes));
        Some(PhaseKingLab { nodes, most, ..self.clone() })
    }
}

/// The word for no traitor at all.
const NOBODY: &str = "none";

impl Exhibit for PhaseKingLab {
    type Workload = Together;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "phase-king",
        what: "Byzantine agreement in f+1 phases, each with a king",
        family: "byzantine",
        file: "canon/src/byzantine/phase_king.rs",
        source: "Berman, Garay, Perry 1989",
        nodes: 5,
        sizes: (1, 13),
    };

    fn sized(nodes: usize) -> PhaseKingLab {
        PhaseKingLab { traitors: None, ..PhaseKingLab::new(nodes) }
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            network: Network::Reliable { copies: 1 },
            timing: check::Timing::Lockstep,
            flushing: Flushing::Eager,
            ..Bounds::default()
        }
    }

    fn broken(self, mutant: Mutant) -> PhaseKingLab {
        PhaseKingLab { mutant: Some(mutant), ..self }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let what = "how many traitors it is built to bear; sound below a quarter of the nodes";
        let names: Vec<String> = self.traitors().iter().map(|node| node.0.to_string()).collect();
        let (nodes, most, traitors) = (self.nodes, &mut self.most, &mut self.traitors);
        let names = if names.is_empty() { NOBODY.to_string() } else { names.join(",") };
        let f = Dial::new("f", what, *most, move |text| match number(text)? {
            few if few < nodes => {
                *most = few;
                Ok(())
            }
            many => Err(format!("must be less than the number of nodes, not {many}")),
        });
        let what =
            "who are the traitors of a story or an exploration, as 1,3; a random run draws its own";
        let traitors = Dial::new("traitors", what, names, move |text| {
            let named = text.split(',').filter(|name| *name != NOBODY).map(number::<u16>);
            let named: Vec<u16> = named.collect::<Result<_, _>>()?;
            if let Some(stranger) = named.iter().find(|name| usize::from(**name) >= nodes) {
                return Err(format!("names n{stranger}, but there are {nodes} nodes"));
            }
            *traitors = Some(named.into_iter().map(NodeId).collect());
            Ok(())
        });
        vec![f, traitors]
    }

    /// A run is a few rounds of some milliseconds.
    fn scale() -> Scale {
        Scale { faults: 100 * MILLIS, settle: SECONDS, operations: 1, strikes: 20 }
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = PhaseKingLab::new(nodes);
        let asked = |node: NodeId| (TOGETHER, node, Propose(node.0.is_multiple_of(2)));
        let requests: Vec<_> = NodeId::first(nodes).map(asked).collect();
        let trace = calm_run(&lab, 1, &requests, 1);
        let is_alarm = |what: What| matches!(what, What::Timer);
        let at_first = trace.events.iter().filter(|event| event.node == Some(NodeId(0)));
        let alarms = at_first.filter(|event| is_alarm(event.what)).count() as f64;
        let (n, f) = (nodes as f64, lab.most as f64);
        vec![
            Measure::exact(
                nodes,
                "messages",
                "nobody betrays, f is the most that n allows; no messages to oneself; the king's \
                 round included",
                trace.messages() as f64,
                ("(f+1)(n-1)(n+1)", (f + 1.0) * (n - 1.0) * (n + 1.0)),
            ),
            Measure::exact(
                nodes,
                "rounds",
                "alarms of one node, less the one that begins the first round",
                alarms - 1.0,
                ("2(f+1)", 2.0 * (f + 1.0)),
            ),
        ]
    }

    const THEORY_SIZES: &'static [usize] = &[3, 5, 7, 9, 13];

    const NEEDS: &'static [&'static str] = &["links", "count", "timing"];
}

fn disobeys(event: &Event<PhaseKing>, node: &PhaseKing) -> bool {
    ends_a_count(event, node) && node.keeps()
}

fn obeys(event: &Event<PhaseKing>, node: &PhaseKing) -> bool {
    ends_a_count(event, node) && !node.keeps()
}

fn ends_a_count(event: &Event<PhaseKing>, node: &PhaseKing) -> bool {
    matches!(event, Event::Timer(_)) && node.round() > 0 && node.round().is_multiple_of(2)
}
