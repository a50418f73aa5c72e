//! Leader election.
//!
//! Indications: [`Trust`]; there are no requests.
//!
//! Properties of the eventual leader detector, Ω (Cachin, Guerraoui and Rodrigues 2011, module 2.9;
//! the `EventualLeader` monitor in `spec` checks them):
//! - *eventual accuracy*: from some time on, every correct node trusts a correct one;
//! - *eventual agreement*: from some time on, no two correct nodes trust different ones.
//!
//! | protocol | promises | model | messages |
//! |---|---|---|---|
//! | [`omega`] | Ω | ◇P below, crash-stop | none of its own |

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
