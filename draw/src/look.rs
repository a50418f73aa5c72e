//! How a picture is to look.

use std::ops::Range;

/// How a picture is to look.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// The colours of epochs and series.
    pub palette: Palette,
    /// Light or dark.
    pub theme: Theme,
    /// Where time goes.
    pub toward: Toward,
    /// How far apart events are.
    pub spacing: Spacing,
    /// Which events are drawn, by their index in the trace; all, if nothing is said. What lies
    /// outside of the trace is cut off.
    pub window: Option<Range<usize>>,
}

/// How many events before the one in question an excerpt shows.
const BEFORE: usize = 24;

/// How many events after it: what was broken is seldom understood from what followed.
const AFTER: usize = 6;

impl Look {
    /// The same look, of these events only.
    pub fn window(mut self, events: Range<usize>) -> Look {
        self.window = Some(events);
        self
    }

    /// The same look, of an excerpt around one event: 24 events before it and 6 after it.
    pub fn around(self, event: usize) -> Look {
        self.window(event.saturating_sub(BEFORE)..event.saturating_add(AFTER + 1))
    }
}

/// Colours that tell epochs apart. Neighbouring epochs never have the same. Both palettes are
/// tested against simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Palette {
    /// Six hues.
    #[default]
    Hues,
    /// Six colours that also differ in lightness, for paper without colour.
    Print,
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As the reader's system has it.
    #[default]
    Auto,
    /// Dark ink on white.
    Light,
    /// Light ink on nearly black.
    Dark,
}

/// Where time goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Toward {
    /// Downwards: a row an event, with its words beside it.
    #[default]
    Down,
    /// Rightwards: smaller, with only the first word of each event.
    Right,
}

/// How far apart events are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Spacing {
    /// Evenly, in the order in which they happened.
    #[default]
    Order,
    /// As far as their times, with long silences cut short. A trace whose clock counts steps is
    /// spread evenly anyway.
    Scale,
}
