//! Commands and replies survive the way over the wire, and values are not copied on it.

use bytes::Bytes;
use machine::Machine;
use machine::etcd::*;
use prost::Message;
use wire::etcd::etcdserverpb as pb;
use wire::etcd::{self, Header, mvccpb};

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// A client's view: from what it wants to what it sends.
mod client {
    use super::*;
    use pb::compare::{CompareResult, CompareTarget, TargetUnion};
    use pb::range_request as sort;

    fn ends(keys: &Keys) -> (Bytes, Bytes) {
        match keys.clone() {
            Keys::One(key) => (key, Bytes::new()),
            Keys::From(key) => (key, bytes("\0")),
            Keys::Between(key, end) => (key, end),
        }
    }

    pub fn range(range: &Range) -> pb::RangeRequest {
        let (key, range_end) = ends(&range.keys);
        let sort_order = match range.order {
            SortOrder::None => sort::SortOrder::None,
            SortOrder::Ascend => sort::SortOrder::Ascend,
            SortOrder::Descend => sort::SortOrder::Descend,
        };
        let sort_target = match range.target {
            SortTarget::Key => sort::SortTarget::Key,
            SortTarget::Version => sort::SortTarget::Version,
            SortTarget::Create => sort::SortTarget::Create,
            SortTarget::Mod => sort::SortTarget::Mod,
            SortTarget::Value => sort::SortTarget::Value,
        };
        pb::RangeRequest {
            key,
            range_end,
            limit: range.limit,
            revision: range.revision,
            sort_order: sort_order.into(),
            sort_target: sort_target.into(),
            serializable: range.serializable,
            keys_only: range.keys_only,
            count_only: range.count_only,
            min_mod_revision: range.min_mod_revision,
            max_mod_revision: range.max_mod_revision,
            min_create_revision: range.min_create_revision,
            max_create_revision: range.max_create_revision,
        }
    }

    pub fn put(put: &Put) -> pb::PutRequest {
        pb::PutRequest {
            key: put.key.clone(),
            value: put.value.clone(),
            lease: put.lease,
            prev_kv: put.prev_kv,
            ignore_value: put.ignore_value,
            ignore_lease: put.ignore_lease,
        }
    }

    pub fn delete(delete: &DeleteRange) -> pb::DeleteRangeRequest {
        let (key, range_end) = ends(&delete.keys);
        pb::DeleteRangeRequest { key, range_end, prev_kv: delete.prev_kv }
    }

    fn compare(compare: &Compare) -> pb::Compare {
        let (key, range_end) = ends(&compare.keys);
        let result = match compare.relation {
            Relation::Equal => CompareResult::Equal,
            Relation::Greater => CompareResult::Greater,
            Relation::Less => CompareResult::Less,
            Relation::NotEqual => CompareResult::NotEqual,
        };
        let (target, union) = match compare.operand.clone() {
            Operand::Version(n) => (CompareTarget::Version, TargetUnion::Version(n)),
            Operand::Create(n) => (CompareTarget::Create, TargetUnion::CreateRevision(n)),
            Operand::Mod(n) => (CompareTarget::Mod, TargetUnion::ModRevision(n)),
            Operand::Value(value) => (CompareTarget::Value, TargetUnion::Value(value)),
            Operand::Lease(n) => (CompareTarget::Lease, TargetUnion::Lease(n)),
        };
        let (result, target) = (result.into(), target.into());
        pb::Compare { result, target, key, range_end, target_union: Some(union) }
    }

    pub fn txn(txn: &Txn) -> pb::TxnRequest {
        use pb::request_op::Request;
        let operation = |operation: &Operation| pb::RequestOp {
            request: Some(match operation {
                Operation::Range(one) => Request::RequestRange(range(one)),
                Operation::Put(one) => Request::RequestPut(put(one)),
                Operation::DeleteRange(one) => Request::RequestDeleteRange(delete(one)),
                Operation::Txn(one) => Request::RequestTxn(self::txn(one)),
            }),
        };
        pb::TxnRequest {
            compare: txn.compare.iter().map(compare).collect(),
            success: txn.success.iter().map(operation).collect(),
            failure: txn.failure.iter().map(operation).collect(),
        }
    }
}

fn sent<T: Message + Default>(message: T) -> T {
    T::decode(Bytes::from(message.encode_to_vec())).unwrap()
}

/// One of each field that is not its default, in every combination of flags.
fn ranges() -> Vec<Range> {
    let ends = ["", "\0", "z"].map(|end| Keys::new(bytes("a"), bytes(end)));
    let orders = [SortOrder::None, SortOrder::Ascend, SortOrder::Descend];
    let targets = [
        SortTarget::Key,
        SortTarget::Version,
        SortTarget::Create,
        SortTarget::Mod,
        SortTarget::Value,
    ];
    let one = |n: usize| Range {
        limit: n as i64,
        revision: -1 + n as i64,
        order: orders[n % 3],
        target: targets[n % 5],
        serializable: n & 1 != 0,
        keys_only: n & 2 != 0,
        count_only: n & 4 != 0,
        min_mod_revision: 10 + n as i64,
        max_mod_revision: 20 + n as i64,
        min_create_revision: 30 + n as i64,
        max_create_revision: 40 + n as i64,
        ..Range::new(ends[n % 3].clone())
    };
    (0..30).map(one).collect()
}

fn puts() -> Vec<Put> {
    let one = |n: usize| Put {
        lease: if n & 1 == 0 { 5 } else { 0 },
        prev_kv: n & 2 != 0,
        ignore_value: n & 4 != 0,
        ignore_lease: n & 1 != 0,
        ..Put::new(vec![b'k', n as u8].into(), if n & 4 == 0 { bytes("v") } else { bytes("") })
    };
    (0..8).map(one).collect()
}

fn deletes() -> Vec<DeleteRange> {
    let one =
        |(key, end, prev_kv)| DeleteRange { keys: Keys::new(bytes(key), bytes(end)), prev_kv };
    [("a", "", true), ("b", "c", false), ("d", "\0", true)].map(one).into()
}

fn a_txn() -> Txn {
    let relations = [Relation::Equal, Relation::Greater, Relation::Less, Relation::NotEqual];
    let operands = [
        Operand::Version(-1),
        Operand::Create(2),
        Operand::Mod(i64::MAX),
        Operand::Value(bytes("v")),
        Operand::Lease(4),
    ];
    let compare = |n: usize| Compare {
        keys: Keys::new(bytes("k"), [bytes(""), bytes("\0"), bytes("z")][n % 3].clone()),
        relation: relations[n % 4],
        operand: operands[n % 5].clone(),
    };
    let within =
        Txn { success: puts().into_iter().map(Operation::Put).collect(), ..Txn::default() };
    Txn {
        compare: (0..20).map(compare).collect(),
        success: ranges().into_iter().map(Operation::Range).collect(),
        failure: deletes()
            .into_iter()
            .map(Operation::DeleteRange)
            .chain([Operation::Txn(within)])
            .collect(),
    }
}

#[test]
fn requests_come_out_as_they_went_in() {
    for range in ranges() {
        assert_eq!(etcd::range(sent(client::range(&range))), Ok(Query::Range(range)));
    }
    for put in puts() {
        assert_eq!(etcd::put(sent(client::put(&put))), Ok(Command::Put(put)));
    }
    for delete in deletes() {
        assert_eq!(
            etcd::delete_range(sent(client::delete(&delete))),
            Ok(Command::DeleteRange(delete))
        );
    }
    let txn = a_txn();
    let expected = etcd::Request::Command(Command::Txn(txn.clone()));
    assert_eq!(etcd::txn(sent(client::txn(&txn))), Ok(expected));
    let reads = Txn { failure: [].into(), ..txn };
    let expected = etcd::Request::Query(Query::Txn(reads.clone()));
    assert_eq!(etcd::txn(sent(client::txn(&reads))), Ok(expected));
    let request = sent(pb::CompactionRequest { revision: 7, physical: true });
    assert_eq!(etcd::compaction(request), Command::Compact(Compact { revision: 7 }));
}

#[test]
fn a_large_value_is_a_slice_of_what_was_received_and_a_small_one_is_not() {
    let put = Put::new(bytes("key"), vec![7; 5000].into());
    let txn = Txn { success: [Operation::Put(put.clone())].into(), ..Txn::default() };
    let received = Bytes::from(client::txn(&txn).encode_to_vec());
    let request = pb::TxnRequest::decode(received.clone()).unwrap();
    let Ok(etcd::Request::Command(Command::Txn(txn))) = etcd::txn(request) else {
        panic!("a transaction");
    };
    let Operation::Put(put) = &txn.success[0] else { panic!("a put") };
    assert!(received.as_ptr_range().contains(&put.value.as_ptr()));
    assert!(!received.as_ptr_range().contains(&put.key.as_ptr()));
}

fn kv(key: &'static str, value: &'static str, numbers: [i64; 4]) -> mvccpb::KeyValue {
    let [create_revision, mod_revision, version, lease] = numbers;
    let (key, value) = (bytes(key), bytes(value));
    mvccpb::KeyValue { key, create_revision, mod_revision, version, value, lease }
}

const HEADER: Header = Header { cluster_id: 1, member_id: 2, raft_term: 3 };

/// The head of a response.
fn head(revision: i64) -> Option<pb::ResponseHeader> {
    Some(pb::ResponseHeader { cluster_id: 1, member_id: 2, revision, raft_term: 3 })
}

/// The head of an answer within a transaction.
fn within(revision: i64) -> Option<pb::ResponseHeader> {
    Some(pb::ResponseHeader { revision, ..Default::default() })
}

fn put_a(value: &'static str) -> Put {
    Put { prev_kv: true, ..Put::new(bytes("a"), bytes(value)) }
}

fn delete_a() -> DeleteRange {
    DeleteRange { keys: Keys::One(bytes("a")), prev_kv: true }
}

fn read_one() -> Range {
    Range { limit: 1, ..Range::new(Keys::From(bytes("a"))) }
}

#[test]
fn replies_become_responses() {
    let mut store = Etcd::default();

    let reply = store.apply(Command::Put(put_a("1")));
    let response = pb::PutResponse { header: head(2), prev_kv: None };
    assert_eq!(HEADER.put(reply).map(sent), Ok(response));

    let reply = store.apply(Command::Put(put_a("2")));
    let prev_kv = Some(kv("a", "1", [2, 2, 1, 0]));
    let response = pb::PutResponse { header: head(3), prev_kv };
    assert_eq!(HEADER.put(reply).map(sent), Ok(response));

    let reply = store.apply(Command::Compact(Compact { revision: 2 }));
    let response = pb::CompactionResponse { header: head(3) };
    assert_eq!(HEADER.compaction(reply).map(sent), Ok(response));

    let reply = store.apply(Command::DeleteRange(delete_a()));
    let prev_kvs = [kv("a", "2", [2, 3, 2, 0])].into();
    let response = pb::DeleteRangeResponse { header: head(4), deleted: 1, prev_kvs };
    assert_eq!(HEADER.delete_range(reply).map(sent), Ok(response));

    store.apply(Command::Put(put_a("3")));
    store.apply(Command::Put(Put::new(bytes("b"), bytes("4"))));
    let reply = store.query(&Query::Range(read_one()));
    let kvs = [kv("a", "3", [5, 5, 1, 0])].into();
    let response = pb::RangeResponse { header: head(6), kvs, more: true, count: 2 };
    assert_eq!(HEADER.range(reply).map(sent), Ok(response));
}

#[test]
fn answers_within_a_transaction_are_headed_by_a_revision_only() {
    use pb::response_op::Response;
    let mut store = Etcd::default();
    store.apply(Command::Put(put_a("1")));
    let inner = Txn { success: [Operation::Put(put_a("2"))].into(), ..Txn::default() };
    let success =
        [Operation::Range(read_one()), Operation::DeleteRange(delete_a()), Operation::Txn(inner)];
    let reply = store.apply(Command::Txn(Txn { success: success.into(), ..Txn::default() }));

    let op = |response| pb::ResponseOp { response: Some(response) };
    let kvs: Vec<_> = [kv("a", "1", [2, 2, 1, 0])].into();
    let read = pb::RangeResponse { header: within(2), kvs: kvs.clone(), more: false, count: 1 };
    let deleted = pb::DeleteRangeResponse { header: within(3), deleted: 1, prev_kvs: kvs };
    let put = pb::PutResponse { header: within(3), prev_kv: None };
    let inner = pb::TxnResponse {
        header: within(0),
        succeeded: true,
        responses: [op(Response::ResponsePut(put))].into(),
    };
    let responses = [
        op(Response::ResponseRange(read)),
        op(Response::ResponseDeleteRange(deleted)),
        op(Response::ResponseTxn(inner)),
    ];
    let response =
        pb::TxnResponse { header: head(3), succeeded: true, responses: responses.into() };
    assert_eq!(HEADER.txn(reply).map(sent), Ok(response));
}

#[test]
fn refusals_and_replies_of_another_kind_become_errors() {
    let header = Header::default();
    let refused = || Reply::Refused(Error::Compacted);
    let refusal = etcd::Error::Refused(Error::Compacted);
    assert_eq!(header.range(refused()), Err(refusal));
    assert_eq!(header.put(refused()), Err(refusal));
    assert_eq!(header.delete_range(refused()), Err(refusal));
    assert_eq!(header.txn(refused()), Err(refusal));
    assert_eq!(header.compaction(refused()), Err(refusal));
    assert_eq!(header.put(Reply::Compact(1)), Err(etcd::Error::UnexpectedReply));
}
