//! The part of a history that shows what is broken, as a diagram in text.

use std::fmt;

use super::drawing::{Bar, Drawing, Ended};

/// The operations in conflict and, as far as there is room, those called nearest before the last of
/// them: a line each, in the order of calls, with time from left to right. Only the order of calls
/// and returns is drawn, not how long anything took.
pub(crate) struct Excerpt<'a> {
    bars: Vec<&'a Bar>,
    moments: Vec<u64>,
}

impl<'a> Excerpt<'a> {
    /// Lines that a reader takes in at a glance.
    const BARS: usize = 10;

    /// The excerpt of a drawing; nothing if nothing in it is in conflict.
    pub(crate) fn of(drawing: &'a Drawing) -> Option<Excerpt<'a>> {
        let last = drawing.bars.iter().rposition(|bar| bar.conflict)?;
        let (conflict, others): (Vec<&Bar>, Vec<&Bar>) =
            drawing.bars[..=last].iter().partition(|bar| bar.conflict);
        // Of a conflict of many, the latest are nearest to where the promise broke.
        let mut bars: Vec<&Bar> = conflict.into_iter().rev().take(Self::BARS).collect();
        let room = Self::BARS - bars.len();
        bars.extend(others.into_iter().rev().take(room));
        bars.sort_by_key(|bar| bar.called);
        let mut moments: Vec<u64> =
            bars.iter().flat_map(|bar| [Some(bar.called), bar.returned]).flatten().collect();
        moments.sort_unstable();
        moments.dedup();
        Some(Excerpt { bars, moments })
    }

    /// Two columns a moment.
    fn column(&self, at: u64) -> usize {
        2 * self.moments.partition_point(|moment| *moment < at)
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = 2 * self.moments.len() - 1;
        for bar in &self.bars {
            let from = self.column(bar.called);
            let line = match bar.returned {
                Some(returned) => {
                    let dashes = "-".repeat(self.column(returned) - from - 1);
                    format!("{}|{dashes}|", " ".repeat(from))
                }
                // Whatever it did, it may have done at any time from here on.
                None => format!("{}|{}", " ".repeat(from), ".".repeat(wide - from - 1)),
            };
            let mark = if bar.conflict { '!' } else { ' ' };
            let ended = match bar.ended {
                Ended::Answered => "",
                Ended::Failed => ", which failed",
                Ended::Unknown => ", never answered",
            };
            let (client, text) = (bar.client(), &bar.text);
            write!(f, "\n  {line:<wide$} {mark} client {client}: {text}{ended}")?;
        }
        Ok(())
    }
}
