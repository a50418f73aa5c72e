//! What can be refused by looking at a request alone.

use alloc::collections::{BTreeMap, BTreeSet};

use super::command::{Command, Operation, Put, Query, Txn};
use super::keys::Keys;
use super::reply::Error;

/// A transaction may compare this much, and do this much in either branch; what one level uses, the
/// levels within it have no more. So it is the greatest depth, too, and an upper bound of every
/// recursion here. The number is etcd's default.
pub const MAX_TXN_OPERATIONS: usize = 128;

impl Command {
    /// Refuses what no store could do. To be asked before a command is proposed, so that the log
    /// holds none of it.
    ///
    /// # Errors
    /// The first that etcd would find.
    pub fn check(&self) -> Result<(), Error> {
        self.check_shape()?;
        match self {
            Self::Txn(txn) => check_overlaps(txn),
            _ => Ok(()),
        }
    }

    /// The part of `check` that the store relies on: keys are not empty, and nesting is bounded.
    pub(super) fn check_shape(&self) -> Result<(), Error> {
        match self {
            Self::Put(put) => put.check(),
            Self::DeleteRange(delete) => delete.keys.check(),
            Self::Txn(txn) => txn.check_shape(MAX_TXN_OPERATIONS),
            Self::Compact(_) => Ok(()),
        }
    }
}

impl Query {
    /// Refuses what no store could answer.
    ///
    /// # Errors
    /// The first that etcd would find.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Range(range) => range.keys.check(),
            Self::Txn(txn) => {
                txn.check_shape(MAX_TXN_OPERATIONS)?;
                if txn.read_only() { Ok(()) } else { Err(Error::WriteInQuery) }
            }
        }
    }
}

impl Keys {
    /// Refuses an empty key.
    ///
    /// # Errors
    /// `EmptyKey`.
    pub fn check(&self) -> Result<(), Error> {
        if self.first().is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
    }
}

impl Put {
    /// Refuses an empty key, and a value or a lease beside the wish to keep the old one.
    ///
    /// # Errors
    /// `EmptyKey`, `ValueProvided`, `LeaseProvided`.
    pub fn check(&self) -> Result<(), Error> {
        if self.key.is_empty() {
            return Err(Error::EmptyKey);
        }
        if self.ignore_value && !self.value.is_empty() {
            return Err(Error::ValueProvided);
        }
        if self.ignore_lease && self.lease != 0 {
            return Err(Error::LeaseProvided);
        }
        Ok(())
    }
}

impl Txn {
    fn check_shape(&self, allowed: usize) -> Result<(), Error> {
        let left = left_of(allowed, self.compare.len(), self.success.len(), self.failure.len())?;
        self.compare.iter().try_for_each(|compare| compare.keys.check())?;
        self.operations().try_for_each(|operation| match operation {
            Operation::Range(range) => range.keys.check(),
            Operation::Put(put) => put.check(),
            Operation::DeleteRange(delete) => delete.keys.check(),
            Operation::Txn(within) => within.check_shape(left),
        })
    }
}

/// How many operations are left for the transactions within one that has so many comparisons and so
/// many operations in its branches, and is itself allowed `allowed` of each.
///
/// # Errors
/// `TooManyOperations`.
pub fn left_of(allowed: usize, if_: usize, then: usize, else_: usize) -> Result<usize, Error> {
    allowed.checked_sub(if_.max(then).max(else_)).ok_or(Error::TooManyOperations)
}

fn check_overlaps(txn: &Txn) -> Result<(), Error> {
    Writes::of(&txn.success)?;
    Writes::of(&txn.failure)?;
    Ok(())
}

/// The keys that a branch may write: none is put twice, none is put and deleted.
#[derive(Default)]
struct Writes<'a> {
    puts: BTreeSet<&'a [u8]>,
    deleted: BTreeSet<&'a [u8]>,
    /// Disjoint spans of deleted keys: the first key of each, and the first key beyond.
    spans: BTreeMap<&'a [u8], &'a [u8]>,
}

impl<'a> Writes<'a> {
    /// Collects the writes of a branch in etcd's order, which decides what is let through: this
    /// level's deletes, then one transaction within after the other, then this level's puts. A key
    /// put by one transaction within and deleted by a later one thus passes, but not the other way
    /// round.
    fn of(branch: &'a [Operation]) -> Result<Self, Error> {
        let mut writes = Self::default();
        for operation in branch {
            if let Operation::DeleteRange(delete) = operation {
                writes.delete(&delete.keys);
            }
        }
        for operation in branch {
            if let Operation::Txn(txn) = operation {
                writes.include(Self::of(&txn.success)?, Self::of(&txn.failure)?)?;
            }
        }
        for operation in branch {
            if let Operation::Put(put) = operation {
                writes.put(&put.key)?;
            }
        }
        Ok(writes)
    }

    /// Adds what a transaction within writes. Only one of its branches is taken, so both may put a
    /// key.
    fn include(&mut self, then: Self, otherwise: Self) -> Result<(), Error> {
        for key in then.puts.iter().chain(otherwise.puts.difference(&then.puts)) {
            self.put(key)?;
        }
        for branch in [then, otherwise] {
            self.deleted.extend(branch.deleted);
            branch.spans.into_iter().for_each(|(first, end)| self.delete_span(first, end));
        }
        Ok(())
    }

    fn put(&mut self, key: &'a [u8]) -> Result<(), Error> {
        let before = self.spans.range(..=key).next_back();
        let in_span = before.is_some_and(|(_, end)| *end > key);
        if in_span || self.deleted.contains(key) || !self.puts.insert(key) {
            return Err(Error::DuplicateKey);
        }
        Ok(())
    }

    fn delete(&mut self, keys: &'a Keys) {
        match keys {
            Keys::One(key) => {
                self.deleted.insert(key);
            }
            // Not seen by etcd, which takes the end `\0` for a key, and an empty span. What it
            // accepts is accepted here; the operations are carried out in order.
            Keys::From(_) => {}
            Keys::Between(first, end) => self.delete_span(first, end),
        }
    }

    fn delete_span(&mut self, first: &'a [u8], end: &'a [u8]) {
        let (mut first, mut end) = (first, end);
        if end <= first {
            return;
        }
        // Spans are disjoint, so one that reaches into this one is the last before its end.
        while let Some((&before, &beyond)) = self.spans.range(..=end).next_back() {
            if beyond < first {
                break;
            }
            self.spans.remove(before);
            first = first.min(before);
            end = end.max(beyond);
        }
        self.spans.insert(first, end);
    }
}
