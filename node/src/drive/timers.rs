//! The alarms of a node.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Alarms by name, each with the time at which it rings once.
#[derive(Debug)]
pub struct Timers<T> {
    by_name: BTreeMap<T, Instant>,
    by_time: BTreeSet<(Instant, T)>,
}

impl<T: Clone + Ord> Timers<T> {
    /// No alarms.
    pub fn new() -> Timers<T> {
        Timers { by_name: BTreeMap::new(), by_time: BTreeSet::new() }
    }

    /// (Re)arms an alarm.
    pub fn set(&mut self, timer: T, at: Instant) {
        if let Some(before) = self.by_name.insert(timer.clone(), at) {
            self.by_time.remove(&(before, timer.clone()));
        }
        self.by_time.insert((at, timer));
    }

    /// Disarms an alarm.
    pub fn cancel(&mut self, timer: &T) {
        if let Some(at) = self.by_name.remove(timer) {
            self.by_time.remove(&(at, timer.clone()));
        }
    }

    /// When the next alarm rings.
    pub fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the earliest alarm that is due.
    pub fn take_due(&mut self, now: Instant) -> Option<T> {
        if self.next()? > now {
            return None;
        }
        let (_, timer) = self.by_time.pop_first()?;
        self.by_name.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_alarm_rings_once_at_its_latest_time() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut timers = Timers::new();
        timers.set("a", at(10));
        timers.set("b", at(20));
        timers.set("a", at(30));
        timers.set("c", at(5));
        timers.cancel(&"c");
        assert_eq!(timers.next(), Some(at(20)));
        assert_eq!(timers.take_due(at(19)), None);
        assert_eq!(timers.take_due(at(40)), Some("b"));
        assert_eq!(timers.take_due(at(40)), Some("a"));
        assert_eq!(timers.take_due(at(40)), None);
        assert_eq!(timers.next(), None);
    }
}
