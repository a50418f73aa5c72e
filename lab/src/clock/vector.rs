//! Vector clocks in the lab.

use canon::clock::Act;
use canon::clock::vector::{Message, Mutant, Vector, VectorClock, nobody_knows_more};
use check::{Bounds, Flushing};
use model::{Event, NodeId, Random};
use spec::monitor::CausalStamps;
use world::timed::MILLIS;
use world::{Faults, Invariant, Links, Sometimes, Subject, SystemModel};

use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, even_run};

/// Vector clocks, their number, their bounds when explored, and perhaps their breakage.
#[derive(Clone, Debug)]
pub struct VectorLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how many nodes do anything; those with the lowest numbers.
    pub asked: usize,
    /// When explored: how often each of them sends to the next node.
    pub sends: u64,
}

impl VectorLab {
    /// Sound clocks. When they are explored, three nodes each have an event of their own and send
    /// to the next node.
    pub fn new(nodes: usize) -> VectorLab {
        VectorLab { nodes, mutant: None, asked: 3, sends: 1 }
    }
}

/// How many of the events of a simulation concern one node alone.
const LOCAL: (u64, u64) = (1, 4);

impl Subject for VectorLab {
    type Process = VectorClock<u64>;
    type Monitor = CausalStamps<u64, Vector>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> VectorClock<u64> {
        VectorClock::new(node, self.mutant)
    }

    fn monitor(&self) -> CausalStamps<u64, Vector> {
        CausalStamps::new()
    }

    fn invariants(&self) -> Vec<Invariant<VectorClock<u64>>> {
        vec![Invariant { name: "nobody knows more than the node itself", holds: nobody_knows_more }]
    }

    fn sometimes(&self) -> Vec<Sometimes<VectorClock<u64>>> {
        vec![
            Sometimes { name: "a message tells news of a third node", seen: tells_of_others },
            Sometimes { name: "a message was overtaken", seen: is_overtaken },
        ]
    }

    /// Something of its own, and messages to the next node, numbered by their sender.
    fn requests(&self, node: NodeId) -> Vec<Act<u64>> {
        if node.index() >= self.asked {
            return Vec::new();
        }
        let next = NodeId(((node.index() + 1) % self.nodes) as u16);
        let sends = (1..=self.sends).map(|number| Act::Send(next, u64::from(node.0) * 10 + number));
        std::iter::once(Act::Local).chain(sends).collect()
    }

    fn request(&self, node: NodeId, count: u64, random: &mut Random) -> Option<Act<u64>> {
        if self.nodes == 1 || random.chance(LOCAL.0, LOCAL.1) {
            return Some(Act::Local);
        }
        let step = 1 + random.below(self.nodes as u64 - 1) as usize;
        Some(Act::Send(NodeId(((node.index() + step) % self.nodes) as u16), count))
    }

    /// Stamps speak of what was received: links may lose and double, and any node may stop.
    fn model(&self) -> SystemModel {
        let (links, faults, most) = (Links::FairLoss, Faults::CrashStop, self.nodes - 1);
        SystemModel { links, faults, most, core: 1, ..SystemModel::faultless(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<VectorLab> {
        Some(VectorLab { nodes, ..self.clone() })
    }
}

impl Exhibit for VectorLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "vector-clock",
        what: "stamps that compare exactly if one event happened before the other",
        family: "clock",
        file: "canon/src/clock/vector.rs",
        source: "Fidge 1988; Mattern 1989",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["faults"];

    fn sized(nodes: usize) -> VectorLab {
        VectorLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> VectorLab {
        VectorLab { mutant: Some(mutant), ..self }
    }

    /// Without crashes: to stamps, a node that has stopped for good is one that is slow for ever.
    fn bounds(&self) -> Bounds {
        Bounds { flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::number("asked", "how many nodes do anything", &mut self.asked),
            Dial::number("sends", "how often each of them sends to the next", &mut self.sends),
        ]
    }

    /// A message goes twice around the ring, so that everybody has heard of everybody.
    fn theory(nodes: usize) -> Vec<Measure> {
        let hops = 2 * nodes as u64;
        let hop = |number: u64| {
            let (from, to) = (number as usize % nodes, (number as usize + 1) % nodes);
            (number * MILLIS, NodeId(from as u16), Act::Send(NodeId(to as u16), number))
        };
        let requests: Vec<_> = (1..=hops).map(hop).collect();
        let trace = even_run(&VectorLab::new(nodes), &requests, 1);
        let mut sent = trace.events.iter().flat_map(|event| &event.sends);
        let last = sent.next_back().expect("Something was sent.");
        vec![
            Measure::exact(
                nodes,
                "numbers a message carries",
                "counts in the last of 2n messages around a ring; a count of 0 is not sent, so \
                 earlier ones carry fewer",
                last.text.matches(':').count() as f64,
                ("n", nodes as f64),
            ),
            Measure::exact(
                nodes,
                "messages an event that sends",
                "from node to node; the clock adds to messages, and sends none",
                trace.messages() as f64 / hops as f64,
                ("1", 1.0),
            ),
        ]
    }
}

/// It is the newest that is known here of a node that is neither its sender nor this one: its own
/// count is higher than anybody else can know.
fn tells_of_others(event: &Event<VectorClock<u64>>, clock: &VectorClock<u64>) -> bool {
    let Event::Message(from, Message { stamp, .. }) = event else {
        return false;
    };
    stamp.iter().any(|(node, count)| node != *from && count == clock.vector().get(node))
}

/// More was known here of its sender than it knew.
fn is_overtaken(event: &Event<VectorClock<u64>>, clock: &VectorClock<u64>) -> bool {
    let Event::Message(from, Message { stamp, .. }) = event else {
        return false;
    };
    stamp.get(*from) < clock.vector().get(*from)
}
