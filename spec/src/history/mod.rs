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
mod clients;
mod drawing;
mod essence;
mod excerpt;
mod explain;
mod index;
mod levels;
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

pub(crate) use budget::Budget;
pub use budget::{Limits, Stop};
pub use certify::{Refusal, certify};
pub use check::{Checked, Verdict, check};
pub use clients::Client;
pub(crate) use clients::Clients;
pub use drawing::{Bar, Drawing, Ended, Indefinite};
pub use levels::{Judged, Judgement, judge};
pub use model::{Access, Call, Model};
pub use names::{Level, ModelName, UnknownLevel, UnknownModel};
pub use operation::{Fault, History, Operation, Outcome, ReadError, Recorder};
pub(crate) use report::count;
pub use report::{Answer, Report};
pub use rules::{Conflict, Fact, Ruling, Timed};
pub use violation::Violation;

use models::{
    Counter, Kv, Lock, MultiRegister, Queue, Register, RegisterInput, Revisions, Set, Stack,
};
use read::{Source, Vocabulary, read, read_with};

/// Reads a recorded history, whose format is recognised, and decides whether it is what the level
/// allows of the model.
///
/// Errors name the line that is not an event, that cannot follow the lines before it, or that the
/// level cannot judge.
pub fn verify(
    text: &str,
    model: ModelName,
    level: Level,
    limits: &Limits,
) -> Result<Report, ReadError> {
    let question = Question { text, name: model, level, limits, start: Instant::now() };
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
            question.ask(&Register)
        }
        ModelName::CasRegister => question.ask(&Register),
        ModelName::MultiRegister => question.ask(&MultiRegister),
        ModelName::Kv => question.ask(&Kv),
        ModelName::Queue => question.ask(&Queue::NEW),
        ModelName::Stack => question.ask(&Stack::NEW),
        ModelName::Set => question.ask(&Set),
        ModelName::Counter => question.ask(&Counter),
        ModelName::Lock => question.ask(&Lock),
        ModelName::Revisions => question.ask(&Revisions),
    }
}

/// What is asked about a text.
struct Question<'a> {
    text: &'a str,
    name: ModelName,
    level: Level,
    limits: &'a Limits,
    start: Instant,
}

impl Question<'_> {
    fn ask<M: Vocabulary>(&self, model: &M) -> Result<Report, ReadError> {
        let (history, source) = read_with(model, self.text)?;
        let judged = judge(model, &history, self.level, self.limits, self.start)?;
        let seconds = self.start.elapsed().as_secs_f64();
        let name = self.name.name();
        let mut report = Report::new(name, self.level, history.len(), seconds, judged);
        let witness = report.witness.as_deref();
        report.indefinite = drawing::indefinite(model, &history, witness.unwrap_or(&[]));
        report.events_counted = source.counted;
        report.drawing = Drawing::new(model, &history, report.violation.as_ref(), witness);
        if let Some(why) = self.unjudged(&history, source) {
            report.take_back(why);
        }
        Ok(report)
    }
    /// Why the history has nothing to judge. What nobody was answered, no level forbids.
    fn unjudged<I, O>(&self, history: &History<I, O>, source: Source) -> Option<String> {
        let answered = history.operations().iter().filter(|one| one.output().is_some()).count();
        source.unjudged("operation", history.len(), ("was answered", answered))
    }
}
