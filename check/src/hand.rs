//! One thread of an exploration: it takes states of the frontier and adds what follows them.

use std::collections::VecDeque;
use std::hash::Hash;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use model::Fingerprint;

use crate::sleep::Sleepers;
use crate::system::{Judgement, Successors, System, Violation};
use crate::table::Table;
use world::caught;

/// States of the frontier whose successors are looked up together, so that their slots of the
/// table are fetched side by side. Twelve successors each are about 200 fetches, which outlast
/// the latency of the first; their states still fit the innermost cache.
pub const GROUP: usize = 16;

/// The successors of a state are numbered in 16 bits.
pub const MOST_SUCCESSORS: usize = u16::MAX as usize;

/// What is common to the threads of one round.
pub struct Round<'a, S: System> {
    pub system: &'a S,
    pub table: &'a Table,
    /// What sleeps where, if the system is reduced.
    pub sleepers: Option<&'a Sleepers>,
    pub frontier: &'a [S::State],
    /// The number of the first state of the frontier.
    pub base: u32,
    /// What is left of the frontier in this round.
    pub queue: Mutex<VecDeque<Range<usize>>>,
    /// New fingerprints that each thread may add.
    pub room: usize,
    pub stop: Stop<'a>,
}

/// When to stop in the middle of a round.
pub struct Stop<'a> {
    /// Something was found; the round is over.
    pub found: AtomicBool,
    pub deadline: Option<Instant>,
    pub interrupt: Option<&'a AtomicBool>,
}

impl Stop<'_> {
    fn is_due(&self) -> bool {
        self.found.load(Ordering::Relaxed)
            || self.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Why an exploration ends before it is complete.
pub struct Found {
    /// The number of the state that was left.
    pub from: u32,
    /// Which of its successors broke the property; none if leaving it panicked.
    pub via: Option<u16>,
    pub violation: Violation,
}

/// One thread's part of an exploration.
pub struct Hand<S: System> {
    pub worker: S::Worker,
    pub fresh: Fresh<S::State>,
    successors: Successors<S::Move, S::State>,
    /// Where in `successors` those of each state of the group end.
    ends: Vec<usize>,
    prints: Vec<u64>,
}

/// How a state was first reached, in six bytes: the number of its parent, and which of the
/// parent's successors it is.
#[derive(Clone, Copy)]
pub struct Parent([u16; 3]);

impl Parent {
    pub fn new(number: u32, via: u16) -> Parent {
        Parent([(number >> 16) as u16, number as u16, via])
    }

    pub fn number(self) -> u32 {
        u32::from(self.0[0]) << 16 | u32::from(self.0[1])
    }

    pub fn via(self) -> u16 {
        self.0[2]
    }
}

/// What a thread has found in a round.
pub struct Fresh<State> {
    pub states: Vec<State>,
    /// For each state, the number of its parent, and which of the parent's successors it is.
    pub parents: Vec<Parent>,
    /// New states, those outside of the bounds included.
    pub distinct: usize,
    pub outside: u64,
    pub generated: u64,
    pub heap_bytes: usize,
    /// New fingerprints that were wanted when the room was used up; 0 if it was enough.
    pub wanted: usize,
    /// A state has more successors than can be numbered.
    pub crowded: bool,
    pub found: Option<Found>,
}

impl<State> Default for Fresh<State> {
    fn default() -> Self {
        Fresh {
            states: Vec::new(),
            parents: Vec::new(),
            distinct: 0,
            outside: 0,
            generated: 0,
            heap_bytes: 0,
            wanted: 0,
            crowded: false,
            found: None,
        }
    }
}

impl<S: System> Hand<S> {
    pub fn new(system: &S) -> Hand<S> {
        Hand {
            worker: system.worker(),
            fresh: Fresh::default(),
            successors: Successors::new(),
            ends: Vec::new(),
            prints: Vec::new(),
        }
    }

    /// Works until the queue is empty, the room is used up or the round is stopped.
    pub fn work(&mut self, round: &Round<S>) {
        while !round.stop.is_due() {
            let next = round.queue.lock().expect("No thread panics here.").pop_front();
            let Some(mut range) = next else {
                return;
            };
            while !range.is_empty() {
                let group = range.start..range.end.min(range.start + GROUP);
                if !self.expand(round, group.clone()) {
                    round.queue.lock().expect("No thread panics here.").push_front(range);
                    return;
                }
                if self.fresh.found.is_some() || self.fresh.crowded {
                    return round.stop.found.store(true, Ordering::Relaxed);
                }
                range.start = group.end;
            }
        }
    }

    /// Adds what follows a group of states; returns false, with nothing done, for want of room.
    fn expand(&mut self, round: &Round<S>, group: Range<usize>) -> bool {
        self.successors.truncate(0);
        self.ends.clear();
        for at in group.clone() {
            let (worker, state) = (&mut self.worker, &round.frontier[at]);
            let successors = &mut self.successors;
            let begin = successors.list.len();
            let next = caught(|| {
                successors.skipped = 0;
                match round.sleepers {
                    None => round.system.next(worker, state, successors),
                    Some(sleepers) => {
                        let asleep = sleepers.asleep(print(state));
                        round.system.next_awake(worker, state, asleep, successors);
                    }
                }
                let list = successors.list[begin..].iter_mut();
                list.for_each(|(_, state)| round.system.fold(worker, state));
            });
            if let Err(text) = next {
                // What the state had already added is dropped: the panic itself is the finding.
                let whole = self.ends.last().copied().unwrap_or(0);
                self.successors.truncate(whole);
                self.end_at(round, at, None, no_panic(text));
                break;
            }
            if self.successors.broken.is_some() {
                let (place, _, violation) = self.successors.broken.take().expect("just seen");
                // The move is found again by its place among the successors of the state.
                let via = place - self.ends.last().copied().unwrap_or(0);
                self.ends.push(self.successors.list.len());
                self.end_at(round, at, Some(via), violation);
                break;
            }
            let begin = self.ends.last().copied().unwrap_or(0);
            self.ends.push(self.successors.list.len());
            if self.successors.list.len() - begin + self.successors.skipped > MOST_SUCCESSORS {
                self.fresh.crowded = true;
                return true;
            }
        }
        if self.fresh.distinct + self.successors.list.len() > round.room {
            self.fresh.wanted = self.successors.list.len();
            self.fresh.found = None;
            return false;
        }
        self.insert(round, group.start);
        true
    }

    /// Looks up the successors of the group that begins at `start`, and keeps the new ones.
    fn insert(&mut self, round: &Round<S>, start: usize) {
        self.prints.clear();
        self.prints.extend(self.successors.list.iter().map(|(_, state)| print(state)));
        let touched = self.prints.iter().fold(0, |sum, &print| sum ^ round.table.touch(print));
        black_box(touched);
        self.fresh.generated += self.successors.list.len() as u64;
        let mut at = start;
        let mut begin = 0;
        let mut successors = std::mem::take(&mut self.successors.list);
        for (place, (_, state)) in successors.drain(..).enumerate() {
            while place == self.ends[at - start] {
                begin = place;
                at += 1;
            }
            let print = self.prints[place];
            let (is_new, via) = match round.sleepers {
                None => (round.table.insert(print), place - begin),
                Some(sleepers) => {
                    let asleep = self.successors.asleep(place);
                    (sleepers.arrive(round.table, print, asleep), self.successors.ways[place].0)
                }
            };
            if is_new {
                self.keep(round, at, via, state);
            }
        }
        self.successors.list = successors;
    }

    /// Judges a new state, the `via`th successor of the frontier's state `at`.
    fn keep(&mut self, round: &Round<S>, at: usize, via: usize, state: S::State) {
        self.fresh.distinct += 1;
        let judged = caught(|| round.system.judge(&mut self.worker, &state));
        match judged.unwrap_or_else(|text| Judgement::Broken(no_panic(text))) {
            Judgement::Outside => self.fresh.outside += 1,
            Judgement::Broken(violation) => self.end_at(round, at, Some(via), violation),
            Judgement::Within => {
                self.fresh.heap_bytes += round.system.heap_bytes(&state);
                self.fresh.states.push(state);
                self.fresh.parents.push(Parent::new(round.base + at as u32, via as u16));
            }
        }
    }

    /// Keeps the violation that is first in the order of the frontier.
    fn end_at(&mut self, round: &Round<S>, at: usize, via: Option<usize>, violation: Violation) {
        let from = round.base + at as u32;
        if self.fresh.found.as_ref().is_none_or(|found| from < found.from) {
            self.fresh.found = Some(Found { from, via: via.map(|via| via as u16), violation });
        }
    }
}

/// A panic as a violation.
pub fn no_panic(text: String) -> Violation {
    Violation { property: "no panic".into(), text }
}

/// The fingerprint of a state.
pub fn print<State: Hash>(state: &State) -> u64 {
    Fingerprint::of(state)
}
