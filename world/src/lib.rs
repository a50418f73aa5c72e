//! One simulated world: network, disk, clocks, faults, trace, story.

mod caught;
pub mod explain;
mod failures;
mod model;
pub mod rename;
pub mod story;
mod subject;
pub mod timed;
pub mod trace;
mod violation;

pub use self::model::{DELTA, Faults, Links, SystemModel, Timing};
pub use caught::caught;
pub use failures::Failures;
pub use subject::{Invariant, Sometimes, Subject, operation_random};
pub use violation::Violation;
