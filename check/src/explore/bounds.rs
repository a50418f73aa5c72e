//! How far an exploration of a protocol goes.

use ::world::Subject;
use model::Process;

/// How far an exploration of a protocol goes; everything here is named in the report.
///
/// Together with [`Subject::within`] they must leave finitely many worlds. What grows without end
/// most easily: terms and retransmissions by alarms, and, in a network that duplicates, answers
/// to copies of one message that all wait for the same frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// What the network does to packets.
    pub network: Network,
    /// Crashes in a run, of all nodes together.
    pub crashes: u16,
    /// Whether a node that is down may restart at any time; without it, a crash is for ever.
    pub recovery: bool,
    /// Alarms that ring in a run, of all nodes together; without a number, any.
    pub fires: Option<u16>,
    /// In which order alarms ring.
    pub timing: Timing,
    /// Forged messages that arrive in a run, of all faulty nodes together; without a number, any.
    pub forgeries: Option<u16>,
    /// When nodes flush.
    pub flushing: Flushing,
    /// Whether worlds that differ by a renaming of interchangeable nodes count as one, if the
    /// subject declares any.
    pub symmetry: bool,
    /// Whether of the orders of steps that commute only one is followed. It changes neither the
    /// answer nor the worlds that are met, but how many steps lead to them. It halves those of
    /// Raft and takes longer all the same, since a step costs little once known. Nothing is reduced
    /// where symmetry is used or time is kept.
    pub reduction: bool,
}

impl Default for Bounds {
    /// A lossy network with one copy of a packet in flight, no crash, any number of alarms,
    /// flushes as steps of their own, the symmetry that the subject declares, and no reduction.
    fn default() -> Bounds {
        Bounds {
            network: Network::Lossy { copies: 1 },
            crashes: 0,
            recovery: true,
            fires: None,
            timing: Timing::Free,
            forgeries: None,
            flushing: Flushing::Free,
            symmetry: true,
            reduction: false,
        }
    }
}

/// What the network does to packets. They always overtake each other, except on links that
/// keep their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// A packet arrives once or never.
    Lossy {
        /// Equal packets in flight at most: one that is sent beyond that is lost.
        copies: u8,
    },
    /// A packet arrives any number of times.
    Duplicating,
    /// A packet arrives once, after any time and in any order, if its addressee is up for long
    /// enough; a packet to a node that is down waits.
    Reliable {
        /// Equal packets in flight at most: a world with more lies outside of the bounds.
        copies: u8,
    },
    /// From one node to another, packets arrive once and in the order in which they were sent,
    /// even across crashes.
    Fifo {
        /// Equal packets in flight at most: a world with more lies outside of the bounds.
        copies: u8,
    },
}

/// In which order alarms ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timing {
    /// An armed alarm rings at any time, whatever its duration: what holds does not depend on
    /// clocks.
    Free,
    /// Alarms ring in every order that their durations allow on perfect clocks; messages and disks
    /// take any time.
    Ordered,
    /// Rounds in step: as `Ordered`, and an alarm rings only when no packet is on its way to a node
    /// that is up, no frame waits for its disk and no flush is due. It needs a reliable network.
    Synchronous,
    /// A round is one step, as in textbooks: alarms of one moment ring together, then all that
    /// was sent arrives, in the order of addressees and of senders; all else, forged messages
    /// included, happens between rounds. Far fewer worlds than `Synchronous`, and the same ends of
    /// runs if it does not matter to the protocol in which order the messages of a round come, nor
    /// whether one comes just before the round begins. It needs a reliable network.
    Lockstep,
}

impl Timing {
    /// Whether time passes only when nothing is left to happen but requests and faults.
    pub(super) fn has_rounds(self) -> bool {
        matches!(self, Timing::Synchronous | Timing::Lockstep)
    }
}

/// When nodes flush.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flushing {
    /// A flush, until nothing comes of it, is a step of its own, at any time.
    Free,
    /// Nodes flush right after each event: fewer states, and no run in which two events share a
    /// flush.
    Eager,
}

/// A subject whose values may be shared by threads. Whatever satisfies the bounds is one: all
/// subjects whose processes and monitors are plain values.
pub trait Shareable:
    Subject<
        Process: Process<
            Request: Send + Sync,
            Indication: Send + Sync,
            Message: Send + Sync,
            Timer: Send + Sync,
            Record: Send + Sync,
        > + Send
                     + Sync,
        Monitor: Send + Sync,
    >
{
}

impl<S> Shareable for S where
    S: Subject<
            Process: Process<
                Request: Send + Sync,
                Indication: Send + Sync,
                Message: Send + Sync,
                Timer: Send + Sync,
                Record: Send + Sync,
            > + Send
                         + Sync,
            Monitor: Send + Sync,
        >
{
}
