//! What clients are told, to the letter; and that no request, however odd, does worse than be
//! refused.

use bytes::Bytes;
use machine::etcd::{Error as Refusal, Operand, Query};
use prost::Message;
use tonic::{Code, Status};
use wire::etcd::etcdserverpb as pb;
use wire::etcd::{self, Error, MAX_REQUEST_BYTES, Request};

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn put(key: &'static str) -> pb::RequestOp {
    let request = pb::PutRequest { key: bytes(key), ..Default::default() };
    pb::RequestOp { request: Some(pb::request_op::Request::RequestPut(request)) }
}

fn read(key: &'static str) -> pb::RequestOp {
    let request = pb::RangeRequest { key: bytes(key), ..Default::default() };
    pb::RequestOp { request: Some(pb::request_op::Request::RequestRange(request)) }
}

fn within(txn: pb::TxnRequest) -> pb::RequestOp {
    pb::RequestOp { request: Some(pb::request_op::Request::RequestTxn(txn)) }
}

fn then(success: Vec<pb::RequestOp>) -> pb::TxnRequest {
    pb::TxnRequest { success, ..Default::default() }
}

fn nested(depth: usize) -> pb::TxnRequest {
    (1..depth).fold(then(vec![put("a")]), |txn, _| then(vec![within(txn)]))
}

fn refused<T>(refusal: Refusal) -> Result<T, Error> {
    Err(Error::Refused(refusal))
}

#[test]
fn every_error_has_etcds_code_and_text() {
    use Code::*;
    use Error::*;
    use Refusal::*;
    let cases = [
        (Refused(EmptyKey), InvalidArgument, "key is not provided"),
        (Refused(KeyNotFound), InvalidArgument, "key not found"),
        (Refused(ValueProvided), InvalidArgument, "value is provided"),
        (Refused(LeaseProvided), InvalidArgument, "lease is provided"),
        (Refused(LeaseNotFound), NotFound, "requested lease not found"),
        (Refused(TooManyOperations), InvalidArgument, "too many operations in txn request"),
        (Refused(DuplicateKey), InvalidArgument, "duplicate key given in txn request"),
        (Refused(Compacted), OutOfRange, "mvcc: required revision has been compacted"),
        (Refused(FutureRevision), OutOfRange, "mvcc: required revision is a future revision"),
        (InvalidSortOption, InvalidArgument, "invalid sort option"),
        (RequestTooLarge, InvalidArgument, "request is too large"),
        (TooManyRequests, ResourceExhausted, "too many requests"),
        (NoSpace, ResourceExhausted, "mvcc: database space exceeded"),
        (NoLeader, Unavailable, "no leader"),
        (NotLeader, FailedPrecondition, "not leader"),
        (LeaderChanged, Unavailable, "leader changed"),
        (Stopped, Unavailable, "server stopped"),
        (TimedOut, Unavailable, "request timed out"),
        (
            TimedOutLeaderFailed,
            Unavailable,
            "request timed out, possibly due to previous leader failure",
        ),
        (TimedOutConnectionLost, Unavailable, "request timed out, possibly due to connection lost"),
        (
            TimedOutCatchingUp,
            Unavailable,
            "request timed out, waiting for the applied index took too long",
        ),
        (Unhealthy, Unavailable, "unhealthy cluster"),
        (Corrupt, DataLoss, "corrupt cluster"),
        (NotSupportedForLearner, FailedPrecondition, "rpc not supported for learner"),
    ];
    for (error, code, text) in cases {
        let status = Status::from(error);
        assert_eq!((status.code(), status.message()), (code, &*format!("etcdserver: {text}")));
    }
}

#[test]
fn ranges_are_refused_for_key_or_order() {
    let request = || pb::RangeRequest { key: bytes("a"), ..Default::default() };
    assert_eq!(etcd::range(Default::default()), refused(Refusal::EmptyKey));
    for odd in [-1, 3, i32::MAX] {
        let order = pb::RangeRequest { sort_order: odd, ..request() };
        assert_eq!(etcd::range(order), Err(Error::InvalidSortOption));
    }
    let target = pb::RangeRequest { sort_target: 5, ..request() };
    assert_eq!(etcd::range(target), Err(Error::InvalidSortOption));
    let both = pb::RangeRequest { sort_target: 5, ..Default::default() };
    assert_eq!(etcd::range(both), refused(Refusal::EmptyKey), "the key is looked at first");
}

#[test]
fn writes_are_refused_for_what_they_lack_or_give_twice() {
    let request = || pb::PutRequest { key: bytes("a"), value: bytes("b"), ..Default::default() };
    assert_eq!(etcd::put(Default::default()), refused(Refusal::EmptyKey));
    let value = pb::PutRequest { ignore_value: true, ..request() };
    assert_eq!(etcd::put(value), refused(Refusal::ValueProvided));
    let lease = pb::PutRequest { ignore_lease: true, lease: 1, ..request() };
    assert_eq!(etcd::put(lease), refused(Refusal::LeaseProvided));
    assert_eq!(etcd::delete_range(Default::default()), refused(Refusal::EmptyKey));
}

#[test]
fn transactions_are_refused_for_the_first_fault_in_them() {
    let empty = pb::RequestOp { request: None };
    let refusals = [
        (vec![put("a"), empty.clone()], Refusal::KeyNotFound),
        (vec![empty.clone(), put("")], Refusal::KeyNotFound),
        (vec![put(""), empty.clone()], Refusal::EmptyKey),
        (vec![read(""), put("a")], Refusal::EmptyKey),
        (vec![put("a"), put("a")], Refusal::DuplicateKey),
        (vec![put("a"), put("a"), empty.clone()], Refusal::KeyNotFound),
        (vec![empty; 129], Refusal::TooManyOperations),
        (vec![within(then(vec![put("")]))], Refusal::EmptyKey),
    ];
    for (branch, refusal) in refusals {
        assert_eq!(etcd::txn(then(branch.clone())), refused(refusal));
        let failure = pb::TxnRequest { failure: branch, ..Default::default() };
        assert_eq!(etcd::txn(failure), refused(refusal));
    }
    let compare = pb::Compare { result: 9, ..Default::default() };
    let txn = pb::TxnRequest { compare: vec![compare], ..Default::default() };
    assert_eq!(etcd::txn(txn), refused(Refusal::EmptyKey));
}

#[test]
fn comparisons_of_an_unknown_kind_are_refused() {
    let refusal = |compare| {
        let txn = pb::TxnRequest { compare: vec![compare], ..Default::default() };
        etcd::txn(txn)
    };
    let known = || pb::Compare { key: bytes("a"), ..Default::default() };
    assert!(refusal(known()).is_ok());
    for odd in [-1, 4, i32::MIN] {
        let compare = pb::Compare { result: odd, ..known() };
        assert_eq!(refusal(compare), Err(Error::InvalidCompare));
    }
    let compare = pb::Compare { target: 5, ..known() };
    assert_eq!(refusal(compare), Err(Error::InvalidCompare));
    let shown = Status::from(Error::InvalidCompare);
    assert_eq!(shown.code(), Code::InvalidArgument);
}

#[test]
fn a_comparison_with_an_operand_of_another_kind_compares_with_nothing() {
    let operand = |target, target_union| {
        let compare = pb::Compare { key: bytes("a"), target, target_union, ..Default::default() };
        let txn = pb::TxnRequest { compare: vec![compare], ..Default::default() };
        match etcd::txn(txn) {
            Ok(Request::Query(Query::Txn(txn))) => txn.compare[0].operand.clone(),
            other => panic!("{other:?}"),
        }
    };
    let five = || Some(pb::compare::TargetUnion::Lease(5));
    assert_eq!(operand(0, five()), Operand::Version(0));
    assert_eq!(operand(1, five()), Operand::Create(0));
    assert_eq!(operand(2, five()), Operand::Mod(0));
    assert_eq!(operand(3, None), Operand::Value(Bytes::new()));
    assert_eq!(operand(4, None), Operand::Lease(0));
}

#[test]
fn nesting_is_bounded_by_the_operations_allowed() {
    assert!(etcd::txn(nested(128)).is_ok());
    assert_eq!(etcd::txn(nested(129)), refused(Refusal::TooManyOperations));
    assert_eq!(etcd::txn(nested(2000)), refused(Refusal::TooManyOperations));
    // Sent over the wire, the decoder gives up sooner, and says so.
    let sent = nested(2000).encode_to_vec();
    assert!(pb::TxnRequest::decode(&sent[..]).is_err());
}

#[test]
fn only_requests_for_the_log_are_bounded_in_size() {
    let sized = |size: usize| pb::PutRequest {
        key: bytes("a"),
        // The key takes 3 bytes, the value 1 for its number and 3 for its length.
        value: vec![0; size - 7].into(),
        ..Default::default()
    };
    assert_eq!(sized(MAX_REQUEST_BYTES).encoded_len(), MAX_REQUEST_BYTES);
    assert!(etcd::put(sized(MAX_REQUEST_BYTES)).is_ok());
    assert_eq!(etcd::put(sized(MAX_REQUEST_BYTES + 1)), Err(Error::RequestTooLarge));
    let long: Bytes = vec![0; MAX_REQUEST_BYTES].into();
    let delete = pb::DeleteRangeRequest { key: long.clone(), ..Default::default() };
    assert_eq!(etcd::delete_range(delete), Err(Error::RequestTooLarge));
    let range = pb::RangeRequest { key: long.clone(), ..Default::default() };
    let operation = |range: pb::RangeRequest| pb::RequestOp {
        request: Some(pb::request_op::Request::RequestRange(range)),
    };
    let read_and_write = then(vec![operation(range.clone()), put("a")]);
    assert_eq!(etcd::txn(read_and_write), Err(Error::RequestTooLarge));
    assert!(etcd::txn(then(vec![operation(range.clone())])).is_ok());
    assert!(etcd::range(range).is_ok());
}

/// Every prefix of a real message, and the message with every byte changed, is decoded and
/// converted.
#[test]
fn damaged_messages_are_refused_or_mean_something_else() {
    let compare = pb::Compare {
        result: 1,
        target: 3,
        key: bytes("key"),
        target_union: Some(pb::compare::TargetUnion::Value(bytes("value"))),
        range_end: bytes("kez"),
    };
    let txn = pb::TxnRequest {
        compare: vec![compare],
        success: vec![put("a"), read("b"), within(then(vec![put("c")]))],
        failure: vec![read("d")],
    };
    let whole = txn.encode_to_vec();
    let mut outcomes = [0; 3];
    let mut try_out = |bytes: &[u8]| {
        let outcome = match pb::TxnRequest::decode(bytes) {
            Err(_) => 0,
            Ok(request) => 1 + usize::from(etcd::txn(request).is_ok()),
        };
        outcomes[outcome] += 1;
    };
    for at in 0..whole.len() {
        try_out(&whole[..at]);
        for change in 1..=255 {
            let mut damaged = whole.clone();
            damaged[at] ^= change;
            try_out(&damaged);
        }
    }
    assert!(outcomes.iter().all(|&n| n > 50), "not decoded, refused, accepted: {outcomes:?}");
}
