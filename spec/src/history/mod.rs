//! Judging recorded histories: linearizability, and what is weaker.
//!
//! ```text
//! text -> read -> History -> check(Model): split, rule or search, certify -> Verdict -> Report
//!                         -> judge(Model, Level)
//! ```
//!
//! [`verify`] does all of it for a text, a model by name and a level. Programs that record their
//! own histories build them with a [`Recorder`] and ask [`check`], or [`judge`] for another level,
//! with a [`Model`] of their own.

mod blame;
mod budget;
mod certify;
mod check;
mod explain;
mod index;
mod model;
pub mod models;
mod names;
mod operation;
mod outlook;
mod part;
pub mod read;
mod report;
mod rules;
mod search;
mod states;
mod violation;
mod visited;

use std::time::Instant;

pub use budget::{Limits, Stop};
pub use certify::{Refusal, certify};
pub use check::{Checked, Verdict, check};
pub use model::{Access, Call, Model};
pub use names::{Level, ModelName, UnknownLevel, UnknownModel};
pub use operation::{Fault, History, Operation, Outcome, ReadError, Recorder};
pub use report::{Answer, Report};
pub use rules::{Conflict, Fact, Ruling, Timed};
pub use violation::Violation;

use models::{Counter, Kv, Lock, MultiRegister, Queue, Register, RegisterInput, Set, Stack};
use read::{Vocabulary, read};

/// Reads a recorded history, whose format is recognised, and decides whether it is linearizable.
///
/// Errors name the line that is not an event, or that cannot follow the lines before it.
pub fn verify(text: &str, model: ModelName, limits: &Limits) -> Result<Report, ReadError> {
    match model {
        ModelName::Register => {
            let history = read(&Register, text)?;
            let cas = |operation: &&Operation<RegisterInput, _>| {
                matches!(operation.input, RegisterInput::Cas(..))
            };
            if let Some(operation) = history.operations().iter().find(cas) {
                let what = "a register has read and write, not cas; a cas-register has".to_owned();
                return Err(ReadError { line: operation.called, fault: Fault::Syntax(what) });
            }
            verify_as(&Register, model, text, limits)
        }
        ModelName::CasRegister => verify_as(&Register, model, text, limits),
        ModelName::MultiRegister => verify_as(&MultiRegister, model, text, limits),
        ModelName::Kv => verify_as(&Kv, model, text, limits),
        ModelName::Queue => verify_as(&Queue, model, text, limits),
        ModelName::Stack => verify_as(&Stack, model, text, limits),
        ModelName::Set => verify_as(&Set, model, text, limits),
        ModelName::Counter => verify_as(&Counter, model, text, limits),
        ModelName::Lock => verify_as(&Lock, model, text, limits),
    }
}

fn verify_as<M: Vocabulary>(
    model: &M,
    name: ModelName,
    text: &str,
    limits: &Limits,
) -> Result<Report, ReadError> {
    let start = Instant::now();
    let history = read(model, text)?;
    let checked = check(model, &history, limits, start);
    let seconds = start.elapsed().as_secs_f64();
    Ok(Report::new(name.name(), history.len(), seconds, checked))
}
