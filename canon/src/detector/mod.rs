//! Failure detectors: who seems to have crashed.
//!
//! Indications: [`Suspect`] and [`Suspicion::Restore`]; there are no requests.
//!
//! Properties of an eventually perfect detector, ◇P (Cachin, Guerraoui and Rodrigues 2011, module
//! 2.8; the `EventuallyPerfect` monitor in `spec` checks them):
//! - *strong completeness*: from some time on, every correct node suspects every crashed one;
//! - *eventual strong accuracy*: from some time on, no correct node suspects a correct one.
//!
//! | protocol | class | model | messages a period |
//! |---|---|---|---|
//! | [`increasing_timeout`] | ◇P | partial synchrony, crash-stop | 2(n-1) a node |
//!
//! [`Suspect`]: Suspicion::Suspect

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

pub mod increasing_timeout;

/// A change of mind about a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Suspicion {
    /// The node seems to have crashed.
    Suspect(NodeId),
    /// It has not, after all.
    Restore(NodeId),
}

/// The node, and whether it is suspected from now on.
impl From<Suspicion> for (NodeId, bool) {
    fn from(suspicion: Suspicion) -> (NodeId, bool) {
        match suspicion {
            Suspicion::Suspect(node) => (node, true),
            Suspicion::Restore(node) => (node, false),
        }
    }
}

impl Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Suspicion::Suspect(node) => write!(f, "suspect {node}"),
            Suspicion::Restore(node) => write!(f, "restore {node}"),
        }
    }
}
