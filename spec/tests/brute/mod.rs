//! Judging histories by trying everything.

use spec::history::{History, Model, Operation, Outcome, Recorder};

/// Tries every order, knowing nothing of the model but its steps.
pub fn some_order<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    placed: &mut Vec<bool>,
    state: &M::State,
) -> bool {
    let operations = history.operations();
    let left = |placed: &[bool]| (0..operations.len()).filter(|i| !placed[*i]).collect::<Vec<_>>();
    let rest = left(placed);
    let next_return = rest.iter().filter_map(|&i| operations[i].returned()).min();
    let Some(next_return) = next_return else {
        return true;
    };
    rest.into_iter().any(|i| {
        let operation = &operations[i];
        if operation.outcome == Outcome::Failed || operation.called > next_return {
            return false;
        }
        let Some(next) = model.step(state, &operation.input, operation.output()) else {
            return false;
        };
        placed[i] = true;
        let found = some_order(model, history, placed, &next);
        placed[i] = false;
        found
    })
}

/// Checks that the history has an order up to just before the line that the explanation names, and
/// none up to that line.
pub fn assert_fails_first_at<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    explanation: &str,
) {
    let number: String = explanation.chars().filter(char::is_ascii_digit).collect();
    let line: u64 = number.parse().expect("the explanation names a line");
    let legal = |until| {
        let history = prefix(history, until);
        some_order(model, &history, &mut vec![false; history.len()], &model.initial())
    };
    assert!(legal(line - 1) && !legal(line), "the history fails first at line {line}");
}

/// The history as it was recorded up to a position, without what failed then or later.
fn prefix<I: Clone, O: Clone>(history: &History<I, O>, until: u64) -> History<I, O> {
    again(history, until, |_, output| output.clone())
}

/// The history up to a return, at which an operation answers otherwise.
pub fn answered_otherwise<I: Clone, O: Clone>(
    history: &History<I, O>,
    index: usize,
    at: u64,
    answer: &O,
) -> History<I, O> {
    again(history, at, |place, output| if place == index { answer.clone() } else { output.clone() })
}

/// Records a history again up to a position, with other answers.
fn again<I: Clone, O: Clone>(
    history: &History<I, O>,
    until: u64,
    answer: impl Fn(usize, &O) -> O,
) -> History<I, O> {
    let mut events: Vec<(u64, usize)> = Vec::new();
    let happened = |pair: &(usize, &Operation<I, O>)| !matches!(pair.1.outcome, Outcome::Failed);
    for (index, operation) in history.operations().iter().enumerate().filter(happened) {
        events.push((operation.called, index));
        events.extend(operation.returned().map(|at| (at, index)));
    }
    events.sort_unstable();
    let mut recorder = Recorder::new();
    for (at, index) in events.into_iter().take_while(|event| event.0 <= until) {
        let operation = &history.operations()[index];
        // Unknown operations never end here, so each operation gets a process of its own.
        let process = index as u64;
        let result = match operation.output() {
            _ if at == operation.called => recorder.invoke(at, process, operation.input.clone()),
            Some(output) => recorder.ok(at, process, answer(index, output)),
            None => Ok(()),
        };
        result.expect("the events were recorded once already");
    }
    recorder.finish()
}
