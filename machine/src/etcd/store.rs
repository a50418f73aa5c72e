//! Every version of every key, from the last compaction on.

use alloc::collections::btree_map::{BTreeMap, Entry};
use alloc::collections::vec_deque::VecDeque;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::command::{DeleteRange, Put};
use super::keys::Keys;
use super::reply::{DeleteRangeReply, Error, KeyValue, PutReply};

#[cfg(test)]
mod tests;

/// A key costs about this much beside its bytes: a `Bytes` of 32, an empty list of 24, a third as
/// much again because the tree is never full, and 48 for the allocation and its reference count.
const KEY_COST: u64 = 120;

/// A version costs about this much beside its value: a `Bytes` of 32, four numbers of 8, half as
/// much again because the list has room to grow.
const VERSION_COST: u64 = 96;

/// A change costs about this much: a `Bytes` of 32 and a revision.
const CHANGE_COST: u64 = 40;

/// A compaction looks at this many changes at once, and leaves the rest to the writes that follow.
/// Each costs about a microsecond, three when the tree is far larger than the caches: about 10 ms,
/// a tenth of the shortest election timeout in use. All at once, a million would hold up the node
/// for seconds.
const COMPACTED_AT_ONCE: usize = if cfg!(test) { 3 } else { 4096 };

/// Every later write looks at this many more,
const COMPACTED_A_WRITE: usize = 2;

/// and at this many for every change it makes: twice as fast as changes are added, a compaction is
/// complete when half as many writes have followed as it compacts.
const COMPACTED_A_CHANGE: usize = 2;

/// Every version of every key, from the last compaction on.
///
/// Invariants:
/// - the versions of a key are in the order of their revisions, and none is later than `revision`,
///   but while a `Write` is open;
/// - `changes` names, in order, the key of every version after `compacted`; before those it may
///   name keys that an unfinished compaction has yet to look at;
/// - a key that is not named before those has a version after `compacted`, or exactly one, which is
///   live;
/// - `size` is the sum of the costs of all keys, versions and changes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Store {
    /// The revision of the last change.
    revision: i64,
    /// The oldest revision that can be read; -1 before the first compaction, so that one at 0 is
    /// accepted once, as etcd does.
    compacted: i64,
    keys: BTreeMap<Bytes, History>,
    changes: VecDeque<Change>,
    size: u64,
}

/// The versions of one key. Most keys have one, or are read at the latest, so that one is at hand.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct History {
    older: Vec<Version>,
    latest: Version,
}

/// What a key was from a revision on, until the next version. With `version` 0 it is a tombstone:
/// the key was deleted.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub value: Bytes,
    pub create_revision: i64,
    pub mod_revision: i64,
    pub version: i64,
    pub lease: i64,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Change {
    revision: i64,
    key: Bytes,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            revision: 1,
            compacted: -1,
            keys: BTreeMap::new(),
            changes: VecDeque::new(),
            size: 0,
        }
    }
}

impl Store {
    /// The revision of the last change; 1 if there was none.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The oldest revision that can be read; -1 before the first compaction.
    pub fn compacted(&self) -> i64 {
        self.compacted
    }

    /// Roughly how many bytes of memory are in use.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Those of the keys that exist at a revision, in order.
    pub fn live(&self, keys: &Keys, at: i64) -> impl Iterator<Item = (&Bytes, &Version)> {
        let (one, span) = match keys {
            Keys::One(key) => (self.keys.get_key_value(&key[..]), None),
            _ => (None, keys.bounds().map(|bounds| self.keys.range::<[u8], _>(bounds))),
        };
        let histories = one.into_iter().chain(span.into_iter().flatten());
        histories.filter_map(move |(key, history)| Some((key, history.live(at)?)))
    }

    /// Whether the key exists now.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.keys.get(key).is_some_and(|history| history.latest.is_live())
    }

    /// Refuses leases that do not exist. There are none yet: leases belong here, beside the keys,
    /// because a put is refused for want of one by every node alike.
    pub fn check_lease(&self, lease: i64) -> Result<(), Error> {
        if lease == 0 { Ok(()) } else { Err(Error::LeaseNotFound) }
    }

    /// Opens the next revision for writing. It must be closed by `commit` or `undo`.
    pub fn write(&mut self) -> Write<'_> {
        Write { store: self, changes: 0 }
    }

    /// Makes `revision` the oldest that can be read, and begins to forget what only older ones see.
    pub fn compact(&mut self, revision: i64) -> Result<(), Error> {
        if revision <= self.compacted {
            return Err(Error::Compacted);
        }
        if revision > self.revision {
            return Err(Error::FutureRevision);
        }
        self.compacted = revision;
        self.forget(COMPACTED_AT_ONCE);
        Ok(())
    }

    /// Looks at up to so many changes that have been compacted away, and forgets what they made
    /// obsolete.
    ///
    /// Only keys that changed since the last compaction are looked at, once a change: all others
    /// are one live version already.
    fn forget(&mut self, at_most: usize) {
        let compacted = self.compacted;
        for _ in 0..at_most {
            let next = self.changes.pop_front_if(|change| change.revision <= compacted);
            let Some(change) = next else { return };
            self.size -= CHANGE_COST;
            // The key may be gone: an earlier change of the same key has then forgotten all of it.
            let Some(history) = self.keys.get_mut(&change.key) else { continue };
            self.size -= history.forget_before(compacted);
            if !history.latest.is_live() && history.latest.mod_revision <= compacted {
                self.size -= key_cost(&change.key) + history.latest.cost();
                self.keys.remove(&change.key);
            }
        }
        if self.changes.len() < self.changes.capacity() / 4 {
            self.changes.shrink_to(self.changes.len() * 2);
        }
    }
}

/// The revision being written. Its changes can be seen in it at once, and outside of it after
/// `commit`.
#[must_use = "a write is closed by commit or undo"]
pub(super) struct Write<'a> {
    store: &'a mut Store,
    changes: usize,
}

impl Write<'_> {
    /// The revision that reads see here: the one being written, once it has a change.
    pub fn revision(&self) -> i64 {
        self.store.revision + i64::from(self.changes > 0)
    }

    /// The store with the changes made so far.
    pub fn store(&self) -> &Store {
        self.store
    }

    /// Writes one key.
    pub fn put(&mut self, put: Put) -> Result<PutReply, Error> {
        let revision = self.store.revision + 1;
        let (key, latest, prev_kv) = match self.store.keys.entry(put.key) {
            Entry::Vacant(_) if put.ignore_value || put.ignore_lease => {
                return Err(Error::KeyNotFound);
            }
            Entry::Vacant(vacant) => {
                let key = vacant.into_key();
                let latest = Version::first(put.value, put.lease, revision);
                self.store.size += key_cost(&key) + latest.cost();
                let history = History { older: Vec::new(), latest };
                self.store.keys.insert(key.clone(), history);
                (key, None, None)
            }
            Entry::Occupied(occupied) => {
                let key = occupied.key().clone();
                let history = occupied.into_mut();
                let previous = &history.latest;
                let exists = previous.is_live();
                if !exists && (put.ignore_value || put.ignore_lease) {
                    return Err(Error::KeyNotFound);
                }
                let prev_kv = (put.prev_kv && exists).then(|| previous.to_kv(&key));
                let value = if put.ignore_value { previous.value.clone() } else { put.value };
                let lease = if put.ignore_lease { previous.lease } else { put.lease };
                let mut next = Version::first(value, lease, revision);
                if exists {
                    next.create_revision = previous.create_revision;
                    next.version = previous.version + 1;
                }
                (key, Some((history, next)), prev_kv)
            }
        };
        if let Some((history, next)) = latest {
            self.store.size += next.cost();
            history.push(next);
        }
        self.note(key);
        Ok(PutReply { revision, prev_kv })
    }

    /// Deletes keys.
    pub fn delete(&mut self, delete: &DeleteRange) -> DeleteRangeReply {
        let revision = self.store.revision + 1;
        let mut deleted = 0;
        let mut prev_kvs = Vec::new();
        let Store { keys, changes, size, .. } = &mut *self.store;
        let bounds = delete.keys.bounds();
        let span = bounds.map(|bounds| keys.range_mut::<[u8], _>(bounds));
        for (key, history) in span.into_iter().flatten() {
            if !history.latest.is_live() {
                continue;
            }
            if delete.prev_kv {
                prev_kvs.push(history.latest.to_kv(key));
            }
            history.push(Version::tombstone(revision));
            changes.push_back(Change { revision, key: key.clone() });
            *size += VERSION_COST + CHANGE_COST;
            self.changes += 1;
            deleted += 1;
        }
        DeleteRangeReply { revision: self.revision(), deleted, prev_kvs }
    }

    /// Closes the revision: its changes are the store's. Without changes there is no new revision.
    /// Returns the revision that the store is at.
    pub fn commit(self) -> i64 {
        self.store.revision = self.revision();
        self.store.forget(COMPACTED_A_WRITE + COMPACTED_A_CHANGE * self.changes);
        self.store.revision
    }

    /// Takes all changes back, the last one first.
    pub fn undo(self) {
        for _ in 0..self.changes {
            let change = self.store.changes.pop_back().expect("every change was noted");
            let Entry::Occupied(mut occupied) = self.store.keys.entry(change.key) else {
                unreachable!("a key that changed in this revision is still there");
            };
            self.store.size -= CHANGE_COST;
            match occupied.get_mut().pop() {
                Some(undone) => self.store.size -= undone.cost(),
                None => {
                    let (key, history) = occupied.remove_entry();
                    self.store.size -= key_cost(&key) + history.latest.cost();
                }
            }
        }
    }

    fn note(&mut self, key: Bytes) {
        self.store.changes.push_back(Change { revision: self.store.revision + 1, key });
        self.store.size += CHANGE_COST;
        self.changes += 1;
    }
}

impl History {
    /// The version that holds at a revision, if the key exists then.
    fn live(&self, at: i64) -> Option<&Version> {
        let version = if self.latest.mod_revision <= at {
            &self.latest
        } else {
            let later = self.older.partition_point(|version| version.mod_revision <= at);
            &self.older[later.checked_sub(1)?]
        };
        version.is_live().then_some(version)
    }

    fn push(&mut self, next: Version) {
        self.older.push(mem::replace(&mut self.latest, next));
    }

    /// Takes the latest version away; none, and nothing happens, if it is the only one.
    fn pop(&mut self) -> Option<Version> {
        let before = self.older.pop()?;
        Some(mem::replace(&mut self.latest, before))
    }

    /// Forgets what cannot be seen from a revision on, but never the latest. Returns what it cost.
    fn forget_before(&mut self, revision: i64) -> u64 {
        let reached = self.older.partition_point(|version| version.mod_revision <= revision);
        let forgotten = match reached.checked_sub(1) {
            None => 0,
            // All of them are superseded by the latest.
            Some(_) if self.latest.mod_revision <= revision => reached,
            // The last that the revision reaches is what the key is there, unless it is deleted.
            Some(last) => last + usize::from(!self.older[last].is_live()),
        };
        let cost = self.older.drain(..forgotten).map(|version| version.cost()).sum();
        if self.older.len() < self.older.capacity() / 4 {
            self.older.shrink_to_fit();
        }
        cost
    }
}

impl Version {
    /// What a key that does not exist is compared as.
    pub const NEVER: Self =
        Self { value: Bytes::new(), create_revision: 0, mod_revision: 0, version: 0, lease: 0 };

    fn first(value: Bytes, lease: i64, revision: i64) -> Self {
        Self { value, create_revision: revision, mod_revision: revision, version: 1, lease }
    }

    fn tombstone(revision: i64) -> Self {
        Self { mod_revision: revision, ..Self::NEVER }
    }

    fn is_live(&self) -> bool {
        self.version != 0
    }

    /// This version of `key`, sharing its bytes.
    pub fn to_kv(&self, key: &Bytes) -> KeyValue {
        KeyValue {
            key: key.clone(),
            value: self.value.clone(),
            create_revision: self.create_revision,
            mod_revision: self.mod_revision,
            version: self.version,
            lease: self.lease,
        }
    }

    fn cost(&self) -> u64 {
        VERSION_COST + self.value.len() as u64
    }
}

fn key_cost(key: &Bytes) -> u64 {
    KEY_COST + key.len() as u64
}
