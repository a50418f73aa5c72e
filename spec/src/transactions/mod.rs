//! Checking the isolation of recorded transactions, in the manner of Elle (Kingsbury and Alvaro,
//! "Elle: Inferring Isolation Anomalies from Experimental Observations", 2020).
//!
//! ```text
//! text -> read -> Transactions -> dependencies -> cycles -> anomalies -> models excluded -> Report
//! ```
//!
//! Transactions read and write lists ([`Workload::ListAppend`]) or registers
//! ([`Workload::RwRegister`]) with values unique to their key. So a read says who wrote what it
//! saw, and a list says in which order its elements were written. Dependencies follow (Adya 1999),
//! besides the orders of processes and of real time, and every isolation level forbids some cycles
//! of them ([`IsolationModel`]).
//!
//! What is reported is proven by the history, whatever the unknown transactions did: one whose
//! outcome is unknown counts if, and only if, something that it wrote was read. What is not
//! reported may still have happened unseen: a model holds as far as the history tells. There are no
//! predicates, and so no phantoms; and of registers only part of the version order is known
//! (`registers.rs` says which).

mod anomaly;
mod check;
mod cycles;
mod evidence;
mod explain;
mod graph;
mod history;
mod level;
mod lists;
mod orders;
mod read;
mod recorder;
mod registers;
mod report;

use std::time::Instant;

pub use anomaly::{Anomaly, Phenomenon};
pub use check::{Checked, Found, check};
pub use history::{Key, Transactions, Workload};
pub use level::{IsolationModel, Level, Strength, UnknownIsolation};
pub use read::read;
pub use recorder::{Answer, Recorder, Step};
pub use report::{Conclusion, FoundAnomaly, Report};

use crate::history::{Limits, ReadError};

/// Reads a recorded history of transactions, whose format is recognised, and decides whether it
/// is strictly serializable, and if not, what it is.
///
/// Errors name the line that is not an event, or that cannot follow the lines before it.
pub fn verify(text: &str, workload: Workload, limits: &Limits) -> Result<Report, ReadError> {
    verify_against(text, workload, IsolationModel::STRICT_SERIALIZABLE, limits)
}

/// As [`verify`], but expects a model of the caller's choice.
pub fn verify_against(
    text: &str,
    workload: Workload,
    expected: IsolationModel,
    limits: &Limits,
) -> Result<Report, ReadError> {
    let start = Instant::now();
    let (history, source) = read::read_with(workload, text)?;
    let checked = check(&history, limits, start);
    let seconds = start.elapsed().as_secs_f64();
    Ok(Report::new(&history, source, expected, seconds, checked))
}
