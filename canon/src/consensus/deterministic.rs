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

use model::{Never, NodeId, NodeSet, Out, Process, named};
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
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
    mutant: Option<Mutant>,
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
            // CT fig. 6, phase 2.
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
                if !self.is_broken(Mutant::KeepEstimate) {
                    // Behind the last round that has a number, nobody compares any more.
                    self.estimate = Some((round.saturating_add(1), value));
                }
                // Forgetting it is the crash of a crash-stop process: nobody hears of it again.
                out.send(from, Message::Ack { round });
            }
            // CT fig. 6, phase 4: a majority has taken it over.
            Message::Ack { .. } => {
                self.acks.insert(from);
                if let Some(value) = self.proposed
                    && self.acks.len() >= self.quorum(Mutant::FewerAcks)
                {
                    self.decide(value, out);
                }
            }
            // CT fig. 6, the last task: whoever hears of the decision decides, and passes it on.
            Message::Decided { value } => self.decide(value, out),
        }
    }

    fn timer(&mut self, Suspect: Suspect, out: &mut Out<Self>) {
        // A broken peer may have named the last round that has a number. To begin that one again is
        // no way out of it: its coordinator would propose twice.
        let next = self.round.checked_add(1).filter(|_| !self.is_broken(Mutant::NeverSuspect));
        if let Some(round) = next {
            self.enter(round, out);
        }
    }
}

impl Deterministic {
    /// A node among `n0` to `n(nodes-1)` that has proposed nothing; with a breakage, if one is
    /// named.
    pub fn new(me: NodeId, nodes: usize, mutant: Option<Mutant>) -> Deterministic {
        Deterministic {
            me,
            members: NodeSet::first(nodes),
            round: 0,
            estimate: None,
            estimates: BTreeMap::new(),
            proposed: None,
            acks: NodeSet::EMPTY,
            decided: None,
            mutant,
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

    /// Whether this node coordinates the round that it is in.
    pub fn coordinates(&self) -> bool {
        self.coordinator(self.round) == self.me
    }

    /// Who coordinates the round: each in turn.
    pub fn coordinator(&self, round: u64) -> NodeId {
        NodeId((round % self.members.len() as u64) as u16)
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// A majority: whoever hears the estimates of one hears from the acknowledgements of another.
    fn quorum(&self, one_less: Mutant) -> usize {
        self.members.majority() - usize::from(self.is_broken(one_less))
    }

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
        // Harmless to forget, as above.
        out.send(self.coordinator(round), Message::Estimate { round, since, value });
        let longest = ROUND * (round.min(1 << 20) as u32 + 1);
        out.set(Suspect, longest..longest);
    }

    /// CT fig. 6, phase 2: the latest of a majority, the lowest node's among equals.
    fn coordinate(&mut self, out: &mut Out<Self>) {
        let quorum = self.quorum(Mutant::FewerEstimates);
        if self.proposed.is_some() || self.estimates.len() < quorum {
            return;
        }
        let is_blind = self.is_broken(Mutant::AnyEstimate);
        let age = |since: u64| if is_blind { 0 } else { since };
        let latest = self.estimates.iter().max_by_key(|(node, (s, _))| (age(*s), Reverse(**node)));
        let Some((_, &(_, value))) = latest else {
            return;
        };
        self.proposed = Some(value);
        for node in self.members.iter() {
            // Harmless to forget, as above.
            out.send(node, Message::Proposal { round: self.round, value });
        }
    }

    fn decide(&mut self, value: bool, out: &mut Out<Self>) {
        self.decided = Some(value);
        out.cancel(Suspect);
        out.indicate(Decide(value));
        let told = if self.is_broken(Mutant::TellNobody) { NodeSet::EMPTY } else { self.members };
        for node in told.iter().filter(|&node| node != self.me) {
            // Harmless to forget, as above.
            out.send(node, Message::Decided { value });
        }
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A coordinator proposes with one estimate less than a majority.
        FewerEstimates,
        /// A coordinator decides with one acknowledgement less than a majority.
        FewerAcks,
        /// A coordinator takes the lowest node's estimate, however old it is.
        AnyEstimate,
        /// Who acknowledges a proposal keeps its own estimate.
        KeepEstimate,
        /// A round never lasts too long.
        NeverSuspect,
        /// Whoever decides tells nobody.
        TellNobody,
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
