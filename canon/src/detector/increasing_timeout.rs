//! The increasing-timeout detector of class ◇P (Cachin, Guerraoui and Rodrigues, algorithm 2.7).
//!
//! In each period a node asks every other for a heartbeat, and suspects who did not answer by the
//! end of it. When a suspected node answers after all, the period was too short: it grows, so
//! that once delays are bounded, whatever the bound, there comes a last mistake.
//!
//! Model: crash-stop, partial synchrony (a bound on delays that holds from some unknown time on),
//! perfect links, which are the layer below. No quorum.
//! Unlike the book's, a node that has not answered is not asked again until it has: the link goes
//! on repeating the first question, and what waits for a crashed node stays bounded.
//! Left out: a period for each node, and periods that shrink again.

use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::Suspicion;
use crate::link::perfect::{self, PerfectLink};
use crate::link::{Deliver, Send};

/// What detectors say to each other, over the link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Heartbeat {
    /// Are you there?
    Request,
    /// I am.
    Reply,
}

/// The alarms of the detector and of its link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// The period is over.
    Period,
    /// The link's.
    Link(perfect::Repeat),
}

/// The detector at one node.
///
/// Invariants: a node in `open` has a request under way that it has not answered; `period` never
/// shrinks.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct IncreasingTimeout {
    me: NodeId,
    mutant: Option<Mutant>,
    members: NodeSet,
    /// By how much a mistake lengthens the period.
    step: Duration,
    period: Duration,
    /// Who was asked and has not answered.
    open: NodeSet,
    /// Who has answered in this period.
    alive: NodeSet,
    suspected: NodeSet,
    link: PerfectLink<Heartbeat>,
}

impl Process for IncreasingTimeout {
    type Request = Never;
    type Indication = Suspicion;
    type Message = perfect::Message<Heartbeat>;
    type Timer = Timer;
    type Record = Never;

    fn start(&mut self, out: &mut Out<Self>) {
        self.with_link(out, |link, below| link.start(below));
        self.ask(out);
    }

    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>) {
        self.with_link(out, |link, below| link.message(from, message, below));
    }

    fn timer(&mut self, timer: Timer, out: &mut Out<Self>) {
        match timer {
            Timer::Link(repeat) => self.with_link(out, |link, below| link.timer(repeat, below)),
            // CGR algorithm 2.7, Timeout.
            Timer::Period => {
                let is_mistaken = !self.alive.intersection(self.suspected).is_empty();
                if is_mistaken && self.mutant != Some(Mutant::NeverGrow) {
                    self.period += self.step;
                }
                if self.mutant == Some(Mutant::NeverRestore) {
                    self.suspected.iter().for_each(|node| {
                        self.alive.remove(node);
                    });
                }
                for node in self.members.iter().filter(|&node| node != self.me) {
                    if !self.alive.contains(node) && self.suspected.insert(node) {
                        out.indicate(Suspicion::Suspect(node));
                    } else if self.alive.contains(node) && self.suspected.remove(node) {
                        out.indicate(Suspicion::Restore(node));
                    }
                }
                self.alive = NodeSet::EMPTY;
                self.ask(out);
            }
        }
    }
}

impl IncreasingTimeout {
    /// A detector over the nodes `n0` to `n(nodes-1)`, whose periods begin with `step` and grow by
    /// it with each mistake; with a breakage, if one is named.
    pub fn new(
        me: NodeId,
        nodes: usize,
        step: Duration,
        mutant: Option<Mutant>,
    ) -> IncreasingTimeout {
        let members = NodeSet::first(nodes);
        IncreasingTimeout {
            me,
            mutant,
            members,
            step,
            period: step,
            open: NodeSet::EMPTY,
            alive: members,
            suspected: NodeSet::EMPTY,
            link: PerfectLink::new(step, None),
        }
    }

    /// Who is suspected now.
    pub fn suspected(&self) -> NodeSet {
        self.suspected
    }

    /// How long a period is now.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// The seam to the link: runs one of its handlers and takes what it delivers.
    fn with_link(
        &mut self,
        out: &mut Out<Self>,
        run: impl FnOnce(&mut PerfectLink<Heartbeat>, &mut Out<PerfectLink<Heartbeat>>),
    ) {
        let lift = (|message| message, Timer::Link, |record| record);
        for Deliver { from, payload } in out.below(lift, |below| run(&mut self.link, below)) {
            match payload {
                // CGR algorithm 2.7, HeartbeatRequest.
                Heartbeat::Request => self.say(from, Heartbeat::Reply, out),
                // CGR algorithm 2.7, HeartbeatReply.
                Heartbeat::Reply => {
                    self.open.remove(from);
                    self.alive.insert(from);
                }
            }
        }
    }

    fn say(&mut self, to: NodeId, payload: Heartbeat, out: &mut Out<Self>) {
        self.with_link(out, |link, below| link.request(Send { to, payload }, below));
    }

    fn ask(&mut self, out: &mut Out<Self>) {
        for node in self.members.iter() {
            if node != self.me && self.open.insert(node) {
                self.say(node, Heartbeat::Request, out);
            }
        }
        out.set(Timer::Period, self.period..self.period);
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A mistake does not lengthen the period.
        NeverGrow,
        /// Who was suspected once stays so.
        NeverRestore,
    }
}

impl Display for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Heartbeat::Request => "heartbeat?",
            Heartbeat::Reply => "heartbeat",
        })
    }
}

impl Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timer::Period => f.write_str("period"),
            Timer::Link(repeat) => write!(f, "link {repeat}"),
        }
    }
}
