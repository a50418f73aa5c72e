//! Causal broadcast (Birman, Schiper and Stephenson 1991, §5.1; CBCAST).
//!
//! A broadcast carries the vector of what its node had delivered when it began it: how many
//! broadcasts of each node, its own included. Whoever gets it holds it back until it has delivered
//! as much. So no node delivers an answer before its question, and what nobody could have seen is
//! waited for by nobody.
//!
//! Model: that of [`eager`] reliable broadcast, the layer below: perfect links, asynchrony, any
//! number of nodes may crash for good. No quorum.
//! The layer below decides what is lost in a crash and what it costs: on best-effort broadcast,
//! the protocol's own n-1 messages and one delay if nothing is held back, as in the paper; on eager
//! broadcast, which makes the correct nodes agree, n(n-1) messages and the same delay. It adds no
//! message of its own to either. Groups that overlap and views (§5.2, §5.3) are left out.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::eager::{self, Eager};
use super::{Broadcast, Deliver, Name};
use crate::clock::vector::Vector;

/// What the layer below carries: a payload, and what it follows upon.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Follows<V> {
    /// What was broadcast.
    pub payload: V,
    /// Of each node, how many broadcasts had been delivered at the broadcaster; of its own, how
    /// many it had begun, with this one.
    pub stamp: Vector,
}

/// Causal broadcast at one node.
///
/// Invariants: `delivered` counts the broadcasts of each node that were delivered here; everything
/// in `held` waits for some broadcast that was not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Causal<V> {
    me: NodeId,
    mutant: Option<Mutant>,
    /// How many broadcasts this node has begun.
    sent: u64,
    /// VT of the paper.
    delivered: Vector,
    /// What has come too early.
    held: BTreeMap<Name, Follows<V>>,
    below: Eager<Follows<V>>,
}

impl<V: Value> Process for Causal<V> {
    type Request = Broadcast<V>;
    type Indication = Deliver<V>;
    type Message = eager::Message<Follows<V>>;
    type Timer = Never;
    type Record = Never;

    fn start(&mut self, out: &mut Out<Self>) {
        self.with_below(out, |below, out| below.start(out));
    }

    // BSS §5.1, rule 1. The node's own broadcast comes back from below, and goes the way of all.
    fn request(&mut self, Broadcast(payload): Broadcast<V>, out: &mut Out<Self>) {
        self.sent += 1;
        let mut stamp = match self.mutant {
            Some(Mutant::StampOwn) => Vector::default(),
            _ => self.delivered.clone(),
        };
        stamp.set(self.me, self.sent);
        let follows = Broadcast(Follows { payload, stamp });
        self.with_below(out, |below, out| below.request(follows, out));
    }

    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>) {
        self.with_below(out, |below, out| below.message(from, message, out));
    }
}

impl<V: Value> Causal<V> {
    /// Broadcast among the nodes that the layer below connects, of which this is `me`; with a
    /// breakage, if one is named.
    pub fn new(me: NodeId, below: Eager<Follows<V>>, mutant: Option<Mutant>) -> Causal<V> {
        let (delivered, held) = (Vector::default(), BTreeMap::new());
        Causal { me, mutant, sent: 0, delivered, held, below }
    }

    /// How many broadcasts of each node were delivered here.
    pub fn delivered(&self) -> &Vector {
        &self.delivered
    }

    /// How many broadcasts are held back.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// The seam to the layer below: runs one of its handlers and takes what it delivers.
    fn with_below(
        &mut self,
        out: &mut Out<Self>,
        run: impl FnOnce(&mut Eager<Follows<V>>, &mut Out<Eager<Follows<V>>>),
    ) {
        let lift = (|message| message, |timer| timer, |record| record);
        for Deliver { from, payload } in out.below(lift, |below| run(&mut self.below, below)) {
            let name = Name { origin: from, number: payload.stamp.get(from) };
            self.held.insert(name, payload);
            self.release(out);
        }
    }

    /// BSS §5.1, rule 2: delivers what need not be held back, until nothing more comes of it.
    fn release(&mut self, out: &mut Out<Self>) {
        loop {
            let is_ripe = |(name, held): &(&Name, &Follows<V>)| self.may_deliver(**name, held);
            let Some(name) = self.held.iter().find(is_ripe).map(|(&name, _)| name) else {
                return;
            };
            if let Some(Follows { payload, .. }) = self.held.remove(&name) {
                // BSS §5.1, rule 3.
                self.delivered.set(name.origin, name.number);
                out.indicate(Deliver { from: name.origin, payload });
            }
            if self.mutant == Some(Mutant::ReleaseOne) {
                return;
            }
        }
    }

    /// BSS §5.1, rule 2: it is the next of its node, and everything that its node had delivered
    /// before it was delivered here.
    fn may_deliver(&self, Name { origin, number }: Name, held: &Follows<V>) -> bool {
        let is_next = number == self.delivered.get(origin) + 1;
        let mut others = held.stamp.iter().filter(|&(node, _)| node != origin);
        let is_informed = others.all(|(node, count)| count <= self.delivered.get(node));
        match self.mutant {
            Some(Mutant::HoldNothing) => true,
            Some(Mutant::SkipOwn) => is_informed,
            Some(Mutant::SkipOthers) => is_next,
            _ => is_next && is_informed,
        }
    }
}

/// Nothing is held back that need not be.
///
/// # Errors
/// Who holds back what.
pub fn nothing_ripe_is_held<V: Value>(nodes: &[&Causal<V>]) -> Result<(), String> {
    for node in nodes {
        let ripe = node.held.iter().find(|(name, held)| {
            name.number == node.delivered.get(name.origin) + 1
                && held
                    .stamp
                    .iter()
                    .all(|(of, count)| of == name.origin || count <= node.delivered.get(of))
        });
        if let Some((name, held)) = ripe {
            let (me, stamp, delivered) = (node.me, &held.stamp, &node.delivered);
            return Err(format!(
                "{me} holds {name} back, which follows upon {stamp}, though it has delivered \
                 {delivered}."
            ));
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A broadcast does not wait for earlier ones of the same node.
        SkipOwn,
        /// A broadcast does not wait for those of other nodes that it follows upon.
        SkipOthers,
        /// Nothing is held back.
        HoldNothing,
        /// A stamp says nothing of the broadcasts of others.
        StampOwn,
        /// Of what was held back, one broadcast at most is delivered after each that comes.
        ReleaseOne,
    }
}

impl<V: Display> Display for Follows<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.payload, self.stamp)
    }
}
