//! The marks of events: told apart by shape, not by colour.

use world::trace::{Happening, What};

use crate::text::length;

/// A mark: its name, its words in the legend, its shape around the origin, and how far the middle
/// of the shape is from there.
pub(crate) struct Mark {
    pub name: &'static str,
    pub words: &'static str,
    shape: &'static str,
    middle: f64,
}

const fn mark(name: &'static str, words: &'static str, shape: &'static str) -> Mark {
    Mark { name, words, shape, middle: 0.0 }
}

const fn beside(mark: Mark, middle: f64) -> Mark {
    Mark { middle, ..mark }
}

/// All marks, in the order of the legend: first the kinds of events, then their effects. The layer
/// above is on the left of a line, the disk on its right.
pub(crate) const MARKS: [Mark; 13] = [
    mark("start", "start", "<circle class='hollow' r='4.5'/>"),
    beside(mark("request", "request", "<path class='mark' d='M-14-5L-4 0L-14 5Z'/>"), -9.0),
    mark("deliver", "message", "<circle class='mark' r='3.8'/>"),
    mark(
        "own",
        "own message",
        "<path class='ring' d='M2-3a4.6 4.6 0 1 1 0 6'/><circle class='mark' r='3.8'/>",
    ),
    mark("timer", "alarm", "<circle class='hollow' r='5.4'/><path class='ring' d='M0-3.2V0H2.6'/>"),
    mark("flush", "flush", "<path class='ring' d='M-6 0H6'/>"),
    mark("sync", "sync", "<path class='mark' d='M0-5.4L5.4 0L0 5.4L-5.4 0Z'/>"),
    mark("crash", "crash", "<path class='cross' d='M-5-5L5 5M5-5L-5 5'/>"),
    mark("lost", "loss", "<path class='cross' d='M-3.6-3.6L3.6 3.6M3.6-3.6L-3.6 3.6'/>"),
    mark("fault", "fault", "<path class='wrong' d='M1.6-7L-4 1H-.6L-1.6 7L4-1H.6Z'/>"),
    mark("violation", "violation", "<path class='wrong' d='M-3-7H3L7-3V3L3 7H-3L-7 3V-3Z'/>"),
    beside(mark("tells", "told above", "<path class='hollow' d='M-5-4L-13 0L-5 4Z'/>"), -9.0),
    beside(mark("saves", "saved", "<path class='mark' d='M7-3.5H14V3.5H7Z'/>"), 10.5),
];

impl Mark {
    /// The shape at a point. It is written out each time, not used by name: names would be shared
    /// by all pictures of a page, and styles do not reach into what is used by name.
    pub(crate) fn at(&self, (x, y): (f64, f64)) -> String {
        let shape = self.shape.replace('\'', "\"");
        format!("<g transform=\"translate({} {})\">{shape}</g>", length(x), length(y))
    }

    /// The shape with its middle at the origin.
    pub(crate) fn centred(&self) -> String {
        self.at((-self.middle, 0.0))
    }
}

/// The mark of this name.
pub(crate) fn named(name: &str) -> &'static Mark {
    MARKS.iter().find(|mark| mark.name == name).unwrap_or(&MARKS[2])
}

/// The name of an event's kind, as marks, filters and style sheets have it.
pub(crate) fn kind(event: &Happening) -> &'static str {
    match event.what {
        What::Start => "start",
        What::Request => "request",
        What::Deliver { .. } => "deliver",
        What::Own => "own",
        What::Timer => "timer",
        What::Flush => "flush",
        What::Sync => "sync",
        What::Crash => "crash",
        What::Lost { .. } => "lost",
        What::Fault => "fault",
        What::Violation => "violation",
    }
}
