//! Deadlock: nodes that wait for each other in a way that nobody can end.
//!
//! Requests: [`Request::Block`] and [`Request::Grant`] of who is active, [`Request::Detect`] of who
//! is blocked; asked out of turn, they do nothing. Indications: what became of them
//! ([`Indication::Blocked`], [`Indication::Asked`], [`Indication::Granted`],
//! [`Indication::Active`]), and [`Indication::Deadlock`].
//!
//! One node waits for another from when it is told `blocked` until the other is told `granted`:
//! while its request is on its way it waits already, for only the other can end that; while the
//! grant is on its way it waits no longer, though it does not know. In the AND model a node goes on
//! when everybody it waits for has granted; only active nodes grant, and nobody gives up. So a
//! cycle of waits stays for good.
//!
//! Properties (the judge `WaitsFor` in `spec` checks them on the true waits):
//! - no phantoms: who is told `deadlock` is on a cycle of waits;
//! - completeness: who is asked to detect while it is on a cycle of waits is told `deadlock`.
//!
//! | protocol | waits | model | probes a detection |
//! |---|---|---|---|
//! | [`chandy_misra_haas_and`] | AND | no faults, perfect first-in-first-out links | 1 a wait |

use core::fmt::{self, Display};

use model::{NodeId, NodeSet};
use serde::{Deserialize, Serialize};

pub mod chandy_misra_haas_and;

/// What the layer above asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request {
    /// I cannot go on before all of these grant me what they have.
    Block(NodeSet),
    /// Let this node have what it asked me for.
    Grant(NodeId),
    /// Is this a deadlock?
    Detect,
}

/// What the layer above is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Indication {
    /// You wait for these from now on.
    Blocked(NodeSet),
    /// This node waits for you.
    Asked(NodeId),
    /// You have granted this node what it asked for.
    Granted(NodeId),
    /// Everybody has granted: go on.
    Active,
    /// You wait for yourself, and nobody will ever grant.
    Deadlock,
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Block(nodes) => write!(f, "block on {nodes}"),
            Request::Grant(node) => write!(f, "grant {node}"),
            Request::Detect => f.write_str("detect"),
        }
    }
}

impl Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Indication::Blocked(nodes) => write!(f, "blocked on {nodes}"),
            Indication::Asked(node) => write!(f, "asked by {node}"),
            Indication::Granted(node) => write!(f, "granted {node}"),
            Indication::Active => f.write_str("active"),
            Indication::Deadlock => f.write_str("deadlock"),
        }
    }
}
