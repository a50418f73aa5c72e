//! Linearizability checking of recorded histories.
//!
//! ```text
//! text -> read -> History -> check(Model): split, search, certify -> Verdict -> Report
//! ```
//!
//! [`verify`] does all of it for a text and a model by name. Programs that record their own
//! histories build them with a [`Recorder`] and ask [`check`] with a [`Model`] of their own.

mod budget;
mod certify;
mod check;
mod explain;
mod index;
mod model;
pub mod models;
mod operation;
mod outlook;
mod part;
pub mod read;
mod report;
mod search;
mod states;
mod visited;

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

pub(crate) use budget::Budget;
pub use budget::{Limits, Stop};
pub use certify::{Refusal, certify};
pub use check::{Checked, Verdict, check};
pub use model::{Call, Model};
pub use operation::{Fault, History, Operation, Outcome, ReadError, Recorder};
pub use report::{Answer, Report};

use models::{Kv, Register};
use read::{Vocabulary, read};

/// The models that come with the checker, by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelName {
    /// `cas-register`: [`Register`].
    CasRegister,
    /// `kv`: [`Kv`].
    Kv,
}

impl ModelName {
    /// Every model there is.
    pub const ALL: [ModelName; 2] = [ModelName::CasRegister, ModelName::Kv];

    /// The name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            ModelName::CasRegister => "cas-register",
            ModelName::Kv => "kv",
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no model has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownModel(String);

impl fmt::Display for UnknownModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ModelName::ALL.map(ModelName::name).join(", ");
        write!(f, "there is no model {:?}; the models are: {known}", self.0)
    }
}

impl std::error::Error for UnknownModel {}

impl FromStr for ModelName {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        let known = ModelName::ALL.into_iter().find(|model| model.name() == name);
        known.ok_or_else(|| UnknownModel(name.to_owned()))
    }
}

/// Reads a recorded history, whose format is recognised, and decides whether it is linearizable.
///
/// Errors name the line that is not an event, or that cannot follow the lines before it.
pub fn verify(text: &str, model: ModelName, limits: &Limits) -> Result<Report, ReadError> {
    match model {
        ModelName::CasRegister => verify_as(&Register, model, text, limits),
        ModelName::Kv => verify_as(&Kv, model, text, limits),
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
