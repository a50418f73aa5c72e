//! Leader election.
//!
//! Indications: [`Trust`]; there are no requests.
//!
//! | protocol | promises | model |
//! |---|---|---|
//! | [`omega`] | Ω: one correct leader, eventually and for good | ◇P below, crash-stop |

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

pub mod omega;

/// Who is taken for the leader from now on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Trust(pub NodeId);

impl From<Trust> for NodeId {
    fn from(Trust(node): Trust) -> NodeId {
        node
    }
}

impl Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trust {}", self.0)
    }
}
