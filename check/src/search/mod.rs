//! The search: breadth first, level by level.

mod answer;
mod checkpoint;

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::hand::{
    Found, Fresh, GROUP, Hand, MOST_SUCCESSORS, Parent, Round, Stop, no_panic, print,
};
use crate::sleep::Sleepers;
use crate::system::{Judgement, System, Violation};
use crate::table::Table;
use crate::{Report, Stats};
use world::caught;

/// The parent of an initial state.
const NO_PARENT: u32 = u32::MAX;

/// States are numbered in 32 bits, less those that one round may add beyond the last check.
const MOST_STATES: usize = u32::MAX as usize / 2;

/// States of the frontier that a thread takes at once: enough that taking them costs nothing
/// beside leaving them, and few enough that a stop is noticed at once.
const PIECE: usize = 256;

/// States of the frontier between two looks at limits and progress, at least. At the slowest rates
/// seen (10,000 states a second) that is every 3 seconds; the clock is looked at in between.
const ROUND: usize = 32_768;

/// The time between two looks that is aimed at when there are enough states. The threads wait for
/// each other at each look, which on a busy machine takes as long as the scheduler's turns: tens
/// of milliseconds, so a tenth of this.
const LOOK: Duration = Duration::from_millis(400);

/// The most new states that one state is expected to add on average over a round.
const FRESH: usize = 32;

/// Levels smaller than this are left by one thread: starting another takes as long as the work.
const SMALL: usize = 2_048;

/// The time between two calls of the progress callback.
const EVERY: Duration = Duration::from_secs(1);

/// An exploration to be run: a system and its limits.
pub struct Exploration<'a, S: System> {
    system: &'a S,
    limits: Limits<'a>,
}

/// How far an exploration goes, and how: what is no matter of its system.
pub struct Limits<'a> {
    /// How many threads work; one at least.
    pub threads: usize,
    /// Bytes to keep at most.
    pub memory: usize,
    /// About how many distinct states to visit at most.
    pub states: usize,
    /// The longest that it takes.
    pub time: Option<Duration>,
    /// Set to end it soon.
    pub interrupt: Option<&'a AtomicBool>,
    /// Called about once a second.
    pub progress: Option<Callback<'a>>,
    /// Whether liveness is judged, too.
    pub liveness: bool,
    /// Where it is saved if it ends early.
    pub checkpoint: Option<PathBuf>,
    /// From where it goes on.
    pub resume: Option<PathBuf>,
}

impl Default for Limits<'_> {
    /// One thread, 4 GiB, no limit of states or time.
    fn default() -> Self {
        Limits {
            threads: 1,
            memory: 4 << 30,
            states: MOST_STATES,
            time: None,
            interrupt: None,
            progress: None,
            liveness: false,
            checkpoint: None,
            resume: None,
        }
    }
}

/// Called now and then with how far an exploration has come.
pub type Callback<'a> = Box<dyn FnMut(&Progress) + 'a>;

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
    /// Within the usual limits: one thread, 4 GiB, no limit of states or time.
    pub fn new(system: &'a S) -> Exploration<'a, S> {
        Exploration { system, limits: Limits::default() }
    }

    /// Within these limits.
    pub fn within(self, limits: Limits<'a>) -> Self {
        Exploration { limits, ..self }
    }

    /// Works with so many threads. Neither the verdict, nor the counts of a complete exploration,
    /// nor the length of the story depend on it; with one thread, nothing varies at all.
    pub fn threads(mut self, count: usize) -> Self {
        self.limits.threads = count;
        self
    }

    /// Keeps at most so many bytes.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.limits.memory = bytes;
        self
    }

    /// Visits about so many distinct states at most: the limit is looked at after each round.
    pub fn states(mut self, count: usize) -> Self {
        self.limits.states = count;
        self
    }

    /// Ends after this time.
    pub fn time(mut self, limit: Duration) -> Self {
        self.limits.time = Some(limit);
        self
    }

    /// Ends soon after the flag is set.
    pub fn interrupt(mut self, flag: &'a AtomicBool) -> Self {
        self.limits.interrupt = Some(flag);
        self
    }

    /// Calls back about once a second.
    pub fn progress(mut self, callback: impl FnMut(&Progress) + 'a) -> Self {
        self.limits.progress = Some(Box::new(callback));
        self
    }

    /// Judges liveness too, once all states are known: every fair run owes nothing again and
    /// again (see [`System::owes`] and [`System::fairness`]). It takes a second walk of one thread,
    /// and the states that owe something are kept while they are searched.
    pub fn liveness(mut self, wanted: bool) -> Self {
        self.limits.liveness = wanted;
        self
    }

    /// If it ends early, by a limit or an interruption, writes a file from which
    /// [`resume`](Exploration::resume) goes on. Whether that succeeded stands in the reason of the
    /// report.
    pub fn checkpoint(mut self, path: impl Into<PathBuf>) -> Self {
        self.limits.checkpoint = Some(path.into());
        self
    }

    /// Goes on from a file that [`checkpoint`](Exploration::checkpoint) wrote of the same system
    /// within the same bounds; limits and threads may differ. The totals of a complete exploration
    /// are those of one that did not end early. Limits of time count from now.
    pub fn resume(mut self, path: impl Into<PathBuf>) -> Self {
        self.limits.resume = Some(path.into());
        self
    }

    /// Explores.
    pub fn run(self) -> Report {
        let mut search = Search::new(self);
        let mut end = match search.heed_debts() {
            Ok(()) => search.run(),
            Err(why) => End::Limit(why),
        };
        if let (End::Limit(why), Some(path)) = (&mut end, &search.asked.checkpoint)
            && search.distinct > 0
        {
            why.push_str("; ");
            match search.save(path) {
                Ok(()) => why.push_str(&format!("it can be gone on from {}", path.display())),
                Err(error) => why.push_str(&error),
            }
        }
        if search.asked.liveness && matches!(end, End::Complete) {
            let began = Instant::now();
            end = search.live();
            search.stats.living = began.elapsed().as_secs_f64();
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
    system: &'a S,
    asked: Limits<'a>,
    began: Instant,
    called: Instant,
    hands: Vec<Hand<S>>,
    table: Table,
    sleepers: Option<Sleepers>,
    /// For each numbered state, its parent and which of the parent's successors it is.
    parents: Vec<Parent>,
    frontier: Vec<S::State>,
    /// The number of the frontier's first state.
    base: u32,
    next: Vec<S::State>,
    /// States of the frontier that are still to be left.
    waiting: VecDeque<Range<usize>>,
    distinct: usize,
    generated: u64,
    outside: u64,
    /// States left a second, in the latest round.
    pace: f64,
    /// Levels that are complete and had a state of their own.
    depth: u64,
    depth_within: u64,
    /// Distinct states when the frontier's first state was left.
    before: usize,
    /// New states by level, up to the one that is complete.
    levels: Vec<u64>,
    stats: Stats,
    /// What earlier runs reached and took, if this one goes on from them.
    reached_before: u64,
    earlier: Duration,
    /// Bytes of the states of the frontier and the next level, beyond their own sizes.
    heap_bytes: [usize; 2],
    peak_bytes: usize,
}

impl<'a, S: System> Search<'a, S> {
    fn new(Exploration { system, limits: mut asked }: Exploration<'a, S>) -> Search<'a, S> {
        let now = Instant::now();
        asked.threads = asked.threads.max(1);
        asked.states = asked.states.min(MOST_STATES);
        Search {
            began: now,
            called: now,
            hands: (0..asked.threads).map(|_| Hand::new(system)).collect(),
            sleepers: system.is_reduced().then(Sleepers::new),
            system,
            asked,
            table: Table::new(),
            parents: Vec::new(),
            frontier: Vec::new(),
            base: 0,
            next: Vec::new(),
            waiting: VecDeque::new(),
            distinct: 0,
            generated: 0,
            outside: 0,
            pace: 0.0,
            depth: 0,
            depth_within: 0,
            before: 0,
            levels: Vec::new(),
            stats: Stats::default(),
            reached_before: 0,
            earlier: Duration::ZERO,
            heap_bytes: [0; 2],
            peak_bytes: 0,
        }
    }

    /// Prepares for judging liveness, if that is asked for.
    fn heed_debts(&mut self) -> Result<(), String> {
        if !self.asked.liveness {
            return Ok(());
        }
        self.hands.iter_mut().for_each(|hand| self.system.heed_debts(&mut hand.worker));
        self.system.judges_liveness()
    }

    fn run(&mut self) -> End {
        if let Some(end) = self.begin() {
            return end;
        }
        loop {
            while !self.waiting.is_empty() {
                if let Some(end) = self.round().or_else(|| self.limit()) {
                    return end;
                }
            }
            if self.distinct > self.before {
                self.levels.push((self.distinct - self.before) as u64);
                self.depth += 1;
            }
            self.before = self.distinct;
            if self.next.is_empty() {
                return End::Complete;
            }
            self.depth_within += 1;
            self.base += self.frontier.len() as u32;
            self.frontier = std::mem::take(&mut self.next);
            self.waiting.push_back(0..self.frontier.len());
            self.sleepers.iter_mut().for_each(Sleepers::turn);
            self.heap_bytes = [self.heap_bytes[1], 0];
        }
    }

    /// The initial states; of an exploration that goes on, what was saved.
    fn begin(&mut self) -> Option<End> {
        if self.asked.resume.is_none() {
            return self.start();
        }
        let (system, worker) = (self.system, &mut self.hands[0].worker);
        // What is met first in every run gets the same numbers again.
        if let Err(violation) = system.initial(worker) {
            return Some(End::Broken { violation, steps: 0, story: String::new() });
        }
        let path = self.asked.resume.clone()?;
        self.load(&path).err().map(|why| {
            // What was read of it is of no use.
            (self.distinct, self.before, self.outside, self.generated) = (0, 0, 0, 0);
            (self.frontier, self.next) = (Vec::new(), Vec::new());
            self.waiting.clear();
            End::Limit(why)
        })
    }

    /// The initial states.
    fn start(&mut self) -> Option<End> {
        let system = self.system;
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
            match system.judge(&mut self.hands[0].worker, &state) {
                Judgement::Outside => self.outside += 1,
                Judgement::Broken(violation) => {
                    return Some(End::Broken { violation, steps: 0, story: String::new() });
                }
                Judgement::Within => {
                    self.parents.push(Parent::new(NO_PARENT, via as u16));
                    self.heap_bytes[1] += system.heap_bytes(&state);
                    self.next.push(state);
                }
            }
        }
        None
    }

    /// Leaves some states of the frontier.
    fn round(&mut self) -> Option<End> {
        let mut pieces = self.pieces();
        let mut count: usize = pieces.iter().map(ExactSizeIterator::len).sum();
        let threads = if count < SMALL { 1 } else { self.asked.threads };
        let deadline = self.asked.time.map(|limit| self.began + limit);
        while !pieces.is_empty() {
            let round = Round {
                system: self.system,
                table: &self.table,
                sleepers: self.sleepers.as_ref(),
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
            let began = Instant::now();
            let (first, others) = self.hands.split_first_mut().expect("There is a thread.");
            thread::scope(|scope| {
                for hand in others.iter_mut().take(threads - 1) {
                    scope.spawn(|| hand.work(&round));
                }
                first.work(&round);
            });
            pieces = round.queue.into_inner().expect("No thread panics here.");
            let seconds = began.elapsed().as_secs_f64();
            self.stats.leaving += seconds;
            let left = count - pieces.iter().map(ExactSizeIterator::len).sum::<usize>();
            self.pace = left as f64 / seconds.max(1e-6);
            count -= left;
            let began = Instant::now();
            let (found, wanted, is_crowded) = self.gather();
            if let Some(found) = found {
                return Some(self.broken(found));
            }
            if is_crowded {
                return Some(End::Limit(crowded()));
            }
            self.stats.gathering += began.elapsed().as_secs_f64();
            let began = Instant::now();
            let has_room = wanted == 0 || self.make_room(wanted * threads);
            self.stats.growing += began.elapsed().as_secs_f64();
            if !has_room || wanted == 0 && !pieces.is_empty() {
                // What is left of the round waits.
                pieces.drain(..).rev().for_each(|piece| self.waiting.push_front(piece));
                if !has_room {
                    return Some(End::Limit(self.out_of_memory()));
                }
                return self.limit().or_else(|| Some(End::Limit("it was stopped".into())));
            }
        }
        None
    }

    /// Takes the states of a round out of those that wait, in pieces.
    fn pieces(&mut self) -> VecDeque<Range<usize>> {
        let mut pieces = VecDeque::new();
        let mut room = self.round_len();
        while room > 0
            && let Some(mut range) = self.waiting.pop_front()
        {
            let piece = range.start..range.end.min(range.start + PIECE.min(room));
            range.start = piece.end;
            room -= piece.len();
            pieces.push_back(piece);
            if !range.is_empty() {
                self.waiting.push_front(range);
            }
        }
        pieces
    }

    /// States that are still to be left.
    fn to_leave(&self) -> usize {
        self.waiting.iter().map(ExactSizeIterator::len).sum::<usize>() + self.next.len()
    }

    /// States to leave until limits are looked at again: fewer when one is near.
    fn round_len(&self) -> usize {
        let heap = self.heap_bytes.iter().sum::<usize>() + self.asleep_bytes();
        let heap = heap / (self.frontier.len() + self.next.len()).max(1);
        let each = size_of::<S::State>() + size_of::<Parent>() + 2 * size_of::<u64>() + heap;
        let memory = self.asked.memory.saturating_sub(self.bytes());
        let states = self.asked.states.saturating_sub(self.distinct);
        let pace = (self.pace * LOOK.as_secs_f64()) as usize;
        (memory / each / FRESH).min(states).min(pace.max(ROUND)).max(GROUP)
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

    fn asleep_bytes(&self) -> usize {
        self.sleepers.as_ref().map_or(0, Sleepers::bytes)
    }

    /// Bytes that are kept now.
    fn bytes(&self) -> usize {
        let states = self.frontier.capacity() + self.next.capacity();
        let parents = self.parents.capacity() * size_of::<Parent>();
        let system = self.system;
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
            + self.asleep_bytes()
            + parents
            + states * size_of::<S::State>()
            + heap
            + kept
    }

    /// The limit that is reached, if one is; calls back about progress.
    fn limit(&mut self) -> Option<End> {
        let bytes = self.bytes();
        let (elapsed, waiting) = (self.began.elapsed(), self.to_leave() as u64);
        if self.called.elapsed() >= EVERY
            && let Some(callback) = &mut self.asked.progress
        {
            self.called = Instant::now();
            callback(&Progress {
                distinct: self.distinct as u64,
                generated: self.generated,
                depth: self.depth + 1,
                waiting,
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
            let limit = limit.as_secs_f64();
            return Some(End::Limit(format!("the time limit of {limit} s was reached")));
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
        self.to_leave() > 0
    }

    fn out_of_memory(&self) -> String {
        format!("the memory limit of {} MiB was reached", self.asked.memory >> 20)
    }
}

fn crowded() -> String {
    format!("a state has more than {MOST_SUCCESSORS} successors")
}
