//! A stack of integers, last in first out. It starts empty.

use crate::history::model::{Call, Model};
use crate::history::rules::Timed;

/// The stack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stack;

/// What can be asked of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StackInput {
    /// Put this on top.
    Push(i64),
    /// Take off the top.
    Pop,
}

/// What a stack answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StackOutput {
    /// The push is done.
    Pushed,
    /// What was taken off, or nothing if nothing was there.
    Popped(Option<i64>),
}

impl Model for Stack {
    type State = Vec<i64>;
    type Input = StackInput;
    type Output = StackOutput;
    type Key = ();

    fn initial(&self) -> Vec<i64> {
        Vec::new()
    }

    fn step(
        &self,
        state: &Vec<i64>,
        input: &StackInput,
        output: Option<&StackOutput>,
    ) -> Option<Vec<i64>> {
        match (*input, output) {
            (StackInput::Push(value), None | Some(StackOutput::Pushed)) => {
                let mut next = Vec::with_capacity(state.len() + 1);
                next.extend_from_slice(state);
                next.push(value);
                Some(next)
            }
            (StackInput::Pop, None) => state.split_last().map(|(_, below)| below.to_vec()),
            (StackInput::Pop, Some(StackOutput::Popped(taken))) => {
                let below = || state.split_last().map_or(Vec::new(), |(_, below)| below.to_vec());
                (state.last() == taken.as_ref()).then(below)
            }
            _ => None,
        }
    }

    fn only_reads(&self, _input: &StackInput, output: Option<&StackOutput>) -> bool {
        output == Some(&StackOutput::Popped(None))
    }

    /// Only pops can be illegal, and right after a push they find what it put on top.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        match (earlier.input, later.input, later.output) {
            (_, StackInput::Push(_), _) => false,
            (StackInput::Push(_), _, None) => true,
            (StackInput::Push(value), _, Some(output)) => {
                *output == StackOutput::Popped(Some(*value))
            }
            (StackInput::Pop, ..) => true,
        }
    }

    fn state_bytes(&self, state: &Vec<i64>, _from: Option<&Vec<i64>>) -> usize {
        size_of::<Vec<i64>>() + size_of_val(state.as_slice())
    }

    fn describe_input(&self, input: &StackInput) -> String {
        match input {
            StackInput::Push(value) => format!("push {value}"),
            StackInput::Pop => "pop".to_owned(),
        }
    }

    fn describe_output(&self, _input: &StackInput, output: &StackOutput) -> String {
        match output {
            StackOutput::Pushed => "returned".to_owned(),
            StackOutput::Popped(Some(value)) => format!("returned {value}"),
            StackOutput::Popped(None) => "returned nothing".to_owned(),
        }
    }

    fn answer(&self, state: &Vec<i64>, input: &StackInput) -> Option<StackOutput> {
        Some(match input {
            StackInput::Push(_) => StackOutput::Pushed,
            StackInput::Pop => StackOutput::Popped(state.last().copied()),
        })
    }

    fn promise(&self) -> &'static str {
        "a pop takes off what was pushed last of what is there"
    }

    fn alternatives(&self, operations: &[Timed<'_, Self>], input: &StackInput) -> Vec<StackOutput> {
        let pushed = operations.iter().rev().filter_map(|timed| match timed.call.input {
            StackInput::Push(value) => Some(*value),
            StackInput::Pop => None,
        });
        match input {
            StackInput::Push(_) => Vec::new(),
            StackInput::Pop => {
                [None].into_iter().chain(pushed.map(Some)).map(StackOutput::Popped).collect()
            }
        }
    }
}
