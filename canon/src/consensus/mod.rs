//! Consensus: nodes propose values, and all decide the same one of them (Cachin, Guerraoui and
//! Rodrigues, modules 5.1 and 5.2).
//!
//! Requests: [`Propose`]. Indications: [`Decide`].
//!
//! Properties (the `Consensus` monitor in `spec` checks them):
//! - validity: a value that is decided was proposed;
//! - agreement: no two nodes decide different values, whoever crashes in between (uniform);
//! - integrity: a node decides once; one that comes back after a crash may tell its decision again;
//! - termination: if a node that stays up proposed, every node that stays up decides.
//!
//! | protocol | faults | timing | quorum | messages | delays |
//! |---|---|---|---|---|---|
//! | [`ben_or`] | crash-stop, f < n/2 | asynchronous | n-f | 2n(n-1) a round | 2 a round |
//! | [`deterministic`] | crash-stop, f < n/2 | partly synchronous | majority | 3(n-1), n(n-1) | 3 |
//! | [`paxos`] | crash-recovery | partly synchronous | majority | 4(n-1), n-1 | 4 |
//!
//! Messages are those from one node to another: of the round, then those that tell the decision.
//! [`two_generals`] shows what no protocol can do: agree by a deadline over links that lose.

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

pub mod ben_or;
pub mod deterministic;
pub mod paxos;
pub mod two_generals;

/// Asks that this value be decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Propose<V>(pub V);

/// Tells that this value is decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Decide<V>(pub V);

impl<V> AsRef<V> for Propose<V> {
    fn as_ref(&self) -> &V {
        &self.0
    }
}

impl<V> AsRef<V> for Decide<V> {
    fn as_ref(&self) -> &V {
        &self.0
    }
}

impl<V: Display> Display for Propose<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "propose {}", self.0)
    }
}

impl<V: Display> Display for Decide<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "decide {}", self.0)
    }
}
