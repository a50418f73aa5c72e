//! A queue of integers, first in first out. It starts empty.

use crate::history::model::{Call, Model};
use crate::history::rules::{Fifo, FifoStep, Ruling, Timed, fifo};

/// The queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Queue;

/// What can be asked of a queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueInput {
    /// Put this in at the end.
    Enqueue(i64),
    /// Take out the first.
    Dequeue,
}

/// What a queue answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueueOutput {
    /// The enqueue is done.
    Enqueued,
    /// What was taken out, or nothing if nothing was there.
    Dequeued(Option<i64>),
}

impl Model for Queue {
    type State = Vec<i64>;
    type Input = QueueInput;
    type Output = QueueOutput;
    type Key = ();

    fn initial(&self) -> Vec<i64> {
        Vec::new()
    }

    fn step(
        &self,
        state: &Vec<i64>,
        input: &QueueInput,
        output: Option<&QueueOutput>,
    ) -> Option<Vec<i64>> {
        match (*input, output) {
            (QueueInput::Enqueue(value), None | Some(QueueOutput::Enqueued)) => {
                let mut next = Vec::with_capacity(state.len() + 1);
                next.extend_from_slice(state);
                next.push(value);
                Some(next)
            }
            (QueueInput::Dequeue, None) => state.get(1..).map(<[i64]>::to_vec),
            (QueueInput::Dequeue, Some(QueueOutput::Dequeued(taken))) => {
                let first = state.first().copied();
                (first == *taken).then(|| state.get(1..).unwrap_or_default().to_vec())
            }
            _ => None,
        }
    }

    fn only_reads(&self, _input: &QueueInput, output: Option<&QueueOutput>) -> bool {
        output == Some(&QueueOutput::Dequeued(None))
    }

    /// Only dequeues can be illegal. An enqueue gives a dequeue right after it a value only where
    /// nothing was before, and then its own; a dequeue brings the next value to the front.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        match (earlier.input, later.input, later.output) {
            (_, QueueInput::Enqueue(_), _) => false,
            (QueueInput::Enqueue(_), _, None) => true,
            (QueueInput::Enqueue(value), _, Some(output)) => {
                *output == QueueOutput::Dequeued(Some(*value))
            }
            (QueueInput::Dequeue, ..) => true,
        }
    }

    fn state_bytes(&self, state: &Vec<i64>, _from: Option<&Vec<i64>>) -> usize {
        size_of::<Vec<i64>>() + size_of_val(state.as_slice())
    }

    fn describe_input(&self, input: &QueueInput) -> String {
        match input {
            QueueInput::Enqueue(value) => format!("enqueue {value}"),
            QueueInput::Dequeue => "dequeue".to_owned(),
        }
    }

    fn describe_output(&self, _input: &QueueInput, output: &QueueOutput) -> String {
        match output {
            QueueOutput::Enqueued => "returned".to_owned(),
            QueueOutput::Dequeued(Some(value)) => format!("returned {value}"),
            QueueOutput::Dequeued(None) => "returned nothing".to_owned(),
        }
    }

    fn answer(&self, state: &Vec<i64>, input: &QueueInput) -> Option<QueueOutput> {
        Some(match input {
            QueueInput::Enqueue(_) => QueueOutput::Enqueued,
            QueueInput::Dequeue => QueueOutput::Dequeued(state.first().copied()),
        })
    }

    fn promise(&self) -> &'static str {
        "a dequeue takes out what was put in first of what is there"
    }

    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        let mut steps = Vec::with_capacity(operations.len());
        for (operation, timed) in operations.iter().enumerate() {
            let does = match (*timed.call.input, timed.call.output) {
                (QueueInput::Enqueue(value), None | Some(QueueOutput::Enqueued)) => {
                    Fifo::Enqueue(value)
                }
                (QueueInput::Dequeue, None) => Fifo::Unanswered,
                (QueueInput::Dequeue, Some(QueueOutput::Dequeued(Some(value)))) => {
                    Fifo::Dequeue(*value)
                }
                (QueueInput::Dequeue, Some(QueueOutput::Dequeued(None))) => Fifo::Empty,
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            steps.push(FifoStep { operation, does, called, end, answered });
        }
        fifo(&steps)
    }

    fn alternatives(&self, operations: &[Timed<'_, Self>], input: &QueueInput) -> Vec<QueueOutput> {
        let enqueued = operations.iter().rev().filter_map(|timed| match timed.call.input {
            QueueInput::Enqueue(value) => Some(*value),
            QueueInput::Dequeue => None,
        });
        match input {
            QueueInput::Enqueue(_) => Vec::new(),
            QueueInput::Dequeue => {
                [None].into_iter().chain(enqueued.map(Some)).map(QueueOutput::Dequeued).collect()
            }
        }
    }
}
