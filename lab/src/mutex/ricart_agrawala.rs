//! Ricart and Agrawala's mutual exclusion in the lab.

use canon::mutex::Request;
use canon::mutex::ricart_agrawala::{
    Message, Mutant, Place, RicartAgrawala, deferred_with_reason, lowest_number_first,
};
use model::{Event, NodeId, Random};
use world::timed::{MILLIS, SECONDS};
use world::trace::Trace;
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::{Judge, Visitors, either, handover, judge, stays};
use crate::exhibit::{Card, Dial, Exhibit, number};
use crate::theory::{Asked, Measure, calm_run, delays_until};

/// The algorithm, its size, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct RicartAgrawalaLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how often each node may enter.
    pub stays: usize,
    /// The highest number that each node has seen before the run; 0 for those beyond the list.
    pub seen: Vec<u64>,
    /// Whether inner invariants are judged; the monitor always is.
    pub inner: bool,
}

impl RicartAgrawalaLab {
    /// The sound algorithm; when explored, each node may enter once.
    pub fn new(nodes: usize) -> RicartAgrawalaLab {
        RicartAgrawalaLab { nodes, mutant: None, stays: 1, seen: Vec::new(), inner: true }
    }
}

impl Subject for RicartAgrawalaLab {
    type Process = RicartAgrawala;
    type Monitor = Judge;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> RicartAgrawala {
        let seen = self.seen.get(node.index()).copied().unwrap_or(0);
        RicartAgrawala::new(node, self.nodes, self.mutant).having_seen(seen)
    }

    fn monitor(&self) -> Judge {
        judge()
    }

    fn invariants(&self) -> Vec<Invariant<RicartAgrawala>> {
        if !self.inner {
            return Vec::new();
        }
        vec![
            Invariant { name: "lowest number first", holds: lowest_number_first },
            Invariant { name: "deferred with reason", holds: deferred_with_reason },
        ]
    }

    fn sometimes(&self) -> Vec<Sometimes<RicartAgrawala>> {
        vec![
            Sometimes { name: "a node enters", seen: |_, node| is_inside(node) },
            Sometimes { name: "a node inside defers", seen: inside_defers },
            Sometimes { name: "a node that waits defers", seen: waiting_defers },
            Sometimes { name: "a node that waits gives way", seen: gives_way },
            Sometimes { name: "two ask with the same number", seen: same_number },
        ]
    }

    fn requests(&self, _: NodeId) -> Vec<Request> {
        stays(self.stays)
    }

    fn request(&self, node: NodeId, count: u64, random: &mut Random) -> Option<Request> {
        either(node, count, random)
    }

    fn model(&self) -> SystemModel {
        SystemModel::faultless(self.nodes)
    }

    fn resized(&self, nodes: usize) -> Option<RicartAgrawalaLab> {
        Some(RicartAgrawalaLab { nodes, ..self.clone() })
    }
}

impl Exhibit for RicartAgrawalaLab {
    type Workload = Visitors;
    type Mutant = Mutant;

    const IN_TURNS: bool = true;

    const CARD: Card = Card {
        name: "ricart-agrawala",
        what: "mutual exclusion: whoever asks enters when all others have replied",
        family: "mutex",
        file: "canon/src/mutex/ricart_agrawala.rs",
        source: "Ricart, Agrawala 1981",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> RicartAgrawalaLab {
        RicartAgrawalaLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> RicartAgrawalaLab {
        RicartAgrawalaLab { mutant: Some(mutant), ..self }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let seen = "the highest number that each node has seen before, as 7,0,11";
        let listed: Vec<String> = self.seen.iter().map(u64::to_string).collect();
        let place = &mut self.seen;
        let see = |text: &str| {
            let named = text.split(',').filter(|one| !one.is_empty());
            *place = named.map(number).collect::<Result<_, _>>()?;
            Ok(())
        };
        vec![
            Dial::number("stays", "how often each node may enter when explored", &mut self.stays),
            Dial::new("seen", seen, listed.join(","), see),
            Dial::switch("inner", "whether inner invariants are judged", &mut self.inner),
        ]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = RicartAgrawalaLab::new(nodes);
        let alone = calm_run(&lab, 1, &[(MILLIS, NodeId(0), Request::Enter)], 1);
        let (crowd, entries) = (all_at_once(&lab), nodes as f64);
        let formula = ("2(n-1)", (2 * (nodes - 1)) as f64);
        let mut measures = vec![
            Measure::exact(
                nodes,
                "messages an entry",
                "Request and Reply, none to oneself; one node asks",
                alone.messages() as f64,
                formula,
            ),
            Measure::exact(
                nodes,
                "messages an entry, all asking at once",
                "the same, a mean over one entry of every node",
                crowd.messages() as f64 / entries,
                formula,
            ),
        ];
        if nodes == 1 {
            return measures;
        }
        measures.extend([
            Measure::exact(
                nodes,
                "delays from asking to entry",
                "message delays on the longest chain; nobody else asks",
                f64::from(delays_until(&alone, "entered").expect("it enters")),
                ("2", 2.0),
            ),
            Measure::exact(
                nodes,
                "delays from leave to next entry",
                "message delays on the longest chain; somebody waits",
                f64::from(handover(&crowd)),
                ("1", 1.0),
            ),
        ]);
        measures
    }
}

/// Every node asks at the same time, and leaves long after each has asked. The stays are so long
/// apart that each request to leave finds its node inside.
fn all_at_once(lab: &RicartAgrawalaLab) -> Trace {
    let enter = NodeId::first(lab.nodes).map(|node| (MILLIS, node, Request::Enter));
    // With equal numbers, nodes enter in the order of their own.
    let leave = NodeId::first(lab.nodes)
        .map(|node| (SECONDS + u64::from(node.0) * 100 * MILLIS, node, Request::Leave));
    let requests: Vec<Asked<RicartAgrawala>> = enter.chain(leave).collect();
    calm_run(lab, 1, &requests, 3)
}

fn is_inside(node: &RicartAgrawala) -> bool {
    matches!(node.place(), Place::Inside { .. })
}

fn inside_defers(event: &Event<RicartAgrawala>, node: &RicartAgrawala) -> bool {
    let Event::Message(from, Message::Request(_)) = event else { return false };
    is_inside(node) && node.deferred().contains(*from)
}

fn waiting_defers(event: &Event<RicartAgrawala>, node: &RicartAgrawala) -> bool {
    let Event::Message(from, Message::Request(_)) = event else { return false };
    matches!(node.place(), Place::Waiting { .. }) && node.deferred().contains(*from)
}

fn gives_way(event: &Event<RicartAgrawala>, node: &RicartAgrawala) -> bool {
    let Event::Message(from, Message::Request(_)) = event else { return false };
    matches!(node.place(), Place::Waiting { .. }) && !node.deferred().contains(*from)
}

fn same_number(event: &Event<RicartAgrawala>, node: &RicartAgrawala) -> bool {
    let Event::Message(_, Message::Request(theirs)) = event else { return false };
    matches!(node.place(), Place::Waiting { number, .. } if number == *theirs)
}
