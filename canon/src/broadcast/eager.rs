//! Eager reliable broadcast (Cachin, Guerraoui and Rodrigues 2011, algorithm 3.3).
//!
//! Whoever delivers a broadcast first passes it on to all. If its node crashed with some of its
//! messages unsent, then either nobody who stays up has got it, or somebody has and passes it on:
//! the correct nodes agree. Nobody waits for anybody, so a node may deliver, pass on and crash
//! with all of that lost: agreement is not uniform (see [`majority`](super::majority)).
//!
//! Model: perfect links, asynchrony; any number of nodes may crash for good. No quorum.
//! The book's nodes also broadcast to themselves and relay what comes back; here a node's
//! broadcast is its relay, which leaves n(n-1) messages: each node sends once to each other.
//! Left out: relaying only for nodes that a perfect detector says have crashed (algorithm 3.2).

use core::fmt::{self, Display};
use core::marker::PhantomData;

use model::{Never, NodeId, NodeSet, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Broadcast, Deliver, Name, Names};

/// A broadcast on its way, from its own node or passed on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Message<V> {
    /// Which broadcast.
    pub name: Name,
    /// What it says.
    pub payload: V,
}

/// Eager reliable broadcast at one node.
///
/// Invariants: what is in `delivered` was delivered once, and sent once to every other node; the
/// broadcasts of this node in it are those numbered up to `sent`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Eager<V> {
    me: NodeId,
    members: NodeSet,
    mutant: Option<Mutant>,
    /// How many broadcasts this node has begun.
    sent: u64,
    delivered: Names,
    payload: PhantomData<V>,
}

impl<V: Value> Process for Eager<V> {
    type Request = Broadcast<V>;
    type Indication = Deliver<V>;
    type Message = Message<V>;
    type Timer = Never;
    type Record = Never;

    // CGR algorithm 3.3, broadcast.
    fn request(&mut self, Broadcast(payload): Broadcast<V>, out: &mut Out<Self>) {
        if self.mutant != Some(Mutant::SameNumber) || self.sent == 0 {
            self.sent += 1;
        }
        let name = Name { origin: self.me, number: self.sent };
        self.take(Message { name, payload }, out);
    }

    // CGR algorithm 3.3, beb-deliver.
    fn message(&mut self, _: NodeId, message: Message<V>, out: &mut Out<Self>) {
        self.take(message, out);
    }
}

impl<V: Value> Eager<V> {
    /// Broadcast among the nodes `n0` to `n(nodes-1)`; with a breakage, if one is named.
    pub fn new(me: NodeId, nodes: usize, mutant: Option<Mutant>) -> Eager<V> {
        Eager {
            me,
            members: NodeSet::first(nodes),
            mutant,
            sent: 0,
            delivered: Names::default(),
            payload: PhantomData,
        }
    }

    /// What has been delivered here.
    pub fn delivered(&self) -> &Names {
        &self.delivered
    }

    /// The first time, pass it on and deliver it.
    fn take(&mut self, Message { name, payload }: Message<V>, out: &mut Out<Self>) {
        let is_new = self.delivered.insert(name);
        if is_new && (name.origin == self.me || self.mutant != Some(Mutant::NoRelay)) {
            let name = match self.mutant {
                Some(Mutant::RelayAsOwn) => Name { origin: self.me, ..name },
                _ => name,
            };
            for node in self.members.iter().filter(|&node| node != self.me) {
                // Forgetting it is the crash of a crash-stop process, which promises nothing any
                // more; whether the others agree does not depend on it.
                out.send(node, Message { name, payload: payload.clone() });
            }
        }
        if is_new || self.mutant == Some(Mutant::DeliverAgain) {
            out.indicate(Deliver { from: name.origin, payload });
        }
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// Nobody passes anything on: this is best-effort broadcast.
        NoRelay,
        /// A broadcast is delivered each time it comes.
        DeliverAgain,
        /// Every broadcast of a node has the number of its first.
        SameNumber,
        /// What a node passes on, it passes off as its own.
        RelayAsOwn,
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data {} {}", self.name, self.payload)
    }
}
