//! Messages as the bytes that etcd's clients send and expect, written out by hand from the public
//! field numbers: a number in `proto/` that is wrong would still survive a round trip.

use std::fmt::Debug;

use bytes::Bytes;
use prost::Message;
use wire::etcd::etcdserverpb as pb;
use wire::etcd::mvccpb;

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn assert_bytes<T: Message + Default + PartialEq + Debug>(message: T, hex: &str) {
    let digits: Vec<_> = hex.split_whitespace().collect();
    let expected: Vec<_> = digits.iter().map(|d| u8::from_str_radix(d, 16).unwrap()).collect();
    assert_eq!(message.encode_to_vec(), expected);
    assert_eq!(T::decode(&expected[..]).unwrap(), message);
}

#[test]
fn services_have_etcds_names() {
    assert_eq!(pb::kv_server::SERVICE_NAME, "etcdserverpb.KV");
    assert_eq!(pb::cluster_server::SERVICE_NAME, "etcdserverpb.Cluster");
    assert_eq!(pb::maintenance_server::SERVICE_NAME, "etcdserverpb.Maintenance");
}

#[test]
fn requests() {
    let range = pb::RangeRequest {
        key: bytes("a"),
        range_end: bytes("b"),
        limit: 3,
        revision: 4,
        sort_order: 2,
        sort_target: 4,
        serializable: true,
        keys_only: true,
        count_only: true,
        min_mod_revision: 10,
        max_mod_revision: 11,
        min_create_revision: 12,
        max_create_revision: 13,
    };
    let hex = "0a 01 61 12 01 62 18 03 20 04 28 02 30 04 38 01 40 01 48 01 50 0a 58 0b 60 0c 68 0d";
    assert_bytes(range, hex);
    let put = pb::PutRequest {
        key: bytes("a"),
        value: bytes("b"),
        lease: 3,
        prev_kv: true,
        ignore_value: true,
        ignore_lease: true,
    };
    assert_bytes(put, "0a 01 61 12 01 62 18 03 20 01 28 01 30 01");
    let delete = pb::DeleteRangeRequest { key: bytes("a"), range_end: bytes("b"), prev_kv: true };
    assert_bytes(delete, "0a 01 61 12 01 62 18 01");
    assert_bytes(pb::CompactionRequest { revision: 1, physical: true }, "08 01 10 01");
    assert_bytes(pb::MemberListRequest { linearizable: true }, "08 01");
    assert_bytes(pb::StatusRequest {}, "");
}

#[test]
fn transactions() {
    use pb::compare::TargetUnion;
    use pb::request_op::Request;
    let compare = |target, union| pb::Compare {
        result: 3,
        target,
        key: bytes("a"),
        target_union: Some(union),
        range_end: bytes("b"),
    };
    let operation = |request| pb::RequestOp { request: Some(request) };
    let txn = pb::TxnRequest {
        compare: [
            compare(0, TargetUnion::Version(1)),
            compare(1, TargetUnion::CreateRevision(1)),
            compare(2, TargetUnion::ModRevision(1)),
            compare(3, TargetUnion::Value(bytes("v"))),
            compare(4, TargetUnion::Lease(1)),
        ]
        .into(),
        success: [
            operation(Request::RequestRange(Default::default())),
            operation(Request::RequestPut(Default::default())),
        ]
        .into(),
        failure: [
            operation(Request::RequestDeleteRange(Default::default())),
            operation(Request::RequestTxn(Default::default())),
        ]
        .into(),
    };
    let compares = "0a 0b 08 03 1a 01 61 20 01 82 04 01 62 \
                    0a 0d 08 03 10 01 1a 01 61 28 01 82 04 01 62 \
                    0a 0d 08 03 10 02 1a 01 61 30 01 82 04 01 62 \
                    0a 0e 08 03 10 03 1a 01 61 3a 01 76 82 04 01 62 \
                    0a 0d 08 03 10 04 1a 01 61 40 01 82 04 01 62";
    assert_bytes(txn, &format!("{compares} 12 02 0a 00 12 02 12 00 1a 02 1a 00 1a 02 22 00"));
}

#[test]
fn responses() {
    let header =
        Some(pb::ResponseHeader { cluster_id: 1, member_id: 2, revision: 3, raft_term: 4 });
    let head = "0a 08 08 01 10 02 18 03 20 04";
    let kv = mvccpb::KeyValue {
        key: bytes("a"),
        create_revision: 2,
        mod_revision: 3,
        version: 4,
        value: bytes("v"),
        lease: 6,
    };
    let kv_hex = "0e 0a 01 61 10 02 18 03 20 04 2a 01 76 30 06";
    let range = pb::RangeResponse { header, kvs: [kv.clone()].into(), more: true, count: 4 };
    assert_bytes(range, &format!("{head} 12 {kv_hex} 18 01 20 04"));
    let put = pb::PutResponse { header, prev_kv: Some(kv.clone()) };
    assert_bytes(put, &format!("{head} 12 {kv_hex}"));
    let delete = pb::DeleteRangeResponse { header, deleted: 2, prev_kvs: [kv].into() };
    assert_bytes(delete, &format!("{head} 10 02 1a {kv_hex}"));
    use pb::response_op::Response;
    let operation = |response| pb::ResponseOp { response: Some(response) };
    let txn = pb::TxnResponse {
        header,
        succeeded: true,
        responses: [
            operation(Response::ResponseRange(Default::default())),
            operation(Response::ResponsePut(Default::default())),
            operation(Response::ResponseDeleteRange(Default::default())),
            operation(Response::ResponseTxn(Default::default())),
        ]
        .into(),
    };
    assert_bytes(txn, &format!("{head} 10 01 1a 02 0a 00 1a 02 12 00 1a 02 1a 00 1a 02 22 00"));
    assert_bytes(pb::CompactionResponse { header }, head);
}

#[test]
fn members_and_status() {
    let member = pb::Member {
        id: 1,
        name: "n".into(),
        peer_ur_ls: ["p".into()].into(),
        client_ur_ls: ["c".into()].into(),
        is_learner: true,
    };
    let list = pb::MemberListResponse { header: None, members: [member].into() };
    assert_bytes(list, "12 0d 08 01 12 01 6e 1a 01 70 22 01 63 28 01");
    let status = pb::StatusResponse {
        header: None,
        version: "v".into(),
        db_size: 3,
        leader: 4,
        raft_index: 5,
        raft_term: 6,
        raft_applied_index: 7,
        errors: ["e".into()].into(),
        db_size_in_use: 9,
        is_learner: true,
        storage_version: "s".into(),
        db_size_quota: 12,
        downgrade_info: Some(pb::DowngradeInfo { enabled: true, target_version: "t".into() }),
    };
    let hex = "12 01 76 18 03 20 04 28 05 30 06 38 07 42 01 65 48 09 50 01 5a 01 73 60 0c \
               6a 05 08 01 12 01 74";
    assert_bytes(status, hex);
}
