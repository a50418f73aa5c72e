//! The search: breadth first, level by level.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::hand::{
    Found, Fresh, GROUP, Hand, MOST_SUCCESSORS, Parent, Round, Stop, no_panic, print,
};
use crate::live::{Live, Patience, live};
use crate::system::{Judgement, System, Violation};
use crate::table::Table;
use crate::walk::{Walk, walk};
use crate::{Mark, Report, Verdict};
use world::caught;

/// The parent of an initial state.
const NO_PARENT: u32 = u32::MAX;

/// States are numbered in 32 bits, less those that one round may add beyond the last check.
const MOST_STATES: usize = u32::MAX as usize / 2;

/// States of the frontier that a thread takes at once: enough that taking them costs nothing
/// beside leaving them, and few enough that a stop is noticed at once.
const PIECE: usize = 256;

/// States of the frontier between two looks at limits and progress. At the slowest rates seen
/// (10,000 states a second) that is every 3 seconds; the clock is looked at in between.
const ROUND: usize = 32_768;

/// The most new states that one state is expected to add on average over a round.
const FRESH: usize = 32;

/// Levels smaller than this are left by one thread: starting another takes as long as the work.
const SMALL: usize = 2_048;

/// The time between two calls of the progress callback.
const EVERY: Duration = Duration::from_secs(1);

/// An exploration to be run: a system and its limits.
pub struct Exploration<'a, S: System> {
    system: &'a S,
    threads: usize,
    memory: usize,
    states: usize,
    time: Option<Duration>,
    interrupt: Option<&'a AtomicBool>,
    progress: Option<Callback<'a>>,
    liveness: bool,
}

/// Called now and then with how far an exploration has come.
type Callback<'a> = Box<dyn FnMut(&Progress) + 'a>;

/// How far an exploration has come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Different states so far.
    pub distinct: u64,
    /// Initial states and successors so far.
    pub generated: u64,
    /// The level that is being left; initial states are level 1.
    pub depth: u64,
    /// States that are still to be left.
    pub waiting: u64,
    /// Time so far.
    pub elapsed: Duration,
    /// Bytes kept now.
    pub bytes: usize,
}

impl<'a, S: System> Exploration<'a, S> {
    /// One thread, 4 GiB, no limit of time or states.
    pub fn new(system: &'a S) -> Exploration<'a, S> {
        Exploration {
            system,
            threads: 1,
            memory: 4 << 30,
            states: MOST_STATES,
            time: None,
            interrupt: None,
            progress: None,
            liveness: false,
        }
    }

    /// Works with so many threads. Neither the verdict, nor the counts of a complete exploration,
    /// nor the length of the story depend on it; with one thread, nothing varies at all.
    pub fn threads(mut self, count: usize) -> Self {
        self.threads = count.max(1);
        self
    }

    /// Keeps at most so many bytes.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Visits about so many distinct states at most: the limit is looked at after each round.
    pub fn states(mut self, count: usize) -> Self {
        self.states = count.min(MOST_STATES);
        self
    }

    /// Ends after this time.
    pub fn time(mut self, limit: Duration) -> Self {
        self.time = Some(limit);
        self
    }

    /// Ends soon after the flag is set.
    pub fn interrupt(mut self, flag: &'a AtomicBool) -> Self {
        self.interrupt = Some(flag);
        self
    }

    /// Calls back about once a second.
    pub fn progress(mut self, callback: impl FnMut(&Progress) + 'a) -> Self {
        self.progress = Some(Box::new(callback));
        self
    }

    /// Judges liveness too, once all states are known: every fair run owes nothing again and
    /// again (see [`System::owes`] and [`System::fairness`]). It takes a second walk of one thread,
    /// and the states that owe something are kept while they are searched.
    pub fn liveness(mut self, wanted: bool) -> Self {
        self.liveness = wanted;
        self
    }

    /// Explores.
    pub fn run(self) -> Report {
        let mut search = Search::new(self);
        let mut end = search.run();
        if search.asked.liveness && matches!(end, End::Complete) {
            end = search.live();
        }
        search.report(end)
    }
}

/// How a search ends.
enum End {
    Complete,
    Limit(String),
    Broken { violation: Violation, steps: u64, story: String },
}

struct Search<'a, S: System> {
    asked: Exploration<'a, S>,
    began: Instant,
    called: Instant,
    hands: Vec<Hand<S>>,
    table: Table,
    /// For each numbered state, its parent and which of the parent's successors it is.
    parents: Vec<Parent>,
    frontier: Vec<S::State>,
    /// The number of the frontier's first state.
    base: u32,
    next: Vec<S::State>,
    /// States of the frontier that were left.
    left: usize,
    distinct: usize,
    generated: u64,
    outside: u64,
    depth: u64,
    depth_within: u64,
    /// Bytes of the states of the frontier and the next level, beyond their own sizes.
    heap_bytes: [usize; 2],
    peak_bytes: usize,
}

impl<'a, S: System> Search<'a, S> {
    fn new(asked: Exploration<'a, S>) -> Search<'a, S> {
        let now = Instant::now();
        Search {
            began: now,
            called: now,
            hands: (0..asked.threads).map(|_| Hand::new(asked.system)).collect(),
            asked,
            table: Table::new(),
            parents: Vec::new(),
            frontier: Vec::new(),
            base: 0,
            next: Vec::new(),
            left: 0,
            distinct: 0,
            generated: 0,
            outside: 0,
            depth: 0,
            depth_within: 0,
            heap_bytes: [0; 2],
            peak_bytes: 0,
        }
    }

    fn run(&mut self) -> End {
        if let Some(end) = self.begin() {
            return end;
        }
        while !self.next.is_empty() {
            self.base += self.frontier.len() as u32;
            self.frontier = std::mem::take(&mut self.next);
            self.heap_bytes = [self.heap_bytes[1], 0];
            self.left = 0;
            let before = self.distinct;
            while self.left < self.frontier.len() {
                if let Some(end) = self.round().or_else(|| self.limit()) {
                    self.end_level(before);
                    return end;
                }
            }
            self.end_level(before);
        }
        self.left = self.frontier.len();
        End::Complete
    }

    /// Counts the level that follows the frontier, which began with so many distinct states.
    fn end_level(&mut self, before: usize) {
        self.depth += u64::from(self.distinct > before);
        self.depth_within += u64::from(!self.next.is_empty());
    }

    /// The initial states.
    fn begin(&mut self) -> Option<End> {
        let system = self.asked.system;
        let worker = &mut self.hands[0].worker;
        let initial = caught(|| system.initial(worker)).unwrap_or_else(|text| Err(no_panic(text)));
        let initial = match initial {
            Ok(states) if states.len() > MOST_SUCCESSORS => return Some(End::Limit(crowded())),
            Ok(states) => states,
            Err(violation) => {
                return Some(End::Broken { violation, steps: 0, story: String::new() });
            }
        };
        for (via, mut state) in initial.into_iter().enumerate() {
            self.generated += 1;
            system.fold(&mut self.hands[0].worker, &mut state);
            if self.table.room() == 0 && !self.table.grow(1, self.asked.memory) {
                return Some(End::Limit("the initial states do not fit the memory".into()));
            }
            if !self.table.insert(print(&state)) {
                continue;
            }
            self.table.counted(1);
            self.distinct += 1;
            self.depth = 1;
            match system.judge(&mut self.hands[0].worker, &state) {
                Judgement::Outside => self.outside += 1,
                Judgement::Broken(violation) => {
                    return Some(End::Broken { violation, steps: 0, story: String::new() });
                }
                Judgement::Within => {
                    self.parents.push(Parent::new(NO_PARENT, via as u16));
                    self.heap_bytes[1] += system.heap_bytes(&state);
                    self.next.push(state);
                    self.depth_within = 1;
                }
            }
        }
        None
    }

    /// Leaves some states of the frontier.
    fn round(&mut self) -> Option<End> {
        let end = self.frontier.len().min(self.left + self.round_len());
        let threads = if end - self.left < SMALL { 1 } else { self.asked.threads };
        let mut pieces: VecDeque<_> =
            (self.left..end).step_by(PIECE).map(|start| start..end.min(start + PIECE)).collect();
        let deadline = self.asked.time.map(|limit| self.began + limit);
        while !pieces.is_empty() {
            let round = Round {
                system: self.asked.system,
                table: &self.table,
                frontier: &self.frontier,
                base: self.base,
                queue: Mutex::new(pieces),
                room: self.table.room() / threads,
                stop: Stop {
                    found: AtomicBool::new(false),
                    deadline,
                    interrupt: self.asked.interrupt,
                },
            };
            let (first, others) = self.hands.split_first_mut().expect("There is a thread.");
            thread::scope(|scope| {
                for hand in others.iter_mut().take(threads - 1) {
                    scope.spawn(|| hand.work(&round));
                }
                first.work(&round);
            });
            pieces = round.queue.into_inner().expect("No thread panics here.");
            let (found, wanted, is_crowded) = self.gather();
            if let Some(found) = found {
                return Some(self.broken(found));
            }
            if is_crowded {
                return Some(End::Limit(crowded()));
            }
            // What is left of the round waits, and is counted as waiting.
            self.left = end - pieces.iter().map(ExactSizeIterator::len).sum::<usize>();
            if wanted > 0 && !self.make_room(wanted * threads) {
                return Some(End::Limit(self.out_of_memory()));
            }
            if wanted == 0 && !pieces.is_empty() {
                return self.limit().or_else(|| Some(End::Limit("it was stopped".into())));
            }
        }
        None
    }

    /// States to leave until limits are looked at again: fewer when one is near.
    fn round_len(&self) -> usize {
        let heap =
            self.heap_bytes.iter().sum::<usize>() / (self.frontier.len() + self.next.len()).max(1);
        let each = size_of::<S::State>() + size_of::<Parent>() + 2 * size_of::<u64>() + heap;
        let memory = self.asked.memory.saturating_sub(self.bytes());
        let states = self.asked.states.saturating_sub(self.distinct);
        (memory / each / FRESH).min(states).clamp(GROUP, ROUND)
    }

    /// Takes over what the threads have found.
    fn gather(&mut self) -> (Option<Found>, usize, bool) {
        let mut first: Option<Found> = None;
        let mut wanted = 0;
        let mut is_crowded = false;
        for hand in &mut self.hands {
            let mut fresh = std::mem::take(&mut hand.fresh);
            self.table.counted(fresh.distinct);
            self.distinct += fresh.distinct;
            self.generated += fresh.generated;
            self.outside += fresh.outside;
            self.heap_bytes[1] += fresh.heap_bytes;
            wanted = wanted.max(fresh.wanted);
            is_crowded |= fresh.crowded;
            self.next.append(&mut fresh.states);
            self.parents.append(&mut fresh.parents);
            if let Some(found) = fresh.found.take()
                && first.as_ref().is_none_or(|other| found.from < other.from)
            {
                first = Some(found);
            }
            // The capacity is kept for the next round.
            let Fresh { states, parents, .. } = fresh;
            hand.fresh = Fresh { states, parents, ..Fresh::default() };
        }
        self.peak_bytes = self.peak_bytes.max(self.bytes());
        (first, wanted, is_crowded)
    }

    fn make_room(&mut self, wanted: usize) -> bool {
        let others = self.bytes() - self.table.bytes();
        let old = self.table.bytes();
        let has_grown = self.table.grow(wanted, self.asked.memory.saturating_sub(others));
        if has_grown {
            self.peak_bytes = self.peak_bytes.max(self.bytes() + old);
        }
        has_grown
    }

    /// Bytes that are kept now.
    fn bytes(&self) -> usize {
        let states = self.frontier.capacity() + self.next.capacity();
        let parents = self.parents.capacity() * size_of::<Parent>();
        let system = self.asked.system;
        let kept: usize = self.hands.iter().map(|hand| system.worker_bytes(&hand.worker)).sum();
        let heap: usize = self.heap_bytes.iter().sum();
        let fresh: usize = self
            .hands
            .iter()
            .map(|hand| {
                hand.fresh.states.capacity() * size_of::<S::State>()
                    + hand.fresh.parents.capacity() * size_of::<Parent>()
            })
            .sum();
        fresh
            + system.shared_bytes()
            + self.table.bytes()
            + parents
            + states * size_of::<S::State>()
            + heap
            + kept
    }

    /// The limit that is reached, if one is; calls back about progress.
    fn limit(&mut self) -> Option<End> {
        let bytes = self.bytes();
        let elapsed = self.began.elapsed();
        if self.called.elapsed() >= EVERY
            && let Some(callback) = &mut self.asked.progress
        {
            self.called = Instant::now();
            callback(&Progress {
                distinct: self.distinct as u64,
                generated: self.generated,
                depth: self.depth,
                waiting: (self.frontier.len() - self.left + self.next.len()) as u64,
                elapsed,
                bytes,
            });
        }
        if !self.is_waiting() {
            return None;
        }
        if self.asked.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Some(End::Limit("it was interrupted".into()));
        }
        if let Some(limit) = self.asked.time.filter(|&limit| elapsed >= limit) {
            return Some(End::Limit(format!("the time limit of {limit:?} was reached")));
        }
        if self.distinct >= self.asked.states {
            return Some(End::Limit(format!(
                "the limit of {} states was reached",
                self.asked.states
            )));
        }
        // A further round may double the vectors that grow: their growth must fit as well.
        let growth = size_of::<S::State>() * self.next.capacity()
            + size_of::<Parent>() * self.parents.capacity() / 8;
        if bytes + growth > self.asked.memory {
            return Some(End::Limit(self.out_of_memory()));
        }
        None
    }

    fn is_waiting(&self) -> bool {
        self.left < self.frontier.len() || !self.next.is_empty()
    }

    fn out_of_memory(&self) -> String {
        format!("the memory limit of {} MiB was reached", self.asked.memory >> 20)
    }

    /// Tells the story of a violation by taking its path again.
    fn broken(&mut self, found: Found) -> End {
        let mut path = vec![found.via];
        let mut at = found.from;
        loop {
            let parent = self.parents[at as usize];
            path.push(Some(parent.via()));
            if parent.number() == NO_PARENT {
                break;
            }
            at = parent.number();
        }
        path.reverse();
        let (system, worker) = (self.asked.system, &mut self.hands[0].worker);
        let first = path[0].expect("An initial state has a number.");
        let Walk { actions, violation } = walk(system, worker, first, &path[1..], found.violation);
        let story = system.story(&actions, &violation);
        End::Broken { violation, steps: path.len() as u64 - 1, story }
    }

    /// Judges the runs that go on for ever, once all states are known to be sound.
    fn live(&mut self) -> End {
        let system = self.asked.system;
        if let Err(why) = system.judges_liveness() {
            return End::Limit(why);
        }
        // The table and the parents have done their work; their memory is needed.
        self.table = Table::new();
        (self.parents, self.frontier, self.next) = (Vec::new(), Vec::new(), Vec::new());
        self.heap_bytes = [0; 2];
        self.left = 0;
        let patience = Patience {
            memory: self.asked.memory.saturating_sub(self.bytes() - system.shared_bytes()),
            deadline: self.asked.time.map(|limit| self.began + limit),
            interrupt: self.asked.interrupt,
        };
        match live(system, &mut self.hands[0].worker, &patience) {
            Live::Holds => End::Complete,
            Live::Limit(why) => End::Limit(why),
            Live::Broken { violation, stem, cycle } => {
                let steps = (stem.len() + cycle.len()) as u64;
                let story = system.lasso(stem, cycle, &violation);
                End::Broken { violation, steps, story }
            }
        }
    }

    fn report(self, end: End) -> Report {
        let seconds = self.began.elapsed().as_secs_f64();
        let system = self.asked.system;
        let reached = self.hands.iter().fold(0, |all, hand| all | system.reached(&hand.worker));
        let workers: Vec<S::Worker> = self.hands.into_iter().map(|hand| hand.worker).collect();
        let mut bounds = system.bounds();
        bounds.extend(system.cut(&workers));
        if self.asked.liveness {
            let fair = "liveness: faults end, and what stays possible for ever is done";
            bounds.push(fair.into());
        }
        let (mut reason, mut violation, mut steps, mut story) = (None, None, 0, String::new());
        let verdict = match end {
            End::Complete => Verdict::Holds,
            End::Limit(why) => {
                reason = Some(why);
                Verdict::Unknown
            }
            End::Broken { violation: found, steps: taken, story: told } => {
                (violation, steps, story) = (Some(found), taken, told);
                Verdict::Violated
            }
        };
        let distinct = self.distinct as f64;
        let marks = system.sometimes().into_iter().enumerate();
        Report {
            subject: system.name(),
            verdict,
            reason,
            distinct: self.distinct as u64,
            generated: self.generated,
            depth: self.depth,
            depth_within: self.depth_within,
            outside: self.outside,
            waiting: (self.frontier.len() - self.left + self.next.len()) as u64,
            seconds,
            states_per_s: distinct / seconds,
            bytes_per_state: self.peak_bytes as f64 / distinct.max(1.0),
            // The birthday bound for fingerprints of 64 bits.
            collision: (distinct * distinct / 2.0 / 2f64.powi(64)).min(1.0),
            threads: self.asked.threads,
            bounds,
            marks: marks
                .map(|(bit, name)| Mark { name, reached: reached >> bit & 1 == 1 })
                .collect(),
            violation,
            steps,
            story,
        }
    }
}

fn crowded() -> String {
    format!("a state has more than {MOST_SUCCESSORS} successors")
}
