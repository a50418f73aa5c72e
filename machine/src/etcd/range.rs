//! Reading keys: filters, order, limit.

use alloc::vec::Vec;
use core::cmp::Ordering;

use bytes::Bytes;

use super::command::{Range, SortOrder, SortTarget};
use super::reply::{Error, RangeReply};
use super::store::{Store, Version};

type Found<'a> = (&'a Bytes, &'a Version);

/// Reads keys of the store, whose current revision is given: within a transaction it counts the one
/// being written.
pub(super) fn range(store: &Store, current: i64, range: &Range) -> Result<RangeReply, Error> {
    if range.revision > current {
        return Err(Error::FutureRevision);
    }
    let at = if range.revision > 0 { range.revision } else { current };
    if at < store.compacted() {
        return Err(Error::Compacted);
    }
    let live = store.live(&range.keys, at);
    if range.count_only {
        let count = live.count() as i64;
        return Ok(RangeReply { revision: current, kvs: Vec::new(), more: false, count });
    }
    let wanted = wanted(range);
    let mut count = 0;
    let mut found = Vec::new();
    for (key, version) in live {
        count += 1;
        if found.len() < wanted && passes(range, version) {
            found.push((key, version));
        }
    }
    sort(&mut found, range);
    let limit = limit(range);
    let more = found.len() > limit;
    found.truncate(limit);
    let kvs = found.into_iter().map(|(key, version)| {
        let mut kv = version.to_kv(key);
        if range.keys_only {
            kv.value = Bytes::new();
        }
        kv
    });
    Ok(RangeReply { revision: current, kvs: kvs.collect(), more, count })
}

/// Refuses revisions that are compacted or yet to come, as etcd does before it carries out a
/// transaction: unlike a range of its own, one with a negative revision is compacted here.
pub(super) fn check_revision(store: &Store, range: &Range) -> Result<(), Error> {
    match range.revision {
        0 => Ok(()),
        revision if revision > store.revision() => Err(Error::FutureRevision),
        revision if revision < store.compacted() => Err(Error::Compacted),
        _ => Ok(()),
    }
}

fn limit(range: &Range) -> usize {
    if range.limit > 0 { usize::try_from(range.limit).unwrap_or(usize::MAX) } else { usize::MAX }
}

/// How many keys to look at before sorting: one more than the limit, which tells whether there are
/// more. All of them, if order or filters may move keys across the limit. An order of `None` is
/// taken for the order of keys even if the target is another: such a range sorts what the limit has
/// left, as in etcd.
fn wanted(range: &Range) -> usize {
    let by_key = match range.order {
        SortOrder::None => true,
        SortOrder::Ascend => range.target == SortTarget::Key,
        SortOrder::Descend => false,
    };
    let bounds = [
        range.min_mod_revision,
        range.max_mod_revision,
        range.min_create_revision,
        range.max_create_revision,
    ];
    if by_key && bounds == [0; 4] { limit(range).saturating_add(1) } else { usize::MAX }
}

fn passes(range: &Range, version: &Version) -> bool {
    let within =
        |min, max, revision| (min == 0 || min <= revision) && (max == 0 || revision <= max);
    within(range.min_mod_revision, range.max_mod_revision, version.mod_revision)
        && within(range.min_create_revision, range.max_create_revision, version.create_revision)
}

/// Sorts what was found in the order of keys; among equals that order stays.
fn sort(found: &mut [Found<'_>], range: &Range) {
    let order: fn(&Found<'_>, &Found<'_>) -> Ordering = match range.target {
        SortTarget::Key if range.order != SortOrder::Descend => return,
        SortTarget::Key => return found.reverse(),
        SortTarget::Version => |a, b| a.1.version.cmp(&b.1.version),
        SortTarget::Create => |a, b| a.1.create_revision.cmp(&b.1.create_revision),
        SortTarget::Mod => |a, b| a.1.mod_revision.cmp(&b.1.mod_revision),
        SortTarget::Value => |a, b| a.1.value.cmp(&b.1.value),
    };
    match range.order {
        SortOrder::None | SortOrder::Ascend => found.sort_by(order),
        SortOrder::Descend => found.sort_by(|a, b| order(b, a)),
    }
}
