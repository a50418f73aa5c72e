//! The store against a naive one: a list of all versions ever, searched from end to end. Thousands
//! of random histories over few keys, every reply compared.

use std::collections::BTreeSet;

use bytes::Bytes;
use machine::Machine;
use machine::etcd::*;

/// A version of a key; deleted if `version` is 0.
#[derive(Clone, Debug)]
struct Row(KeyValue);

/// All versions ever, in the order they were written.
#[derive(Clone)]
struct Naive {
    rows: Vec<Row>,
    revision: i64,
    compacted: i64,
}

impl Naive {
    fn new() -> Self {
        Self { rows: Vec::new(), revision: 1, compacted: -1 }
    }

    /// The keys that exist at a revision, in order.
    fn live(&self, keys: &Keys, at: i64) -> Vec<KeyValue> {
        let all: BTreeSet<_> = self.rows.iter().map(|row| row.0.key.clone()).collect();
        let wanted = all.into_iter().filter(|key| keys.contains(key));
        let last = |key: Bytes| {
            let mut rows = self.rows.iter().rev();
            rows.find(|row| row.0.key == key && row.0.mod_revision <= at).map(|row| row.0.clone())
        };
        wanted.filter_map(last).filter(|kv| kv.version > 0).collect()
    }

    fn apply(&mut self, command: &Command) -> Reply {
        let before = self.clone();
        let reply = match command {
            Command::Put(put) if put.lease != 0 => Err(Error::LeaseNotFound),
            Command::Put(put) => self.put(put, before.revision).map(Reply::Put),
            Command::DeleteRange(delete) => {
                Ok(Reply::DeleteRange(self.delete(delete, before.revision)))
            }
            Command::Txn(txn) => self.txn(txn, &before).map(|(succeeded, responses)| {
                Reply::Txn(TxnReply { revision: self.revision, succeeded, responses })
            }),
            Command::Compact(Compact { revision }) => match *revision {
                revision if revision <= self.compacted => Err(Error::Compacted),
                revision if revision > self.revision => Err(Error::FutureRevision),
                revision => {
                    self.compacted = revision;
                    Ok(Reply::Compact(self.revision))
                }
            },
        };
        reply.unwrap_or_else(|error| {
            *self = before;
            Reply::Refused(error)
        })
    }

    fn query(&self, query: &Query) -> Reply {
        let reply = match query {
            Query::Range(range) => self.range(range).map(Reply::Range),
            Query::Txn(txn) => self.clone().txn(txn, self).map(|(succeeded, responses)| {
                Reply::Txn(TxnReply { revision: self.revision, succeeded, responses })
            }),
        };
        reply.unwrap_or_else(Reply::Refused)
    }

    fn put(&mut self, put: &Put, begin: i64) -> Result<PutReply, Error> {
        let previous = self.live(&Keys::One(put.key.clone()), i64::MAX).pop();
        if previous.is_none() && (put.ignore_value || put.ignore_lease) {
            return Err(Error::KeyNotFound);
        }
        let mut next = KeyValue {
            key: put.key.clone(),
            value: put.value.clone(),
            create_revision: begin + 1,
            mod_revision: begin + 1,
            version: 1,
            lease: put.lease,
        };
        if let Some(previous) = &previous {
            next.create_revision = previous.create_revision;
            next.version = previous.version + 1;
            if put.ignore_value {
                next.value = previous.value.clone();
            }
        }
        self.rows.push(Row(next));
        self.revision = begin + 1;
        Ok(PutReply { revision: begin + 1, prev_kv: previous.filter(|_| put.prev_kv) })
    }

    fn delete(&mut self, delete: &DeleteRange, begin: i64) -> DeleteRangeReply {
        let gone = self.live(&delete.keys, i64::MAX);
        for kv in &gone {
            let (key, value) = (kv.key.clone(), Bytes::new());
            let mod_revision = begin + 1;
            let (create_revision, version, lease) = (0, 0, 0);
            let row = KeyValue { key, value, create_revision, mod_revision, version, lease };
            self.rows.push(Row(row));
            self.revision = begin + 1;
        }
        let deleted = gone.len() as i64;
        let prev_kvs = if delete.prev_kv { gone } else { Vec::new() };
        DeleteRangeReply { revision: self.revision, deleted, prev_kvs }
    }

    fn range(&self, range: &Range) -> Result<RangeReply, Error> {
        let at = if range.revision <= 0 { self.revision } else { range.revision };
        if at > self.revision {
            return Err(Error::FutureRevision);
        }
        if at < self.compacted {
            return Err(Error::Compacted);
        }
        let mut kvs = self.live(&range.keys, at);
        let count = kvs.len() as i64;
        let filtered = [
            range.min_mod_revision,
            range.max_mod_revision,
            range.min_create_revision,
            range.max_create_revision,
        ] != [0; 4];
        let late_limit = range.order == SortOrder::Descend
            || (range.order == SortOrder::Ascend && range.target != SortTarget::Key)
            || filtered;
        let limit = if range.limit > 0 { range.limit as usize } else { usize::MAX };
        if !late_limit {
            kvs.truncate(limit.saturating_add(1));
        }
        kvs.retain(|kv| {
            kv.mod_revision >= range.min_mod_revision
                && kv.create_revision >= range.min_create_revision
                && (range.max_mod_revision == 0 || kv.mod_revision <= range.max_mod_revision)
                && (range.max_create_revision == 0
                    || kv.create_revision <= range.max_create_revision)
        });
        if range.order == SortOrder::Descend {
            // Equals stay in the order of keys, unless it is keys that are sorted.
            match range.target {
                SortTarget::Key => kvs.reverse(),
                SortTarget::Version => kvs.sort_by_key(|kv| -kv.version),
                SortTarget::Create => kvs.sort_by_key(|kv| -kv.create_revision),
                SortTarget::Mod => kvs.sort_by_key(|kv| -kv.mod_revision),
                SortTarget::Value => kvs.sort_by(|a, b| b.value.cmp(&a.value)),
            }
        } else {
            match range.target {
                SortTarget::Key => {}
                SortTarget::Version => kvs.sort_by_key(|kv| kv.version),
                SortTarget::Create => kvs.sort_by_key(|kv| kv.create_revision),
                SortTarget::Mod => kvs.sort_by_key(|kv| kv.mod_revision),
                SortTarget::Value => kvs.sort_by(|a, b| a.value.cmp(&b.value)),
            }
        }
        let more = !range.count_only && kvs.len() > limit;
        kvs.truncate(if range.count_only { 0 } else { limit });
        if range.keys_only {
            kvs.iter_mut().for_each(|kv| kv.value = Bytes::new());
        }
        Ok(RangeReply { revision: self.revision, kvs, more, count })
    }

    /// Carries out a transaction whose comparisons and checks see `before`.
    fn txn(&mut self, txn: &Txn, before: &Self) -> Result<(bool, Vec<OperationReply>), Error> {
        before.check(txn)?;
        let succeeded = before.compare(txn);
        let mut replies = Vec::new();
        for operation in before.branch(txn) {
            replies.push(match operation {
                Operation::Range(range) => OperationReply::Range(self.range(range)?),
                Operation::Put(put) => OperationReply::Put(self.put(put, before.revision)?),
                Operation::DeleteRange(delete) => {
                    OperationReply::DeleteRange(self.delete(delete, before.revision))
                }
                Operation::Txn(txn) => {
                    let (succeeded, responses) = self.txn(txn, before)?;
                    OperationReply::Txn(TxnReply { revision: 0, succeeded, responses })
                }
            });
        }
        Ok((succeeded, replies))
    }

    fn branch<'a>(&self, txn: &'a Txn) -> &'a [Operation] {
        if self.compare(txn) { &txn.success } else { &txn.failure }
    }

    fn check(&self, txn: &Txn) -> Result<(), Error> {
        for operation in self.branch(txn) {
            match operation {
                Operation::Range(range) if range.revision > self.revision => {
                    return Err(Error::FutureRevision);
                }
                Operation::Range(range)
                    if range.revision != 0 && range.revision < self.compacted =>
                {
                    return Err(Error::Compacted);
                }
                Operation::Put(put) => {
                    let absent = self.live(&Keys::One(put.key.clone()), i64::MAX).is_empty();
                    if absent && (put.ignore_value || put.ignore_lease) {
                        return Err(Error::KeyNotFound);
                    }
                    if put.lease != 0 {
                        return Err(Error::LeaseNotFound);
                    }
                }
                Operation::Txn(txn) => self.check(txn)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn compare(&self, txn: &Txn) -> bool {
        txn.compare.iter().all(|compare| {
            let live = self.live(&compare.keys, i64::MAX);
            let one = |kv: &KeyValue| {
                let ordering = match &compare.operand {
                    Operand::Version(number) => kv.version.cmp(number),
                    Operand::Create(number) => kv.create_revision.cmp(number),
                    Operand::Mod(number) => kv.mod_revision.cmp(number),
                    Operand::Value(value) => kv.value.cmp(value),
                    Operand::Lease(number) => kv.lease.cmp(number),
                };
                match compare.relation {
                    Relation::Equal => ordering.is_eq(),
                    Relation::Greater => ordering.is_gt(),
                    Relation::Less => ordering.is_lt(),
                    Relation::NotEqual => ordering.is_ne(),
                }
            };
            if live.is_empty() {
                let key = Bytes::new();
                let never = KeyValue {
                    key: key.clone(),
                    value: key,
                    create_revision: 0,
                    mod_revision: 0,
                    version: 0,
                    lease: 0,
                };
                !matches!(compare.operand, Operand::Value(_)) && one(&never)
            } else {
                live.iter().all(one)
            }
        })
    }
}

/// Draws requests from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn text(&mut self, from: &[&'static str]) -> Bytes {
        Bytes::from_static(self.pick(from).as_bytes())
    }

    fn key(&mut self) -> Bytes {
        self.text(&["a", "a\0", "ab", "b", "c", "d\u{7f}"])
    }

    fn keys(&mut self) -> Keys {
        let key = self.key();
        let end =
            if self.one_in(2) { Bytes::new() } else { self.text(&["\0", "a", "b", "c", "z"]) };
        Keys::new(key, end)
    }

    /// Some revision about the size of the store's, sometimes nonsense.
    fn revision(&mut self, revision: i64) -> i64 {
        self.below(revision as u64 + 4) as i64 - 2
    }

    fn bound(&mut self, revision: i64) -> i64 {
        if self.one_in(6) { self.revision(revision) } else { 0 }
    }

    fn range(&mut self, revision: i64) -> Range {
        use SortOrder::*;
        use SortTarget::*;
        let sorted = self.one_in(2);
        Range {
            limit: if self.one_in(2) { self.below(5) as i64 - 1 } else { 0 },
            revision: if self.one_in(2) { self.revision(revision) } else { 0 },
            order: if sorted { self.pick(&[None, Ascend, Descend]) } else { None },
            target: if sorted { self.pick(&[Key, Version, Create, Mod, Value]) } else { Key },
            serializable: self.one_in(2),
            keys_only: self.one_in(4),
            count_only: self.one_in(4),
            min_mod_revision: self.bound(revision),
            max_mod_revision: self.bound(revision),
            min_create_revision: self.bound(revision),
            max_create_revision: self.bound(revision),
            ..Range::new(self.keys())
        }
    }

    fn put(&mut self) -> Put {
        let ignore_value = self.one_in(6);
        let value = if ignore_value { Bytes::new() } else { self.text(&["", "x", "y", "zz"]) };
        Put {
            lease: i64::from(self.one_in(20)),
            prev_kv: self.one_in(2),
            ignore_value,
            ..Put::new(self.key(), value)
        }
    }

    fn delete(&mut self) -> DeleteRange {
        DeleteRange { keys: self.keys(), prev_kv: self.one_in(2) }
    }

    fn compare(&mut self, revision: i64) -> Compare {
        use Relation::*;
        let number = self.pick(&[0, 0, 1, 2, revision - 1, revision]);
        let operands = [
            Operand::Version(number),
            Operand::Create(number),
            Operand::Mod(number),
            Operand::Lease(number),
            Operand::Value(self.text(&["", "x", "y"])),
        ];
        let relation = self.pick(&[Equal, Greater, Less, NotEqual]);
        Compare { keys: self.keys(), relation, operand: self.pick(&operands) }
    }

    fn txn(&mut self, revision: i64, writes: bool, depth: u32) -> Txn {
        let compare = (0..self.below(3)).map(|_| self.compare(revision)).collect();
        let mut branch = || {
            let operation = |random: &mut Self| match random.below(if depth > 0 { 6 } else { 5 }) {
                0 | 1 if writes => Operation::Put(random.put()),
                2 if writes => Operation::DeleteRange(random.delete()),
                5 => Operation::Txn(random.txn(revision, writes, depth - 1)),
                _ => Operation::Range(random.range(revision)),
            };
            (0..self.below(4)).map(|_| operation(self)).collect()
        };
        Txn { compare, success: branch(), failure: branch() }
    }

    fn command(&mut self, revision: i64) -> Command {
        match self.below(12) {
            0..5 => Command::Put(self.put()),
            5..7 => Command::DeleteRange(self.delete()),
            7..11 => Command::Txn(self.txn(revision, true, 2)),
            _ => Command::Compact(Compact { revision: self.revision(revision) }),
        }
    }

    fn query(&mut self, revision: i64) -> Query {
        match self.below(3) {
            0 => Query::Txn(self.txn(revision, false, 2)),
            _ => Query::Range(self.range(revision)),
        }
    }
}

#[test]
fn every_reply_is_that_of_the_naive_store() {
    let mut seen = BTreeSet::new();
    let mut undone = 0;
    for seed in 0..3000 {
        let mut random = Random(seed);
        let (mut etcd, mut naive) = (Etcd::default(), Naive::new());
        for step in 0..40 {
            let command = random.command(naive.revision);
            let before = etcd.clone();
            let reply = etcd.apply(command.clone());
            let context = || format!("seed {seed} step {step}: {command}");
            assert_eq!(reply, naive.apply(&command), "{}", context());
            if let Reply::Refused(error) = reply {
                assert_eq!(etcd, before, "a refusal changes nothing: {}", context());
                seen.insert(error);
                undone += usize::from(command.check().is_ok() && error == Error::KeyNotFound);
            }
            let query = random.query(naive.revision);
            let reply = etcd.query(&query);
            assert_eq!(reply, naive.query(&query), "seed {seed} step {step}: {query}");
            assert_eq!((etcd.revision(), etcd.compacted()), (naive.revision, naive.compacted));
        }
    }
    use Error::*;
    let all = [KeyNotFound, LeaseNotFound, Compacted, FutureRevision];
    assert_eq!(seen, BTreeSet::from(all), "every refusal of the store was met");
    assert!(undone > 100);
}
