//! Recorded texts that are read and judged as linearizable.

use spec::history::{Level, Limits, ModelName, Report, verify};

/// What is said of a history that is well formed.
pub fn report(model: ModelName, text: &str) -> Report {
    verify(text, model, Level::Linearizable, &Limits::default())
        .expect("the history is well formed")
}

/// Why a text is no history.
pub fn error(model: ModelName, text: &str) -> String {
    match verify(text, model, Level::Linearizable, &Limits::default()) {
        Ok(report) => panic!("the text is no history, but was read: {report}"),
        Err(error) => error.to_string(),
    }
}
