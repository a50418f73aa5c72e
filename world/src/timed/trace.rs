//! The readable record of a run.

use std::collections::VecDeque;
use std::fmt::{Arguments, Write};

use model::Moment;

/// The last lines of what happened, each with its time.
pub(super) struct Trace {
    lines: VecDeque<String>,
    limit: usize,
}

impl Trace {
    pub(super) fn new(limit: usize) -> Self {
        Trace { lines: VecDeque::new(), limit }
    }

    pub(super) fn line(&mut self, now: u64, what: Arguments<'_>) {
        let mut line = if self.lines.len() < self.limit {
            String::new()
        } else {
            self.lines.pop_front().unwrap_or_default()
        };
        line.clear();
        let _ = write!(line, "{} {what}", Moment(now));
        self.lines.push_back(line);
    }

    pub(super) fn lines(self) -> Vec<String> {
        self.lines.into()
    }
}
