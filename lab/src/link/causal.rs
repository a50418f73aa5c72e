//! Messages in causal order in the lab, over numbers.

use canon::link::Send;
use canon::link::causal::{CausalLink, Mutant, nobody_knows_more};
use check::{Bounds, Flushing};
use model::{NodeId, Random};
use spec::monitor::CausalDelivery;
use world::timed::MILLIS;
use world::{Invariant, Sometimes, Subject, SystemModel};

use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, delays_until, even_run};

/// Links in causal order, their number of nodes, their bounds when explored, and perhaps their
/// breakage.
#[derive(Clone, Debug)]
pub struct CausalLinkLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how many nodes send to each other node once; those with the lowest numbers.
    pub asked: usize,
}

impl CausalLinkLab {
    /// The sound protocol; three nodes send to each other when it is explored.
    pub fn new(nodes: usize) -> CausalLinkLab {
        CausalLinkLab { nodes, mutant: None, asked: 3 }
    }
}

impl Subject for CausalLinkLab {
    type Process = CausalLink<u64>;
    type Monitor = CausalDelivery<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> CausalLink<u64> {
        CausalLink::new(node, self.mutant)
    }

    fn monitor(&self) -> CausalDelivery<u64> {
        CausalDelivery::new()
    }

    fn invariants(&self) -> Vec<Invariant<CausalLink<u64>>> {
        vec![Invariant { name: "nobody knows more than the sender", holds: nobody_knows_more }]
    }

    fn sometimes(&self) -> Vec<Sometimes<CausalLink<u64>>> {
        vec![Sometimes { name: "a message is held back", seen: |_, node| node.held() > 0 }]
    }

    /// A message to each other node; its number tells its way.
    fn requests(&self, node: NodeId) -> Vec<Send<u64>> {
        if node.index() >= self.asked {
            return Vec::new();
        }
        let others = NodeId::first(self.nodes).filter(|&to| to != node);
        let way = |to: NodeId| u64::from(node.0) * 10 + u64::from(to.0);
        others.map(|to| Send { to, payload: way(to) }).collect()
    }

    fn request(&self, node: NodeId, count: u64, random: &mut Random) -> Option<Send<u64>> {
        if self.nodes == 1 {
            return None;
        }
        let step = 1 + random.below(self.nodes as u64 - 1) as usize;
        let to = NodeId(((node.index() + step) % self.nodes) as u16);
        Some(Send { to, payload: count })
    }

    fn model(&self) -> SystemModel {
        SystemModel::faultless(self.nodes)
    }

    fn resized(&self, nodes: usize) -> Option<CausalLinkLab> {
        Some(CausalLinkLab { nodes, ..self.clone() })
    }
}

impl Exhibit for CausalLinkLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "causal-link",
        what: "no message is delivered before one that was sent to the same node before it",
        family: "link",
        file: "canon/src/link/causal.rs",
        source: "Raynal, Schiper, Toueg 1991",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> CausalLinkLab {
        CausalLinkLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> CausalLinkLab {
        CausalLinkLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![Dial::number("asked", "how many nodes send to each other node", &mut self.asked)]
    }

    /// Everybody sends to everybody; then a message goes twice around the ring, so that everybody
    /// has heard of all that was sent.
    fn theory(nodes: usize) -> Vec<Measure> {
        let node = |number: usize| NodeId((number % nodes) as u16);
        let pairs = (0..nodes).flat_map(|from| (1..nodes).map(move |step| (from, from + step)));
        let ways = pairs.chain((0..2 * nodes).map(|hop| (hop, hop + 1)));
        let send = |(number, (from, to)): (usize, (usize, usize))| {
            let number = number as u64 + 1;
            (number * MILLIS, node(from), Send { to: node(to), payload: number })
        };
        let requests: Vec<_> = ways.enumerate().map(send).collect();
        let trace = even_run(&CausalLinkLab::new(nodes), &requests, 1);
        let mut sent = trace.events.iter().flat_map(|event| &event.sends);
        let last = &sent.next_back().expect("Something was sent.").text;
        let alone = even_run(&CausalLinkLab::new(nodes), &requests[..1], 1);
        let delays = delays_until(&alone, "deliver").expect("It was delivered.");
        vec![
            Measure::exact(
                nodes,
                "messages a send",
                "from node to node; causal order adds to messages, and sends none",
                trace.messages() as f64 / requests.len() as f64,
                ("1", 1.0),
            ),
            Measure::exact(
                nodes,
                "delays until it is delivered",
                "one message, so nothing is held back",
                f64::from(delays),
                ("1", 1.0),
            ),
            Measure::exact(
                nodes,
                "numbers a message carries",
                "counts of pairs in the last message, when all have sent to all and all know it; \
                 nobody sends to itself, else n*n",
                (last.matches(':').count() - last.matches(": [").count()) as f64,
                ("n(n-1)", (nodes * (nodes - 1)) as f64),
            ),
        ]
    }
}
