//! The two generals: no number of messages makes two nodes sure of each other over links that lose
//! (Akkoyunlu, Ekanadham and Huber, "Some Constraints and Trade-offs in the Design of Network
//! Communications", 1975; named by Gray, "Notes on Data Base Operating Systems", 1978).
//!
//! Two generals shall attack together at dawn, or not at all. The first, `n0`, may have the order
//! to attack. They exchange messengers, `k` at the most, in turn: the first brings the order, each
//! other one says that the one before has come. At dawn a general attacks if enough messengers have
//! come to him; the first, only if he has the order. How many are enough for each of them is all
//! that a protocol of this kind can choose.
//!
//! Promises: both attack or neither; nobody attacks without the order; with the order, and if no
//! messenger is lost, both attack. The first cannot be kept beside the others, whatever `k` is and
//! whatever is enough: take away the last messenger of the run in which both attack. His sender
//! cannot tell, and attacks. If the other attacks too, take away the one before, and so on, until
//! the second general attacks without having heard anything; then take away the order.
//!
//! Model: for the first promise, links that lose nothing, and a dawn that comes later than all
//! messengers; it is there to be seen to break where links lose. No quorum.
//! Left out: generals who may act on a guess, and are wrong seldom (Varghese and Lynch 1996).

use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, Out, Process};
use serde::{Deserialize, Serialize};

/// The order: attack at dawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Order;

/// What a general does at dawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AtDawn {
    /// He attacks.
    Attack,
    /// He stays in his camp.
    Stay,
}

/// A messenger, by his number from 1. Odd ones go from the first general to the second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Messenger(pub u32);

/// The alarm: it is dawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Dawn;

/// How long the night is.
const NIGHT: Duration = Duration::from_secs(1);

/// What the generals have agreed on before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Protocol {
    /// `k`: how many messengers go at the most.
    pub messengers: u32,
    /// How many must have come to each general for him to attack.
    pub enough: [u32; 2],
}

impl Protocol {
    /// A general attacks if all messengers have come that should come to him.
    pub fn cautious(messengers: u32) -> Protocol {
        Protocol { messengers, enough: [messengers / 2, messengers.div_ceil(2)] }
    }
}

/// One of the two generals.
///
/// Invariant: `last` is the number of the last messenger who came, and messengers come in order,
/// since each is sent when the one before has come.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct General {
    me: NodeId,
    protocol: Protocol,
    has_order: bool,
    last: u32,
    came: u32,
    is_day: bool,
}

impl Process for General {
    type Request = Order;
    type Indication = AtDawn;
    type Message = Messenger;
    type Timer = Dawn;
    type Record = Never;

    fn start(&mut self, out: &mut Out<Self>) {
        out.set(Dawn, NIGHT..NIGHT);
    }

    fn request(&mut self, Order: Order, out: &mut Out<Self>) {
        if self.me == NodeId(0) && !self.has_order && !self.is_day {
            self.has_order = true;
            self.send(1, out);
        }
    }

    fn message(&mut self, from: NodeId, Messenger(number): Messenger, out: &mut Out<Self>) {
        // A double of one who came before says nothing new; and after dawn it is too late.
        if from == self.me || number <= self.last || self.is_day {
            return;
        }
        self.last = number;
        self.came += 1;
        self.send(number.saturating_add(1), out);
    }

    fn timer(&mut self, Dawn: Dawn, out: &mut Out<Self>) {
        self.is_day = true;
        let is_ordered = self.me != NodeId(0) || self.has_order;
        let attacks = is_ordered && self.came >= self.protocol.enough[self.me.index()];
        out.indicate(if attacks { AtDawn::Attack } else { AtDawn::Stay });
    }
}

impl General {
    /// The general `n0` or `n1`, in the evening.
    pub fn new(me: NodeId, protocol: Protocol) -> General {
        assert!(me.index() < 2, "There are two generals.");
        General { me, protocol, has_order: false, last: 0, came: 0, is_day: false }
    }

    /// How many messengers have come.
    pub fn came(&self) -> u32 {
        self.came
    }

    fn send(&self, number: u32, out: &mut Out<Self>) {
        if number <= self.protocol.messengers {
            // A general does not crash, so he does not forget.
            out.send(NodeId(1 - self.me.0), Messenger(number));
        }
    }
}

impl From<AtDawn> for bool {
    /// Whether he attacks.
    fn from(at_dawn: AtDawn) -> bool {
        at_dawn == AtDawn::Attack
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("order")
    }
}

impl Display for AtDawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AtDawn::Attack => "attack",
            AtDawn::Stay => "stay",
        })
    }
}

impl Display for Messenger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Messenger {}", self.0)
    }
}

impl Display for Dawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dawn")
    }
}
