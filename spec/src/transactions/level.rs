//! Isolation levels and how they imply each other.
//!
//! A model is a level and a strength. Levels (Adya 1999, ch. 3 and 4; Cerone and Gotsman,
//! "Analysing Snapshot Isolation", 2018, for the two snapshot levels):
//!
//! ```text
//! read-uncommitted  <  read-committed  <  parallel-snapshot-isolation  <  snapshot-isolation
//!                                      <  repeatable-read
//! snapshot-isolation, repeatable-read  <  serializable
//! ```
//!
//! Strengths say which orders besides the data the level must respect: none, each client's own
//! (`strong-session-`, Daudjee and Salem 2004), or real time (`strong-`; of serializable,
//! `strict-serializable`). A stronger strength implies a weaker one.

use std::fmt;
use std::str::FromStr;

/// What a level forbids, without regard to clients and time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// PL-1: writes are not interleaved.
    ReadUncommitted,
    /// PL-2: besides, only what was committed, and its final state, is read.
    ReadCommitted,
    /// Besides, a transaction reads one causally closed snapshot, and no update is lost.
    ParallelSnapshot,
    /// PL-SI: besides, snapshots are of one common order.
    Snapshot,
    /// PL-2.99: no cycle at all through items that were read. Without predicates, which histories
    /// of this kind do not have, it cannot be told from [`Level::Serializable`].
    RepeatableRead,
    /// PL-3: as if one after the other.
    Serializable,
}

/// Which orders besides the data a model respects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// None.
    Plain,
    /// The order in which each process called.
    Session,
    /// Who ended before who was called.
    Strong,
}

/// An isolation level at a strength.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IsolationModel {
    /// What is forbidden.
    pub level: Level,
    /// Which orders it is forbidden against.
    pub strength: Strength,
}

impl Level {
    /// Every level, weaker ones first.
    pub const ALL: [Level; 6] = [
        Level::ReadUncommitted,
        Level::ReadCommitted,
        Level::ParallelSnapshot,
        Level::Snapshot,
        Level::RepeatableRead,
        Level::Serializable,
    ];

    /// Whether whatever has this level has `other` too.
    pub fn implies(self, other: Level) -> bool {
        match (self, other) {
            (Level::RepeatableRead, Level::ParallelSnapshot | Level::Snapshot) => false,
            _ => self >= other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Level::ReadUncommitted => "read-uncommitted",
            Level::ReadCommitted => "read-committed",
            Level::ParallelSnapshot => "parallel-snapshot-isolation",
            Level::Snapshot => "snapshot-isolation",
            Level::RepeatableRead => "repeatable-read",
            Level::Serializable => "serializable",
        }
    }
}

impl Strength {
    /// Every strength, weaker ones first.
    pub const ALL: [Strength; 3] = [Strength::Plain, Strength::Session, Strength::Strong];
}

impl IsolationModel {
    /// The strongest there is: as if each took place at one instant between call and end.
    pub const STRICT_SERIALIZABLE: IsolationModel =
        IsolationModel { level: Level::Serializable, strength: Strength::Strong };

    /// Every model, weaker ones before those that imply them.
    pub fn all() -> impl Iterator<Item = IsolationModel> {
        let of = |strength| Level::ALL.map(|level| IsolationModel { level, strength });
        Strength::ALL.into_iter().flat_map(of)
    }

    /// Whether whatever has this model has `other` too.
    pub fn implies(self, other: IsolationModel) -> bool {
        self.level.implies(other.level) && self.strength >= other.strength
    }
}

impl fmt::Display for IsolationModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.strength, self.level) {
            (Strength::Plain, _) => "",
            (Strength::Session, _) => "strong-session-",
            (Strength::Strong, Level::Serializable) => "strict-",
            (Strength::Strong, _) => "strong-",
        })?;
        f.write_str(self.level.name())
    }
}

/// A name that no isolation model has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownIsolation(String);

impl fmt::Display for UnknownIsolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = IsolationModel::all().map(|model| model.to_string()).collect();
        let known = known.join(", ");
        write!(f, "there is no isolation model {:?}; the models are: {known}", self.0)
    }
}

impl std::error::Error for UnknownIsolation {}

impl FromStr for IsolationModel {
    type Err = UnknownIsolation;

    fn from_str(name: &str) -> Result<Self, UnknownIsolation> {
        let known = IsolationModel::all().find(|model| model.to_string() == name);
        known.ok_or_else(|| UnknownIsolation(name.to_owned()))
    }
}
