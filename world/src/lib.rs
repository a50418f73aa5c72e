//! One simulated world: network, disk, clocks, faults, trace, story.

mod caught;
mod failures;
pub mod rename;
pub mod story;
mod subject;
pub mod timed;

pub use caught::caught;
pub use failures::Failures;
pub use subject::{Invariant, Sometimes, Subject};
