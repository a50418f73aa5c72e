//! Eager reliable broadcast in the lab.

use std::fmt::{self, Display};
use std::str::FromStr;

use canon::broadcast::Broadcast;
use canon::broadcast::eager::{Eager, Message, Mutant};
use check::{Bounds, Flushing};
use model::{Event, NodeId, NodeSet, Random};
use spec::monitor::ReliableBroadcast;
use world::rename::Symmetry;
use world::{Sometimes, Subject, SystemModel};

use super::offers;
use crate::alike::alike;
use crate::exhibit::{Card, Exhibit, Knob, Open, named, names, number};
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
    /// When explored: how many nodes broadcast; those with the lowest numbers.
    pub asked: usize,
    /// When explored: how often each of them broadcasts.
    pub broadcasts: u64,
}

/// Who must agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// The correct nodes among themselves.
    Regular,
    /// The correct nodes with every node, which eager broadcast does not promise.
    Uniform,
}

impl EagerLab {
    /// The sound protocol, held to what it promises; two nodes broadcast twice when it is explored.
    pub fn new(nodes: usize) -> EagerLab {
        EagerLab { nodes, mutant: None, agreement: Agreement::Regular, asked: 2, broadcasts: 2 }
    }
}

impl Subject for EagerLab {
    type Process = Eager<u64>;
    type Monitor = ReliableBroadcast<u64>;

    fn name(&self) -> &'static str {
        "eager-broadcast"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Eager<u64> {
        Eager::new(node, self.nodes).broken(self.mutant)
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
        offers(node, if node.index() < self.asked { self.broadcasts } else { 0 })
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Broadcast<u64>> {
        Some(Broadcast(count))
    }

    fn model(&self) -> SystemModel {
        SystemModel::crash_stop(self.nodes, self.nodes - 1)
    }

    fn symmetry(&self) -> Option<Symmetry<EagerLab>> {
        alike(self, NodeSet::first(self.nodes))
    }

    fn resized(&self, nodes: usize) -> Option<EagerLab> {
        Some(EagerLab { nodes, ..self.clone() })
    }
}

impl Exhibit for EagerLab {
    type Workload = Open;

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

    fn mutants() -> Vec<String> {
        names(&Mutant::ALL)
    }

    fn broken(self, mutant: &str) -> EagerLab {
        EagerLab { mutant: named(&Mutant::ALL, mutant), ..self }
    }

    /// Without crashes: to safety, a node that has crashed for good is one that is slow for ever.
    fn bounds(&self) -> Bounds {
        Bounds { flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn knobs(&self) -> Vec<Knob> {
        let knob = |name, what, value: String| Knob { name, what, value };
        vec![
            knob("agreement", "who must agree: regular, uniform", self.agreement.to_string()),
            knob("asked", "how many nodes broadcast", self.asked.to_string()),
            knob("broadcasts", "how often each of them does", self.broadcasts.to_string()),
        ]
    }

    fn turn(&mut self, knob: &str, value: &str) -> Result<(), String> {
        match knob {
            "asked" => self.asked = number(knob, value)?,
            "broadcasts" => self.broadcasts = number(knob, value)?,
            _ => self.agreement = value.parse()?,
        }
        Ok(())
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        super::measures(&EagerLab::new(nodes), "1", 1.0)
    }
}

impl Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Agreement::Regular => "regular",
            Agreement::Uniform => "uniform",
        })
    }
}

impl FromStr for Agreement {
    type Err = String;

    fn from_str(name: &str) -> Result<Agreement, String> {
        let all = [Agreement::Regular, Agreement::Uniform];
        let found = all.into_iter().find(|agreement| agreement.to_string() == name);
        found.ok_or_else(|| format!("agreement is regular or uniform, not {name:?}"))
    }
}

/// It comes from a node that did not begin it.
fn is_passed_on(event: &Event<Eager<u64>>, _: &Eager<u64>) -> bool {
    matches!(event, Event::Message(from, Message { name, .. }) if name.origin != *from)
}
