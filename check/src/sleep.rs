//! Sleep sets: of the orders of transitions that commute, one is followed.
//!
//! Method: P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, LNCS
//! 1032, 1996, chapter 5, adapted to a search level by level. Transitions are ordered by a rule
//! that is the same in every state. A state is left by transition `a`; in the state behind it
//! those transitions sleep (are not taken) that could be taken before, come before `a` in the
//! order or slept there, commute with `a`, and lead to a state within the bounds. Where several
//! transitions of one level arrive at one state, only what sleeps after all of them sleeps.
//! Arrivals from later levels change nothing.
//!
//! Every state is still met, and in the level in which it is met without sleep. Proof: Let `t` be
//! met without sleep in level `d`. Of the paths of length `d` from initial states to `t` whose
//! inner states lie within the bounds, take the one whose row of transitions is least in the order,
//! place by place. Suppose that its first transition not taken is `z` in state `s`. All before it
//! were taken, each from its state's own level, since a path of length `d` to a state of level `d`
//! passes every state in its level. So what sleeps in a state of the path sleeps after the path's
//! own arrival, and `z` has slept along the path since some state `r`, where it could be taken and
//! comes before the path's transition `a`. It commutes with every transition from `r` to `s`, so
//! `z` may be taken in `r` instead, then the others: a path of the same length to the same states
//! behind `s`, whose new inner states lie within the bounds because that was asked, and whose row
//! is less. But there is none.
//!
//! A transition that breaks a property itself never sleeps: if it commutes with what was taken
//! since, it breaks the property before that, and the search has ended there.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::Fingerprint;

use crate::table::Table;

/// What sleeps in states, by their fingerprints. A state in which nothing sleeps is left out.
#[derive(Default)]
struct Shard {
    lists: HashMap<u64, Box<[u64]>, BuildHasherDefault<Fingerprint>>,
    /// Numbers in the lists as they were first.
    len: usize,
}

/// Parts with a lock each: with 64, two threads are in each other's way at one arrival in 64.
const SHARDS: usize = 64;

/// What sleeps in the states of the frontier and of the next level.
pub struct Sleepers {
    frontier: Vec<Shard>,
    next: Vec<Mutex<Shard>>,
}

impl Sleepers {
    /// Nothing sleeps.
    pub fn new() -> Sleepers {
        let fresh = || std::iter::repeat_with(Shard::default).take(SHARDS);
        Sleepers { frontier: fresh().collect(), next: fresh().map(Mutex::new).collect() }
    }

    /// The next level becomes the frontier.
    pub fn turn(&mut self) {
        for (old, new) in self.frontier.iter_mut().zip(&mut self.next) {
            *old = std::mem::take(new.get_mut().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// What sleeps in a state of the frontier.
    pub fn asleep(&self, print: u64) -> &[u64] {
        self.frontier[place(print)].lists.get(&print).map_or(&[], |list| list)
    }

    /// Adds a fingerprint to the table with what sleeps after this arrival; returns whether it is
    /// new. Both are done under one lock, so that no arrival misses what another one has noted.
    pub fn arrive(&self, table: &Table, print: u64, asleep: &[u64]) -> bool {
        let mut shard = lock(&self.next[place(print)]);
        if table.insert(print) {
            shard.note(print, asleep);
            return true;
        }
        if let Some(list) = shard.lists.get_mut(&print)
            && list.iter().any(|code| !asleep.contains(code))
        {
            *list = list.iter().copied().filter(|code| asleep.contains(code)).collect();
        }
        false
    }

    /// Bytes that are kept.
    pub fn bytes(&self) -> usize {
        let next: usize = self.next.iter().map(|shard| lock(shard).bytes()).sum();
        next + self.frontier.iter().map(Shard::bytes).sum::<usize>()
    }

    /// Everything as rows of a fingerprint and what sleeps there: of the frontier and of the next
    /// level.
    pub fn rows(&self) -> [Vec<Vec<u64>>; 2] {
        let frontier = self.frontier.iter().flat_map(Shard::rows);
        [frontier.collect(), self.next.iter().flat_map(|shard| lock(shard).rows()).collect()]
    }

    /// Takes back what [`Sleepers::rows`] gave.
    pub fn recall(&mut self, [frontier, next]: [Vec<Vec<u64>>; 2]) {
        let split = |row: &[u64]| row.split_first().map(|(&print, list)| (print, list.to_vec()));
        for (print, list) in frontier.iter().filter_map(|row| split(row)) {
            self.frontier[place(print)].note(print, &list);
        }
        for (print, list) in next.iter().filter_map(|row| split(row)) {
            lock(&self.next[place(print)]).note(print, &list);
        }
    }
}

impl Shard {
    fn note(&mut self, print: u64, asleep: &[u64]) {
        if !asleep.is_empty() {
            self.len += asleep.len();
            self.lists.insert(print, asleep.into());
        }
    }

    fn rows(&self) -> Vec<Vec<u64>> {
        self.lists.iter().map(|(&print, list)| [&[print], &list[..]].concat()).collect()
    }

    fn bytes(&self) -> usize {
        // One byte of each place marks whether it is free; the allocator keeps a word of each list.
        let place = size_of::<(u64, Box<[u64]>)>() + 1;
        self.lists.capacity() * place + (self.len + self.lists.len()) * size_of::<u64>()
    }
}

/// The lowest bits: the table goes by the highest.
fn place(print: u64) -> usize {
    (print % SHARDS as u64) as usize
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // A panic leaves a shard whole: nothing panics while it is changed.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
