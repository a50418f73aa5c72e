//! An independent check of a witness: it shares no code with the search that found it.

use std::fmt;

use super::model::Model;
use super::operation::{History, Outcome};

/// Why an order is no witness. Operations are named by their index in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The history has no operation of this index.
    NoSuchOperation(usize),
    /// The operation takes effect twice.
    Twice(usize),
    /// The operation certainly did not happen.
    Failed(usize),
    /// The operation returned, and so must have taken effect, but does not.
    Missing(usize),
    /// The operation had returned before one was called that is ordered before it.
    Late(usize),
    /// The object could not have answered so.
    Illegal(usize),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoSuchOperation(i) => write!(f, "there is no operation {i}"),
            Refusal::Twice(i) => write!(f, "operation {i} takes effect twice"),
            Refusal::Failed(i) => write!(f, "operation {i} failed and takes effect"),
            Refusal::Missing(i) => write!(f, "operation {i} returned and takes no effect"),
            Refusal::Late(i) => write!(f, "operation {i} takes effect after its return"),
            Refusal::Illegal(i) => write!(f, "operation {i} could not have answered so"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Checks that `witness` is a linearization of `history`: an order, by index, of every operation
/// that returned and any that are unknown, which contradicts no real-time order and which `model`
/// could have gone through one by one. Errors say what is wrong first.
pub fn certify<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    witness: &[usize],
) -> Result<(), Refusal> {
    let operations = history.operations();
    let mut placed = vec![false; operations.len()];
    let mut state = model.initial();
    // Everything placed took effect after its call, so nothing that follows may have returned
    // before the latest of these calls.
    let mut latest_call = 0;
    for &index in witness {
        let operation = operations.get(index).ok_or(Refusal::NoSuchOperation(index))?;
        if std::mem::replace(&mut placed[index], true) {
            return Err(Refusal::Twice(index));
        }
        latest_call = latest_call.max(operation.called);
        let output = match &operation.outcome {
            Outcome::Failed => return Err(Refusal::Failed(index)),
            Outcome::Unknown => None,
            Outcome::Returned { at, .. } if *at < latest_call => return Err(Refusal::Late(index)),
            Outcome::Returned { output, .. } => Some(output),
        };
        if !model.apply(&mut state, &operation.input, output) {
            return Err(Refusal::Illegal(index));
        }
    }
    let returned = |i: &usize| matches!(operations[*i].outcome, Outcome::Returned { .. });
    match (0..operations.len()).find(|i| !placed[*i] && returned(i)) {
        Some(missing) => Err(Refusal::Missing(missing)),
        None => Ok(()),
    }
}
