//! A test a sentence of etcd's API.

use bytes::Bytes;
use machine::Machine;
use machine::etcd::*;

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn one(key: &'static str) -> Keys {
    Keys::One(bytes(key))
}

fn keys(key: &'static str, range_end: &'static str) -> Keys {
    Keys::new(bytes(key), bytes(range_end))
}

fn put(key: &'static str, value: &'static str) -> Put {
    Put::new(bytes(key), bytes(value))
}

fn delete(keys: Keys) -> DeleteRange {
    DeleteRange { keys, prev_kv: false }
}

fn read(key: &'static str) -> Operation {
    Operation::Range(Range::new(one(key)))
}

fn compare(keys: Keys, relation: Relation, operand: Operand) -> Compare {
    Compare { keys, relation, operand }
}

/// A store in which each key was put with its value, in this order, from revision 2 on.
fn store(entries: &[(&'static str, &'static str)]) -> Etcd {
    let mut etcd = Etcd::default();
    for (key, value) in entries {
        etcd.apply(Command::Put(put(key, value)));
    }
    etcd
}

fn range(etcd: &Etcd, range: Range) -> RangeReply {
    match etcd.query(&Query::Range(range)) {
        Reply::Range(reply) => reply,
        other => panic!("a range was answered by {other}"),
    }
}

fn refusal(etcd: &Etcd, range: Range) -> Error {
    match etcd.query(&Query::Range(range)) {
        Reply::Refused(error) => error,
        other => panic!("a range was not refused but answered by {other}"),
    }
}

fn get(etcd: &Etcd, key: &'static str) -> Option<KeyValue> {
    range(etcd, Range::new(one(key))).kvs.pop()
}

fn txn(etcd: &mut Etcd, txn: Txn) -> TxnReply {
    match etcd.apply(Command::Txn(txn)) {
        Reply::Txn(reply) => reply,
        other => panic!("a transaction was answered by {other}"),
    }
}

fn then<const N: usize>(operations: [Operation; N]) -> Txn {
    Txn { success: operations.into(), ..Txn::default() }
}

fn names(reply: &RangeReply) -> Vec<&str> {
    reply.kvs.iter().map(|kv| str::from_utf8(&kv.key).unwrap()).collect()
}

#[test]
fn a_store_starts_at_revision_1() {
    assert_eq!(Etcd::default().revision(), 1);
    assert_eq!(range(&Etcd::default(), Range::new(one("a"))).revision, 1);
}

#[test]
fn all_writes_of_a_transaction_are_one_revision() {
    let mut etcd = store(&[("old", "")]);
    let operations = [
        Operation::Put(put("a", "1")),
        Operation::Put(put("b", "1")),
        Operation::DeleteRange(delete(one("old"))),
    ];
    assert_eq!(txn(&mut etcd, then(operations)).revision, 3);
    assert_eq!(etcd.revision(), 3);
    assert_eq!(get(&etcd, "a").unwrap().mod_revision, 3);
    assert_eq!(get(&etcd, "b").unwrap().mod_revision, 3);
}

#[test]
fn what_writes_nothing_makes_no_revision() {
    let mut etcd = store(&[("a", "1")]);
    let never = compare(one("a"), Relation::Equal, Operand::Version(9));
    let write = [Operation::Put(put("a", "2"))].into();
    let failed = Txn { compare: [never].into(), success: write, failure: [].into() };
    let nothing = then([Operation::DeleteRange(delete(one("b")))]);
    for none in [Txn::default(), failed, nothing] {
        assert_eq!(txn(&mut etcd, none).revision, 2);
    }
    let reply = etcd.apply(Command::DeleteRange(delete(keys("b", "z"))));
    let none = DeleteRangeReply { revision: 2, deleted: 0, prev_kvs: [].into() };
    assert_eq!(reply, Reply::DeleteRange(none));
    assert_eq!(etcd.revision(), 2);
}

#[test]
fn revisions_and_version_of_a_key_start_anew_when_it_is_created() {
    let numbers =
        |etcd: &Etcd| get(etcd, "a").map(|kv| (kv.create_revision, kv.mod_revision, kv.version));
    let mut etcd = store(&[("a", "1")]);
    assert_eq!(numbers(&etcd), Some((2, 2, 1)));
    etcd.apply(Command::Put(put("a", "2")));
    assert_eq!(numbers(&etcd), Some((2, 3, 2)));
    etcd.apply(Command::DeleteRange(delete(one("a"))));
    assert_eq!(numbers(&etcd), None);
    etcd.apply(Command::Put(put("a", "3")));
    assert_eq!(numbers(&etcd), Some((5, 5, 1)));
}

#[test]
fn a_range_tells_the_current_revision_not_the_one_it_read() {
    let etcd = store(&[("a", "1"), ("a", "2"), ("a", "3")]);
    let old = range(&etcd, Range { revision: 2, ..Range::new(one("a")) });
    assert_eq!((old.revision, &old.kvs[0].value[..]), (4, &b"1"[..]));
}

#[test]
fn range_ends_mean_one_key_a_prefix_the_rest_or_all() {
    let etcd = store(&[("\0", ""), ("a", ""), ("aa", ""), ("ab", ""), ("b", "")]);
    let found = |key, end| range(&etcd, Range::new(keys(key, end))).count;
    assert_eq!(found("a", ""), 1);
    assert_eq!(found("a", "b"), 3);
    assert_eq!(found("ab", "\0"), 2);
    assert_eq!(found("\0", "\0"), 5);
    assert_eq!(found("b", "a"), 0, "an end before the key is an empty range, and no fault");
    assert_eq!(found("a", "a"), 0);
}

#[test]
fn the_count_is_full_whatever_limit_and_filters_leave_out() {
    let etcd = store(&[("a", ""), ("b", ""), ("c", "")]);
    let all = || Range::new(keys("a", "z"));
    let some = range(&etcd, Range { limit: 2, ..all() });
    assert_eq!((names(&some), some.more, some.count), (vec!["a", "b"], true, 3));
    let exact = range(&etcd, Range { limit: 3, ..all() });
    assert_eq!((exact.kvs.len(), exact.more, exact.count), (3, false, 3));
    let late = range(&etcd, Range { min_mod_revision: 4, ..all() });
    assert_eq!((names(&late), late.more, late.count), (vec!["c"], false, 3));
    let count = range(&etcd, Range { count_only: true, limit: 1, ..all() });
    assert_eq!((count.kvs.len(), count.more, count.count), (0, false, 3));
}

#[test]
fn filters_keep_both_bounds() {
    let etcd = store(&[("a", ""), ("b", ""), ("c", ""), ("a", "")]);
    let all = || Range::new(keys("a", "z"));
    let modified = Range { min_mod_revision: 3, max_mod_revision: 4, ..all() };
    assert_eq!(names(&range(&etcd, modified)), ["b", "c"]);
    let created = Range { min_create_revision: 2, max_create_revision: 3, ..all() };
    assert_eq!(names(&range(&etcd, created)), ["a", "b"]);
}

#[test]
fn a_range_is_sorted_by_any_field() {
    use SortOrder::*;
    let etcd = store(&[("c", "1"), ("a", "3"), ("b", "2"), ("b", "2"), ("c", "1"), ("c", "1")]);
    let sorted = |order, target, limit| {
        names(&range(&etcd, Range { order, target, limit, ..Range::new(keys("a", "z")) })).join("")
    };
    assert_eq!(sorted(Descend, SortTarget::Key, 0), "cba");
    assert_eq!(sorted(Ascend, SortTarget::Version, 0), "abc");
    assert_eq!(sorted(Ascend, SortTarget::Create, 0), "cab");
    assert_eq!(sorted(Descend, SortTarget::Mod, 0), "cba");
    assert_eq!(sorted(Ascend, SortTarget::Value, 0), "cba");
    assert_eq!(sorted(None, SortTarget::Value, 0), "cba", "no order is ascending");
    assert_eq!(sorted(Ascend, SortTarget::Value, 1), "c", "the limit comes after the order");
    assert_eq!(
        sorted(None, SortTarget::Value, 1),
        "b",
        "but before it, if there is none: as in etcd"
    );
}

#[test]
fn keys_only_leaves_the_values_out_and_sorts_by_them_all_the_same() {
    let etcd = store(&[("a", "2"), ("b", "1")]);
    let (order, target) = (SortOrder::Ascend, SortTarget::Value);
    let reply =
        range(&etcd, Range { keys_only: true, order, target, ..Range::new(keys("a", "z")) });
    assert_eq!(names(&reply), ["b", "a"]);
    assert!(reply.kvs.iter().all(|kv| kv.value.is_empty()));
}

#[test]
fn a_range_before_the_compaction_or_in_the_future_is_refused() {
    let mut etcd = store(&[("a", "1"), ("a", "2"), ("a", "3")]);
    etcd.apply(Command::Compact(Compact { revision: 3 }));
    let at = |revision| Range { revision, ..Range::new(one("a")) };
    assert_eq!(refusal(&etcd, at(2)), Error::Compacted);
    assert_eq!(refusal(&etcd, at(5)), Error::FutureRevision);
    assert_eq!(range(&etcd, at(3)).kvs[0].value, "2");
    assert_eq!(range(&etcd, at(-1)).kvs[0].value, "3", "a negative revision is the current one");
}

#[test]
fn a_put_returns_what_was_there_if_asked_to() {
    let mut etcd = store(&[("a", "1")]);
    let previous = get(&etcd, "a");
    let ask = |key| Command::Put(Put { prev_kv: true, ..put(key, "2") });
    let reply = etcd.apply(ask("a"));
    assert_eq!(reply, Reply::Put(PutReply { revision: 3, prev_kv: previous }));
    let reply = etcd.apply(ask("b"));
    assert_eq!(reply, Reply::Put(PutReply { revision: 4, prev_kv: None }));
}

#[test]
fn a_put_can_keep_the_value_of_a_key_that_exists() {
    let mut etcd = store(&[("a", "1")]);
    let keep = |key| Command::Put(Put { ignore_value: true, ..put(key, "") });
    etcd.apply(keep("a"));
    assert_eq!(get(&etcd, "a").map(|kv| (kv.value, kv.version)), Some((bytes("1"), 2)));
    assert_eq!(etcd.apply(keep("b")), Reply::Refused(Error::KeyNotFound));
    let keep_lease = Command::Put(Put { ignore_lease: true, ..put("b", "1") });
    assert_eq!(etcd.apply(keep_lease), Reply::Refused(Error::KeyNotFound));
    assert_eq!(etcd.revision(), 3);
}

#[test]
fn a_put_with_a_lease_needs_the_lease() {
    let mut etcd = store(&[]);
    let leased = Put { lease: 7, ..put("a", "1") };
    assert_eq!(etcd.apply(Command::Put(leased.clone())), Reply::Refused(Error::LeaseNotFound));
    let reply = etcd.apply(Command::Txn(then([Operation::Put(leased)])));
    assert_eq!(reply, Reply::Refused(Error::LeaseNotFound));
}

#[test]
fn a_delete_counts_and_returns_what_was_there() {
    let mut etcd = store(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let gone: Vec<_> = range(&etcd, Range::new(keys("a", "c"))).kvs;
    let reply =
        etcd.apply(Command::DeleteRange(DeleteRange { keys: keys("a", "c"), prev_kv: true }));
    let expected = DeleteRangeReply { revision: 5, deleted: 2, prev_kvs: gone };
    assert_eq!(reply, Reply::DeleteRange(expected));
    assert_eq!(range(&etcd, Range::new(keys("\0", "\0"))).count, 1);
}

#[test]
fn comparisons_relate_every_field() {
    use Operand::*;
    use Relation::*;
    let mut etcd = store(&[("x", ""), ("a", "1"), ("a", "2")]);
    let cases = [
        (Version(2), [true, false, false, false]),
        (Create(4), [false, false, true, true]),
        (Mod(3), [false, true, false, true]),
        (Value(bytes("2")), [true, false, false, false]),
        (Value(bytes("10")), [false, true, false, true]),
        (Lease(0), [true, false, false, false]),
    ];
    for (operand, expected) in cases {
        for (relation, expected) in [Equal, Greater, Less, NotEqual].into_iter().zip(expected) {
            let compare = [compare(one("a"), relation, operand.clone())].into();
            let shown = format!("{:?}", (&operand, relation));
            let reply = txn(&mut etcd, Txn { compare, ..Txn::default() });
            assert_eq!(reply.succeeded, expected, "{shown}");
        }
    }
}

#[test]
fn a_missing_key_compares_as_0_and_its_value_as_false() {
    use Operand::*;
    use Relation::*;
    let mut etcd = store(&[]);
    let mut holds = |relation, operand| {
        let compare = [compare(one("a"), relation, operand)].into();
        txn(&mut etcd, Txn { compare, ..Txn::default() }).succeeded
    };
    assert!(holds(Equal, Version(0)));
    assert!(holds(Equal, Create(0)));
    assert!(holds(Less, Mod(1)));
    assert!(holds(Equal, Lease(0)));
    assert!(!holds(Equal, Value(bytes(""))));
    assert!(!holds(NotEqual, Value(bytes("1"))));
}

#[test]
fn a_comparison_over_a_range_holds_if_it_holds_for_all() {
    let mut etcd = store(&[("a", "1"), ("b", "1"), ("c", "2")]);
    let mut holds = |keys| {
        let compare = [compare(keys, Relation::Equal, Operand::Value(bytes("1")))].into();
        txn(&mut etcd, Txn { compare, ..Txn::default() }).succeeded
    };
    assert!(holds(keys("a", "c")));
    assert!(!holds(keys("a", "\0")));
    assert!(!holds(keys("x", "y")), "no key, no value");
}

#[test]
fn either_branch_is_carried_out_in_order_and_sees_its_own_writes() {
    let mut etcd = store(&[("a", "1")]);
    let absent = || [compare(one("a"), Relation::Equal, Operand::Create(0))].into();
    let failure = [
        read("a"),
        Operation::Put(put("a", "2")),
        read("a"),
        Operation::DeleteRange(delete(keys("b", "\0"))),
    ];
    let reply = txn(
        &mut etcd,
        Txn { compare: absent(), success: [read("b")].into(), failure: failure.into() },
    );
    assert!(!reply.succeeded);
    let values: Vec<_> = reply.responses.iter().map(ToString::to_string).collect();
    let expected = [
        "Read rev=2 count=1 [a=1@2]",
        "Written rev=3",
        "Read rev=3 count=1 [a=2@3]",
        "Deleted rev=3 count=0",
    ];
    assert_eq!(values, expected);
}

#[test]
fn comparisons_within_see_the_store_as_it_was_before() {
    let mut etcd = store(&[]);
    let absent = compare(one("a"), Relation::Equal, Operand::Create(0));
    let within = |value| Txn {
        compare: [absent.clone()].into(),
        success: [Operation::Put(put(value, "absent"))].into(),
        failure: [Operation::Put(put(value, "present"))].into(),
    };
    let operations = [
        Operation::Put(put("a", "1")),
        Operation::Txn(within("b")),
        Operation::Txn(then([Operation::Txn(within("c"))])),
    ];
    let reply = txn(&mut etcd, then(operations));
    assert_eq!(get(&etcd, "b").unwrap().value, "absent");
    assert_eq!(get(&etcd, "c").unwrap().value, "absent");
    let OperationReply::Txn(within) = &reply.responses[1] else { panic!("a transaction within") };
    assert_eq!((reply.revision, within.revision), (2, 0), "only the outer one tells the revision");
}

#[test]
fn a_transaction_that_cannot_be_done_whole_is_not_done_at_all() {
    let mut etcd = store(&[("a", "1"), ("a", "2")]);
    etcd.apply(Command::Compact(Compact { revision: 3 }));
    let before = etcd.clone();
    let at = |revision| Operation::Range(Range { revision, ..Range::new(one("a")) });
    let keep = Operation::Put(Put { ignore_value: true, ..put("none", "") });
    let cases = [
        (at(2), Error::Compacted),
        (at(-2), Error::Compacted),
        (at(4), Error::FutureRevision),
        (keep, Error::KeyNotFound),
    ];
    for (operation, error) in cases {
        let within = Operation::Txn(then([operation]));
        let reply = etcd.apply(Command::Txn(then([Operation::Put(put("a", "3")), within])));
        assert_eq!(reply, Reply::Refused(error));
        assert_eq!(etcd, before);
    }
}

#[test]
fn a_transaction_that_only_reads_is_a_query() {
    let etcd = store(&[("a", "1")]);
    let within = Txn { failure: [read("b")].into(), ..Txn::default() };
    let reads = then([read("a"), Operation::Txn(within)]);
    assert!(reads.read_only());
    let Reply::Txn(reply) = etcd.query(&Query::Txn(reads)) else { panic!("a transaction") };
    assert_eq!((reply.revision, reply.succeeded, reply.responses.len()), (2, true, 2));
    let write = then([Operation::Put(put("a", "2"))]);
    assert!(!write.read_only());
    assert_eq!(etcd.query(&Query::Txn(write)), Reply::Refused(Error::WriteInQuery));
}

#[test]
fn a_query_is_serializable_if_all_its_reads_are() {
    let stale = || Operation::Range(Range { serializable: true, ..Range::new(one("a")) });
    let asks = |txn| Query::Txn(txn).serializable();
    assert!(asks(then([stale(), stale()])));
    assert!(!asks(then([stale(), read("a")])));
    assert!(!asks(Txn { failure: [read("a")].into(), ..then([stale()]) }));
    assert!(!asks(then([stale(), Operation::Txn(then([read("a")]))])));
    assert!(!asks(Txn::default()), "one that only compares asks for the truth");
}

#[test]
fn a_compaction_keeps_what_its_revision_sees() {
    let mut etcd = store(&[("a", "1"), ("a", "2"), ("b", "1"), ("a", "3")]);
    etcd.apply(Command::DeleteRange(delete(one("b"))));
    let at = |etcd: &Etcd, revision| {
        let kvs = range(etcd, Range { revision, ..Range::new(keys("a", "z")) }).kvs;
        kvs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let compact = |etcd: &mut Etcd, revision| etcd.apply(Command::Compact(Compact { revision }));
    assert_eq!(compact(&mut etcd, 4), Reply::Compact(6));
    assert_eq!(at(&etcd, 4), "a=2@3 b=1@4");
    assert_eq!(at(&etcd, 5), "a=3@5 b=1@4");
    assert_eq!(compact(&mut etcd, 6), Reply::Compact(6));
    assert_eq!(at(&etcd, 6), "a=3@5");
    assert_eq!(etcd.compacted(), 6);
}

#[test]
fn a_compaction_goes_forward_and_not_into_the_future() {
    let mut etcd = store(&[("a", "1"), ("a", "2")]);
    let mut compact = |revision| etcd.apply(Command::Compact(Compact { revision }));
    assert_eq!(compact(-1), Reply::Refused(Error::Compacted));
    assert_eq!(compact(2), Reply::Compact(3));
    assert_eq!(compact(2), Reply::Refused(Error::Compacted));
    assert_eq!(compact(1), Reply::Refused(Error::Compacted));
    assert_eq!(compact(4), Reply::Refused(Error::FutureRevision));
    assert_eq!(compact(3), Reply::Compact(3));
}

#[test]
fn the_size_grows_with_writes_and_shrinks_with_compaction() {
    let mut etcd = store(&[]);
    assert_eq!(etcd.size(), 0);
    for _ in 0..100 {
        etcd.apply(Command::Put(Put::new(bytes("a"), vec![0; 1000].into())));
    }
    let (full, revision) = (etcd.size(), etcd.revision());
    assert!((100_000..120_000).contains(&full), "{full}");
    etcd.apply(Command::Compact(Compact { revision }));
    assert!((1000..1500).contains(&etcd.size()), "{}", etcd.size());
    etcd.apply(Command::DeleteRange(delete(one("a"))));
    etcd.apply(Command::Compact(Compact { revision: revision + 1 }));
    assert_eq!(etcd.size(), 0);
}

#[test]
fn requests_and_replies_are_shown_in_one_short_line() {
    let long: Bytes = vec![b'\n'; 1_000_000].into();
    let put = Put { lease: 5, prev_kv: true, ..Put::new(bytes("k\u{e9}y"), long) };
    let shown = Command::Put(put.clone()).to_string();
    let newlines = r"\n".repeat(24);
    assert_eq!(shown, format!(r"Put k\xc3\xa9y={newlines}..+999976 lease=5 prev"));
    let compare = compare(keys("a", "b"), Relation::NotEqual, Operand::Mod(3));
    let within = vec![Operation::Txn(then([Operation::Put(put)])); 120];
    let txn = Txn { compare: [compare].into(), success: within, failure: [].into() };
    let shown = Query::Txn(txn).to_string();
    assert_eq!(
        shown,
        "Txn if [[a..b).mod!=3] then [Txn if 0 then 1 else 0 Txn if 0 then 1 else 0 \
         Txn if 0 then 1 else 0 Txn if 0 then 1 else 0 ..+116] else []"
    );
}
