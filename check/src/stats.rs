//! What an exploration did, in figures.

use std::fmt::{self, Display};

use serde::Serialize;

/// What an exploration did, in figures.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Stats {
    /// Distinct states by level: how many were first met after 0, 1, 2 and so on steps.
    pub levels: Vec<u64>,
    /// States that were left.
    pub left: u64,
    /// Successors of a state that was left, on average.
    pub branching: f64,
    /// The share of successors that had been met before.
    pub repeated: f64,
    /// Different parts of states that the system met, by name, and steps that it computed.
    pub met: Vec<(&'static str, u64)>,
    /// Seconds in which threads left states, from the start of each round to the end of its last
    /// thread.
    pub leaving: f64,
    /// Seconds in which what the threads had found was put together.
    pub gathering: f64,
    /// Seconds in which the table of fingerprints grew.
    pub growing: f64,
    /// Seconds in which liveness was judged.
    pub living: f64,
}

impl Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} states left, {:.2} successors each, {:.1} % of them met before",
            self.left,
            self.branching,
            100.0 * self.repeated
        )?;
        for (name, count) in &self.met {
            writeln!(f, "  {count} different {name}")?;
        }
        writeln!(
            f,
            "  leaving states {:.3} s, gathering {:.3} s, growing the table {:.3} s, \
             liveness {:.3} s",
            self.leaving, self.gathering, self.growing, self.living
        )?;
        f.write_str("  states by level:")?;
        self.levels.iter().try_for_each(|level| write!(f, " {level}"))?;
        writeln!(f)
    }
}
