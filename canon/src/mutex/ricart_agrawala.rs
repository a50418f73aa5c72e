//! Mutual exclusion by everybody's leave (Ricart and Agrawala, "An Optimal Algorithm for Mutual
//! Exclusion in Computer Networks", 1981; cited as `RA`).
//!
//! Who wants in asks all others, with a number higher than any it has seen, and enters when all
//! have replied. Who is asked replies at once, unless it is inside, or wants in itself and asked
//! with a lower number; then the reply waits until it leaves. Equal numbers are told apart by the
//! numbers of the nodes, so of any two that want in, exactly one lets the other go first.
//!
//! Why it is safe: were two inside, each would have replied to the other. Whichever replied before
//! it asked has since asked with the higher number, so the other, wanting in or inside, does not
//! reply to it; and if both replied after they asked, each found the other's number the lower one.
//!
//! Model: no faults, perfect links in any order, asynchronous. Quorum: everybody.
//! Left out: the paper's variants (§6: shared readers, bounded numbers, nodes that come and go).
//! The paper counts outstanding replies; here they are a set, so that a state names who is missing.

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::{Indication, Request};

/// What nodes say to each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    /// Will you let me in, at this number?
    Request(u64),
    /// I will.
    Reply,
}

/// Where a node is, with what it needs there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Place {
    /// Outside, wanting nothing.
    Outside,
    /// Outside, having asked.
    Waiting {
        /// The number of the request.
        number: u64,
        /// Who has not replied to it.
        missing: NodeSet,
    },
    /// Inside.
    Inside {
        /// The number of the request that led there.
        number: u64,
    },
}

/// Ricart and Agrawala's algorithm at one node.
///
/// Invariants: `highest` is no lower than any number sent or received; a node in `deferred` waits
/// for this one's reply, and there is none while this node is outside wanting nothing; `missing`
/// is never empty while waiting.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct RicartAgrawala {
    me: NodeId,
    others: NodeSet,
    /// The highest number seen, one's own included.
    highest: u64,
    place: Place,
    /// Who is replied to on leaving.
    deferred: NodeSet,
    mutant: Option<Mutant>,
}

impl Process for RicartAgrawala {
    type Request = Request;
    type Indication = Indication;
    type Message = Message;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, request: Request, out: &mut Out<Self>) {
        match (request, self.place) {
            // RA, the process invoking mutual exclusion, up to the critical section.
            (Request::Enter, Place::Outside) => self.ask(out),
            // RA, the same process, behind the critical section.
            (Request::Leave, Place::Inside { .. }) => self.leave(out),
            (Request::Enter, Place::Waiting { .. } | Place::Inside { .. }) => {}
            (Request::Leave, Place::Outside | Place::Waiting { .. }) => {}
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        if !self.others.contains(from) {
            return;
        }
        match message {
            // RA, the process receiving REQUEST messages.
            Message::Request(number) => self.consider(from, number, out),
            // RA, the process receiving REPLY messages.
            Message::Reply => self.note_reply(from, out),
        }
    }
}

impl RicartAgrawala {
    /// The node `me` of `n0` to `n(nodes-1)`; with a breakage, if one is named.
    pub fn new(me: NodeId, nodes: usize, mutant: Option<Mutant>) -> RicartAgrawala {
        let mut others = NodeSet::first(nodes);
        assert!(others.remove(me), "A node is one of its group.");
        let (highest, place, deferred) = (0, Place::Outside, NodeSet::EMPTY);
        RicartAgrawala { me, others, highest, place, deferred, mutant }
    }

    /// The same, having seen this number in the past.
    pub fn having_seen(self, number: u64) -> RicartAgrawala {
        RicartAgrawala { highest: number, ..self }
    }

    /// Where the node is.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whom it will reply to when it leaves.
    pub fn deferred(&self) -> NodeSet {
        self.deferred
    }

    /// The highest number that it has seen.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Choose a number above all seen, and ask everybody else.
    fn ask(&mut self, out: &mut Out<Self>) {
        let step = u64::from(!self.is_broken(Mutant::SameNumber));
        // Nobody enters 2^64 times: the bound is never met, and a wild message cannot cross it.
        let number = self.highest.saturating_add(step);
        self.highest = number;
        for node in self.others.iter() {
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Request(number));
        }
        self.place = Place::Waiting { number, missing: self.others };
        self.enter_if_all_replied(out);
    }

    /// Reply, or defer the reply: exactly one of two that want in does the one.
    fn consider(&mut self, from: NodeId, number: u64, out: &mut Out<Self>) {
        if !self.is_broken(Mutant::UnseenNumber) {
            self.highest = self.highest.max(number);
        }
        if self.goes_before(from, number) {
            self.deferred.insert(from);
        } else {
            // To forget it is a crash, which this model does not have.
            out.send(from, Message::Reply);
        }
    }

    /// Whether this node has a request, granted or not, that goes before this one.
    fn goes_before(&self, from: NodeId, number: u64) -> bool {
        let (mine, is_inside) = match self.place {
            Place::Outside => return false,
            Place::Waiting { number, .. } => (number, false),
            Place::Inside { number } => (number, true),
        };
        if self.is_broken(Mutant::NumberAlone) {
            return mine < number;
        }
        if self.is_broken(Mutant::ReplyInside) && is_inside {
            return false;
        }
        self.is_broken(Mutant::DeferAlways) || (mine, self.me) < (number, from)
    }

    fn note_reply(&mut self, from: NodeId, out: &mut Out<Self>) {
        if let Place::Waiting { missing, .. } = &mut self.place {
            missing.remove(from);
            self.enter_if_all_replied(out);
        }
    }

    /// The quorum is everybody: one's own leave and all the others'.
    fn enter_if_all_replied(&mut self, out: &mut Out<Self>) {
        let spared = usize::from(self.is_broken(Mutant::FewerReplies));
        if let Place::Waiting { number, missing } = self.place
            && missing.len() <= spared
        {
            self.place = Place::Inside { number };
            out.indicate(Indication::Entered);
        }
    }

    fn leave(&mut self, out: &mut Out<Self>) {
        self.place = Place::Outside;
        out.indicate(Indication::Left);
        if self.is_broken(Mutant::ForgetDeferred) {
            self.deferred = NodeSet::EMPTY;
        }
        for node in core::mem::take(&mut self.deferred).iter() {
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Reply);
        }
    }
}

/// Fairness: who is inside asked with the lowest number, ties broken by the node's own, of all
/// that have asked and not left (RA, §3: requests are granted in the order of their numbers).
///
/// # Errors
/// The two nodes that are out of order.
pub fn lowest_number_first(nodes: &[&RicartAgrawala]) -> Result<(), String> {
    for inside in nodes {
        let Place::Inside { number } = inside.place else { continue };
        for waiting in nodes {
            if let Place::Waiting { number: asked, .. } = waiting.place
                && (asked, waiting.me) < (number, inside.me)
            {
                return Err(format!(
                    "{} is inside with number {number}, but {} waits with {asked}.",
                    inside.me, waiting.me
                ));
            }
        }
    }
    Ok(())
}

/// Nobody waits in vain: a reply that is deferred is deferred by a node that wants in or is
/// inside, to one that waits for it and that it goes before.
///
/// # Errors
/// Who defers without a reason.
pub fn deferred_with_reason(nodes: &[&RicartAgrawala]) -> Result<(), String> {
    for node in nodes {
        let RicartAgrawala { me, deferred, .. } = *node;
        let (Place::Waiting { number, .. } | Place::Inside { number }) = node.place else {
            match deferred.is_empty() {
                true => continue,
                false => return Err(format!("{me} wants nothing, but lets {deferred} wait.")),
            }
        };
        for other in nodes.iter().filter(|other| deferred.contains(other.me)) {
            let is_later = match other.place {
                Place::Waiting { number: asked, missing } => {
                    missing.contains(*me) && (number, *me) < (asked, other.me)
                }
                // A node that is down is seen as one that has seen nothing.
                Place::Outside => other.highest < number,
                Place::Inside { .. } => false,
            };
            if !is_later {
                return Err(format!(
                    "{me} asked with {number} and lets {} wait, which does not come after it.",
                    other.me
                ));
            }
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// Equal numbers are not told apart: both reply.
        NumberAlone,
        /// A node inside replies at once.
        ReplyInside,
        /// A node that wants in replies to nobody.
        DeferAlways,
        /// A node enters with one reply missing.
        FewerReplies,
        /// A node that leaves forgets whom it let wait.
        ForgetDeferred,
        /// A node asks with the highest number it has seen, not with a higher one.
        SameNumber,
        /// A node does not look at the numbers of others when it chooses its own.
        UnseenNumber,
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Request(number) => write!(f, "Request #{number}"),
            Message::Reply => f.write_str("Reply"),
        }
    }
}
