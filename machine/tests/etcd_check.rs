//! What is refused before it is proposed; and that nothing goes wrong with what was not.

use bytes::Bytes;
use machine::Machine;
use machine::etcd::*;

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn put(key: &'static str) -> Operation {
    Operation::Put(Put::new(bytes(key), bytes("")))
}

fn delete(key: &'static str, end: &'static str) -> Operation {
    let keys = Keys::new(bytes(key), bytes(end));
    Operation::DeleteRange(DeleteRange { keys, prev_kv: false })
}

fn read(key: &'static str) -> Operation {
    Operation::Range(Range::new(Keys::One(bytes(key))))
}

fn within(success: &[Operation], failure: &[Operation]) -> Operation {
    let (success, failure) = (success.into(), failure.into());
    Operation::Txn(Txn { compare: [].into(), success, failure })
}

fn check(success: &[Operation]) -> Result<(), Error> {
    let txn = Txn { success: success.into(), ..Txn::default() };
    let swapped = Txn { failure: success.into(), ..Txn::default() };
    let result = Command::Txn(txn).check();
    assert_eq!(Command::Txn(swapped).check(), result, "both branches are checked alike");
    result
}

fn nested(depth: usize, innermost: Operation) -> Txn {
    let mut txn = Txn { success: [innermost].into(), ..Txn::default() };
    for _ in 1..depth {
        txn = Txn { success: [Operation::Txn(txn)].into(), ..Txn::default() };
    }
    txn
}

#[test]
fn an_empty_key_is_refused_everywhere() {
    let nothing = || Keys::One(Bytes::new());
    assert_eq!(Query::Range(Range::new(nothing())).check(), Err(Error::EmptyKey));
    let compare =
        Compare { keys: nothing(), relation: Relation::Equal, operand: Operand::Version(0) };
    let commands = [
        Command::Put(Put::new(Bytes::new(), bytes("1"))),
        Command::DeleteRange(DeleteRange { keys: nothing(), prev_kv: false }),
        Command::Txn(Txn { compare: [compare].into(), ..Txn::default() }),
        Command::Txn(nested(3, put(""))),
        Command::Txn(nested(3, read(""))),
        Command::Txn(nested(3, delete("", "a"))),
    ];
    for command in commands {
        assert_eq!(command.check(), Err(Error::EmptyKey), "{command}");
        let mut etcd = Etcd::default();
        assert_eq!(etcd.apply(command), Reply::Refused(Error::EmptyKey));
        assert_eq!(etcd, Etcd::default());
    }
}

#[test]
fn a_put_cannot_both_give_and_keep() {
    let put = || Put::new(bytes("a"), bytes("1"));
    let value = Put { ignore_value: true, ..put() };
    assert_eq!(Command::Put(value).check(), Err(Error::ValueProvided));
    let lease = Put { ignore_lease: true, lease: 5, ..put() };
    assert_eq!(Command::Put(lease).check(), Err(Error::LeaseProvided));
    let lease = Put { ignore_lease: true, ..put() };
    assert_eq!(Command::Put(lease).check(), Ok(()));
}

#[test]
fn a_transaction_has_128_of_everything_and_what_one_level_uses_the_next_has_not() {
    let reads = |n| vec![read("a"); n];
    assert_eq!(check(&reads(128)), Ok(()));
    assert_eq!(check(&reads(129)), Err(Error::TooManyOperations));
    let mut branch = reads(99);
    branch.push(within(&reads(28), &reads(28)));
    assert_eq!(check(&branch), Ok(()));
    branch.push(within(&[], &reads(28)));
    assert_eq!(check(&branch), Err(Error::TooManyOperations));
}

#[test]
fn nesting_is_bounded_and_harmless_beyond() {
    for (depth, expected) in
        [(128, Ok(())), (129, Err(Error::TooManyOperations)), (2000, Err(Error::TooManyOperations))]
    {
        let write = Command::Txn(nested(depth, put("a")));
        assert_eq!(write.check(), expected);
        let read = Query::Txn(nested(depth, read("a")));
        assert_eq!(read.check(), expected);
        let mut etcd = Etcd::default();
        let refused = matches!(etcd.apply(write), Reply::Refused(Error::TooManyOperations));
        assert_eq!(refused, expected.is_err());
        let refused = matches!(etcd.query(&read), Reply::Refused(Error::TooManyOperations));
        assert_eq!(refused, expected.is_err());
    }
}

#[test]
fn a_key_is_put_once_and_not_deleted_as_well() {
    let duplicate = Err(Error::DuplicateKey);
    assert_eq!(check(&[put("a"), put("b"), read("a")]), Ok(()));
    assert_eq!(check(&[put("a"), put("a")]), duplicate);
    assert_eq!(check(&[put("a"), delete("a", "")]), duplicate);
    assert_eq!(check(&[delete("a", "c"), put("b")]), duplicate);
    assert_eq!(check(&[delete("a", "c"), put("c")]), Ok(()), "the end is not deleted");
    assert_eq!(check(&[delete("a", "c"), delete("a", ""), delete("b", "d")]), Ok(()));
}

#[test]
fn spans_of_deletes_run_together() {
    let deletes =
        [delete("f", "j"), delete("fa", "g"), delete("a", "c"), delete("d", "e"), delete("b", "d")];
    for (key, duplicate) in [
        ("0", false),
        ("a", true),
        ("c", true),
        ("d", true),
        ("e", false),
        ("h", true),
        ("j", false),
    ] {
        let mut branch = deletes.to_vec();
        branch.push(put(key));
        assert_eq!(check(&branch).is_err(), duplicate, "{key}");
    }
}

#[test]
fn transactions_within_are_checked_against_what_surrounds_them() {
    let duplicate = Err(Error::DuplicateKey);
    let one = || within(&[put("a")], &[put("a")]);
    assert_eq!(check(&[one()]), Ok(()), "only one branch is taken");
    assert_eq!(check(&[one(), put("a")]), duplicate);
    assert_eq!(check(&[one(), one()]), duplicate);
    assert_eq!(check(&[within(&[], &[put("a")]), within(&[put("a")], &[])]), duplicate);
    assert_eq!(check(&[one(), delete("a", "")]), duplicate);
    assert_eq!(check(&[within(&[delete("a", "b")], &[]), put("a")]), duplicate);
    assert_eq!(check(&[within(&[delete("a", "")], &[put("a")])]), Ok(()));
    assert_eq!(check(&[within(&[put("a"), put("a")], &[])]), duplicate);
}

/// What etcd lets through, and how it ends: in the order it is written down.
#[test]
fn overlaps_that_etcd_does_not_see_are_done_in_order() {
    let run = |operations: &[Operation]| {
        assert_eq!(check(operations), Ok(()));
        let mut etcd = Etcd::default();
        etcd.apply(Command::Put(Put::new(bytes("b"), bytes("old"))));
        etcd.apply(Command::Txn(Txn { success: operations.into(), ..Txn::default() }));
        let Reply::Range(reply) = etcd.query(&Query::Range(Range::new(Keys::One(bytes("b")))))
        else {
            panic!("a range");
        };
        (etcd.revision(), reply.kvs.first().map(|kv| (kv.create_revision, kv.version)))
    };
    assert_eq!(run(&[put("b"), delete("a", "\0")]), (3, None));
    assert_eq!(run(&[delete("a", "\0"), put("b")]), (3, Some((3, 1))));
    assert_eq!(run(&[within(&[put("b")], &[]), within(&[delete("b", "")], &[])]), (3, None));
}

#[test]
fn unchecked_duplicates_are_done_in_order_too() {
    let mut etcd = Etcd::default();
    let branch = [put("a"), put("a"), delete("a", ""), put("a"), put("a")];
    etcd.apply(Command::Txn(Txn { success: branch.into(), ..Txn::default() }));
    let Reply::Range(reply) = etcd.query(&Query::Range(Range::new(Keys::One(bytes("a"))))) else {
        panic!("a range");
    };
    assert_eq!((reply.kvs[0].create_revision, reply.kvs[0].version), (2, 2));
}
