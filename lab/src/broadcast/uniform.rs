//! Uniform reliable broadcast by majorities in the lab.

use canon::broadcast::Broadcast;
use canon::broadcast::majority::{Majority, Mutant, majority_holds};
use check::Bounds;
use model::{Event, NodeId, NodeSet, Random};
use spec::monitor::ReliableBroadcast;
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::Broadcasters;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::Measure;

/// Uniform reliable broadcast, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct UniformLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: who broadcasts how often.
    pub broadcasters: Broadcasters,
}

impl UniformLab {
    /// The sound protocol; two nodes broadcast twice when it is explored.
    pub fn new(nodes: usize) -> UniformLab {
        UniformLab { nodes, mutant: None, broadcasters: Broadcasters::default() }
    }
}

impl Subject for UniformLab {
    type Process = Majority<u64>;
    type Monitor = ReliableBroadcast<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Majority<u64> {
        Majority::new(node, self.nodes, self.mutant)
    }

    fn monitor(&self) -> ReliableBroadcast<u64> {
        ReliableBroadcast::uniform()
    }

    fn invariants(&self) -> Vec<Invariant<Majority<u64>>> {
        vec![Invariant { name: "a majority holds what is delivered", holds: majority_holds }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Majority<u64>>> {
        vec![
            Sometimes {
                name: "a broadcast waits for its majority",
                seen: |_, node| node.pending() > 0,
            },
            Sometimes { name: "a relay completes a majority", seen: is_completed },
            Sometimes {
                name: "a later broadcast is delivered first",
                seen: |_, node| node.delivered().has_gap(),
            },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Broadcast<u64>> {
        self.broadcasters.requests(node)
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Broadcast<u64>> {
        Some(Broadcast(count))
    }

    fn model(&self) -> SystemModel {
        let minority = self.nodes - NodeSet::first(self.nodes).majority();
        SystemModel::crash_stop(self.nodes, minority)
    }

    fn resized(&self, nodes: usize) -> Option<UniformLab> {
        Some(UniformLab { nodes, ..self.clone() })
    }
}

impl Exhibit for UniformLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "uniform-broadcast",
        what: "a broadcast is delivered when a majority has it, so that all agree with the crashed",
        family: "broadcast",
        file: "canon/src/broadcast/majority.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithm 3.5",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults", "count"];

    fn sized(nodes: usize) -> UniformLab {
        UniformLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> UniformLab {
        UniformLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        super::bounds()
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        self.broadcasters.dials().into()
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        super::measures(&UniformLab::new(nodes), ("2", 2.0))
    }
}

/// A copy from a node that did not begin the broadcast comes, and it is delivered.
fn is_completed(event: &Event<Majority<u64>>, node: &Majority<u64>) -> bool {
    let Event::Message(from, message) = event else {
        return false;
    };
    message.name.origin != *from && node.delivered().contains(message.name)
}
