//! What the store answers.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::text::{List, Text};

/// The answer to a command or a query.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// To a range.
    Range(RangeReply),
    /// To a put.
    Put(PutReply),
    /// To a delete.
    DeleteRange(DeleteRangeReply),
    /// To a transaction.
    Txn(TxnReply),
    /// To a compaction: the current revision.
    Compact(i64),
    /// It was not done, and nothing changed.
    Refused(Error),
}

/// A key as of some revision.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct KeyValue {
    /// The key.
    pub key: Bytes,
    /// Its value; empty if only keys were asked for.
    pub value: Bytes,
    /// The revision that created the key.
    pub create_revision: i64,
    /// The revision that last wrote it.
    pub mod_revision: i64,
    /// How often it was written since it was created: 1 when new.
    pub version: i64,
    /// The lease it lives and dies with; 0 for none.
    pub lease: i64,
}

/// The keys that were read.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct RangeReply {
    /// The current revision of the store, whatever revision was read.
    pub revision: i64,
    /// The keys, in the order asked for.
    pub kvs: Vec<KeyValue>,
    /// Whether the limit left some out.
    pub more: bool,
    /// How many keys there are, whatever limit and filters left out.
    pub count: i64,
}

/// A key was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PutReply {
    /// The revision of the write.
    pub revision: i64,
    /// What the key held before, if asked for and if it existed.
    pub prev_kv: Option<KeyValue>,
}

/// Keys were deleted.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct DeleteRangeReply {
    /// The revision of the delete; the current one if there was nothing to delete.
    pub revision: i64,
    /// How many keys were deleted.
    pub deleted: i64,
    /// What they held, if asked for.
    pub prev_kvs: Vec<KeyValue>,
}

/// A transaction was carried out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct TxnReply {
    /// The revision of its writes, or the current one if it wrote nothing; 0 in a transaction
    /// within another, where etcd leaves it out.
    pub revision: i64,
    /// Whether all comparisons held.
    pub succeeded: bool,
    /// The answers to the operations of the branch that was taken, in order.
    pub responses: Vec<OperationReply>,
}

/// The answer to one step of a transaction.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum OperationReply {
    /// To a range.
    Range(RangeReply),
    /// To a put.
    Put(PutReply),
    /// To a delete.
    DeleteRange(DeleteRangeReply),
    /// To a transaction within.
    Txn(TxnReply),
}

/// Why something was not done. Every node decides these alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Error {
    /// A key is empty.
    EmptyKey,
    /// A put that keeps the value or the lease of its key found no key.
    KeyNotFound,
    /// A put gives a value and asks to keep the old one.
    ValueProvided,
    /// A put gives a lease and asks to keep the old one.
    LeaseProvided,
    /// There is no such lease.
    LeaseNotFound,
    /// A transaction compares or does too much, or is nested too deep.
    TooManyOperations,
    /// A transaction writes a key twice.
    DuplicateKey,
    /// The revision asked for has been compacted away.
    Compacted,
    /// The revision asked for is yet to come.
    FutureRevision,
    /// What was to be a read holds a write.
    WriteInQuery,
}

impl core::error::Error for Error {}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyKey => "key is not provided",
            Self::KeyNotFound => "key not found",
            Self::ValueProvided => "value is provided",
            Self::LeaseProvided => "lease is provided",
            Self::LeaseNotFound => "requested lease not found",
            Self::TooManyOperations => "too many operations in txn request",
            Self::DuplicateKey => "duplicate key given in txn request",
            Self::Compacted => "mvcc: required revision has been compacted",
            Self::FutureRevision => "mvcc: required revision is a future revision",
            Self::WriteInQuery => "write in a read-only request",
        })
    }
}

impl Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Put(put) => put.fmt(f),
            Self::DeleteRange(delete) => delete.fmt(f),
            Self::Txn(txn) => txn.fmt(f),
            Self::Compact(revision) => write!(f, "Compacted rev={revision}"),
            Self::Refused(error) => write!(f, "Refused: {error}"),
        }
    }
}

impl Display for OperationReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(f),
            Self::Put(put) => put.fmt(f),
            Self::DeleteRange(delete) => delete.fmt(f),
            // Only counted: lists of lists would not stay one short line.
            Self::Txn(TxnReply { succeeded, responses, .. }) => {
                let branch = if *succeeded { "then" } else { "else" };
                write!(f, "Done {branch} {}", responses.len())
            }
        }
    }
}

impl Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}@{}", Text(&self.key), Text(&self.value), self.mod_revision)
    }
}

impl Display for RangeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.more { " more" } else { "" };
        write!(f, "Read rev={} count={} {}{more}", self.revision, self.count, List(&self.kvs))
    }
}

impl Display for PutReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Written rev={}", self.revision)?;
        match &self.prev_kv {
            Some(kv) => write!(f, " prev={kv}"),
            None => Ok(()),
        }
    }
}

impl Display for DeleteRangeReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deleted rev={} count={}", self.revision, self.deleted)?;
        match &self.prev_kvs[..] {
            [] => Ok(()),
            kvs => write!(f, " prev={}", List(kvs)),
        }
    }
}

impl Display for TxnReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = if self.succeeded { "then" } else { "else" };
        write!(f, "Done rev={} {branch} {}", self.revision, List(&self.responses))
    }
}
