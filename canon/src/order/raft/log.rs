//! A node's log.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// Where an entry stands: its index, from 1, and the term in which a leader appended it. Index 0
/// at term 0 is the position before the first entry. Printed as `3@1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Position {
    /// The index, counted from 1.
    pub index: u64,
    /// The leader's term.
    pub term: u64,
}

impl Position {
    /// Whether a log that ends here is at least as up to date as one that ends at `other`
    /// (Raft §5.4.1): the later term wins, then the longer log.
    pub fn is_up_to_date_with(self, other: Position) -> bool {
        (self.term, self.index) >= (other.term, other.index)
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.index, self.term)
    }
}

/// One entry: a command, or the no-op with which a leader begins its term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Entry<V> {
    /// The leader's term.
    pub term: u64,
    /// The command; `None` is the no-op.
    pub command: Option<V>,
}

/// The entries from index 1 on.
///
/// Invariants:
/// - terms never fall from one entry to the next;
/// - entries up to `saved` have been given to the disk, in frames that are durable or waiting;
/// - entries behind `saved` exist at a leader only, were never sent, and are cut when it steps
///   down.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Log<V> {
    entries: Vec<Entry<V>>,
    saved: u64,
}

impl<V: Clone> Log<V> {
    /// No entries.
    pub fn new() -> Log<V> {
        Log { entries: Vec::new(), saved: 0 }
    }

    /// The position of the last entry.
    pub fn last(&self) -> Position {
        let index = self.entries.len() as u64;
        Position { index, term: self.term_at(index).unwrap_or(0) }
    }

    /// The index up to which entries were given to the disk.
    pub fn saved(&self) -> u64 {
        self.saved
    }

    /// The term of the entry at `index`: 0 for index 0, `None` beyond the end.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        match index {
            0 => Some(0),
            _ => self.entries.get(index as usize - 1).map(|entry| entry.term),
        }
    }

    /// The position at `index`, if the log reaches that far.
    pub fn position(&self, index: u64) -> Option<Position> {
        self.term_at(index).map(|term| Position { index, term })
    }

    /// Whether the log holds the very entry at `position`.
    pub fn holds(&self, position: Position) -> bool {
        self.term_at(position.index) == Some(position.term)
    }

    /// The entry at `index`, from 1.
    pub fn entry(&self, index: u64) -> Option<&Entry<V>> {
        self.entries.get((index as usize).checked_sub(1)?)
    }

    /// The entries behind `after`.
    pub fn behind(&self, after: u64) -> &[Entry<V>] {
        self.entries.get(after as usize..).unwrap_or_default()
    }

    /// Appends an entry that is not yet given to the disk.
    pub fn push(&mut self, entry: Entry<V>) {
        assert!(entry.term >= self.last().term, "Terms never fall along a log.");
        self.entries.push(entry);
    }

    /// Entries up to `index` are given to the disk from now on.
    pub fn mark_saved(&mut self, index: u64) {
        assert!(index <= self.last().index, "Only entries of the log are saved.");
        self.saved = index;
    }

    /// Cuts what was never given to the disk.
    pub fn cut_unsaved(&mut self) {
        self.entries.truncate(self.saved as usize);
    }

    /// Cuts the log behind `after` and appends entries that are given to the disk in this step.
    pub fn replace_behind(&mut self, after: u64, entries: &[Entry<V>]) {
        assert!(after <= self.last().index, "A log has no gap.");
        self.entries.truncate(after as usize);
        self.entries.extend_from_slice(entries);
        self.saved = self.last().index;
    }

    /// The last position at or before `limit.index` whose term is not above `limit.term`: terms
    /// never fall along a log, so behind it no entry can be the one that a log with `limit` holds.
    pub fn last_agreeable(&self, limit: Position) -> Position {
        let end = limit.index.min(self.last().index) as usize;
        let index = self.entries[..end].partition_point(|entry| entry.term <= limit.term) as u64;
        Position { index, term: self.term_at(index).unwrap_or(0) }
    }
}

impl<V: Clone> Default for Log<V> {
    fn default() -> Self {
        Log::new()
    }
}
