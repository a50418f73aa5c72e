//! A toy for tests of the lab: n0 asks every other node to back values up, and acknowledges a
//! value as soon as one of them says that it is stored. Its mutants are what the lab must catch.
#![allow(dead_code, missing_docs, reason = "each test uses its part of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::time::Duration;

use model::{Event, NodeId, NodeSet, Out, Process, Random};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::trace::Epoch;
use world::{Failures, Invariant, Sometimes, Subject};

/// What is wrong with the toy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutant {
    /// Nothing.
    None,
    /// Says that a value is stored before it is durable.
    Hasty,
    /// Never asks again.
    Quiet,
    /// Panics at the third value.
    Brittle,
    /// Stores, but never says so.
    Mute,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Put(pub u64);

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    Store(u64),
    Stored(u64),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Told {
    Acked { value: u64, by: NodeId },
    Recovered(BTreeSet<u64>),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Retry;

impl Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put {}", self.0)
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Acked { value, by } => write!(f, "Acked {value} by {by}"),
            Told::Recovered(values) => write!(f, "Recovered {values:?}"),
        }
    }
}

impl Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("retry")
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Backup {
    me: NodeId,
    nodes: usize,
    mutant: Mutant,
    stored: BTreeSet<u64>,
    /// At n0: what is not yet acknowledged.
    open: BTreeSet<u64>,
}

impl Backup {
    fn ask(&self, value: u64, out: &mut Out<Self>) {
        for node in NodeId::first(self.nodes).skip(1) {
            out.send(node, Message::Store(value));
        }
    }
}

impl Process for Backup {
    type Request = Put;
    type Indication = Told;
    type Message = Message;
    type Timer = Retry;
    type Record = Put;

    fn recover(&mut self, record: Put) {
        self.stored.insert(record.0);
    }

    fn records(&self) -> Vec<Put> {
        self.stored.iter().copied().map(Put).collect()
    }

    fn start(&mut self, out: &mut Out<Self>) {
        out.indicate(Told::Recovered(self.stored.clone()));
    }

    fn request(&mut self, request: Put, out: &mut Out<Self>) {
        if self.me != NodeId(0) {
            return;
        }
        self.open.insert(request.0);
        self.ask(request.0, out);
        if self.mutant != Mutant::Quiet {
            out.set(Retry, Duration::from_millis(50)..Duration::from_millis(100));
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        match message {
            Message::Store(value) => {
                if self.stored.insert(value) {
                    out.save(Put(value));
                }
                assert!(
                    self.mutant != Mutant::Brittle || self.stored.len() < 3,
                    "A third value was stored."
                );
                match self.mutant {
                    Mutant::Hasty => out.send(from, Message::Stored(value)),
                    Mutant::Mute => {}
                    _ => out.send_durable(from, Message::Stored(value)),
                }
            }
            Message::Stored(value) => {
                if self.open.remove(&value) {
                    out.indicate(Told::Acked { value, by: from });
                }
            }
        }
    }

    fn timer(&mut self, Retry: Retry, out: &mut Out<Self>) {
        for &value in &self.open {
            self.ask(value, out);
        }
        if !self.open.is_empty() {
            out.set(Retry, Duration::from_millis(50)..Duration::from_millis(100));
        }
    }
}

/// What was acknowledged must be there after a restart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Kept {
    acked: BTreeMap<NodeId, BTreeSet<u64>>,
    asked_since_heal: Option<BTreeSet<u64>>,
}

impl Monitor<Backup> for Kept {
    fn requested(&mut self, node: NodeId, request: &Put) {
        if let Some(asked) = &mut self.asked_since_heal
            && node == NodeId(0)
            && asked.len() < 5
        {
            asked.insert(request.0);
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &Told) -> Result<(), String> {
        match indication {
            Told::Acked { value, by } => {
                self.acked.entry(*by).or_default().insert(*value);
                if let Some(asked) = &mut self.asked_since_heal {
                    asked.remove(value);
                }
                Ok(())
            }
            Told::Recovered(values) => {
                let lost = self.acked.get(&node).and_then(|acked| acked.difference(values).next());
                lost.map_or(Ok(()), |lost| {
                    Err(format!("{node} lost {lost}, which is acknowledged."))
                })
            }
        }
    }

    fn healed(&mut self) {
        self.asked_since_heal = Some(BTreeSet::new());
    }

    fn settled(&self, _: NodeSet) -> Result<(), String> {
        match self.asked_since_heal.iter().flatten().next() {
            Some(value) => Err(format!("{value} is not acknowledged.")),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Toy {
    pub nodes: usize,
    pub mutant: Mutant,
    /// No node stores more than this many values, the toy claims; 0 is no claim.
    pub claim: bool,
}

impl Toy {
    pub fn new(nodes: usize, mutant: Mutant) -> Toy {
        Toy { nodes, mutant, claim: false }
    }
}

impl Subject for Toy {
    type Process = Backup;
    type Monitor = Kept;

    fn name(&self) -> &'static str {
        "toy"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> Backup {
        let Toy { nodes, mutant, .. } = *self;
        Backup { me, nodes, mutant, stored: BTreeSet::new(), open: BTreeSet::new() }
    }

    fn monitor(&self) -> Kept {
        Kept { acked: BTreeMap::new(), asked_since_heal: None }
    }

    fn invariants(&self) -> Vec<Invariant<Backup>> {
        let holds = |nodes: &[&Backup]| match nodes.iter().find(|node| node.stored.len() > 1) {
            Some(node) => Err(format!("{} stores more than one value.", node.me)),
            None => Ok(()),
        };
        let claim = Invariant { name: "one value", holds };
        if self.claim { vec![claim] } else { Vec::new() }
    }

    /// How many values a node stores; n0 asks for them.
    fn epoch(&self, node: &Backup) -> Option<Epoch> {
        Some(Epoch { number: node.stored.len() as u64, leads: node.me == NodeId(0) })
    }

    fn sometimes(&self) -> Vec<Sometimes<Backup>> {
        vec![
            Sometimes {
                name: "n0 asks again",
                seen: |event, node| matches!(event, Event::Timer(_)) && !node.open.is_empty(),
            },
            Sometimes { name: "pigs fly", seen: |_, _| false },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Put> {
        if node == NodeId(0) { vec![Put(1), Put(2), Put(10)] } else { Vec::new() }
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Put> {
        Some(Put(count))
    }

    fn failures(&self) -> Failures {
        Failures { core: self.nodes, ..Failures::all(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<Toy> {
        (nodes >= 2).then(|| Toy { nodes, ..self.clone() })
    }
}
