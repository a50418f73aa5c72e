//! Stories: runs driven by hand, as text. One format serves golden tests, counterexamples, shrunk
//! failures and documentation.
//!
//! ```text
//! # A comment.
//! nodes raft 3
//! fire n0 election
//! ---
//! n0 saves term=1 vote=n0
//! n0 holds n1 RequestVote term=1
//!
//! sync n0
//! deliver n0 n1 RequestVote
//! ---
//! ...
//! ```

mod heard;
mod reach;
mod script;
mod stage;
mod step;

pub use heard::Heard;
pub use script::{
    Cast, StoryError, cast, check, difference, follow, golden, perform, recast, replay, text, trace,
};
pub use stage::{Packet, Stage, Trouble};
pub use step::Step;
