//! Total order: one judge for every protocol with the interface of [`model::order`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use model::order::{Ask, Order, Tell};
use model::{Fingerprint, NodeId, NodeSet, Value};

use super::Monitor;

/// Checks agreement, integrity, order, reads and progress, as [`model::order`] states them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TotalOrder<V: Value> {
    /// The order so far: what was told at slot 1, 2, 3 and so on, by whoever told it first.
    told: Vec<Option<V>>,
    /// How often each command, known by its fingerprint, was proposed, less how often it was told.
    owed: BTreeMap<u64, u32>,
    /// The last slot that each node told since it started.
    last: BTreeMap<NodeId, u64>,
    /// The lowest slot that may answer each read, by node and number. A read may be answered more
    /// than once, and after a crash of the node that asked: its number is never used again.
    reads: BTreeMap<(NodeId, u64), u64>,
    /// The highest term that each node has told since it started.
    terms: BTreeMap<NodeId, u64>,
    /// How long the order was when faults healed.
    healed: Option<usize>,
}

impl<V: Value> TotalOrder<V> {
    /// A monitor that has seen nothing yet.
    pub fn new() -> Self {
        TotalOrder {
            told: Vec::new(),
            owed: BTreeMap::new(),
            last: BTreeMap::new(),
            reads: BTreeMap::new(),
            terms: BTreeMap::new(),
            healed: None,
        }
    }

    fn delivered(&mut self, node: NodeId, slot: u64, command: &Option<V>) -> Result<(), String> {
        let before = self.last.insert(node, slot).unwrap_or(0);
        if slot != before + 1 {
            return Err(format!("{node} told slot {slot} right after slot {before}."));
        }
        match self.told.get(before as usize) {
            Some(first) if first == command => Ok(()),
            Some(first) => Err(format!(
                "Two commands stand at slot {slot}: {} was told first, and now {node} tells {}.",
                shown(first),
                shown(command)
            )),
            None => {
                self.told.push(command.clone());
                command.as_ref().map_or(Ok(()), |command| self.paid(node, slot, command))
            }
        }
    }

    /// Integrity: the command was proposed and not yet told as often as that.
    fn paid(&mut self, node: NodeId, slot: u64, command: &V) -> Result<(), String> {
        match self.owed.get_mut(&Fingerprint::of(command)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                Ok(())
            }
            _ => Err(format!(
                "{node} told {command} at slot {slot}, more often than anybody proposed it."
            )),
        }
    }

    fn readable(&mut self, node: NodeId, read: u64, slot: u64) -> Result<(), String> {
        match self.reads.get(&(node, read)).copied() {
            None => Err(format!("{node} answers read #{read}, which it was not asked.")),
            Some(least) if slot < least => Err(format!(
                "{node} lets read #{read} be answered from slot {slot}, but slot {least} had been \
                 told before it was asked."
            )),
            Some(_) => Ok(()),
        }
    }
}

impl<V: Value> Default for TotalOrder<V> {
    fn default() -> Self {
        TotalOrder::new()
    }
}

impl<V: Value, P: Order<Command = V>> Monitor<P> for TotalOrder<V> {
    fn requested(&mut self, node: NodeId, request: &Ask<V>) {
        match request {
            Ask::Propose(command) => {
                *self.owed.entry(Fingerprint::of(command)).or_default() += 1;
            }
            Ask::Read(read) => {
                self.reads.insert((node, *read), self.told.len() as u64);
            }
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &Tell<V>) -> Result<(), String> {
        match indication {
            Tell::Deliver { slot, command } => self.delivered(node, *slot, command),
            Tell::Readable { read, slot } => self.readable(node, *read, *slot),
            Tell::Leader { term, .. } => {
                let before = self.terms.insert(node, *term).unwrap_or(0);
                if *term < before {
                    return Err(format!("{node} went back from term {before} to term {term}."));
                }
                Ok(())
            }
        }
    }

    fn promise(&self, node: NodeId, indication: &Tell<V>) -> Option<&'static str> {
        Some(match indication {
            Tell::Deliver { slot, .. } if *slot != self.last.get(&node).unwrap_or(&0) + 1 => {
                "order: every node tells the slots one after another, from the first"
            }
            Tell::Deliver { slot, .. } if *slot <= self.told.len() as u64 => {
                "agreement: no two nodes tell different commands at one slot"
            }
            Tell::Deliver { .. } => {
                "integrity: a command is told no more often than it was proposed"
            }
            Tell::Readable { .. } => {
                "reads: a read sees all that was told before it was asked, and is answered where \
                 it was asked"
            }
            Tell::Leader { .. } => "terms: the terms that a node tells never fall",
        })
    }

    fn crashed(&mut self, node: NodeId) {
        self.last.remove(&node);
        self.terms.remove(&node);
    }

    fn healed(&mut self) {
        self.healed = Some(self.told.len());
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let length = self.told.len();
        if self.healed == Some(length) {
            return Err(format!("Nothing was told since faults healed, at slot {length}."));
        }
        let healed = self.healed.unwrap_or(0) as u64;
        for node in correct.iter() {
            let last = self.last.get(&node).copied().unwrap_or(0);
            if last <= healed {
                return Err(format!(
                    "{node} is correct, but told nothing beyond slot {last} since faults healed, \
                     when the order held {healed} slots."
                ));
            }
        }
        Ok(())
    }
}

fn shown<V: Value>(command: &Option<V>) -> String {
    command.as_ref().map_or("a no-op".to_string(), |command| command.to_string())
}
