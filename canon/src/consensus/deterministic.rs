//! A deterministic consensus of one bit, for the experiment of Fischer, Lynch and Paterson
//! ("Impossibility of Distributed Consensus with One Faulty Process", 1985): rounds under a
//! rotating coordinator (after Chandra and Toueg, "Unreliable Failure Detectors for Reliable
//! Distributed Systems", 1996, fig. 6, with time-outs where they have a failure detector).
//!
//! In each round every node gives its estimate to the round's coordinator, with the round in which
//! it took it over. The coordinator proposes the latest estimate of a majority; who takes it over
//! acknowledges, and a majority of acknowledgements decides. A node for which the round lasts too
//! long goes on to the next, and then takes no proposal of an earlier one.
//!
//! Model: crash-stop of a minority, perfect links; safety always, termination in partial
//! synchrony, since rounds grow longer. Quorum: any majority. Asynchronous runs may never end, and
//! no cleverer deterministic protocol could help that: `lab::flp` makes such runs.
//! Left out: values other than bits, and forgetting estimates of rounds that are over.

use alloc::collections::BTreeMap;
use core::cmp::Reverse;
use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, NodeSet, Out, Process};
use serde::{Deserialize, Serialize};

use super::{Decide, Propose};

/// How long round 0 lasts; each later round lasts as much longer.
const ROUND: Duration = Duration::from_millis(20);

/// A message of one round, or the decision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message {
    /// To the coordinator: my estimate, and how many rounds had begun when I took it over; 0 for
    /// what I proposed myself.
    Estimate { round: u64, since: u64, value: bool },
    /// From the coordinator: take this over.
    Proposal { round: u64, value: bool },
    /// To the coordinator: I did.
    Ack { round: u64 },
    /// It is decided.
    Decided { value: bool },
}

/// The alarm: the round lasts too long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Suspect;

/// The protocol at one node.
///
/// Invariants: `round` never falls; a value that a majority took over in one round is the only one
/// that any later round proposes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Deterministic {
    me: NodeId,
    members: NodeSet,
    round: u64,
    /// The estimate, and how many rounds had begun when it was taken over.
    estimate: Option<(u64, bool)>,
    /// As the coordinator of this round: estimates so far.
    estimates: BTreeMap<NodeId, (u64, bool)>,
    /// As the coordinator of this round: what was proposed.
    proposed: Option<bool>,
    acks: NodeSet,
    decided: Option<bool>,
}

impl Deterministic {
    /// A node among `n0` to `n(nodes-1)` that has proposed nothing.
    pub fn new(me: NodeId, nodes: usize) -> Deterministic {
        Deterministic {
            me,
            members: NodeSet::first(nodes),
            round: 0,
            estimate: None,
            estimates: BTreeMap::new(),
            proposed: None,
            acks: NodeSet::EMPTY,
            decided: None,
        }
    }

    /// What this node has decided.
    pub fn decided(&self) -> Option<bool> {
        self.decided
    }

    /// The round that this node is in.
    pub fn round(&self) -> u64 {
        self.round
    }

    /// Who coordinates the round: each in turn.
    pub fn coordinator(&self, round: u64) -> NodeId {
        NodeId((round % self.members.len() as u64) as u16)
    }

    // None of the sends below needs to survive: a process that crashed never answers anybody.

    fn enter(&mut self, round: u64, out: &mut Out<Self>) {
        self.round = round;
        self.estimates.clear();
        self.proposed = None;
        self.acks = NodeSet::EMPTY;
        self.begin(out);
    }

    /// CT fig. 6, phase 1.
    fn begin(&mut self, out: &mut Out<Self>) {
        let Some((since, value)) = self.estimate else {
            return;
        };
        let round = self.round;
        out.send(self.coordinator(round), Message::Estimate { round, since, value });
        let longest = ROUND * (round.min(1 << 20) as u32 + 1);
        out.set(Suspect, longest..longest);
    }

    /// CT fig. 6, phase 2: the latest of a majority, the lowest node's among equals.
    fn coordinate(&mut self, out: &mut Out<Self>) {
        if self.proposed.is_some() || self.estimates.len() < self.members.majority() {
            return;
        }
        let latest =
            self.estimates.iter().max_by_key(|(node, (since, _))| (*since, Reverse(**node)));
        let Some((_, &(_, value))) = latest else {
            return;
        };
        self.proposed = Some(value);
        for node in self.members.iter() {
            out.send(node, Message::Proposal { round: self.round, value });
        }
    }

    fn decide(&mut self, value: bool, out: &mut Out<Self>) {
        self.decided = Some(value);
        out.cancel(Suspect);
        out.indicate(Decide(value));
        for node in self.members.iter().filter(|&node| node != self.me) {
            out.send(node, Message::Decided { value });
        }
    }
}

impl Process for Deterministic {
    type Request = Propose<bool>;
    type Indication = Decide<bool>;
    type Message = Message;
    type Timer = Suspect;
    type Record = Never;

    fn request(&mut self, Propose(value): Propose<bool>, out: &mut Out<Self>) {
        if self.estimate.is_none() && self.decided.is_none() {
            self.estimate = Some((0, value));
            self.begin(out);
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        if self.decided.is_some() {
            return;
        }
        match message {
            Message::Estimate { round, .. }
            | Message::Proposal { round, .. }
            | Message::Ack { round }
                if round < self.round => {}
            Message::Estimate { round, since, value } => {
                if round > self.round {
                    self.enter(round, out);
                }
                self.estimates.insert(from, (since, value));
                self.coordinate(out);
            }
            // CT fig. 6, phase 3.
            Message::Proposal { round, value } => {
                if round > self.round {
                    self.enter(round, out);
                }
                self.estimate = Some((round + 1, value));
                out.send(from, Message::Ack { round });
            }
            // CT fig. 6, phase 4: a majority has taken it over.
            Message::Ack { .. } => {
                self.acks.insert(from);
                if let Some(value) = self.proposed
                    && self.members.has_majority(self.acks)
                {
                    self.decide(value, out);
                }
            }
            Message::Decided { value } => self.decide(value, out),
        }
    }

    fn timer(&mut self, Suspect: Suspect, out: &mut Out<Self>) {
        self.enter(self.round + 1, out);
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Message::Estimate { round, since, value } => {
                write!(f, "Estimate round={round} since={since} {value}")
            }
            Message::Proposal { round, value } => {
                write!(f, "Proposal round={round} {value}")
            }
            Message::Ack { round } => write!(f, "Ack round={round}"),
            Message::Decided { value } => write!(f, "Decided {value}"),
        }
    }
}

impl Display for Suspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("suspect")
    }
}
