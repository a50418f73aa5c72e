//! Uniform reliable broadcast by majorities (Cachin, Guerraoui and Rodrigues 2011, algorithm 3.5).
//!
//! Everybody passes a broadcast on as in [`eager`](super::eager), but delivers it only when a
//! majority of all nodes is known to have done so. Some node of that majority does not crash, and
//! from it every correct node gets the broadcast: what was delivered anywhere, even by a node that
//! crashed right afterwards, is delivered everywhere.
//!
//! Model: perfect links, asynchrony; a minority of the nodes may crash for good. Quorum: a
//! majority; it is known to hold a broadcast, so it must hold a correct node, and it is waited for,
//! so the correct nodes must be one.
//! Receiving a copy from a node is its acknowledgement, and a node's own broadcast is its relay:
//! each node sends once to each other, n(n-1) messages.
//! Left out: waiting for all that a perfect detector has not given up, which bears any number of
//! crashes (algorithm 3.4).

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, NodeSet, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Broadcast, Deliver, Name, Names};

/// A broadcast on its way; it also says that its sender has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Message<V> {
    /// Which broadcast.
    pub name: Name,
    /// What it says.
    pub payload: V,
}

/// Uniform reliable broadcast at one node.
///
/// Invariants: what is in `pending` or `delivered` was sent once to every other node; nothing is
/// in both, and nothing in `pending` is known to be held by a majority.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Majority<V> {
    me: NodeId,
    members: NodeSet,
    mutant: Option<Mutant>,
    /// Whether it runs: a node that is down is seen as one that does not.
    started: bool,
    /// How many broadcasts this node has begun.
    sent: u64,
    pending: BTreeMap<Name, Pending<V>>,
    delivered: Names,
}

/// A broadcast that waits for its majority.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Pending<V> {
    payload: V,
    /// Who is known to hold it, this node included.
    holders: NodeSet,
}

impl<V: Value> Process for Majority<V> {
    type Request = Broadcast<V>;
    type Indication = Deliver<V>;
    type Message = Message<V>;
    type Timer = Never;
    type Record = Never;

    fn start(&mut self, _: &mut Out<Self>) {
        self.started = true;
    }

    // CGR algorithm 3.5, broadcast.
    fn request(&mut self, Broadcast(payload): Broadcast<V>, out: &mut Out<Self>) {
        self.sent += 1;
        let name = Name { origin: self.me, number: self.sent };
        self.take(self.me, Message { name, payload }, out);
    }

    // CGR algorithm 3.5, beb-deliver: a copy is an acknowledgement.
    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        self.take(from, message, out);
    }
}

impl<V: Value> Majority<V> {
    /// Broadcast among the nodes `n0` to `n(nodes-1)`; with a breakage, if one is named.
    pub fn new(me: NodeId, nodes: usize, mutant: Option<Mutant>) -> Majority<V> {
        Majority {
            me,
            members: NodeSet::first(nodes),
            mutant,
            started: false,
            sent: 0,
            pending: BTreeMap::new(),
            delivered: Names::default(),
        }
    }

    /// What has been delivered here.
    pub fn delivered(&self) -> &Names {
        &self.delivered
    }

    /// How many broadcasts wait for their majority.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    fn holds(&self, name: Name) -> bool {
        self.pending.contains_key(&name) || self.delivered.contains(name)
    }

    /// `holder` has the broadcast, and so have we now.
    fn take(&mut self, holder: NodeId, Message { name, payload }: Message<V>, out: &mut Out<Self>) {
        if self.delivered.contains(name) {
            return;
        }
        if !self.pending.contains_key(&name) {
            if name.origin == self.me || self.mutant != Some(Mutant::NoRelay) {
                self.send_all(name, &payload, out);
            }
            let holders = NodeSet::from_iter([self.me]);
            self.pending.insert(name, Pending { payload, holders });
        }
        self.acknowledged(name, holder, out);
    }

    fn send_all(&self, name: Name, payload: &V, out: &mut Out<Self>) {
        for node in self.members.iter().filter(|&node| node != self.me) {
            // Forgetting it is the crash of a crash-stop process: whoever counts it as a holder
            // counts on a correct node among the others of the majority.
            out.send(node, Message { name, payload: payload.clone() });
        }
    }

    /// CGR algorithm 3.5, candeliver: a majority holds it.
    fn acknowledged(&mut self, name: Name, holder: NodeId, out: &mut Out<Self>) {
        let Some(pending) = self.pending.get_mut(&name) else {
            return;
        };
        pending.holders.insert(holder);
        let quorum = match self.mutant {
            Some(Mutant::FewerCopies) => self.members.majority() - 1,
            Some(Mutant::DeliverAtOnce) => 1,
            _ => self.members.majority(),
        };
        if pending.holders.len() < quorum {
            return;
        }
        if let Some(Pending { payload, .. }) = self.pending.remove(&name) {
            if self.mutant != Some(Mutant::ForgetDelivered) {
                self.delivered.insert(name);
            }
            out.indicate(Deliver { from: name.origin, payload });
        }
    }
}

/// What is delivered anywhere, a majority holds: the reason why agreement is uniform. A node that
/// is down is counted as a holder, for it may have been one.
///
/// # Errors
/// Who delivered what, and who holds it.
pub fn majority_holds<V: Value>(nodes: &[&Majority<V>]) -> Result<(), String> {
    let everything: BTreeSet<Name> = nodes.iter().flat_map(|node| node.delivered.iter()).collect();
    for name in everything {
        let may_hold = |node: &&&Majority<V>| !node.started || node.holds(name);
        let holders: NodeSet = nodes.iter().filter(may_hold).map(|node| node.me).collect();
        if !NodeSet::first(nodes.len()).has_majority(holders) {
            return Err(format!("{name} was delivered, but only {holders} can hold it."));
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A broadcast is delivered with one copy less than a majority.
        FewerCopies,
        /// Nobody passes anything on.
        NoRelay,
        /// A broadcast is delivered as soon as it comes.
        DeliverAtOnce,
        /// What was delivered is forgotten, and begins anew when another copy comes.
        ForgetDelivered,
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data {} {}", self.name, self.payload)
    }
}
