//! From rows and lanes to points of a picture.

use crate::look::Toward;
use crate::scene::Scene;

/// The height of a row: a line of 12-unit letters with air around it.
pub(crate) const ROW: f64 = 22.0;

/// The width of one fixed-width letter of 12 units: 0.6 of its size in all fonts named, and a
/// little more.
pub(crate) const LETTER: f64 = 7.3;

/// How many letters of an event's words are shown.
pub(crate) const WORDS: usize = 110;

/// A title and a legend have this much room.
const LEAST_WIDE: f64 = 620.0;

/// The length of one event where time goes rightwards.
const STEP: f64 = 30.0;

/// Room for the name of a lane where time goes rightwards.
const NAMES: f64 = 56.0;

/// The distance of lanes where time goes rightwards: two lines of words fit between.
const LANE_DOWN: f64 = 78.0;

/// Where lanes and rows go.
pub(crate) struct Frame {
    pub toward: Toward,
    /// The top of the first row or lane.
    pub top: f64,
    left: f64,
    lane: f64,
    lanes: usize,
    length: f64,
    /// Where the words begin, if time goes downwards.
    pub words: f64,
    right: f64,
}

impl Frame {
    pub(crate) fn of(scene: &Scene, toward: Toward, top: f64, times: f64, wide: usize) -> Frame {
        let lanes = scene.lanes.len();
        let lane = match toward {
            Toward::Down => (620.0 / lanes.max(1) as f64).clamp(44.0, 96.0),
            Toward::Right => LANE_DOWN,
        };
        let left = if toward == Toward::Down { times + 28.0 } else { NAMES };
        let words = left + lane * lanes as f64 + 12.0;
        let right = (words + wide as f64 * LETTER + 16.0).max(LEAST_WIDE);
        Frame { toward, top, left, lane, lanes, length: scene.length, words, right }
    }

    /// The point of a lane at a place along; lanes may be fractions on the way between two.
    pub(crate) fn point(&self, lane: f64, along: f64) -> (f64, f64) {
        let across = (lane + 0.5) * self.lane;
        match self.toward {
            Toward::Down => (self.left + across, self.top + along * ROW),
            Toward::Right => (self.left + along * STEP, self.top + across),
        }
    }

    /// Where all lanes begin and end, across.
    pub(crate) fn across(&self) -> (f64, f64) {
        match self.toward {
            Toward::Down => (self.left, self.left + self.lane * self.lanes as f64),
            Toward::Right => (self.top, self.top + self.lane * self.lanes as f64),
        }
    }

    /// The end of what is drawn, rightwards and downwards.
    pub(crate) fn end(&self) -> (f64, f64) {
        match self.toward {
            Toward::Down => (self.right, self.top + self.length * ROW),
            Toward::Right => (
                (self.left + self.length * STEP + 24.0).max(LEAST_WIDE),
                self.top + self.lane * self.lanes as f64,
            ),
        }
    }
}
