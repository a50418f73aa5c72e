//! A set of integers. It starts empty.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::history::model::{Call, Model};
use crate::history::rules::{Growth, GrowthStep, Ruling, Timed, growth};

/// The set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Set;

/// What can be asked of a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SetInput {
    /// Put this in.
    Add(i64),
    /// Take this out.
    Remove(i64),
    /// Tell whether this is in.
    Contains(i64),
    /// Tell all that is in.
    Read,
}

/// What a set answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SetOutput {
    /// The add or remove is done; whether it made a difference was not told.
    Done,
    /// The add or remove is done, and whether it made a difference; or whether the element is in.
    Was(bool),
    /// The elements, in ascending order.
    Elements(Arc<[i64]>),
}

impl Model for Set {
    type State = BTreeSet<i64>;
    type Input = SetInput;
    type Output = SetOutput;
    /// Elements come and go independently of one another.
    type Key = i64;

    fn initial(&self) -> BTreeSet<i64> {
        BTreeSet::new()
    }

    fn step(
        &self,
        state: &BTreeSet<i64>,
        input: &SetInput,
        output: Option<&SetOutput>,
    ) -> Option<BTreeSet<i64>> {
        let mut next = state.clone();
        self.apply(&mut next, input, output).then_some(next)
    }

    fn apply(
        &self,
        state: &mut BTreeSet<i64>,
        input: &SetInput,
        output: Option<&SetOutput>,
    ) -> bool {
        if !self.allows(state, input, output) {
            return false;
        }
        match input {
            SetInput::Add(element) => drop(state.insert(*element)),
            SetInput::Remove(element) => drop(state.remove(element)),
            SetInput::Contains(_) | SetInput::Read => {}
        }
        true
    }

    fn allows(&self, state: &BTreeSet<i64>, input: &SetInput, output: Option<&SetOutput>) -> bool {
        match (input, output) {
            (_, None) => true,
            (SetInput::Add(_) | SetInput::Remove(_), Some(SetOutput::Done)) => true,
            (SetInput::Add(element), Some(SetOutput::Was(new))) => state.contains(element) != *new,
            (
                SetInput::Remove(element) | SetInput::Contains(element),
                Some(SetOutput::Was(was)),
            ) => state.contains(element) == *was,
            (SetInput::Read, Some(SetOutput::Elements(seen))) => {
                state.len() == seen.len() && state.iter().eq(seen.iter())
            }
            _ => false,
        }
    }

    fn key(&self, input: &SetInput) -> Option<i64> {
        match input {
            SetInput::Add(element) | SetInput::Remove(element) | SetInput::Contains(element) => {
                Some(*element)
            }
            SetInput::Read => None,
        }
    }

    fn only_reads(&self, input: &SetInput, output: Option<&SetOutput>) -> bool {
        match input {
            SetInput::Add(_) | SetInput::Remove(_) => output == Some(&SetOutput::Was(false)),
            SetInput::Contains(_) | SetInput::Read => true,
        }
    }

    /// What a call wants to find in or not in the set, another must have put there or taken away.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        let (element, present) = match earlier.input {
            SetInput::Add(element) => (*element, true),
            SetInput::Remove(element) => (*element, false),
            SetInput::Contains(_) | SetInput::Read => return false,
        };
        match (later.input, later.output) {
            (_, None | Some(SetOutput::Done)) => false,
            (SetInput::Read, Some(SetOutput::Elements(seen))) => {
                seen.binary_search(&element).is_ok() == present
            }
            (SetInput::Add(other), Some(SetOutput::Was(was))) => {
                *other == element && *was != present
            }
            (SetInput::Remove(other) | SetInput::Contains(other), Some(SetOutput::Was(was))) => {
                *other == element && *was == present
            }
            _ => true,
        }
    }

    fn state_bytes(&self, state: &BTreeSet<i64>, _from: Option<&BTreeSet<i64>>) -> usize {
        // A tree's leaf has room for eleven elements and is at least half full but for the first;
        // its pointers and counters are two words.
        size_of::<BTreeSet<i64>>() + 13 * size_of::<i64>() * (state.len() / 5 + 1)
    }

    fn describe_input(&self, input: &SetInput) -> String {
        match input {
            SetInput::Add(element) => format!("add {element}"),
            SetInput::Remove(element) => format!("remove {element}"),
            SetInput::Contains(element) => format!("contains {element}"),
            SetInput::Read => "read".to_owned(),
        }
    }

    fn describe_output(&self, _input: &SetInput, output: &SetOutput) -> String {
        match output {
            SetOutput::Done => "returned".to_owned(),
            SetOutput::Was(was) => format!("returned {was}"),
            SetOutput::Elements(elements) => format!("returned {}", excerpt(elements)),
        }
    }

    fn answer(&self, state: &BTreeSet<i64>, input: &SetInput) -> Option<SetOutput> {
        Some(match input {
            SetInput::Add(_) | SetInput::Remove(_) => SetOutput::Done,
            SetInput::Contains(element) => SetOutput::Was(state.contains(element)),
            SetInput::Read => SetOutput::Elements(state.iter().copied().collect()),
        })
    }

    fn promise(&self) -> &'static str {
        "what was added and not removed since is in the set, and nothing else"
    }

    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        let mut steps = Vec::with_capacity(operations.len());
        for (operation, timed) in operations.iter().enumerate() {
            let does = match (timed.call.input, timed.call.output) {
                (SetInput::Read, None) => continue,
                (SetInput::Read, Some(SetOutput::Elements(elements))) => Growth::Read(elements),
                (SetInput::Add(element), None | Some(SetOutput::Done)) => Growth::Add(*element),
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            steps.push(GrowthStep { operation, does, called, end, answered });
        }
        growth(&steps)
    }

    fn alternatives(&self, operations: &[Timed<'_, Self>], input: &SetInput) -> Vec<SetOutput> {
        match input {
            SetInput::Add(_) | SetInput::Remove(_) | SetInput::Contains(_) => {
                [true, false].map(SetOutput::Was).to_vec()
            }
            SetInput::Read => {
                let reads = operations.iter().rev().filter_map(|timed| timed.call.output);
                let reads = reads.filter(|output| matches!(output, SetOutput::Elements(_)));
                reads.cloned().chain([SetOutput::Elements([].into())]).collect()
            }
        }
    }
}

/// The elements in braces; of many only the last, which are those that changed last.
fn excerpt(elements: &[i64]) -> String {
    /// More are cut, so that a line of explanation stays a line.
    const SHOWN: usize = 12;
    let shown = &elements[elements.len().saturating_sub(SHOWN)..];
    let list: Vec<String> = shown.iter().map(i64::to_string).collect();
    match elements.len() > SHOWN {
        true => format!("{{… {}}} ({} elements)", list.join(" "), elements.len()),
        false => format!("{{{}}}", list.join(" ")),
    }
}
