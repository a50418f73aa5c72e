//! A register with read, write and compare-and-set, over nothing (nil) or an integer.

use crate::history::model::{Access, Call, Model};
use crate::history::rules::{Ruling, Timed, Visit, zones};

/// The compare-and-set register. It starts as nil.
#[derive(Clone, Copy, Debug, Default)]
pub struct Register;

/// What can be asked of a register. `None` is nil.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegisterInput {
    /// Tell the value.
    Read,
    /// Replace the value.
    Write(Option<i64>),
    /// If the value is the first, replace it by the second.
    Cas(Option<i64>, Option<i64>),
}

/// What a register answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegisterOutput {
    /// The value read.
    Value(Option<i64>),
    /// The write is done.
    Written,
    /// Whether the comparison held, and the swap was made.
    Swapped(bool),
}

impl Model for Register {
    type State = Option<i64>;
    type Input = RegisterInput;
    type Output = RegisterOutput;
    type Key = ();

    fn initial(&self) -> Option<i64> {
        None
    }

    fn step(
        &self,
        state: &Option<i64>,
        input: &RegisterInput,
        output: Option<&RegisterOutput>,
    ) -> Option<Option<i64>> {
        use RegisterOutput::{Swapped, Value, Written};
        match (*input, output) {
            (RegisterInput::Read, None) => Some(*state),
            (RegisterInput::Read, Some(Value(seen))) => (seen == state).then_some(*state),
            (RegisterInput::Write(new), None | Some(Written)) => Some(new),
            (RegisterInput::Cas(old, new), None | Some(Swapped(true))) => {
                (old == *state).then_some(new)
            }
            (RegisterInput::Cas(old, _), Some(Swapped(false))) => (old != *state).then_some(*state),
            _ => None,
        }
    }

    fn only_reads(&self, input: &RegisterInput, output: Option<&RegisterOutput>) -> bool {
        *input == RegisterInput::Read || output == Some(&RegisterOutput::Swapped(false))
    }

    /// A call is only made legal by one that leaves a value it wants.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        leaves(earlier).is_some_and(|value| wants(later, value))
    }

    /// Without `earlier` the value differs only until something else is written. A later call
    /// notices only if it came before that, and then it was legal with exactly the value that
    /// `earlier` left: a compare-and-set in between would itself have become illegal.
    fn may_show(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        self.may_enable(earlier, later)
    }

    fn describe_input(&self, input: &RegisterInput) -> String {
        match input {
            RegisterInput::Read => "read".to_owned(),
            RegisterInput::Write(new) => format!("write {}", word(*new)),
            RegisterInput::Cas(old, new) => format!("cas {} to {}", word(*old), word(*new)),
        }
    }

    fn describe_output(&self, _input: &RegisterInput, output: &RegisterOutput) -> String {
        match output {
            RegisterOutput::Value(value) => format!("returned {}", word(*value)),
            RegisterOutput::Written => "returned".to_owned(),
            RegisterOutput::Swapped(true) => "swapped".to_owned(),
            RegisterOutput::Swapped(false) => "found another value".to_owned(),
        }
    }

    fn answer(&self, state: &Option<i64>, input: &RegisterInput) -> Option<RegisterOutput> {
        Some(match *input {
            RegisterInput::Read => RegisterOutput::Value(*state),
            RegisterInput::Write(_) => RegisterOutput::Written,
            RegisterInput::Cas(old, _) => RegisterOutput::Swapped(old == *state),
        })
    }

    fn promise(&self) -> &'static str {
        "a read returns the value written last, and a cas swaps if and only if it finds its value"
    }

    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        let mut visits = Vec::with_capacity(operations.len());
        for (operation, timed) in operations.iter().enumerate() {
            let (writes, value) = match (timed.call.input, timed.call.output) {
                (RegisterInput::Read, None) => continue,
                (RegisterInput::Read, Some(RegisterOutput::Value(value))) => (false, *value),
                (RegisterInput::Write(value), None | Some(RegisterOutput::Written)) => {
                    (true, *value)
                }
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            visits.push(Visit { operation, called, end, writes, answered, value });
        }
        zones(&visits)
    }

    fn alternatives(
        &self,
        operations: &[Timed<'_, Self>],
        input: &RegisterInput,
    ) -> Vec<RegisterOutput> {
        match input {
            RegisterInput::Read => {
                let written = operations.iter().rev().filter_map(|timed| leaves(timed.call));
                written.chain([None]).map(RegisterOutput::Value).collect()
            }
            RegisterInput::Write(_) => Vec::new(),
            RegisterInput::Cas(..) => [true, false].map(RegisterOutput::Swapped).to_vec(),
        }
    }

    fn access(&self, input: &RegisterInput, output: Option<&RegisterOutput>) -> Option<Access<()>> {
        let (writes, value) = match (*input, output) {
            (RegisterInput::Read, Some(RegisterOutput::Value(value))) => (false, *value),
            (RegisterInput::Read, _) => (false, None),
            (RegisterInput::Write(value), _) => (true, value),
            (RegisterInput::Cas(..), _) => return None,
        };
        Some(Access { key: (), writes, value: value.map(|value| value.to_string()) })
    }
}

/// The value after the call, if it may change it.
fn leaves(call: Call<'_, Register>) -> Option<Option<i64>> {
    match (call.input, call.output) {
        (RegisterInput::Write(new), _) => Some(*new),
        (RegisterInput::Cas(_, new), None | Some(RegisterOutput::Swapped(true))) => Some(*new),
        _ => None,
    }
}

/// Whether the call is legal when the register holds `value` but not whatever it holds.
fn wants(call: Call<'_, Register>, value: Option<i64>) -> bool {
    match (call.input, call.output) {
        (RegisterInput::Read, Some(output)) => *output == RegisterOutput::Value(value),
        (RegisterInput::Read, None) | (RegisterInput::Write(_), _) => false,
        (RegisterInput::Cas(old, _), Some(RegisterOutput::Swapped(false))) => *old != value,
        (RegisterInput::Cas(old, _), _) => *old == value,
    }
}

fn word(value: Option<i64>) -> String {
    value.map_or("nil".to_owned(), |n| n.to_string())
}
