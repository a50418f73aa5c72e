//! The alternating-bit protocol: values in order over two lossy lines.
//!
//! The sender flips its bit with each new value and sends both, again and again, until the bit
//! comes back; the receiver takes whatever message comes and keeps sending its bit back. Lines may
//! lose any message, but keep the order of the others.
//!
//! Source: K. A. Bartlett, R. A. Scantlebury, P. T. Wilkinson, A Note on Reliable Full-Duplex
//! Transmission over Half-Duplex Links, CACM 12(5), 1969, and the TLA+ module `AlternatingBit` of
//! L. Lamport, Specifying Systems, 2002, chapter 14, whose action names are kept here. For 2 values
//! and states with at most 2 messages on each line (`MCAlternatingBit`), TLC records 240 distinct
//! states, 1,392 generated and depth 10. Losing either of several messages is a step for each.
//!
//! What is judged is that module's ABCorrectness: when the receiver's bit or value changes, the
//! sender waits for just this, and the receiver takes over the sender's bit and value; and the
//! sender takes a value for received only when it was.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The protocol with bounded lines and 2 values.
#[derive(Clone, Debug)]
pub struct AlternatingBit {
    messages: usize,
    mutant: Option<AlternatingBitMutant>,
}

/// The two lines, the sender and the receiver.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AlternatingBitState {
    /// Messages on the way: a bit and above it a value.
    forth: Line,
    /// Bits on the way back.
    back: Line,
    /// `sBit` and `sent`.
    sender: u8,
    /// `sAck`.
    acknowledged: u8,
    /// `rBit` and `rcvd`.
    receiver: u8,
}

/// Messages of 2 bits each, the first lowest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Line {
    count: u8,
    messages: u16,
}

/// An action of the TLA+ module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlternatingBitAction {
    /// The sender sends a new value.
    SndNewValue(u8),
    /// The sender sends its value again.
    ReSndMsg,
    /// The receiver takes a message; the number is its place on the line, 0 unless broken.
    RcvMsg(usize),
    /// The receiver sends its bit back.
    SndAck,
    /// The sender takes a bit that came back.
    RcvAck,
    /// The message at this place is lost.
    LoseMsg(usize),
    /// The bit at this place is lost.
    LoseAck(usize),
}

named! {
    /// A breakage.
    pub enum AlternatingBitMutant {
        /// The sender takes any bit that comes back for its own.
        TakeAnyAck,
        /// The line forth does not keep the order.
        Reorder,
    }
}

const BIT: u8 = 1;
const VALUES: u8 = 2;
/// A line with one message too many must fit 16 bits.
const MOST_MESSAGES: usize = 7;

impl AlternatingBit {
    fn add_sender(&self, state: AlternatingBitState, successors: &mut Added) {
        use AlternatingBitAction as Action;
        let bit = state.sender & BIT;
        if state.is_waiting() {
            let forth = state.forth.and(state.sender);
            successors.add(Action::ReSndMsg, AlternatingBitState { forth, ..state });
        } else {
            for value in 0..VALUES {
                let sender = bit ^ BIT | value << 1;
                let forth = state.forth.and(sender);
                let to = AlternatingBitState { sender, forth, ..state };
                successors.add(Action::SndNewValue(value), to);
            }
        }
        if state.back.count > 0 {
            let came = state.back.at(0);
            let acknowledged =
                if self.mutant == Some(AlternatingBitMutant::TakeAnyAck) { bit } else { came };
            let back = state.back.without(0);
            successors.add(Action::RcvAck, AlternatingBitState { back, acknowledged, ..state });
        }
    }

    fn add_receiver(&self, state: AlternatingBitState, successors: &mut Added) {
        use AlternatingBitAction as Action;
        let reach = match self.mutant {
            Some(AlternatingBitMutant::Reorder) => state.forth.count,
            _ => state.forth.count.min(1),
        };
        for place in 0..usize::from(reach) {
            let receiver = state.forth.at(place);
            let to = AlternatingBitState { forth: state.forth.without(place), receiver, ..state };
            let changes = receiver != state.receiver;
            if changes && !(state.is_waiting() && receiver == state.sender) {
                let text = "The receiver takes over what the sender does not wait for.";
                successors.break_at(Action::RcvMsg(place), broken(text));
                continue;
            }
            successors.add(Action::RcvMsg(place), to);
        }
        let back = state.back.and(state.receiver & BIT);
        successors.add(Action::SndAck, AlternatingBitState { back, ..state });
    }
}

type Added = Successors<AlternatingBitAction, AlternatingBitState>;

fn broken(text: &str) -> Violation {
    Violation::new("correctness", text)
}

impl AlternatingBitState {
    /// Whether the sender waits for its bit to come back.
    fn is_waiting(self) -> bool {
        self.sender & BIT != self.acknowledged
    }
}

impl Line {
    const EMPTY: Line = Line { count: 0, messages: 0 };

    fn at(self, place: usize) -> u8 {
        (self.messages >> (2 * place)) as u8 & 3
    }

    fn and(self, message: u8) -> Line {
        let last = u16::from(message) << (2 * self.count);
        Line { count: self.count + 1, messages: self.messages | last }
    }

    fn without(self, place: usize) -> Line {
        let before = self.messages & ((1 << (2 * place)) - 1);
        let after = self.messages >> (2 * place) >> 2 << (2 * place);
        Line { count: self.count - 1, messages: before | after }
    }
}

impl Specification for AlternatingBit {
    type State = AlternatingBitState;
    type Action = AlternatingBitAction;
    type Mutant = AlternatingBitMutant;

    const CARD: Card = Card {
        name: "alternating-bit-spec",
        what: "values in order over lossy lines; --size counts messages on a line",
        family: "link",
        file: "check/src/systems/alternating_bit.rs",
        source: "Bartlett, Scantlebury, Wilkinson 1969; Lamport 2002, AlternatingBit",
        model: "no crashes; lines lose messages and keep their order",
        counted: "messages on a line",
        usual: 2,
        sizes: 1..=MOST_MESSAGES,
    };
    const SOMETIMES: &'static [Sometimes<Self>] =
        &[("a value was received and not yet acknowledged", |_, state| {
            state.is_waiting() && state.receiver == state.sender
        })];

    fn sized(size: usize, mutant: Option<AlternatingBitMutant>) -> Self {
        AlternatingBit { messages: size, mutant }
    }

    fn name(&self) -> String {
        "the alternating-bit protocol".into()
    }

    fn bounds(&self) -> Vec<String> {
        let most = self.messages;
        vec![
            format!("{VALUES} values"),
            format!("states with more than {most} messages on a line were not left"),
        ]
    }

    fn initial(&self) -> Vec<AlternatingBitState> {
        let mut states = Vec::new();
        for bit in 0..=BIT {
            for sent in 0..VALUES {
                for received in 0..VALUES {
                    states.push(AlternatingBitState {
                        forth: Line::EMPTY,
                        back: Line::EMPTY,
                        sender: bit | sent << 1,
                        acknowledged: bit,
                        receiver: bit | received << 1,
                    });
                }
            }
        }
        states
    }

    fn next(&self, state: &AlternatingBitState, successors: &mut Added) {
        use AlternatingBitAction as Action;
        let state = *state;
        self.add_sender(state, successors);
        self.add_receiver(state, successors);
        for place in 0..usize::from(state.forth.count) {
            let to = AlternatingBitState { forth: state.forth.without(place), ..state };
            successors.add(Action::LoseMsg(place), to);
        }
        for place in 0..usize::from(state.back.count) {
            let to = AlternatingBitState { back: state.back.without(place), ..state };
            successors.add(Action::LoseAck(place), to);
        }
    }

    /// The sender does not wait only if the receiver has its bit.
    fn fault(&self, state: &AlternatingBitState) -> Option<Violation> {
        let is_told = !state.is_waiting() && (state.receiver ^ state.sender) & BIT != 0;
        let text = "The sender takes a value for received that the receiver does not have.";
        is_told.then(|| broken(text))
    }

    fn is_within(&self, state: &AlternatingBitState) -> bool {
        usize::from(state.forth.count.max(state.back.count)) <= self.messages
    }
}

saved!(AlternatingBitState { forth, back, sender, acknowledged, receiver });
saved!(Line { count, messages });
