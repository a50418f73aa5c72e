//! What can go wrong with isolation, by name, and what each excludes.

use std::fmt;

use super::level::{IsolationModel, Level, Strength};

/// What went wrong. The `G` names are Adya's (1999; Adya, Liskov and O'Neil 2000), the others
/// are those of Elle (Kingsbury and Alvaro 2020) and of Berenson et al. (1995).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phenomenon {
    /// A list was read that holds one element twice.
    DuplicateElements,
    /// A value was read that nobody wrote.
    GarbageRead,
    /// A cycle of writes that overwrite each other.
    G0,
    /// A value of an aborted transaction was read.
    G1a,
    /// A value was read that its own transaction overwrote.
    G1b,
    /// A cycle of writes and reads of what was written.
    G1c,
    /// A transaction read what it was yet to write.
    FutureRead,
    /// Two reads of one list, neither of which begins with the other; or a list that contradicts
    /// the order in which one transaction wrote to it.
    IncompatibleOrder,
    /// A committed write stands upon an aborted one.
    DirtyUpdate,
    /// A transaction contradicts its own earlier reads and writes.
    Internal,
    /// Two transactions read the same version and both wrote its successor.
    LostUpdate,
    /// A cycle with exactly one read of what was overwritten: read skew.
    GSingle,
    /// Two readers see two writes in opposite orders.
    LongFork,
    /// A cycle with several reads of what was overwritten, no two of them adjacent.
    GNonadjacent,
    /// Two transactions each overwrote what the other had read.
    WriteSkew,
    /// A cycle with two adjacent reads of what was overwritten.
    G2Item,
}

/// A phenomenon, and which orders besides the data it needs to be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anomaly {
    /// What went wrong.
    pub phenomenon: Phenomenon,
    /// Which orders its proof appeals to.
    pub strength: Strength,
}

impl Phenomenon {
    /// The weakest levels that do not have it.
    ///
    /// Any history with a value from nowhere, or twice, is outside of Adya's histories, and so
    /// excludes even the weakest. A lost update is a cycle with one anti-dependency whichever of
    /// the two writes came first. A transaction that contradicts itself breaks the axiom Int of
    /// Cerone, Bernardi and Gotsman (2015), and two different versions of one item in one
    /// transaction are no repeatable read; read committed permits that.
    pub fn forbidden_by(self) -> &'static [Level] {
        use Phenomenon::*;
        match self {
            DuplicateElements | GarbageRead | G0 => &[Level::ReadUncommitted],
            G1a | G1b | G1c | FutureRead | IncompatibleOrder | DirtyUpdate => {
                &[Level::ReadCommitted]
            }
            Internal | LostUpdate | GSingle => &[Level::ParallelSnapshot, Level::RepeatableRead],
            LongFork | GNonadjacent => &[Level::Snapshot, Level::RepeatableRead],
            WriteSkew | G2Item => &[Level::RepeatableRead],
        }
    }

    fn name(self) -> &'static str {
        use Phenomenon::*;
        match self {
            DuplicateElements => "duplicate-elements",
            GarbageRead => "garbage-read",
            G0 => "G0",
            G1a => "G1a",
            G1b => "G1b",
            G1c => "G1c",
            FutureRead => "future-read",
            IncompatibleOrder => "incompatible-order",
            DirtyUpdate => "dirty-update",
            Internal => "internal",
            LostUpdate => "lost-update",
            GSingle => "G-single",
            LongFork => "long-fork",
            GNonadjacent => "G-nonadjacent",
            WriteSkew => "write-skew",
            G2Item => "G2-item",
        }
    }
}

impl Anomaly {
    /// An anomaly that the data alone proves.
    pub fn plain(phenomenon: Phenomenon) -> Anomaly {
        Anomaly { phenomenon, strength: Strength::Plain }
    }

    /// Whether no history of the model has it.
    pub fn excludes(self, model: IsolationModel) -> bool {
        let forbidding = self.phenomenon.forbidden_by().iter();
        let mut forbidding =
            forbidding.map(|&level| IsolationModel { level, strength: self.strength });
        forbidding.any(|weakest| model.implies(weakest))
    }
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phenomenon.name())?;
        f.write_str(match self.strength {
            Strength::Plain => "",
            Strength::Session => "-process",
            Strength::Strong => "-realtime",
        })
    }
}
