//! Registers: one value that nodes share by messages, as if it lay in one memory.
//!
//! Requests: [`Request::Read`] and [`Request::Write`]. Indications: [`Indication::ReadReturns`] and
//! [`Indication::WriteReturns`]. A node does one operation at a time: what is asked while another
//! operation of the node is under way is not heard. An operation that a crash cut off never
//! returns; it may have taken effect, or take effect at any later time, or never.
//!
//! An atomic register promises (Cachin, Guerraoui and Rodrigues, modules 4.2 and 4.3):
//! - termination: an operation of a node that stays up returns;
//! - atomicity: every operation takes effect at one moment between its request and its return, and
//!   a read returns the value of the last write before that moment.
//!
//! | protocol | promises | model | quorum | messages a write, a read |
//! |---|---|---|---|---|
//! | [`abd`], one writer | atomic | crash-recovery, fair-loss | majority | 2(n-1), 4(n-1) |
//! | [`abd`], all write | atomic | crash-recovery, fair-loss | majority | 4(n-1), 4(n-1) |

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

pub mod abd;

/// What the layer above asks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Request<V> {
    /// What does the register hold?
    Read,
    /// Let it hold this from now on. A node that may not write does not hear it.
    Write(V),
}

/// What the layer above is told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Indication<V> {
    /// The register held this; nothing, if nobody has written yet.
    ReadReturns(Option<V>),
    /// The register has held the value.
    WriteReturns,
}

impl<V: Display> Display for Request<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Read => f.write_str("read"),
            Request::Write(value) => write!(f, "write {value}"),
        }
    }
}

impl<V: Display> Display for Indication<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Indication::ReadReturns(Some(value)) => write!(f, "read returns {value}"),
            Indication::ReadReturns(None) => f.write_str("read returns nothing"),
            Indication::WriteReturns => f.write_str("write returns"),
        }
    }
}
