//! A counter of integers. It starts as 0.

use crate::history::model::{Call, Model};
use crate::history::rules::{Ruling, Tally, TallyStep, Timed, tally};

/// The counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter;

/// What can be asked of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CounterInput {
    /// Add this, which may be negative. Sums wrap around.
    Add(i64),
    /// Add this and tell the sum.
    AddAndGet(i64),
    /// Tell the sum.
    Read,
}

/// What a counter answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CounterOutput {
    /// The add is done.
    Added,
    /// The sum.
    Sum(i64),
}

impl Model for Counter {
    type State = i64;
    type Input = CounterInput;
    type Output = CounterOutput;
    type Key = ();

    fn initial(&self) -> i64 {
        0
    }

    fn step(
        &self,
        state: &i64,
        input: &CounterInput,
        output: Option<&CounterOutput>,
    ) -> Option<i64> {
        let next = match input {
            CounterInput::Add(number) | CounterInput::AddAndGet(number) => {
                state.wrapping_add(*number)
            }
            CounterInput::Read => *state,
        };
        let legal = match (input, output) {
            (_, None) => true,
            (CounterInput::Add(_), Some(output)) => *output == CounterOutput::Added,
            (_, Some(output)) => *output == CounterOutput::Sum(next),
        };
        legal.then_some(next)
    }

    fn only_reads(&self, input: &CounterInput, _output: Option<&CounterOutput>) -> bool {
        adds(input) == 0
    }

    /// An add without an answer of its own is always legal. An addition makes a sum right only by
    /// changing it.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        adds(earlier.input) != 0 && matches!(later.output, Some(CounterOutput::Sum(_)))
    }

    /// What is always legal never notices anything, and nothing notices the addition of 0.
    fn may_show(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        self.may_enable(earlier, later)
    }

    fn describe_input(&self, input: &CounterInput) -> String {
        match input {
            CounterInput::Add(number) => format!("add {number}"),
            CounterInput::AddAndGet(number) => format!("add {number} and get"),
            CounterInput::Read => "read".to_owned(),
        }
    }

    fn describe_output(&self, _input: &CounterInput, output: &CounterOutput) -> String {
        match output {
            CounterOutput::Added => "returned".to_owned(),
            CounterOutput::Sum(sum) => format!("returned {sum}"),
        }
    }

    fn answer(&self, state: &i64, input: &CounterInput) -> Option<CounterOutput> {
        Some(match input {
            CounterInput::Add(_) => CounterOutput::Added,
            CounterInput::AddAndGet(number) => CounterOutput::Sum(state.wrapping_add(*number)),
            CounterInput::Read => CounterOutput::Sum(*state),
        })
    }

    fn promise(&self) -> &'static str {
        "a read returns the sum of what was added before"
    }

    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        let mut steps = Vec::with_capacity(operations.len());
        for (operation, timed) in operations.iter().enumerate() {
            let does = match (*timed.call.input, timed.call.output) {
                (CounterInput::Read, None) => continue,
                (CounterInput::Read, Some(CounterOutput::Sum(sum))) => Tally::Read(*sum),
                (CounterInput::Add(number), None | Some(CounterOutput::Added)) => {
                    Tally::Add(number)
                }
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            steps.push(TallyStep { operation, does, called, end, answered });
        }
        tally(&steps)
    }

    fn alternatives(
        &self,
        operations: &[Timed<'_, Self>],
        input: &CounterInput,
    ) -> Vec<CounterOutput> {
        if matches!(input, CounterInput::Add(_)) {
            return Vec::new();
        }
        // The sums in the order of calls.
        let mut sum = 0_i64;
        let mut sums = vec![CounterOutput::Sum(adds(input))];
        for timed in operations {
            sum = sum.wrapping_add(adds(timed.call.input));
            sums.push(CounterOutput::Sum(sum.wrapping_add(adds(input))));
        }
        sums.reverse();
        sums
    }
}

/// What the call adds.
fn adds(input: &CounterInput) -> i64 {
    match input {
        CounterInput::Add(number) | CounterInput::AddAndGet(number) => *number,
        CounterInput::Read => 0,
    }
}
