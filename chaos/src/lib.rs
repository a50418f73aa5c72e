//! The served store under the faults of a plan: real processes, real logs, real TCP, and clients
//! whose history is judged.
//!
//! ```text
//! Plan -> Chaos::run: town (processes) · network (a proxy a link) · load (recorded clients)
//!      -> faults, by the clock -> heal -> everybody gets through again -> judge -> Report
//! ```
//!
//! The plan is the one that `sim` simulates and `field` does to processes of the lab. What it asks
//! for and nobody can do to a real process from outside is named in the report, never passed over.

mod client;
mod faults;
mod judge;
mod last;
mod load;
mod network;
mod omitted;
mod ports;
mod record;
mod report;
mod run;
mod town;

pub use client::Client;
pub use judge::{Judgement, judge};
pub use last::read_everything;
pub use load::{Habits, Load};
pub use ports::{PORTS_A_NODE, free as free_ports};
pub use record::{Event, Recording};
pub use report::{Class, Report, Violation};
pub use run::{Chaos, MOST_NODES};
