//! Messages in causal order, from one node to another (Raynal, Schiper and Toueg 1991).
//!
//! Each node keeps a matrix: how many messages each node is known to have sent to each other. A
//! message carries the matrix of its sender from before its sending. Whoever gets it holds it back
//! until it has delivered as many messages from each node as the matrix says were sent to it. This
//! is what vectors do for [broadcasts](crate::broadcast::causal), where one number tells how much
//! a node has sent to everybody.
//!
//! Model: perfect links, asynchrony, no faults: a message that is lost with its sender would hold
//! back for ever whatever follows upon it. No quorum.
//! It adds no message to those that are asked for, and no delay unless one comes too early.
//! Left out: sending only what has changed of the matrix.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Deliver, Send};
use crate::clock::vector::Vector;

/// How many messages each node has sent to each other, by sender. Printed as `{n0: [n1:2]}`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Matrix(BTreeMap<NodeId, Vector>);

impl Matrix {
    /// How many messages went from one node to another.
    pub fn get(&self, from: NodeId, to: NodeId) -> u64 {
        self.0.get(&from).map_or(0, |row| row.get(to))
    }

    /// Knows of everything that either knows of: the higher count of each pair.
    pub fn merge(&mut self, other: &Matrix) {
        for (&from, row) in &other.0 {
            self.0.entry(from).or_default().merge(row);
        }
    }

    /// Counts one more message.
    fn tick(&mut self, from: NodeId, to: NodeId) {
        self.0.entry(from).or_default().tick(to);
    }

    /// From each node, how many messages went to this one.
    fn column(&self, to: NodeId) -> impl Iterator<Item = (NodeId, u64)> {
        self.0.iter().map(move |(&from, row)| (from, row.get(to)))
    }
}

/// A message, and what was sent before it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Message<V> {
    /// What it says.
    pub payload: V,
    /// SENT of the paper, from before its sending.
    pub sent: Matrix,
}

/// Causal order at one node.
///
/// Invariants: `delivered` counts what was delivered here, by sender; every message in `held`
/// waits for one that was sent to this node before it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CausalLink<V> {
    me: NodeId,
    mutant: Option<Mutant>,
    /// SENT of the paper.
    sent: Matrix,
    /// DELIV of the paper.
    delivered: Vector,
    /// What has come too early, by its sender and its number among the messages from there to here.
    held: BTreeMap<NodeId, BTreeMap<u64, Message<V>>>,
}

impl<V: Value> Process for CausalLink<V> {
    type Request = Send<V>;
    type Indication = Deliver<V>;
    type Message = Message<V>;
    type Timer = Never;
    type Record = Never;

    // RST, on sending.
    fn request(&mut self, Send { to, payload }: Send<V>, out: &mut Out<Self>) {
        // Forgetting it is a crash, which the model rules out.
        out.send(to, Message { payload, sent: self.sent.clone() });
        if self.mutant != Some(Mutant::SendUncounted) {
            self.sent.tick(self.me, to);
        }
    }

    // RST, on arrival.
    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        let Some(number) = message.sent.get(from, self.me).checked_add(1) else {
            return; // Nobody has sent 2^64 messages: only a broken peer says so.
        };
        self.held.entry(from).or_default().insert(number, message);
        self.release(out);
    }
}

impl<V: Value> CausalLink<V> {
    /// A link of this node to all others; with a breakage, if one is named.
    pub fn new(me: NodeId, mutant: Option<Mutant>) -> CausalLink<V> {
        CausalLink {
            me,
            mutant,
            sent: Matrix::default(),
            delivered: Vector::default(),
            held: BTreeMap::new(),
        }
    }

    /// How many messages are held back.
    pub fn held(&self) -> usize {
        self.held.values().map(BTreeMap::len).sum()
    }

    /// RST, on arrival: as much was delivered here from each node as was sent here before it.
    fn may_deliver(&self, from: NodeId, message: &Message<V>) -> bool {
        let is_there = |(node, count)| count <= self.delivered.get(node);
        match self.mutant {
            Some(Mutant::HoldNothing) => true,
            Some(Mutant::WaitForSender) => is_there((from, message.sent.get(from, self.me))),
            _ => message.sent.column(self.me).all(is_there),
        }
    }

    fn ripe(&self) -> Option<(NodeId, u64)> {
        let all = self.held.iter().flat_map(|(&from, held)| {
            held.iter().map(move |(&number, message)| (from, number, message))
        });
        let mut ripe = all.filter(|&(from, _, message)| self.may_deliver(from, message));
        ripe.next().map(|(from, number, _)| (from, number))
    }

    /// Delivers what need not be held back, until nothing more comes of it.
    fn release(&mut self, out: &mut Out<Self>) {
        while let Some((from, number)) = self.ripe() {
            let message = self.held.get_mut(&from).and_then(|held| held.remove(&number));
            self.held.retain(|_, held| !held.is_empty());
            if let Some(Message { payload, sent }) = message {
                self.learn(from, &sent);
                out.indicate(Deliver { from, payload });
            }
        }
    }

    /// RST, on delivery: everything that was sent before the message is known of.
    fn learn(&mut self, from: NodeId, sent: &Matrix) {
        self.delivered.tick(from);
        if self.mutant != Some(Mutant::NoMerge) {
            self.sent.merge(sent);
        }
        // The paper counts the message itself, too. Nobody needs that: others would be told of it
        // only to hold back what follows upon it here, and here it has come.
    }
}

/// Nobody knows of more messages than their sender has sent.
///
/// # Errors
/// Who knows of what.
pub fn nobody_knows_more<V: Value>(nodes: &[&CausalLink<V>]) -> Result<(), String> {
    for of in nodes {
        for node in nodes {
            for to in nodes.iter().map(|node| node.me) {
                let (own, known) = (of.sent.get(of.me, to), node.sent.get(of.me, to));
                if known > own {
                    return Err(format!(
                        "{} knows of {known} messages from {} to {to}, but {own} were sent.",
                        node.me, of.me
                    ));
                }
            }
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// Nothing is held back.
        HoldNothing,
        /// A message waits for earlier ones of its own sender only: this is first in, first out.
        WaitForSender,
        /// Nothing is learnt from the matrix of a message.
        NoMerge,
        /// What is sent is not counted.
        SendUncounted,
    }
}

impl Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, (from, row)) in self.0.iter().enumerate() {
            write!(f, "{}{from}: {row}", if place == 0 { "" } else { ", " })?;
        }
        f.write_str("}")
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carry {} {}", self.payload, self.sent)
    }
}
