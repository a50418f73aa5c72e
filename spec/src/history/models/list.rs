//! A list of integers that starts empty: put in at the end, taken out at one of its ends.

use std::marker::PhantomData;

use crate::history::model::{Call, Model};
use crate::history::rules::{Fifo, FifoStep, Ruling, Timed, fifo};

/// A queue, first in first out.
pub type Queue = List<First>;

/// A stack, last in first out.
pub type Stack = List<Last>;

/// A list from which this end is taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct List<E>(PhantomData<E>);

impl<E> List<E> {
    /// The list.
    pub const NEW: List<E> = List(PhantomData);
}

/// What is taken is what was put in first.
#[derive(Clone, Copy, Debug, Default)]
pub struct First;

/// What is taken is what was put in last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Last;

/// What can be asked of a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListInput {
    /// Put this in at the end.
    Put(i64),
    /// Take one out.
    Take,
}

/// What a list answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ListOutput {
    /// It was put in.
    Put,
    /// What was taken out, or nothing if nothing was there.
    Taken(Option<i64>),
}

/// The end from which a list is taken.
pub trait End {
    /// The list as it is commonly called, and what putting in and taking out are called.
    const NAMES: [&'static str; 3];

    /// The promise, in words.
    const PROMISE: &'static str;

    /// What is taken, and what is left of a list that holds something.
    fn take(list: &[i64]) -> Option<(&i64, &[i64])>;

    /// The verdict of a rule, where there is one.
    fn rule(operations: &[Timed<'_, List<Self>>]) -> Option<Ruling>
    where
        Self: Sized;
}

impl End for First {
    const NAMES: [&'static str; 3] = ["queue", "enqueue", "dequeue"];
    const PROMISE: &'static str = "a dequeue takes out what was put in first of what is there";

    fn take(list: &[i64]) -> Option<(&i64, &[i64])> {
        list.split_first()
    }

    fn rule(operations: &[Timed<'_, Queue>]) -> Option<Ruling> {
        let mut steps = Vec::with_capacity(operations.len());
        for (operation, timed) in operations.iter().enumerate() {
            let does = match (*timed.call.input, timed.call.output) {
                (ListInput::Put(value), None | Some(ListOutput::Put)) => Fifo::Enqueue(value),
                (ListInput::Take, None) => Fifo::Unanswered,
                (ListInput::Take, Some(ListOutput::Taken(Some(value)))) => Fifo::Dequeue(*value),
                (ListInput::Take, Some(ListOutput::Taken(None))) => Fifo::Empty,
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            steps.push(FifoStep { operation, does, called, end, answered });
        }
        fifo(&steps)
    }
}

impl End for Last {
    const NAMES: [&'static str; 3] = ["stack", "push", "pop"];
    const PROMISE: &'static str = "a pop takes off what was pushed last of what is there";

    fn take(list: &[i64]) -> Option<(&i64, &[i64])> {
        list.split_last()
    }

    fn rule(_: &[Timed<'_, Stack>]) -> Option<Ruling> {
        None
    }
}

impl<E: End> Model for List<E> {
    type State = Vec<i64>;
    type Input = ListInput;
    type Output = ListOutput;
    type Key = ();

    fn initial(&self) -> Vec<i64> {
        Vec::new()
    }

    fn step(
        &self,
        state: &Vec<i64>,
        input: &ListInput,
        output: Option<&ListOutput>,
    ) -> Option<Vec<i64>> {
        match (*input, output) {
            (ListInput::Put(value), None | Some(ListOutput::Put)) => {
                let mut next = Vec::with_capacity(state.len() + 1);
                next.extend_from_slice(state);
                next.push(value);
                Some(next)
            }
            (ListInput::Take, None) => E::take(state).map(|(_, left)| left.to_vec()),
            (ListInput::Take, Some(ListOutput::Taken(taken))) => match (E::take(state), taken) {
                (Some((there, left)), Some(taken)) if there == taken => Some(left.to_vec()),
                (None, None) => Some(Vec::new()),
                _ => None,
            },
            _ => None,
        }
    }

    fn only_reads(&self, _input: &ListInput, output: Option<&ListOutput>) -> bool {
        output == Some(&ListOutput::Taken(None))
    }

    /// Only taking out can be illegal. Right after something was put in, it finds that only where
    /// it is taken next: in a stack always, in a queue if nothing was before. After another was
    /// taken out, it finds what comes next.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        match (earlier.input, later.input, later.output) {
            (_, ListInput::Put(_), _) => false,
            (ListInput::Put(_), _, None) => true,
            (ListInput::Put(value), _, Some(output)) => *output == ListOutput::Taken(Some(*value)),
            (ListInput::Take, ..) => true,
        }
    }

    fn state_bytes(&self, state: &Vec<i64>, _from: Option<&Vec<i64>>) -> usize {
        size_of::<Vec<i64>>() + size_of_val(state.as_slice())
    }

    fn describe_input(&self, input: &ListInput) -> String {
        let [_, put, take] = E::NAMES;
        match input {
            ListInput::Put(value) => format!("{put} {value}"),
            ListInput::Take => take.to_owned(),
        }
    }

    fn describe_output(&self, _input: &ListInput, output: &ListOutput) -> String {
        match output {
            ListOutput::Put => "returned".to_owned(),
            ListOutput::Taken(Some(value)) => format!("returned {value}"),
            ListOutput::Taken(None) => "returned nothing".to_owned(),
        }
    }

    fn answer(&self, state: &Vec<i64>, input: &ListInput) -> Option<ListOutput> {
        Some(match input {
            ListInput::Put(_) => ListOutput::Put,
            ListInput::Take => ListOutput::Taken(E::take(state).map(|(value, _)| *value)),
        })
    }

    fn promise(&self) -> &'static str {
        E::PROMISE
    }

    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        E::rule(operations)
    }

    fn alternatives(&self, operations: &[Timed<'_, Self>], input: &ListInput) -> Vec<ListOutput> {
        let put = operations.iter().rev().filter_map(|timed| match timed.call.input {
            ListInput::Put(value) => Some(*value),
            ListInput::Take => None,
        });
        match input {
            ListInput::Put(_) => Vec::new(),
            ListInput::Take => {
                [None].into_iter().chain(put.map(Some)).map(ListOutput::Taken).collect()
            }
        }
    }
}
