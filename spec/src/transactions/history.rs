//! A recorded history of transactions, held compactly.

use std::ops::Range;

use crate::history::Clients;

/// What the transactions work on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Lists: a write appends one element, and a read sees the whole list.
    ListAppend,
    /// Registers: a write replaces the value, and a read sees the last one.
    RwRegister,
}

impl Workload {
    /// Every workload there is.
    pub const ALL: [Workload; 2] = [Workload::ListAppend, Workload::RwRegister];

    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Workload::ListAppend => "list-append",
            Workload::RwRegister => "rw-register",
        }
    }
}

/// A key, by its number in the order in which keys were first named.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key(pub(super) u32);

/// No transaction, no position: what has not been seen.
pub(super) const NONE: u32 = u32::MAX;

/// What came of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It committed, and its reads are known.
    Committed,
    /// It certainly did not happen.
    Aborted,
    /// Nobody knows, unless somebody read what it wrote.
    Unknown,
}

/// One transaction.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub process: u64,
    /// Where it was called.
    pub called: u64,
    /// Where it ended, if it did.
    pub ended: Option<u64>,
    pub fate: Fate,
    /// The first of its operations; the next transaction's is the end.
    pub first: u32,
}

/// One operation of a transaction: twelve bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Op {
    /// Wrote an element.
    Write { key: u32, element: u32 },
    /// Read so many elements of the list's order; of a register never written: none.
    Prefix { key: u32, length: u32 },
    /// Read a list that is not a beginning of the list's order.
    Odd { key: u32, list: u32 },
    /// Read a register's value.
    Version { key: u32, element: u32 },
    /// Asked to read, with no answer.
    Unanswered { key: u32 },
}

impl Op {
    pub fn key(self) -> u32 {
        match self {
            Op::Write { key, .. }
            | Op::Prefix { key, .. }
            | Op::Odd { key, .. }
            | Op::Version { key, .. }
            | Op::Unanswered { key } => key,
        }
    }
}

/// A value of a key. Values are unique within their key, so there is one writer.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub value: i64,
    /// The transaction that wrote it, or [`NONE`].
    pub writer: u32,
    /// Where it stands in its list's order, or [`NONE`]; for registers, 0 once it was read.
    pub position: u32,
    /// Whether its writer wrote the key again.
    pub intermediate: bool,
}

/// Transactions in the order of their calls.
///
/// A read of a list that is a beginning of the longest list known takes as much room as one of a
/// register: the lists themselves are held once, and only what contradicts them apart.
#[derive(Clone, Debug)]
pub struct Transactions {
    pub(super) workload: Workload,
    pub(super) transactions: Vec<Transaction>,
    pub(super) ops: Vec<Op>,
    pub(super) elements: Vec<Element>,
    /// The names of the keys.
    pub(super) keys: Vec<String>,
    /// For each key of lists, the longest list known, as elements.
    pub(super) orders: Vec<Vec<u32>>,
    /// Lists that are not beginnings of those.
    pub(super) odd: Vec<Vec<u32>>,
    /// Transactions in the order in which they committed.
    pub(super) committed: Vec<u32>,
    /// The clients that have names.
    pub(super) clients: Clients,
}

impl Transactions {
    /// How many transactions were called.
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether nothing was called.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// What the transactions work on.
    pub fn workload(&self) -> Workload {
        self.workload
    }

    pub(super) fn range(&self, transaction: u32) -> Range<usize> {
        let index = transaction as usize;
        let end =
            self.transactions.get(index + 1).map_or(self.ops.len(), |next| next.first as usize);
        self.transactions[index].first as usize..end
    }

    pub(super) fn ops_of(&self, transaction: u32) -> &[Op] {
        &self.ops[self.range(transaction)]
    }

    pub(super) fn fate(&self, transaction: u32) -> Fate {
        self.transactions[transaction as usize].fate
    }

    /// The elements that a read saw, in order; nothing if it is not an answered read.
    pub(super) fn seen(&self, op: Op) -> &[u32] {
        match op {
            Op::Prefix { key, length } => &self.orders[key as usize][..length as usize],
            Op::Odd { list, .. } => &self.odd[list as usize],
            Op::Write { .. } | Op::Version { .. } | Op::Unanswered { .. } => &[],
        }
    }
}
