//! The one clock of a trial, and a node's own view of it.

use std::ops::Range;
use std::time::Duration;

use model::{Moment, Random};
use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the machine's monotonic clock: the same in every process.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// A node's clock, which may run fast or slow and may leap.
pub struct Clock {
    base: u64,
    since: u64,
    ppm: i64,
    random: Random,
}

impl Clock {
    /// A true clock; the spans of alarms are drawn from `random`.
    pub fn new(random: Random) -> Clock {
        let since = now();
        Clock { base: since, since, ppm: 0, random }
    }

    /// What the clock shows now.
    pub fn moment(&self) -> Moment {
        let span = (now() - self.since) as i128;
        Moment((self.base as i128 + span + span * i128::from(self.ppm) / 1_000_000) as u64)
    }

    /// From now on the clock runs too fast by so many millionths.
    pub fn skew(&mut self, ppm: i32) {
        self.base = self.moment().0;
        self.since = now();
        // A clock that stood still would never ring.
        self.ppm = i64::from(ppm.max(-900_000));
    }

    /// The clock leaps forward, or back.
    pub fn leap(&mut self, by: i64) {
        self.base = self.base.saturating_add_signed(by);
    }

    /// When an alarm that is set now rings, on the machine's clock.
    pub fn due(&mut self, range: &Range<Duration>) -> u64 {
        let span = self.random.span(range).as_nanos();
        let true_span = span * 1_000_000 / (1_000_000 + self.ppm) as u128;
        now().saturating_add(u64::try_from(true_span).unwrap_or(u64::MAX))
    }
}
