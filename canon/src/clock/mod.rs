//! Logical clocks: processes that stamp what happens to them, so that stamps tell what could have
//! caused what.
//!
//! Requests: [`Act`]. Indications: [`Stamped`].
//!
//! | protocol | stamp | promises | numbers a message |
//! |---|---|---|---|
//! | [`vector`] | a count for each node | V(a) < V(b) exactly if a happened before b | n |
//!
//! What happened before what (Lamport 1978): an event before every later one at its node, a
//! sending before the receipts of its message, and whatever follows from the two. Two different
//! events of which neither happened before the other are concurrent.
//!
//! Properties (the `CausalStamps` monitor in `spec` checks them):
//! - *clock condition*: if a happened before b, then V(a) < V(b);
//! - *strong clock condition*: and only then; stamps of concurrent events do not compare;
//! - *origin*: what is received was sent.

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

pub mod vector;

/// Something that the layer above does, and wants stamped.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Act<V> {
    /// Something that concerns this node alone.
    Local,
    /// It sends this to another node. What is sent is told from whatever else is sent.
    Send(NodeId, V),
}

/// Tells the stamp of an event, which has just happened.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Stamped<V, S> {
    /// What the event was.
    pub what: What<V>,
    /// Its stamp.
    pub stamp: S,
}

/// Kinds of events.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum What<V> {
    /// Something that concerned the node alone.
    Local,
    /// It sent this.
    Sent(V),
    /// It received this from another node.
    Received(NodeId, V),
}

impl<V, S> From<Stamped<V, S>> for (Option<V>, Option<V>, S) {
    /// What the event sent, what it received, and its stamp.
    fn from(Stamped { what, stamp }: Stamped<V, S>) -> Self {
        match what {
            What::Local => (None, None, stamp),
            What::Sent(payload) => (Some(payload), None, stamp),
            What::Received(_, payload) => (None, Some(payload), stamp),
        }
    }
}

impl<V: Display> Display for Act<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Local => f.write_str("local"),
            Act::Send(to, payload) => write!(f, "send {to} {payload}"),
        }
    }
}

impl<V: Display, S: Display> Display for Stamped<V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Local => write!(f, "local at {}", self.stamp),
            What::Sent(payload) => write!(f, "sent {payload} at {}", self.stamp),
            What::Received(from, payload) => {
                write!(f, "received {payload} from {from} at {}", self.stamp)
            }
        }
    }
}
