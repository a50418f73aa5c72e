//! Perfect links: retransmit until acknowledged, deliver once (Cachin, Guerraoui and Rodrigues,
//! "Introduction to Reliable and Secure Distributed Programming", algorithms 2.1 and 2.2).
//!
//! A sender numbers the payloads for each addressee and repeats each of them until the
//! acknowledgement comes; a receiver delivers each number once. If sender and receiver stay up,
//! every payload arrives, exactly once; the order may change.
//!
//! Model: crash-stop, fair-loss links (loss, duplication, reordering), asynchronous. No quorum.
//! Unlike the book's stubborn links these stop repeating what was acknowledged, and the receiver
//! remembers a prefix and the few numbers beyond it, not all it ever saw.
//! Left out: crash-recovery (numbers start over with the process).

use alloc::collections::BTreeMap;
use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Deliver, Send};
use crate::numbers::Numbers;

/// A message of the link.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message<V> {
    /// A payload with its number among those from this sender to this addressee, from 1.
    Carry { number: u64, payload: V },
    /// The payload of this number has come.
    Acknowledge { number: u64 },
}

/// The link's alarm: it is time to repeat what was not acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Repeat;

/// A perfect link from and to one node.
///
/// Invariants: a number is in `open` from its first sending until it is acknowledged; the alarm is
/// armed exactly while something is open.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PerfectLink<V> {
    every: Duration,
    mutant: Option<Mutant>,
    /// The newest number given out, by addressee.
    sent: BTreeMap<NodeId, u64>,
    /// What was sent and not acknowledged.
    open: BTreeMap<(NodeId, u64), V>,
    /// What was delivered, by sender.
    seen: BTreeMap<NodeId, Numbers>,
}

impl<V: Value> Process for PerfectLink<V> {
    type Request = Send<V>;
    type Indication = Deliver<V>;
    type Message = Message<V>;
    type Timer = Repeat;
    type Record = Never;

    // CGR algorithm 2.1, send.
    fn request(&mut self, Send { to, payload }: Send<V>, out: &mut Out<Self>) {
        let number = self.sent.get(&to).copied().unwrap_or(0) + 1;
        self.sent.insert(to, number);
        if self.open.is_empty() {
            self.arm(out);
        }
        self.open.insert((to, number), payload.clone());
        // Forgetting it is the crash of a crash-stop process, which promises nothing any more.
        out.send(to, Message::Carry { number, payload });
    }

    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        match message {
            // CGR algorithm 2.2: deliver once.
            Message::Carry { number, payload } => {
                // Repeats are acknowledged too, for the first answer may be lost. Harmless to
                // forget, as above.
                out.send(from, Message::Acknowledge { number });
                let is_new = self.seen.entry(from).or_default().insert(number);
                if is_new || self.mutant == Some(Mutant::DeliverRepeats) {
                    out.indicate(Deliver { from, payload });
                }
            }
            // Beyond the book: what has come need not be repeated.
            Message::Acknowledge { number } => {
                let was_open = self.open.remove(&(from, number)).is_some();
                if self.mutant == Some(Mutant::AcknowledgeAll) {
                    self.open.retain(|&(to, _), _| to != from);
                }
                if was_open && self.open.is_empty() {
                    out.cancel(Repeat);
                }
            }
        }
    }

    // CGR algorithm 2.1: retransmit.
    fn timer(&mut self, Repeat: Repeat, out: &mut Out<Self>) {
        if self.mutant == Some(Mutant::NeverRepeat) {
            return;
        }
        for (&(to, number), payload) in &self.open {
            // Harmless to forget, as above.
            out.send(to, Message::Carry { number, payload: payload.clone() });
        }
        if !self.open.is_empty() {
            self.arm(out);
        }
    }
}

impl<V: Value> PerfectLink<V> {
    /// A link that repeats what was not acknowledged after each `every`; with a breakage, if one
    /// is named.
    pub fn new(every: Duration, mutant: Option<Mutant>) -> PerfectLink<V> {
        PerfectLink {
            every,
            mutant,
            sent: BTreeMap::new(),
            open: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// How many payloads are not yet acknowledged.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    fn arm(&self, out: &mut Out<Self>) {
        out.set(Repeat, self.every..self.every);
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// What was not acknowledged is not sent again.
        NeverRepeat,
        /// Every payload that comes is delivered, whether its number is new or not.
        DeliverRepeats,
        /// Any acknowledgement ends the repeating of everything that is open to its sender.
        AcknowledgeAll,
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Carry { number, payload } => write!(f, "Carry #{number} {payload}"),
            Message::Acknowledge { number } => write!(f, "Acknowledge #{number}"),
        }
    }
}

impl Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("repeat")
    }
}
