//! From requests to commands and queries.
//!
//! Nesting needs no bound of its own: the decoder stops at a hundred messages within each other,
//! and every level of a transaction uses up operations.
//!
//! Faults are looked for in etcd's order, so that a request with several of them is refused for the
//! same one.

use bytes::Bytes;
use machine::etcd::{
    Command, Compact, Compare, DeleteRange, Error as Refusal, Keys, MAX_TXN_OPERATIONS, Operand,
    Operation, Put, Query, Range, Relation, SortOrder, SortTarget, Txn, left_of,
};
use prost::Message;

use super::etcdserverpb as pb;
use super::{Error, MAX_REQUEST_BYTES};
use pb::compare::{CompareResult, CompareTarget, TargetUnion};
use pb::range_request as sort;

/// What a transaction comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// It may write, and goes through the log.
    Command(Command),
    /// It only reads.
    Query(Query),
}

/// The query of a range request.
///
/// # Errors
/// An empty key; an unknown sort order or target.
pub fn range(request: pb::RangeRequest) -> Result<Query, Error> {
    Ok(Query::Range(range_of(request)?))
}

/// The command of a put request.
///
/// # Errors
/// An empty key; a value or a lease beside the wish to keep the old one; a request that is
/// too large.
pub fn put(request: pb::PutRequest) -> Result<Command, Error> {
    let size = request.encoded_len();
    let put = put_of(request)?;
    check_size(size)?;
    Ok(Command::Put(put))
}

/// The command of a delete request.
///
/// # Errors
/// An empty key; a request that is too large.
pub fn delete_range(request: pb::DeleteRangeRequest) -> Result<Command, Error> {
    let size = request.encoded_len();
    let delete = delete_of(request)?;
    check_size(size)?;
    Ok(Command::DeleteRange(delete))
}

/// The command of a transaction request, or its query if it only reads.
///
/// # Errors
/// Those of its operations, an operation that is none, an unknown comparison, too many
/// operations, a key written twice, a request that is too large.
pub fn txn(request: pb::TxnRequest) -> Result<Request, Error> {
    let size = request.encoded_len();
    let txn = txn_of(request, MAX_TXN_OPERATIONS)?;
    if txn.read_only() {
        return Ok(Request::Query(Query::Txn(txn)));
    }
    let command = Command::Txn(txn);
    command.check()?;
    check_size(size)?;
    Ok(Request::Command(command))
}

/// The command of a compaction request. `physical` asks for no more: what is compacted cannot be
/// read from the answer on, and its memory is given back piece by piece with the writes that
/// follow.
pub fn compaction(request: pb::CompactionRequest) -> Command {
    Command::Compact(Compact { revision: request.revision })
}

fn check_size(size: usize) -> Result<(), Error> {
    if size > MAX_REQUEST_BYTES { Err(Error::RequestTooLarge) } else { Ok(()) }
}

fn range_of(request: pb::RangeRequest) -> Result<Range, Error> {
    let keys = Keys::new(request.key, request.range_end);
    keys.check()?;
    let order = match sort::SortOrder::try_from(request.sort_order) {
        Ok(sort::SortOrder::None) => SortOrder::None,
        Ok(sort::SortOrder::Ascend) => SortOrder::Ascend,
        Ok(sort::SortOrder::Descend) => SortOrder::Descend,
        Err(_) => return Err(Error::InvalidSortOption),
    };
    let target = match sort::SortTarget::try_from(request.sort_target) {
        Ok(sort::SortTarget::Key) => SortTarget::Key,
        Ok(sort::SortTarget::Version) => SortTarget::Version,
        Ok(sort::SortTarget::Create) => SortTarget::Create,
        Ok(sort::SortTarget::Mod) => SortTarget::Mod,
        Ok(sort::SortTarget::Value) => SortTarget::Value,
        Err(_) => return Err(Error::InvalidSortOption),
    };
    Ok(Range {
        keys,
        limit: request.limit,
        revision: request.revision,
        order,
        target,
        serializable: request.serializable,
        keys_only: request.keys_only,
        count_only: request.count_only,
        min_mod_revision: request.min_mod_revision,
        max_mod_revision: request.max_mod_revision,
        min_create_revision: request.min_create_revision,
        max_create_revision: request.max_create_revision,
    })
}

/// Keys and values up to this size are copied when they come to stay, in the log and in the store.
/// What arrives is a slice of a network buffer, commonly of 8 KiB, which lives as long as any slice
/// of it: kept as they are, values of 100 bytes would take eighty times their size. From half of
/// such a buffer on, the waste is at most as much again and the copy is dearer.
const COPIED_BYTES: usize = 4096;

/// `bytes`, in memory of their own if they are small.
fn own(bytes: Bytes) -> Bytes {
    if bytes.len() <= COPIED_BYTES { Bytes::copy_from_slice(&bytes) } else { bytes }
}

fn put_of(request: pb::PutRequest) -> Result<Put, Error> {
    let put = Put {
        key: own(request.key),
        value: own(request.value),
        lease: request.lease,
        prev_kv: request.prev_kv,
        ignore_value: request.ignore_value,
        ignore_lease: request.ignore_lease,
    };
    put.check()?;
    Ok(put)
}

fn delete_of(request: pb::DeleteRangeRequest) -> Result<DeleteRange, Error> {
    let keys = Keys::new(own(request.key), own(request.range_end));
    keys.check()?;
    Ok(DeleteRange { keys, prev_kv: request.prev_kv })
}

fn txn_of(request: pb::TxnRequest, allowed: usize) -> Result<Txn, Error> {
    let pb::TxnRequest { compare, success, failure } = request;
    let left = left_of(allowed, compare.len(), success.len(), failure.len())?;
    // A comparison without a key is found before one that is unknown, which only this server minds.
    for compare in &compare {
        if compare.key.is_empty() {
            return Err(Refusal::EmptyKey.into());
        }
    }
    let compare = compare.into_iter().map(compare_of).collect::<Result<_, _>>()?;
    let branch = |operations: Vec<pb::RequestOp>| {
        let operations = operations.into_iter().map(|operation| operation_of(operation, left));
        operations.collect::<Result<_, Error>>()
    };
    Ok(Txn { compare, success: branch(success)?, failure: branch(failure)? })
}

fn operation_of(operation: pb::RequestOp, left: usize) -> Result<Operation, Error> {
    use pb::request_op::Request;
    Ok(match operation.request {
        Some(Request::RequestRange(request)) => Operation::Range(range_of(request)?),
        Some(Request::RequestPut(request)) => Operation::Put(put_of(request)?),
        Some(Request::RequestDeleteRange(request)) => Operation::DeleteRange(delete_of(request)?),
        Some(Request::RequestTxn(request)) => Operation::Txn(txn_of(request, left)?),
        // The words are etcd's, and sound as odd there.
        None => return Err(Refusal::KeyNotFound.into()),
    })
}

/// A comparison. The operand may be of another kind than the target says: it is then 0, or empty.
fn compare_of(compare: pb::Compare) -> Result<Compare, Error> {
    let relation = match CompareResult::try_from(compare.result) {
        Ok(CompareResult::Equal) => Relation::Equal,
        Ok(CompareResult::Greater) => Relation::Greater,
        Ok(CompareResult::Less) => Relation::Less,
        Ok(CompareResult::NotEqual) => Relation::NotEqual,
        Err(_) => return Err(Error::InvalidCompare),
    };
    let operand = match (CompareTarget::try_from(compare.target), compare.target_union) {
        (Ok(CompareTarget::Version), Some(TargetUnion::Version(n))) => Operand::Version(n),
        (Ok(CompareTarget::Version), _) => Operand::Version(0),
        (Ok(CompareTarget::Create), Some(TargetUnion::CreateRevision(n))) => Operand::Create(n),
        (Ok(CompareTarget::Create), _) => Operand::Create(0),
        (Ok(CompareTarget::Mod), Some(TargetUnion::ModRevision(n))) => Operand::Mod(n),
        (Ok(CompareTarget::Mod), _) => Operand::Mod(0),
        (Ok(CompareTarget::Value), Some(TargetUnion::Value(value))) => Operand::Value(value),
        (Ok(CompareTarget::Value), _) => Operand::Value(Default::default()),
        (Ok(CompareTarget::Lease), Some(TargetUnion::Lease(n))) => Operand::Lease(n),
        (Ok(CompareTarget::Lease), _) => Operand::Lease(0),
        (Err(_), _) => return Err(Error::InvalidCompare),
    };
    Ok(Compare { keys: Keys::new(compare.key, compare.range_end), relation, operand })
}
