//! All short runs: exhaustive exploration.
//!
//! An [`Exploration`] walks a [`System`] breadth first, so that the first violation it meets is a
//! shortest one. What it keeps of a visited state is a fingerprint of eight bytes and six bytes
//! that lead back to its parent; whole states are kept for two levels only. It never runs out of
//! memory: at a limit it answers `unknown` and says what it covered.
//!
//! Any transition system can be explored; [`systems`] holds abstract ones. [`Explore`] makes a
//! system of a protocol, from the very process that is simulated and served.
//!
//! ```
//! use check::Exploration;
//! use check::systems::{Specification, TwoPhase};
//!
//! let report = Exploration::new(&TwoPhase::new(3)).run();
//! assert_eq!((report.distinct, report.generated, report.depth), (288, 1146, 11));
//! ```

mod explore;
mod hand;
mod live;
mod report;
mod search;
mod sleep;
mod stats;
mod system;
pub mod systems;
mod table;
mod walk;

pub use explore::{Bounds, Explore, Flushing, Network, Scene, Shareable, Timing};
pub use report::{Mark, Report, Verdict};
pub use search::{Callback, Exploration, Limits, Progress};
pub use stats::Stats;
pub use system::{Fairness, Judgement, Successors, System, Violation};
