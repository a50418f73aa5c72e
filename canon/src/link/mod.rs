//! Links: how a message gets from one node to another, on top of links that promise less.
//!
//! Requests: [`Send`]. Indications: [`Deliver`].
//!
//! A perfect link promises (Cachin, Guerraoui and Rodrigues, module 2.3):
//! - reliable delivery: what a correct node sends to a correct node is delivered;
//! - no duplication: it is delivered once for each time that it was sent;
//! - no creation: what is delivered was sent.
//!
//! | protocol | built on | promises | messages a send |
//! |---|---|---|---|
//! | [`perfect`] | fair-loss | reliable delivery, no duplication, no creation | 2 and repeats |
//! | [`causal`] | perfect, no faults | the same, in causal order | 1 |
//!
//! *Causal order* (the `CausalDelivery` monitor in `spec`): of two messages to one node, if the
//! sending of the one happened before that of the other, it is delivered before it.

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

pub mod causal;
pub mod perfect;

/// Asks a link to carry `payload` to `to`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Send<V> {
    /// The addressee.
    pub to: NodeId,
    /// What to carry.
    pub payload: V,
}

/// Tells that `payload` has come from `from`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Deliver<V> {
    /// The sender.
    pub from: NodeId,
    /// What it carried.
    pub payload: V,
}

impl<V> From<Send<V>> for (NodeId, V) {
    /// To whom, and what.
    fn from(Send { to, payload }: Send<V>) -> (NodeId, V) {
        (to, payload)
    }
}

impl<V> From<Deliver<V>> for (NodeId, V) {
    /// From whom, and what.
    fn from(Deliver { from, payload }: Deliver<V>) -> (NodeId, V) {
        (from, payload)
    }
}

impl<V: Display> Display for Send<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "send to {}: {}", self.to, self.payload)
    }
}

impl<V: Display> Display for Deliver<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deliver from {}: {}", self.from, self.payload)
    }
}
