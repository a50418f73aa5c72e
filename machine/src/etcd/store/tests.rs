//! The store's invariants, which no reply shows.

use super::*;
use crate::Machine;
use crate::etcd::{Command, Compact, Etcd, Operation, Reply, Txn};

fn counted_size(store: &Store) -> u64 {
    let histories = store.keys.iter().map(|(key, history)| {
        let older: u64 = history.older.iter().map(Version::cost).sum();
        key_cost(key) + older + history.latest.cost()
    });
    histories.sum::<u64>() + store.changes.len() as u64 * CHANGE_COST
}

fn check(store: &Store) {
    assert_eq!(store.size, counted_size(store), "the size is the sum of all costs");
    let done = |change: &&Change| change.revision > store.compacted;
    let unfinished: Vec<_> = store.changes.iter().filter(|change| !done(change)).collect();
    let mut versions = 0;
    for (key, history) in &store.keys {
        let all: Vec<_> = history.older.iter().chain([&history.latest]).collect();
        let ordered = all.is_sorted_by_key(|version| version.mod_revision);
        assert!(ordered, "the versions of {key:?} are in order");
        assert!(all.iter().all(|version| version.mod_revision <= store.revision));
        let late = all.iter().filter(|version| version.mod_revision > store.compacted).count();
        versions += late;
        if unfinished.iter().any(|change| change.key == key) {
            continue;
        }
        let early = all.len() - late;
        assert!(early <= 1, "one version of {key:?} is left at the compacted revision");
        assert!(early == 0 || all[0].is_live(), "no tombstone of {key:?} outlives a compaction");
    }
    let late = store.changes.iter().filter(done).count();
    assert_eq!(versions, late, "every late version is a change");
    let ordered = store.changes.iter().is_sorted_by_key(|change| change.revision);
    assert!(ordered, "changes are in order");
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn put(key: &'static str, value: &'static str) -> Put {
    Put::new(bytes(key), bytes(value))
}

/// Multiplies by an odd number and takes the upper half: good enough to mix commands.
fn random(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
    (*seed >> 33) % below
}

#[test]
fn invariants_hold_after_every_command() {
    const KEYS: [&str; 6] = ["a", "b", "ba", "c", "d", "e"];
    const VALUES: [&str; 3] = ["", "short", "somewhat longer than the others"];
    for seed in 0..200 {
        let mut seed = seed * 7919 + 1;
        let (mut etcd, mut complete) = (Etcd::default(), Etcd::default());
        for _ in 0..200 {
            let key = KEYS[random(&mut seed, 6) as usize];
            let value = VALUES[random(&mut seed, 3) as usize];
            let delete = DeleteRange {
                keys: Keys::new(
                    bytes(key),
                    [bytes(""), bytes("\0")][random(&mut seed, 2) as usize].clone(),
                ),
                prev_kv: false,
            };
            let kept_value = Put { ignore_value: true, ..put(key, "") };
            let command = match random(&mut seed, 10) {
                0..5 => Command::Put(put(key, value)),
                5 => Command::DeleteRange(delete),
                6 => Command::Txn(Txn {
                    success: [
                        Operation::Put(put("b", value)),
                        Operation::DeleteRange(delete),
                        Operation::Put(kept_value),
                    ]
                    .into(),
                    ..Txn::default()
                }),
                7 => Command::Put(kept_value),
                _ => {
                    let span = (etcd.revision() + 3) as u64;
                    Command::Compact(Compact { revision: random(&mut seed, span) as i64 - 1 })
                }
            };
            if !matches!(command, Command::Compact(_)) {
                complete.apply(command.clone());
            }
            etcd.apply(command);
            check(&etcd.store);
            let all = Keys::From(bytes("a"));
            for at in etcd.compacted().max(etcd.revision() - 20)..=etcd.revision() {
                let same = etcd.store.live(&all, at).eq(complete.store.live(&all, at));
                assert!(same, "a store that forgets answers at {at} like one that does not");
            }
        }
    }
}

#[test]
fn undo_leaves_no_trace() {
    let mut etcd = Etcd::default();
    etcd.apply(Command::Put(put("b", "1")));
    etcd.apply(Command::Put(put("c", "1")));
    let before = etcd.clone();
    let delete = DeleteRange { keys: Keys::new(bytes("a"), bytes("\0")), prev_kv: true };
    let reply = etcd.apply(Command::Txn(Txn {
        success: [
            Operation::Put(put("a", "new")),
            Operation::Put(put("c", "2")),
            Operation::DeleteRange(delete),
            Operation::Put(Put { ignore_value: true, ..put("b", "") }),
        ]
        .into(),
        ..Txn::default()
    }));
    assert_eq!(reply, Reply::Refused(Error::KeyNotFound));
    assert_eq!(etcd, before, "the new key, the new version and the deletes are all gone");
}

#[test]
fn compaction_looks_at_changed_keys_only() {
    let mut etcd = Etcd::default();
    for key in ["a", "b", "c"] {
        etcd.apply(Command::Put(put(key, "1")));
    }
    etcd.apply(Command::Compact(Compact { revision: 4 }));
    assert!(etcd.store.changes.is_empty(), "nothing is left to look at");
    etcd.apply(Command::Put(put("b", "2")));
    assert_eq!(etcd.store.changes.len(), 1);
    etcd.apply(Command::Compact(Compact { revision: 5 }));
    assert_eq!(etcd.store.keys["b".as_bytes()].older, []);
}

#[test]
fn a_large_compaction_is_finished_by_the_writes_that_follow() {
    let mut etcd = Etcd::default();
    for _ in 0..1000 {
        etcd.apply(Command::Put(put("a", "1")));
    }
    let (full, revision) = (etcd.size(), etcd.revision());
    etcd.apply(Command::Compact(Compact { revision }));
    assert_eq!(etcd.store.changes.len(), 1000 - COMPACTED_AT_ONCE);
    for _ in 0..250 {
        etcd.apply(Command::Put(put("b", "2")));
    }
    check(&etcd.store);
    assert!(etcd.size() < full / 3);
    assert_eq!(etcd.store.changes.len(), 250, "all that was compacted is forgotten");
}
