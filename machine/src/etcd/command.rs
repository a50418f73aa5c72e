//! What can be asked of the store. Names and meanings are those of etcd's API.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::text::{List, Text};

/// What changes the store, and so goes through the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Writes one key.
    Put(Put),
    /// Deletes keys.
    DeleteRange(DeleteRange),
    /// Compares, then carries out one of two lists of operations, as one change.
    Txn(Txn),
    /// Forgets old revisions.
    Compact(Compact),
}

/// What reads the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Query {
    /// Reads keys.
    Range(Range),
    /// A transaction that holds nothing but reads.
    Txn(Txn),
}

impl Query {
    /// Whether the client lets this be answered from the state of any one node, however old. A
    /// transaction must read, and every one of its reads must allow it: one that only compares is
    /// never stale.
    pub fn serializable(&self) -> bool {
        match self {
            Self::Range(range) => range.serializable,
            Self::Txn(txn) => txn.serializable().unwrap_or(false),
        }
    }
}

/// Reads keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Range {
    /// The keys to read.
    pub keys: Keys,
    /// At most so many are returned; no limit when 0 or less.
    pub limit: i64,
    /// The revision to read at; the current one when 0 or less.
    pub revision: i64,
    /// The order of what is returned.
    pub order: SortOrder,
    /// What the order goes by.
    pub target: SortTarget,
    /// Whether a node may answer without making sure that it has seen the latest write. The store
    /// does not look at it: whoever hands a query to the store has already decided.
    pub serializable: bool,
    /// Leave the values out.
    pub keys_only: bool,
    /// Count, and return no keys.
    pub count_only: bool,
    /// Leave out keys last modified before this revision, unless 0.
    pub min_mod_revision: i64,
    /// Leave out keys last modified after this revision, unless 0.
    pub max_mod_revision: i64,
    /// Leave out keys created before this revision, unless 0.
    pub min_create_revision: i64,
    /// Leave out keys created after this revision, unless 0.
    pub max_create_revision: i64,
}

impl Range {
    /// A read of everything about `keys` as they are now.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            limit: 0,
            revision: 0,
            order: SortOrder::None,
            target: SortTarget::Key,
            serializable: false,
            keys_only: false,
            count_only: false,
            min_mod_revision: 0,
            max_mod_revision: 0,
            min_create_revision: 0,
            max_create_revision: 0,
        }
    }
}

/// The order of what a range returns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum SortOrder {
    /// By key; with a target other than the key, as `Ascend`.
    #[default]
    None,
    /// Lowest first.
    Ascend,
    /// Highest first.
    Descend,
}

/// What a range is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum SortTarget {
    /// The key.
    #[default]
    Key,
    /// How often the key was written since it was created.
    Version,
    /// The revision that created the key.
    Create,
    /// The revision that last wrote the key.
    Mod,
    /// The value.
    Value,
}

/// Writes one key.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Put {
    /// The key.
    pub key: Bytes,
    /// Its new value.
    pub value: Bytes,
    /// The lease that the key shall live and die with; 0 for none.
    pub lease: i64,
    /// Return what the key held before.
    pub prev_kv: bool,
    /// Keep the value the key has; it must exist.
    pub ignore_value: bool,
    /// Keep the lease the key has; it must exist.
    pub ignore_lease: bool,
}

impl Put {
    /// A plain write of `value` to `key`.
    pub fn new(key: Bytes, value: Bytes) -> Self {
        Self { key, value, lease: 0, prev_kv: false, ignore_value: false, ignore_lease: false }
    }
}

/// Deletes keys.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct DeleteRange {
    /// The keys to delete.
    pub keys: Keys,
    /// Return what they held.
    pub prev_kv: bool,
}

/// If all comparisons hold then `success`, else `failure`, as one change.
///
/// All comparisons, those of transactions within it too, look at the store as it was before; the
/// operations see each other's effects in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Txn {
    /// What must hold.
    pub compare: Vec<Compare>,
    /// What is done if all of it holds.
    pub success: Vec<Operation>,
    /// What is done otherwise.
    pub failure: Vec<Operation>,
}

impl Txn {
    /// Whether no operation in it, on any level, writes.
    pub fn read_only(&self) -> bool {
        self.operations().all(|operation| match operation {
            Operation::Range(_) => true,
            Operation::Put(_) | Operation::DeleteRange(_) => false,
            Operation::Txn(txn) => txn.read_only(),
        })
    }

    /// The operations of both branches, on this level.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.success.iter().chain(&self.failure)
    }

    /// Whether all its reads allow an old answer; none if it reads nothing.
    fn serializable(&self) -> Option<bool> {
        let each = self.operations().filter_map(|operation| match operation {
            Operation::Range(range) => Some(range.serializable),
            Operation::Put(_) | Operation::DeleteRange(_) => Some(false),
            Operation::Txn(txn) => txn.serializable(),
        });
        each.reduce(|all, one| all && one)
    }
}

/// One step of a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Operation {
    /// Reads keys.
    Range(Range),
    /// Writes one key.
    Put(Put),
    /// Deletes keys.
    DeleteRange(DeleteRange),
    /// A transaction within.
    Txn(Txn),
}

/// A comparison that must hold for every one of the keys; if there are none, for a key that was
/// never written: one whose numbers are all 0. The value of such a key compares false with
/// anything.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Compare {
    /// The keys to look at.
    pub keys: Keys,
    /// How the key's field must relate to the operand.
    pub relation: Relation,
    /// The field to look at, and the operand to compare it with.
    pub operand: Operand,
}

/// How a key's field must relate to the operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Relation {
    /// The field equals the operand.
    Equal,
    /// The field is greater.
    Greater,
    /// The field is less.
    Less,
    /// The field differs.
    NotEqual,
}

/// What a comparison looks at, and what it is compared with.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Operand {
    /// How often the key was written since it was created.
    Version(i64),
    /// The revision that created the key.
    Create(i64),
    /// The revision that last wrote the key.
    Mod(i64),
    /// The value.
    Value(Bytes),
    /// The lease.
    Lease(i64),
}

/// Forgets what only revisions before this one hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Compact {
    /// The oldest revision that can still be read.
    pub revision: i64,
}

impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(put) => put.fmt(f),
            Self::DeleteRange(delete) => delete.fmt(f),
            Self::Txn(txn) => txn.fmt(f),
            Self::Compact(compact) => write!(f, "Compact rev={}", compact.revision),
        }
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Txn(txn) => txn.fmt(f),
        }
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Put(put) => put.fmt(f),
            Self::DeleteRange(delete) => delete.fmt(f),
            // Only counted: lists of lists would not stay one short line.
            Self::Txn(Txn { compare, success, failure }) => {
                let (if_, then, else_) = (compare.len(), success.len(), failure.len());
                write!(f, "Txn if {if_} then {then} else {else_}")
            }
        }
    }
}

impl Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Range {}", self.keys)?;
        let numbers = [
            ("rev", self.revision),
            ("limit", self.limit),
            ("mod>", self.min_mod_revision),
            ("mod<", self.max_mod_revision),
            ("create>", self.min_create_revision),
            ("create<", self.max_create_revision),
        ];
        for (name, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
            write!(f, " {name}={number}")?;
        }
        if (self.order, self.target) != (SortOrder::None, SortTarget::Key) {
            write!(f, " sort={:?}/{:?}", self.target, self.order)?;
        }
        let flags =
            [("stale", self.serializable), ("keys", self.keys_only), ("count", self.count_only)];
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            write!(f, " {name}")?;
        }
        Ok(())
    }
}

impl Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put {}={}", Text(&self.key), Text(&self.value))?;
        if self.lease != 0 {
            write!(f, " lease={}", self.lease)?;
        }
        let flags = [
            ("prev", self.prev_kv),
            ("same-value", self.ignore_value),
            ("same-lease", self.ignore_lease),
        ];
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            write!(f, " {name}")?;
        }
        Ok(())
    }
}

impl Display for DeleteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteRange {}{}", self.keys, if self.prev_kv { " prev" } else { "" })
    }
}

impl Display for Txn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (then, otherwise) = (List(&self.success), List(&self.failure));
        write!(f, "Txn if {} then {then} else {otherwise}", List(&self.compare))
    }
}

impl Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = match self.relation {
            Relation::Equal => "==",
            Relation::Greater => ">",
            Relation::Less => "<",
            Relation::NotEqual => "!=",
        };
        let keys = &self.keys;
        match &self.operand {
            Operand::Version(number) => write!(f, "{keys}.version{relation}{number}"),
            Operand::Create(number) => write!(f, "{keys}.create{relation}{number}"),
            Operand::Mod(number) => write!(f, "{keys}.mod{relation}{number}"),
            Operand::Value(value) => write!(f, "{keys}.value{relation}{}", Text(value)),
            Operand::Lease(number) => write!(f, "{keys}.lease{relation}{number}"),
        }
    }
}
