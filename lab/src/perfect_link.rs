//! Perfect links in the lab, carrying numbers.

use std::time::Duration;

use canon::link::Send;
use canon::link::perfect::{Message, Mutant, PerfectLink};
use check::{Bounds, Flushing};
use model::{Event, NodeId, Random};
use spec::monitor::PerfectLinks;
use world::timed::SECONDS;
use world::{Faults, Links, Sometimes, Subject, SystemModel, Timing};

use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, calm_run};

/// After how long what was not acknowledged is sent again: longer than a round trip of a quiet data
/// centre, so that a run without losses repeats nothing.
const EVERY: Duration = Duration::from_millis(20);

/// Perfect links, their size, and perhaps their breakage.
#[derive(Clone, Debug)]
pub struct PerfectLinkLab {
    /// How many nodes.
    pub nodes: usize,
    /// Over which links: by itself it assumes that they are fair.
    pub links: Links,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
}

impl Subject for PerfectLinkLab {
    type Process = PerfectLink<u64>;
    type Monitor = PerfectLinks<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, _: NodeId) -> PerfectLink<u64> {
        PerfectLink::new(EVERY, self.mutant)
    }

    fn monitor(&self) -> PerfectLinks<u64> {
        PerfectLinks::default()
    }

    fn sometimes(&self) -> Vec<Sometimes<PerfectLink<u64>>> {
        vec![
            Sometimes { name: "a payload is sent again", seen: repeats },
            Sometimes { name: "everything is acknowledged", seen: is_done },
        ]
    }

    /// Two payloads from each node to the next.
    fn requests(&self, node: NodeId) -> Vec<Send<u64>> {
        let to = NodeId((node.0 + 1) % self.nodes as u16);
        [1, 2].map(|payload| Send { to, payload }).to_vec()
    }

    fn request(&self, _: NodeId, count: u64, random: &mut Random) -> Option<Send<u64>> {
        let to = NodeId(random.below(self.nodes as u64) as u16);
        // Equal payloads are not one payload: every third is one of two.
        let payload = if count.is_multiple_of(3) { count % 2 } else { count };
        Some(Send { to, payload })
    }

    /// Crash-stop of any number but one; time means nothing to it.
    fn model(&self) -> SystemModel {
        SystemModel {
            links: self.links,
            faults: Faults::CrashStop,
            most: self.nodes - 1,
            core: 1,
            timing: Timing::Asynchronous,
            ..SystemModel::consensus(self.nodes)
        }
    }

    fn resized(&self, nodes: usize) -> Option<PerfectLinkLab> {
        Some(PerfectLinkLab { nodes, ..self.clone() })
    }
}

impl Exhibit for PerfectLinkLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "perfect-link",
        what: "reliable links by retransmission, over links that lose and repeat",
        family: "link",
        file: "canon/src/link/perfect.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithms 2.1, 2.2",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> PerfectLinkLab {
        PerfectLinkLab { nodes, links: Links::FairLoss, mutant: None }
    }

    fn broken(self, mutant: Mutant) -> PerfectLinkLab {
        PerfectLinkLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { fires: Some(3), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (PerfectLinkLab, Bounds) {
        let lab = PerfectLinkLab::sized(2);
        let bounds = lab.bounds();
        (lab, bounds)
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![Dial::word("links", "what the links below promise", &mut self.links)]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = PerfectLinkLab::sized(nodes);
        let ring = NodeId::first(nodes).map(|node| (SECONDS, node, lab.requests(node).remove(0)));
        let ring: Vec<(u64, NodeId, Send<u64>)> = ring.collect();
        let trace = calm_run(&lab, 1, &ring, 2);
        let convention = "a payload from each node to the next; messages between nodes";
        let measured = trace.messages() as f64 / nodes as f64;
        let formula = ("2", if nodes > 1 { 2.0 } else { 0.0 });
        vec![Measure::exact(nodes, "messages a send", convention, measured, formula)]
    }
}

fn repeats(event: &Event<PerfectLink<u64>>, link: &PerfectLink<u64>) -> bool {
    matches!(event, Event::Timer(_)) && link.open() > 0
}

fn is_done(event: &Event<PerfectLink<u64>>, link: &PerfectLink<u64>) -> bool {
    matches!(event, Event::Message(_, Message::Acknowledge { .. })) && link.open() == 0
}
