//! What contradicts what in a history that breaks its promise, for programs that show it.

use serde::Serialize;

use super::model::Model;
use super::operation::{History, Outcome};

/// A broken promise. Operations are named by their index in the order of calls.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Violation {
    /// What was promised.
    pub property: String,
    /// Two facts, a sentence each, that contradict each other if the promise is to hold.
    pub facts: Vec<String>,
    /// The position of the first return whose answer cannot be explained any more; nothing if the
    /// limits left no room to find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails_at: Option<u64>,
    /// The position of the last return up to which all can be explained; 0 if it is the first that
    /// cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds_until: Option<u64>,
    /// The operation that returned at `fails_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<usize>,
    /// Some answers that it could have returned legally, in words, the most likely first.
    pub legal: Vec<String>,
    /// All operations that the facts are about.
    pub conflict: Vec<usize>,
}

/// `read by client 3 (lines 4 to 7) returned 2`.
pub(crate) fn words<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    index: usize,
) -> String {
    let operation = &history.operations()[index];
    let input = model.describe_input(&operation.input);
    let (client, called) = (history.clients().word(operation.process), operation.called);
    match &operation.outcome {
        Outcome::Returned { output, at } => {
            let mut answer = model.describe_output(&operation.input, output);
            if answer == "returned" {
                answer.clear(); // The second line number says so.
            } else {
                answer.insert(0, ' ');
            }
            format!("{input} by client {client} (lines {called} to {at}){answer}")
        }
        _ => format!("{input} by client {client} (line {called}, never answered)"),
    }
}

/// `have returned 3 or 5`, `have been refused`: answers that could have come instead, of which at
/// most `listed` are named.
pub(crate) fn have(answers: &[String], listed: usize) -> String {
    let more = answers.len().saturating_sub(listed);
    let shown = &answers[..answers.len() - more];
    // "have returned 0 or 4" reads better than repeating the verb.
    let bare: Option<Vec<&str>> =
        shown.iter().map(|answer| answer.strip_prefix("returned ")).collect();
    let list = match bare {
        Some(bare) => format!("returned {}", bare.join(" or ")),
        None => {
            let had = |answer: &String| match answer.strip_prefix("was ") {
                Some(done) => format!("been {done}"),
                None => answer.clone(),
            };
            shown.iter().map(had).collect::<Vec<_>>().join(" or ")
        }
    };
    match more {
        0 => format!("have {list}"),
        1 => format!("have {list} or given another answer"),
        more => format!("have {list} or given {more} other answers"),
    }
}
