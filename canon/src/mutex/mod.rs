//! Mutual exclusion: a stay inside that no two nodes have at the same time.
//!
//! Requests: [`Request::Enter`] of who is outside, [`Request::Leave`] of who is inside; asked out
//! of turn, neither does anything. Indications: [`Indication::Entered`], [`Indication::Left`].
//! A node is inside from `entered` to its next `leave`.
//!
//! Properties (the `MutualExclusion` monitor in `spec` checks them; of progress, that nobody waits
//! while nobody is inside, and the visitors of random runs that everybody gets in):
//! - safety: no two nodes are inside at the same time;
//! - integrity: only who asked enters, once for each time it asked; only who was inside has left;
//! - progress: if who is inside always leaves, everybody who asks gets in.
//!
//! Fairness (who gets in first) differs from algorithm to algorithm, and is an invariant of each.
//!
//! | protocol | model | messages an entry | delay from leave to next entry | order of entries |
//! |---|---|---|---|---|
//! | [`central`] | no faults, perfect links | 3, none at the server | 2 | as asked at the server |
//! | [`ricart_agrawala`] | no faults, perfect links | 2(n-1) | 1 | timestamps |

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

pub mod central;
pub mod ricart_agrawala;

/// What the layer above asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Let me in.
    Enter,
    /// I am done inside.
    Leave,
}

/// What the layer above is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Indication {
    /// You are inside, alone.
    Entered,
    /// You are outside again, and may ask anew.
    Left,
}

impl Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Request::Enter => "enter",
            Request::Leave => "leave",
        })
    }
}

impl Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Indication::Entered => "entered",
            Indication::Left => "left",
        })
    }
}
