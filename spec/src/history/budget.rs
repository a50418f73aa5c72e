//! The memory cap, the deadline and the work allowed, asked before every growth and every few
//! steps.

use std::time::{Duration, Instant};

use serde::Serialize;

/// What a check may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most memory the search may hold, in bytes. The history itself is not counted.
    pub memory: usize,
    /// The longest the check may take, reading included. Nothing means for ever.
    pub time: Option<Duration>,
    /// The most work, in steps of a search or visits of an operation, some 30 to 100 ns each.
    /// Nothing means without end. Unlike the time, it stops at the same place on every machine, so
    /// that with no limit of time equal questions have equal answers.
    pub work: Option<u64>,
    /// Whether to decide the parts of an object one by one where the model says they are
    /// independent.
    pub split_by_key: bool,
    /// Whether rules may decide where they apply. Without them all is left to the search.
    pub rules: bool,
}

impl Default for Limits {
    /// Two gibibytes, which hold some fifty million visited configurations; one minute, whatever
    /// the work; split; with rules.
    fn default() -> Self {
        let time = Some(Duration::from_secs(60));
        Limits { memory: 2 << 30, time, work: None, split_by_key: true, rules: true }
    }
}

/// Why a search stopped undecided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The time was up.
    Deadline,
    /// Going on would have been more work than allowed.
    Work,
    /// Going on would have taken more memory than allowed.
    Memory,
    /// The configurations allotted to a first look were used up; a longer search may follow.
    Allotment,
}

/// What is left to use.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: usize,
    used: usize,
    peak: usize,
    deadline: Option<Instant>,
    /// The work that may still be done.
    work: u64,
    /// Work since the clock was last read.
    unclocked: u64,
}

impl Budget {
    /// Reading the clock takes some 30 ns and a unit of work about as long, so that the clock costs
    /// a hundredth and a deadline is noticed within microseconds.
    const WORK_PER_CLOCK: u64 = 128;

    pub(crate) fn new(limits: &Limits, start: Instant) -> Self {
        Budget {
            memory: limits.memory,
            used: 0,
            peak: 0,
            // A deadline too far away to be represented is none.
            deadline: limits.time.and_then(|time| start.checked_add(time)),
            work: limits.work.unwrap_or(u64::MAX),
            unclocked: Self::WORK_PER_CLOCK,
        }
    }

    /// The most memory that was held at once, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Stop> {
        let used = self.used.saturating_add(bytes);
        if used > self.memory {
            return Err(Stop::Memory);
        }
        self.used = used;
        self.peak = self.peak.max(used);
        Ok(())
    }

    pub(crate) fn give(&mut self, bytes: usize) {
        assert!(bytes <= self.used, "no more memory is given back than was taken");
        self.used -= bytes;
    }

    /// The memory held now, in bytes.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Everything taken since `used` was the memory held is free again.
    pub(crate) fn restore(&mut self, used: usize) {
        assert!(used <= self.used, "memory held before a search is still held after it");
        self.used = used;
    }

    /// Counts some work, and reads the clock if enough has gathered. What was refused once is
    /// refused from then on.
    pub(crate) fn work(&mut self, units: u64) -> Result<(), Stop> {
        let Some(left) = self.work.checked_sub(units) else {
            self.work = 0;
            return Err(Stop::Work);
        };
        self.work = left;
        self.unclocked += units;
        if self.unclocked < Self::WORK_PER_CLOCK {
            return Ok(());
        }
        self.unclocked = 0;
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Stop::Deadline),
            _ => Ok(()),
        }
    }

    /// Makes room for `extra` more elements. While a vector moves, both places are held.
    pub(crate) fn room<T>(&mut self, vec: &mut Vec<T>, extra: usize) -> Result<(), Stop> {
        let wanted = vec.len() + extra;
        if wanted <= vec.capacity() {
            return Ok(());
        }
        let old = vec.capacity() * size_of::<T>();
        let capacity = wanted.max(vec.capacity() * 2).max(16);
        self.take(capacity * size_of::<T>())?;
        vec.reserve_exact(capacity - vec.len());
        self.give(old);
        Ok(())
    }

    pub(crate) fn push<T>(&mut self, vec: &mut Vec<T>, element: T) -> Result<(), Stop> {
        self.room(vec, 1)?;
        vec.push(element);
        Ok(())
    }
}
