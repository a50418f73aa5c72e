//! What ABD says and saves.

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

/// When a value was written, as all nodes agree: later stamps are larger. Printed as `3.n1`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Stamp {
    /// Counts writes; 0 is the stamp of what nobody has written.
    pub number: u64,
    /// Who wrote: two writers may choose the same number at the same time.
    pub writer: NodeId,
}

/// A value with its stamp; without one, what a register holds that nobody has written.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Copy<V> {
    /// When it was written.
    pub stamp: Stamp,
    /// What was written.
    pub value: Option<V>,
}

/// The name of one query of one node, never used again in any of its lives. Printed as `1.4`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct QueryId {
    /// The life of the node, counted from 1.
    pub life: u64,
    /// The query within that life, counted from 1.
    pub number: u64,
}

/// A message of the register.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message<V> {
    /// What is your copy?
    Query { id: QueryId },
    /// This, when your query came.
    Value { id: QueryId, copy: Copy<V> },
    /// Take this copy, if yours is older.
    Propagate { copy: Copy<V> },
    /// On my disk is a copy of this stamp or a later one.
    Ack { stamp: Stamp },
}

/// What a node writes to its log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record<V> {
    /// How many lives of this node have queried.
    Life(u64),
    /// Its copy, which takes the place of the one before.
    Copy(Copy<V>),
}

/// The register's alarm: it is time to repeat what was not answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Repeat;

impl<V> Default for Copy<V> {
    fn default() -> Copy<V> {
        Copy { stamp: Stamp::default(), value: None }
    }
}

impl Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => f.write_str("0"),
            number => write!(f, "{number}.{}", self.writer),
        }
    }
}

impl<V: Display> Display for Copy<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.stamp),
            None => write!(f, "{}=nothing", self.stamp),
        }
    }
}

impl Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.life, self.number)
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Query { id } => write!(f, "Query #{id}"),
            Message::Value { id, copy } => write!(f, "Value #{id} {copy}"),
            Message::Propagate { copy } => write!(f, "Propagate {copy}"),
            Message::Ack { stamp } => write!(f, "Ack {stamp}"),
        }
    }
}

impl<V: Display> Display for Record<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Life(life) => write!(f, "Life {life}"),
            Record::Copy(copy) => write!(f, "Copy {copy}"),
        }
    }
}

impl Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("repeat")
    }
}
