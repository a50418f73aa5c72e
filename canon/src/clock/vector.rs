//! Vector clocks (Fidge 1988; Mattern 1989).
//!
//! Each node counts its own events, and keeps the highest count of each other node that it has
//! heard of. A message carries the counts of its sender. So the vector of an event says exactly
//! which events happened before it: of each node, the first so many.
//!
//! Model: asynchrony; messages may be lost, doubled and overtaken, and any node may stop, for a
//! stamp speaks only of what was received. A node that comes back would count anew: vectors are
//! not kept on disk. No quorum.
//! Left out: sending only the counts that have changed (Singhal and Kshemkalyani 1992).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::cmp::Ordering;
use core::fmt::{self, Display};
use core::marker::PhantomData;

use model::{Never, NodeId, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Act, Stamped, What};

/// How many events of each node are known of. Printed as `[n0:2 n1:1]`.
///
/// Invariant: no count is 0; a node without an entry has none. So equal vectors are equal values.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Vector(BTreeMap<NodeId, u64>);

impl Vector {
    /// The count of a node.
    pub fn get(&self, node: NodeId) -> u64 {
        self.0.get(&node).copied().unwrap_or(0)
    }

    /// Sets the count of a node.
    pub fn set(&mut self, node: NodeId, count: u64) {
        if count == 0 {
            self.0.remove(&node);
        } else {
            self.0.insert(node, count);
        }
    }

    /// Counts one more event of a node. Nobody counts to 2^64: the bound is met only where a broken
    /// peer has named it, and is not crossed.
    pub fn tick(&mut self, node: NodeId) {
        let count = self.0.entry(node).or_default();
        *count = count.saturating_add(1);
    }

    /// Knows of everything that either knows of: the higher count of each node.
    pub fn merge(&mut self, other: &Vector) {
        for (&node, &count) in &other.0 {
            let mine = self.0.entry(node).or_default();
            *mine = count.max(*mine);
        }
    }

    /// Whether everything known here is known there: each count is at most the other's.
    pub fn within(&self, other: &Vector) -> bool {
        self.0.iter().all(|(&node, &count)| count <= other.get(node))
    }

    /// The counts that are not 0, by node.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u64)> {
        self.0.iter().map(|(&node, &count)| (node, count))
    }
}

impl PartialOrd for Vector {
    /// Less if no count is higher and some count is lower; nothing if each has a higher count.
    fn partial_cmp(&self, other: &Vector) -> Option<Ordering> {
        match (self.within(other), other.within(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }
}

/// A message and the vector of its sending.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Message<V> {
    /// What it says.
    pub payload: V,
    /// When it was sent.
    pub stamp: Vector,
}

/// A vector clock at one node.
///
/// Invariants: the node's own count is the number of its events; no other count is higher than
/// that node's own.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct VectorClock<V> {
    me: NodeId,
    mutant: Option<Mutant>,
    vector: Vector,
    payload: PhantomData<V>,
}

impl<V: Value> Process for VectorClock<V> {
    type Request = Act<V>;
    type Indication = Stamped<V, Vector>;
    type Message = Message<V>;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, act: Act<V>, out: &mut Out<Self>) {
        match act {
            Act::Local => {
                self.vector.tick(self.me);
                self.tell(What::Local, out);
            }
            // Mattern 1989: the message carries the vector of its sending.
            Act::Send(to, payload) => {
                let before = self.vector.clone();
                self.tick(Mutant::NoSendTick);
                self.tell(What::Sent(payload.clone()), out);
                let stale = self.mutant == Some(Mutant::StaleStamp);
                let stamp = if stale { before } else { self.vector.clone() };
                // Forgetting it is the crash of a crash-stop process, which stamps nothing any
                // more: no two events of this node have the same count.
                out.send(to, Message { payload, stamp });
            }
        }
    }

    // Mattern 1989: a receipt knows of what its sender knew, and is an event itself.
    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        let Message { payload, stamp } = message;
        self.learn(from, &stamp);
        self.tick(Mutant::NoReceiveTick);
        self.tell(What::Received(from, payload), out);
    }
}

impl<V: Value> VectorClock<V> {
    /// A clock at which nothing has happened; with a breakage, if one is named.
    pub fn new(me: NodeId, mutant: Option<Mutant>) -> VectorClock<V> {
        VectorClock { me, mutant, vector: Vector::default(), payload: PhantomData }
    }

    /// The vector of the last event here.
    pub fn vector(&self) -> &Vector {
        &self.vector
    }

    /// Mattern 1989: every event of this node is counted.
    fn tick(&mut self, unless: Mutant) {
        if self.mutant != Some(unless) {
            self.vector.tick(self.me);
        }
    }

    /// Mattern 1989: whatever its sender knew of is known here.
    fn learn(&mut self, from: NodeId, stamp: &Vector) {
        match self.mutant {
            Some(Mutant::NoMerge) => {}
            Some(Mutant::MergeSenderOnly) => {
                let count = stamp.get(from).max(self.vector.get(from));
                self.vector.set(from, count);
            }
            Some(Mutant::Overwrite) => {
                let own = self.vector.get(self.me);
                self.vector.clone_from(stamp);
                self.vector.set(self.me, own);
            }
            _ => self.vector.merge(stamp),
        }
    }

    fn tell(&self, what: What<V>, out: &mut Out<Self>) {
        out.indicate(Stamped { what, stamp: self.vector.clone() });
    }
}

/// Nobody knows of more events of a node than that node does. A node that knows of none of its own
/// is down, and was something else before.
///
/// # Errors
/// Who knows of what.
pub fn nobody_knows_more<V: Value>(clocks: &[&VectorClock<V>]) -> Result<(), String> {
    for of in clocks {
        let own = of.vector.get(of.me);
        let knows_more = |clock: &&&VectorClock<V>| own > 0 && clock.vector.get(of.me) > own;
        if let Some(clock) = clocks.iter().find(knows_more) {
            let (me, known) = (clock.me, clock.vector.get(of.me));
            return Err(format!("{me} knows of {known} events of {}, which counts {own}.", of.me));
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A receipt is counted, but nothing is learnt from the message.
        NoMerge,
        /// A receipt is not counted.
        NoReceiveTick,
        /// A sending is not counted.
        NoSendTick,
        /// A message carries the vector from before its sending.
        StaleStamp,
        /// A receipt learns the sender's own count, and nothing of what the sender had learnt.
        MergeSenderOnly,
        /// A receipt takes over the vector of the message, and forgets what it does not know of.
        Overwrite,
    }
}

impl Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (place, (node, count)) in self.iter().enumerate() {
            write!(f, "{}{node}:{count}", if place == 0 { "" } else { " " })?;
        }
        f.write_str("]")
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Carry {} {}", self.payload, self.stamp)
    }
}
