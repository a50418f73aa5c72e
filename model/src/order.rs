//! The interface of every protocol that puts commands into one order: Raft, Multi-Paxos, Zab,
//! Viewstamped Replication, PBFT and the rest. It stands here, not beside them, because three
//! crates meet on it: `canon` implements it, `spec` judges it, `machine` builds on it.
//!
//! Properties (the `TotalOrder` monitor in `spec` checks them):
//! - agreement: no two nodes are told different commands at one slot, whoever crashes in between;
//! - integrity: every command told was proposed, and is told at no more slots than it was proposed;
//! - order: each node is told the slots 1, 2, 3 and so on, without a gap, from 1 after each start;
//! - reads: a read's slot is not below any slot told anywhere before the read was asked;
//! - progress: while a majority is up and connected, proposals at the leader are told everywhere.

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use crate::{NodeId, Process, Value};

/// What the layer above asks. All of it is best effort: who gets no answer asks again.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Ask<V> {
    /// Put this command into the order. A node that does not lead ignores it.
    Propose(V),
    /// From which slot on does the state hold everything that was told before now? The number
    /// names the read in the answer. This node must never have used it, in any of its lives: a
    /// late answer to a read from before a crash would pass for the answer to a later one.
    Read(u64),
}

/// What the layer above is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Tell<V> {
    /// The command at the next slot; `None` is a no-op of the protocol's own.
    Deliver {
        /// The position in the order, counted from 1.
        slot: u64,
        /// What stands there.
        command: Option<V>,
    },
    /// Who leads now, as far as this node knows.
    Leader {
        /// The term, view or epoch: it never falls at a node that stays up.
        term: u64,
        /// The leader, if one is known.
        leader: Option<NodeId>,
    },
    /// A state that has taken the commands up to `slot` may answer the read. It may be told more
    /// than once.
    Readable {
        /// The read's number.
        read: u64,
        /// The slot.
        slot: u64,
    },
}

/// A protocol that puts commands of type `Command` into one order.
pub trait Order: Process<Request = Ask<Self::Command>, Indication = Tell<Self::Command>> {
    /// What is put into order.
    type Command: Value;

    /// The current term, view or epoch; for status reports.
    fn term(&self) -> u64;

    /// The newest slot in this node's own log, committed or not; for status reports.
    fn last_slot(&self) -> u64;
}

impl<V: Display> Display for Ask<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Propose(command) => write!(f, "propose {command}"),
            Ask::Read(read) => write!(f, "read #{read}"),
        }
    }
}

impl<V: Display> Display for Tell<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tell::Deliver { slot, command: Some(command) } => {
                write!(f, "deliver {slot}: {command}")
            }
            Tell::Deliver { slot, command: None } => write!(f, "deliver {slot}: no-op"),
            Tell::Leader { term, leader: Some(leader) } => write!(f, "{leader} leads term {term}"),
            Tell::Leader { term, leader: None } => write!(f, "nobody known leads term {term}"),
            Tell::Readable { read, slot } => write!(f, "read #{read} from slot {slot}"),
        }
    }
}
