//! Causal broadcast in the lab.

use canon::broadcast::Broadcast;
use canon::broadcast::causal::{Causal, Mutant, nothing_ripe_is_held};
use canon::broadcast::eager::Eager;
use check::Bounds;
use model::{NodeId, Random};
use spec::monitor::CausalBroadcast;
use world::timed::MILLIS;
use world::trace::What;
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::Broadcasters;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, even_run};

/// Causal broadcast, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct CausalLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: who broadcasts how often.
    pub broadcasters: Broadcasters,
}

impl CausalLab {
    /// The sound protocol; two nodes broadcast twice when it is explored.
    pub fn new(nodes: usize) -> CausalLab {
        CausalLab { nodes, mutant: None, broadcasters: Broadcasters::default() }
    }
}

impl Subject for CausalLab {
    type Process = Causal<u64>;
    type Monitor = CausalBroadcast<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Causal<u64> {
        Causal::new(node, Eager::new(node, self.nodes, None), self.mutant)
    }

    fn monitor(&self) -> CausalBroadcast<u64> {
        CausalBroadcast::new()
    }

    fn invariants(&self) -> Vec<Invariant<Causal<u64>>> {
        vec![Invariant { name: "nothing ripe is held", holds: nothing_ripe_is_held }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Causal<u64>>> {
        vec![
            Sometimes { name: "a broadcast is held back", seen: |_, node| node.held() > 0 },
            Sometimes { name: "two broadcasts are held back", seen: |_, node| node.held() > 1 },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Broadcast<u64>> {
        self.broadcasters.requests(node)
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Broadcast<u64>> {
        Some(Broadcast(count))
    }

    fn model(&self) -> SystemModel {
        SystemModel::crash_stop(self.nodes, self.nodes - 1)
    }

    fn resized(&self, nodes: usize) -> Option<CausalLab> {
        Some(CausalLab { nodes, ..self.clone() })
    }
}

impl Exhibit for CausalLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "causal-broadcast",
        what: "no broadcast is delivered before one that it follows upon",
        family: "broadcast",
        file: "canon/src/broadcast/causal.rs",
        source: "Birman, Schiper, Stephenson 1991, section 5.1",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> CausalLab {
        CausalLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> CausalLab {
        CausalLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        super::bounds()
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        self.broadcasters.dials().into()
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = CausalLab::new(nodes);
        let trace = even_run(&lab, &[(MILLIS, NodeId(0), Broadcast(1))], 1);
        let asked = trace.events.iter().filter(|event| event.what == What::Request);
        let mut measures = super::measures(&lab, ("1", 1.0));
        measures.push(Measure::exact(
            nodes,
            "messages a broadcast, relays left out",
            "those that the broadcaster sends: what it costs with best-effort broadcast below \
             instead of eager",
            asked.map(|event| event.sends.len()).sum::<usize>() as f64,
            ("n-1", nodes as f64 - 1.0),
        ));
        measures
    }
}
