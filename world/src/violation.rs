//! What can be wrong with a run.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// What a run broke.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Violation {
    /// A promise of the interface, or the world's rules.
    Safety(String),
    /// An inner invariant, by name.
    Invariant(String, String),
    /// A promise that should have been kept once faults had healed.
    Liveness(String),
    /// A handler panicked.
    Panic(String),
}

impl Violation {
    /// Whether both are of the same kind: a smaller run that shows the one then shows the other.
    pub fn is_like(&self, other: &Violation) -> bool {
        match (self, other) {
            (Violation::Invariant(one, _), Violation::Invariant(two, _)) => one == two,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Safety(what) => write!(f, "safety: {what}"),
            Violation::Invariant(name, what) => write!(f, "invariant {name}: {what}"),
            Violation::Liveness(what) => write!(f, "liveness: {what}"),
            Violation::Panic(what) => write!(f, "panic: {what}"),
        }
    }
}
