//! A history as it may be drawn, and what its unanswered operations did.

use serde::Serialize;

use super::model::Model;
use super::operation::{History, Outcome};
use super::violation::{Violation, words};

/// A history to be drawn: a line a client, a bar an operation.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Drawing {
    /// The bars, by call. Of long histories those around the conflict, or the first.
    pub bars: Vec<Bar>,
    /// How many operations were left out.
    pub omitted: usize,
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Bar {
    /// Its index in the order of calls.
    pub operation: usize,
    /// The client.
    pub process: u64,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The position of its call.
    pub called: u64,
    /// The position of its return; nothing if it was never answered or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<u64>,
    /// What came of it.
    pub ended: Ended,
    /// What was asked, and what was answered: `write 3`, `read returned 3`.
    pub text: String,
    /// Whether it is part of the conflict.
    pub conflict: bool,
    /// Its place in the witness, if there is one and it is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<usize>,
}

/// What came of an operation that is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It was answered.
    Answered,
    /// It certainly did not happen.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// An unanswered operation that took effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Indefinite {
    /// Its index in the order of calls.
    pub operation: usize,
    /// The first operation in the order found that it explains: without it, that would be illegal.
    pub explains: usize,
    /// Both in words.
    pub text: String,
}

impl Bar {
    /// The client in words: its name, or its number.
    pub fn client(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.process.to_string())
    }
}

impl Drawing {
    /// A page holds hardly more bars, and programs that want all have the history.
    const BARS: usize = 500;

    pub(crate) fn new<M: Model>(
        model: &M,
        history: &History<M::Input, M::Output>,
        violation: Option<&Violation>,
        witness: Option<&[usize]>,
    ) -> Drawing {
        let operations = history.operations();
        let conflict = violation.map_or(&[][..], |violation| &violation.conflict);
        let shown = operations.len().min(Self::BARS);
        // The last of the conflict is what went wrong; most that matters was before it.
        let latest = conflict.last().map_or(0, |last| last + 1 + Self::BARS / 4);
        let first = latest.saturating_sub(shown).min(operations.len() - shown);
        let mut order = vec![None; operations.len()];
        for (place, &index) in witness.unwrap_or(&[]).iter().enumerate() {
            order[index] = Some(place);
        }
        let near = |index: &usize| (first..first + shown).contains(index);
        let far = conflict.iter().copied().filter(|index| *index < first);
        let bars: Vec<Bar> = far
            .chain((0..operations.len()).filter(near))
            .map(|index| {
                let operation = &operations[index];
                let mut text = model.describe_input(&operation.input);
                let ended = match &operation.outcome {
                    Outcome::Returned { output, .. } => {
                        let answer = model.describe_output(&operation.input, output);
                        if answer != "returned" {
                            text = format!("{text} {answer}");
                        }
                        Ended::Answered
                    }
                    Outcome::Failed => Ended::Failed,
                    Outcome::Unknown => Ended::Unknown,
                };
                Bar {
                    operation: index,
                    process: operation.process,
                    name: history.clients().name(operation.process).map(str::to_owned),
                    called: operation.called,
                    returned: operation.returned(),
                    ended,
                    text,
                    conflict: conflict.contains(&index),
                    order: order[index],
                }
            })
            .collect();
        Drawing { omitted: operations.len() - bars.len(), bars }
    }
}

/// What the unanswered operations of a legal order explain. Those that explain nothing could be
/// left out and are not told.
pub(crate) fn indefinite<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    witness: &[usize],
) -> Vec<Indefinite> {
    /// Each takes a pass over the order, and nobody reads more.
    const MOST: usize = 20;
    /// The operations gone through in all: tenths of a second.
    const STEPS: usize = 1_000_000;
    let operations = history.operations();
    let most = MOST.min(STEPS / witness.len().max(1));
    let open = witness
        .iter()
        .enumerate()
        .filter(|(_, index)| operations[**index].outcome == Outcome::Unknown);
    let explains = |place: usize| {
        let mut state = model.initial();
        witness.iter().enumerate().filter(|(other, _)| *other != place).find_map(|(_, &index)| {
            let operation = &operations[index];
            let legal = model.apply(&mut state, &operation.input, operation.output());
            (!legal && operation.output().is_some()).then_some(index)
        })
    };
    open.take(most)
        .filter_map(|(place, &operation)| {
            let explains = explains(place)?;
            let name = |index: usize| words(model, history, index);
            let text = format!("{} took effect: it explains {}.", name(operation), name(explains));
            Some(Indefinite { operation, explains, text })
        })
        .collect()
}
