//! Snapshots: the global state of an application that runs on, recorded while it does.
//!
//! A snapshot layer owns its node's part of an [`Application`] and passes on all that the
//! application sends and is sent. Requests: those of the application, and [`Request::Record`].
//! Indications: those of the application, and [`Indication::Recorded`], once at each node for each
//! snapshot: the node's recorded state, and for each channel into it the messages that were under
//! way.
//!
//! Properties (the judge `Conservation` in `spec` checks them on a bank; tests also check the
//! recorded cut against the causal order of the trace):
//! - consistency: if the receipt of a message is recorded, so is its sending (Chandy and Lamport's
//!   condition; Kshemkalyani and Singhal's C2);
//! - completeness: a message whose sending is recorded, and whose receipt is not, is in the
//!   recorded state of its channel, exactly once and in order (C1);
//! - termination: every snapshot that is begun is told at every node.
//!
//! | protocol | model | control messages a snapshot |
//! |---|---|---|
//! | [`chandy_lamport`] | no faults, perfect first-in-first-out links | n(n-1), 1 a channel |
//!
//! [`bank`] is the application of the textbooks.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt::{self, Display};

use model::{NodeId, Process, Value};
use serde::{Deserialize, Serialize};

pub mod bank;
pub mod chandy_lamport;

/// A process whose state can be recorded.
pub trait Application: Process {
    /// What is recorded of a node.
    type State: Value;

    /// The state now.
    fn state(&self) -> Self::State;
}

/// What the layer above asks: of the application, or of the snapshot layer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request<R> {
    /// For the application.
    Application(R),
    /// Begin the snapshot of this number. Several nodes may begin the same one; a number is never
    /// used for a second.
    Record(u64),
}

/// What the layer above is told: by the application, or by the snapshot layer.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Indication<I, S, M> {
    /// By the application.
    Application(I),
    /// This node's part of a snapshot.
    Recorded(Part<S, M>),
}

/// One node's part of a snapshot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Part<S, M> {
    /// The number of the snapshot.
    pub snapshot: u64,
    /// The node's state.
    pub state: S,
    /// The state of each channel into the node, by sender: what was under way, oldest first.
    pub channels: BTreeMap<NodeId, Vec<M>>,
}

impl<R: Display> Display for Request<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Application(request) => write!(f, "{request}"),
            Request::Record(snapshot) => write!(f, "record #{snapshot}"),
        }
    }
}

impl<I: Display, S: Display, M: Display> Display for Indication<I, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Indication::Application(told) => write!(f, "{told}"),
            Indication::Recorded(part) => write!(f, "{part}"),
        }
    }
}

impl<S: Display, M: Display> Display for Part<S, M> {
    /// As `recorded #1: $550, from n1 [Credit $80]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recorded #{}: {}", self.snapshot, self.state)?;
        for (from, messages) in &self.channels {
            write!(f, ", from {from} [")?;
            for (place, message) in messages.iter().enumerate() {
                write!(f, "{}{message}", if place == 0 { "" } else { ", " })?;
            }
            f.write_str("]")?;
        }
        Ok(())
    }
}
