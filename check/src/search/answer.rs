//! How a search answers: the story of what it found, and the report.

use super::{End, NO_PARENT, Search};
use crate::hand::{Found, Hand};
use crate::live::{Live, Patience, live};
use crate::system::System;
use crate::table::Table;
use crate::walk::{Walk, walk};
use crate::{Mark, Report, Stats, Verdict};

impl<S: System> Search<'_, S> {
    /// Tells the story of a violation by taking its path again.
    pub(super) fn broken(&mut self, found: Found) -> End {
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
        let (system, worker) = (self.system, &mut self.hands[0].worker);
        let first = path[0].expect("An initial state has a number.");
        let Walk { actions, violation } = walk(system, worker, first, &path[1..], found.violation);
        let story = system.story(&actions, &violation);
        End::Broken { violation, steps: path.len() as u64 - 1, story }
    }

    /// Judges the runs that go on for ever, once all states are known to be sound.
    pub(super) fn live(&mut self) -> End {
        let system = self.system;
        // The table and the parents have done their work; their memory is needed.
        self.table = Table::new();
        self.sleepers = None;
        (self.parents, self.frontier, self.next) = (Vec::new(), Vec::new(), Vec::new());
        self.heap_bytes = [0; 2];
        self.waiting.clear();
        let patience = Patience {
            memory: self.asked.memory.saturating_sub(self.bytes() - system.shared_bytes()),
            deadline: self.asked.time.map(|limit| self.began + limit),
            interrupt: self.asked.interrupt,
        };
        match live(system, &mut self.hands[0].worker, &patience) {
            Live::Holds => End::Complete,
            Live::Limit(why) => End::Limit(why),
            Live::Excused { components, owed } => End::Limit(format!(
                "{components} ends of runs owe something that only the bounds keep from coming, so \
                 liveness cannot be told within them; at the first: {owed}"
            )),
            Live::Broken { violation, stem, cycle } => {
                let steps = (stem.len() + cycle.len()) as u64;
                let story = system.lasso(stem, cycle, &violation);
                End::Broken { violation, steps, story }
            }
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let mut levels = self.levels.clone();
        levels.extend(Some((self.distinct - self.before) as u64).filter(|&level| level > 0));
        // Those beyond the bounds were met and not left; the rest of the queue still waits.
        let left = self.distinct as u64 - self.outside - self.to_leave() as u64;
        let generated = self.generated as f64;
        Stats {
            levels,
            left,
            branching: generated / left.max(1) as f64,
            repeated: 1.0 - self.distinct as f64 / generated.max(1.0),
            met: self.system.met(),
            ..self.stats
        }
    }

    /// What should happen sometimes and did, in this run and those before.
    pub(super) fn reached(&self) -> u64 {
        let reached = |hand: &Hand<S>| self.system.reached(&hand.worker);
        self.hands.iter().fold(self.reached_before, |all, hand| all | reached(hand))
    }

    pub(super) fn report(self, end: End) -> Report {
        let seconds = (self.earlier + self.began.elapsed()).as_secs_f64();
        let system = self.system;
        let reached = self.reached();
        let (stats, waiting) = (self.stats(), self.to_leave() as u64);
        let depth = self.depth + u64::from(self.distinct > self.before);
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
            depth,
            depth_within: self.depth_within,
            outside: self.outside,
            waiting,
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
            stats,
        }
    }
}
