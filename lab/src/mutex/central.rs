//! Mutual exclusion by a central server in the lab.

use canon::mutex::Request;
use canon::mutex::central::{Central, Message, Mutant, Place, inside_holds};
use model::{Event, NodeId, Random};
use world::timed::{MILLIS, SECONDS};
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::{Judge, Visitors, either, handover, judge, stays};
use crate::exhibit::{Card, Dial, Exhibit};
use crate::theory::{Measure, calm_run, delays_until};

/// The algorithm, its size, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct CentralLab {
    /// How many nodes, the server among them.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how often each node may enter.
    pub stays: usize,
}

impl CentralLab {
    /// The sound algorithm; when explored, each node may enter twice.
    pub fn new(nodes: usize) -> CentralLab {
        CentralLab { nodes, mutant: None, stays: 2 }
    }
}

impl Subject for CentralLab {
    type Process = Central;
    type Monitor = Judge;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Central {
        Central::new(node, self.mutant)
    }

    fn monitor(&self) -> Judge {
        judge()
    }

    fn invariants(&self) -> Vec<Invariant<Central>> {
        vec![Invariant { name: "inside holds the grant", holds: inside_holds }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Central>> {
        vec![
            Sometimes { name: "a node enters", seen: |_, node| node.place() == Place::Inside },
            Sometimes { name: "a node waits in the queue", seen: |_, node| node.queued() > 0 },
            Sometimes { name: "a release grants the next", seen: hands_over },
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

    fn resized(&self, nodes: usize) -> Option<CentralLab> {
        Some(CentralLab { nodes, ..self.clone() })
    }
}

impl Exhibit for CentralLab {
    type Workload = Visitors;
    type Mutant = Mutant;

    const IN_TURNS: bool = true;

    const CARD: Card = Card {
        name: "central-mutex",
        what: "mutual exclusion: a server lets one in at a time, in the order of the requests",
        family: "mutex",
        file: "canon/src/mutex/central.rs",
        source: "Coulouris and others 2012, section 15.2",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> CentralLab {
        CentralLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> CentralLab {
        CentralLab { mutant: Some(mutant), ..self }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let what = "how often each node may enter when explored";
        vec![Dial::number("stays", what, &mut self.stays)]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = CentralLab::new(nodes);
        let (one, two) = (NodeId(1), NodeId(2));
        let stay = [(MILLIS, one, Request::Enter), (SECONDS, one, Request::Leave)];
        let alone = calm_run(&lab, 1, &stay, 2);
        let [enter, leave] = stay;
        let waits = (10 * MILLIS, two, Request::Enter);
        let both = calm_run(&lab, 1, &[enter, waits, leave], 2);
        let delays = delays_until(&alone, "entered").expect("It enters.");
        let exact = |what, convention, measured, formula| {
            Measure::exact(nodes, what, convention, measured, formula)
        };
        vec![
            exact(
                "messages an entry",
                "Request, Grant and Release of a node that is not the server",
                alone.messages() as f64,
                ("3", 3.0),
            ),
            exact(
                "delays from asking to entry",
                "message delays on the longest chain; nobody else asks",
                f64::from(delays),
                ("2", 2.0),
            ),
            exact(
                "delays from leave to next entry",
                "message delays on the longest chain; somebody waits",
                f64::from(handover(&both)),
                ("2", 2.0),
            ),
        ]
    }
}

fn hands_over(event: &Event<Central>, node: &Central) -> bool {
    matches!(event, Event::Message(_, Message::Release)) && node.is_granting()
}
