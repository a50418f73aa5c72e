//! Eager reliable broadcast in the lab.

use canon::broadcast::Broadcast;
use canon::broadcast::eager::{Eager, Message, Mutant};
use check::Bounds;
use model::{Event, NodeId, Random, named};
use spec::monitor::ReliableBroadcast;
use world::{Sometimes, Subject, SystemModel};

use super::Broadcasters;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::Measure;

/// Eager reliable broadcast, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct EagerLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// What it is held to.
    pub agreement: Agreement,
    /// When explored: who broadcasts how often.
    pub broadcasters: Broadcasters,
}

named! {
    /// Who must agree.
    pub enum Agreement {
        /// The correct nodes among themselves.
        Regular,
        /// The correct nodes with every node, which eager broadcast does not promise.
        Uniform,
    }
}

impl EagerLab {
    /// The sound protocol, held to what it promises; two nodes broadcast twice when it is explored.
    pub fn new(nodes: usize) -> EagerLab {
        EagerLab {
            nodes,
            mutant: None,
            agreement: Agreement::Regular,
            broadcasters: Broadcasters::default(),
        }
    }
}

impl Subject for EagerLab {
    type Process = Eager<u64>;
    type Monitor = ReliableBroadcast<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Eager<u64> {
        Eager::new(node, self.nodes, self.mutant)
    }

    fn monitor(&self) -> ReliableBroadcast<u64> {
        match self.agreement {
            Agreement::Regular => ReliableBroadcast::regular(),
            Agreement::Uniform => ReliableBroadcast::uniform(),
        }
    }

    fn sometimes(&self) -> Vec<Sometimes<Eager<u64>>> {
        vec![
            Sometimes { name: "a broadcast is passed on", seen: is_passed_on },
            Sometimes {
                name: "a later broadcast comes first",
                seen: |_, eager| eager.delivered().has_gap(),
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
        SystemModel::crash_stop(self.nodes, self.nodes - 1)
    }

    fn resized(&self, nodes: usize) -> Option<EagerLab> {
        Some(EagerLab { nodes, ..self.clone() })
    }
}

impl Exhibit for EagerLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "eager-broadcast",
        what: "who first delivers a broadcast passes it on, so that correct nodes agree",
        family: "broadcast",
        file: "canon/src/broadcast/eager.rs",
        source: "Cachin, Guerraoui, Rodrigues 2011, algorithm 3.3",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> EagerLab {
        EagerLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> EagerLab {
        EagerLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        super::bounds()
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let agreement = Dial::word("agreement", "who must agree", &mut self.agreement);
        [agreement].into_iter().chain(self.broadcasters.dials()).collect()
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        super::measures(&EagerLab::new(nodes), ("1", 1.0))
    }
}

/// It comes from a node that did not begin it.
fn is_passed_on(event: &Event<Eager<u64>>, _: &Eager<u64>) -> bool {
    matches!(event, Event::Message(from, Message { name, .. }) if name.origin != *from)
}
