//! Every model, by rule and by search, against a checker that tries every order: histories of an
//! atomic object, as they were and with answers falsified.

mod brute;
#[allow(dead_code, reason = "other tests use the rest")]
mod generate;

use std::cell::Cell;
use std::fmt::Debug;
use std::time::Instant;

use brute::{assert_fails_first_at, some_order};
use generate::{Rng, Shape, falsify_register, random_history};
use spec::history::models::{
    Counter, CounterInput, CounterOutput, Kv, KvInput, KvOutput, ListInput, ListOutput, Lock,
    LockInput, LockOutput, Micro, MultiRegister, Queue, Register, RegisterInput, Revisions, Set,
    SetInput, SetOutput, Stack,
};
use spec::history::read::read;
use spec::history::{Call, History, Limits, Model, Ruling, Timed, Verdict, certify, check};

/// What came of a comparison.
#[derive(Default, Debug)]
struct Tally {
    legal: usize,
    illegal: usize,
    by_rule: usize,
    illegal_by_rule: usize,
}

/// What the model's rule says of the whole history, if it says anything.
fn rule<M: Model>(model: &M, history: &History<M::Input, M::Output>) -> Option<bool> {
    let operations = history.operations().iter();
    let happened = operations.filter(|o| o.outcome != spec::history::Outcome::Failed);
    let timed: Vec<Timed<'_, M>> = happened
        .map(|operation| Timed {
            call: Call { input: &operation.input, output: operation.output() },
            called: operation.called,
            returned: operation.returned(),
        })
        .collect();
    model.rule(&timed).map(|ruling| matches!(ruling, Ruling::Order(_)))
}

/// Compares rule, search and brute force, and what the violation says with what is so.
fn compare<M: Model>(model: &M, history: &History<M::Input, M::Output>, tally: &mut Tally)
where
    M::Input: Debug + PartialEq,
    M::Output: Debug,
{
    let legal = some_order(model, history, &mut vec![false; history.len()], &model.initial());
    tally.legal += usize::from(legal);
    tally.illegal += usize::from(!legal);
    if let Some(ruled) = rule(model, history) {
        assert_eq!(ruled, legal, "the rule is right about {history:#?}");
        tally.by_rule += 1;
        tally.illegal_by_rule += usize::from(!legal);
    }
    for (rules, split_by_key) in [(true, true), (true, false), (false, true), (false, false)] {
        let limits = Limits { split_by_key, rules, ..Limits::default() };
        let checked = check(model, history, &limits, Instant::now());
        match checked.verdict {
            Verdict::Linearizable { witness } => {
                assert!(legal, "there is no order of {history:#?}");
                assert_eq!(certify(model, history, &witness), Ok(()));
                assert_eq!(checked.violation, None);
            }
            Verdict::NotLinearizable { explanation } => {
                assert!(!legal, "there is an order of {history:#?}");
                let violation = checked.violation.expect("a violation is told");
                assert_eq!(violation.facts.len(), 2, "{violation:?}");
                assert!(!violation.conflict.is_empty(), "{violation:?}");
                let at = violation.fails_at.expect("a small history is searched to the end");
                assert!(violation.holds_until.expect("likewise") < at);
                let stuck = violation.operation.expect("likewise");
                assert_eq!(history.operations()[stuck].returned(), Some(at));
                if !split_by_key {
                    assert_fails_first_at(model, history, &explanation[0]);
                    assert_legal_instead(model, history, stuck, at, &violation.legal);
                }
            }
            Verdict::Unknown { reason, .. } => panic!("a small history is undecided: {reason:?}"),
        }
    }
}

/// Every answer that is called legal instead of the one given at a return is so.
fn assert_legal_instead<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    stuck: usize,
    at: u64,
    legal: &[String],
) where
    M::Input: Debug,
    M::Output: Debug,
{
    let input = &history.operations()[stuck].input;
    let timed: Vec<Timed<'_, M>> = Vec::new();
    let mut answers = model.alternatives(&timed, input);
    let operations = history.operations().iter();
    answers.extend(operations.filter_map(|operation| operation.output().cloned()));
    for answer in answers.into_iter().filter(|answer| {
        let words = model.describe_output(input, answer);
        legal.contains(&words)
    }) {
        let changed = brute::answered_otherwise(history, stuck, at, &answer);
        let mut placed = vec![false; changed.len()];
        let words = model.describe_output(input, &answer);
        assert!(
            some_order(model, &changed, &mut placed, &model.initial()),
            "{words} is legal at {at}, not {legal:?}, in {history:#?}"
        );
    }
}

fn run<M: Model>(
    model: &M,
    seed: u64,
    rounds: usize,
    ask: impl Fn(&mut Rng) -> M::Input,
    falsify: impl Fn(&mut Rng, M::Output) -> M::Output,
) -> Tally
where
    M::Input: Debug + PartialEq,
    M::Output: Debug,
{
    let mut tally = Tally::default();
    let mut rng = Rng(seed);
    for round in 0..rounds {
        let shape = Shape {
            clients: 1 + rng.below(5),
            operations: 4 + rng.below(7) as usize,
            unknown: [0, 0, 100, 300][round % 4],
            failed: 40,
            false_answer: [0, 150, 400][round % 3],
        };
        let history = random_history(&mut rng, model, &shape, &ask, &falsify);
        compare(model, &history, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.legal > rounds / 5 && tally.illegal > rounds / 10, "{tally:?}");
    tally
}

fn assert_ruled(tally: &Tally, rounds: usize) {
    assert!(tally.by_rule > rounds / 2, "the rule applies to most: {tally:?}");
    assert!(tally.illegal_by_rule > rounds / 10, "and finds conflicts: {tally:?}");
}

/// A number that was not given before.
fn unique() -> impl Fn() -> i64 {
    let last = Cell::new(0);
    move || {
        last.set(last.get() + 1);
        last.get()
    }
}

#[test]
fn registers_of_unique_values() {
    let next = unique();
    let ask = |rng: &mut Rng| match rng.below(2) {
        0 => RegisterInput::Read,
        _ => RegisterInput::Write(Some(next() % 7)),
    };
    // Numbers recur after seven, so that some histories write a value twice.
    let tally = run(&Register, 11, 4000, ask, falsify_near_register);
    assert_ruled(&tally, 4000);
}

fn falsify_near_register(
    rng: &mut Rng,
    output: spec::history::models::RegisterOutput,
) -> spec::history::models::RegisterOutput {
    match output {
        spec::history::models::RegisterOutput::Value(_) => {
            let value = Some(rng.below(8) as i64).filter(|value| *value < 7);
            spec::history::models::RegisterOutput::Value(value)
        }
        other => falsify_register(rng, other),
    }
}

#[test]
fn stores_of_unique_values() {
    let next = unique();
    let ask = |rng: &mut Rng| {
        let key = rng.below(2).to_string().into();
        match rng.below(9) {
            0..4 => KvInput::Get(key),
            4..8 => KvInput::Put(key, (next() % 9).to_string().into()),
            _ => KvInput::Append(key, "x".into()),
        }
    };
    let falsify = |rng: &mut Rng, output| match output {
        KvOutput::Value(_) => {
            let value = rng.below(10);
            KvOutput::Value(if value == 9 { "".into() } else { value.to_string().into() })
        }
        KvOutput::Done => KvOutput::Done,
    };
    run(&Kv, 12, 3000, ask, falsify);
}

#[test]
fn queues() {
    let next = unique();
    let ask = |rng: &mut Rng| match rng.below(20) {
        0..9 => ListInput::Put(next() % 8),
        9 => ListInput::Put(1),
        _ => ListInput::Take,
    };
    let falsify = |rng: &mut Rng, output| match output {
        ListOutput::Put => ListOutput::Put,
        ListOutput::Taken(_) => {
            ListOutput::Taken(Some(rng.below(9) as i64).filter(|value| *value < 8))
        }
    };
    let tally = run(&Queue::NEW, 13, 6000, ask, falsify);
    assert_ruled(&tally, 6000);
}

#[test]
fn stacks() {
    let next = unique();
    let ask = |rng: &mut Rng| match rng.below(2) {
        0 => ListInput::Put(next() % 8),
        _ => ListInput::Take,
    };
    let falsify = |rng: &mut Rng, output| match output {
        ListOutput::Put => ListOutput::Put,
        ListOutput::Taken(_) => {
            ListOutput::Taken(Some(rng.below(9) as i64).filter(|value| *value < 8))
        }
    };
    run(&Stack::NEW, 14, 4000, ask, falsify);
}

#[test]
fn sets() {
    let ask = |rng: &mut Rng| {
        let element = rng.below(3) as i64;
        match rng.below(6) {
            0 | 1 => SetInput::Add(element),
            2 => SetInput::Remove(element),
            3 => SetInput::Contains(element),
            _ => SetInput::Read,
        }
    };
    run(&Set, 15, 3000, ask, falsify_set);
}

fn falsify_set(rng: &mut Rng, output: SetOutput) -> SetOutput {
    match output {
        SetOutput::Done => SetOutput::Was(rng.below(2) == 0),
        SetOutput::Was(was) => SetOutput::Was(!was),
        SetOutput::Elements(elements) => {
            let other = rng.below(4) as i64;
            let mut elements: Vec<i64> = elements.to_vec();
            match elements.binary_search(&other) {
                Ok(place) => drop(elements.remove(place)),
                Err(place) => elements.insert(place, other),
            }
            SetOutput::Elements(elements.into())
        }
    }
}

#[test]
fn sets_that_grow() {
    let next = unique();
    let ask = |rng: &mut Rng| match rng.below(2) {
        0 => SetInput::Add(next() % 8),
        _ => SetInput::Read,
    };
    let falsify = |rng: &mut Rng, output| match output {
        SetOutput::Elements(_) => falsify_set(rng, output),
        other => other,
    };
    let tally = run(&Set, 16, 4000, ask, falsify);
    assert_ruled(&tally, 4000);
}

#[test]
fn counters() {
    let ask = |rng: &mut Rng| match rng.below(6) {
        0..3 => CounterInput::Add([1, -2, 2][rng.below(3) as usize]),
        3 => CounterInput::AddAndGet(rng.below(3) as i64),
        _ => CounterInput::Read,
    };
    run(&Counter, 17, 3000, ask, falsify_counter);
}

fn falsify_counter(rng: &mut Rng, output: CounterOutput) -> CounterOutput {
    match output {
        CounterOutput::Added => CounterOutput::Added,
        CounterOutput::Sum(sum) => CounterOutput::Sum(sum + rng.below(3) as i64 - 1),
    }
}

#[test]
fn counters_of_equal_steps() {
    for (seed, step) in [(18, 1), (19, -3)] {
        let ask = |rng: &mut Rng| match rng.below(2) {
            0 => CounterInput::Add(step),
            _ => CounterInput::Read,
        };
        let falsify = |rng: &mut Rng, output| match output {
            CounterOutput::Sum(sum) => {
                let by = if rng.below(4) == 0 { 1 } else { step };
                CounterOutput::Sum(sum + by * (rng.below(3) as i64 - 1))
            }
            other => other,
        };
        let tally = run(&Counter, seed, 3000, ask, falsify);
        assert_ruled(&tally, 3000);
    }
}

#[test]
fn locks() {
    let ask = |rng: &mut Rng| {
        let owner = rng.below(2) as i64;
        match rng.below(2) {
            0 => LockInput::Acquire(owner),
            _ => LockInput::Release(owner),
        }
    };
    let falsify = |_: &mut Rng, output| match output {
        LockOutput::Done => LockOutput::Refused,
        LockOutput::Refused => LockOutput::Done,
    };
    run(&Lock, 20, 4000, ask, falsify);
}

#[test]
fn several_registers() {
    let ask = |rng: &mut Rng| {
        let micro = |rng: &mut Rng| {
            let name = ["x", "y"][rng.below(2) as usize].into();
            match rng.below(2) {
                0 => Micro::Read(name),
                _ => Micro::Write(name, Some(rng.below(3) as i64)),
            }
        };
        (0..1 + rng.below(3)).map(|_| micro(rng)).collect()
    };
    let falsify = |rng: &mut Rng, mut output: Vec<Option<i64>>| {
        if let Some(value) = output.first_mut() {
            *value = Some(rng.below(4) as i64).filter(|value| *value < 3);
        }
        output
    };
    run(&MultiRegister, 21, 3000, ask, falsify);
}

/// Clients of a store with revisions, as JSON lines. An answer is now and then false: an older or a
/// newer revision, or nothing.
fn revisions_text(rng: &mut Rng, unknown: u64, false_answer: u64) -> String {
    let (mut state, mut revision, mut value) = ([(0, 0); 2], 0, 0);
    let mut lines: Vec<String> = Vec::new();
    let mut open: [Option<(usize, u64, i64, i64)>; 3] = [None; 3];
    let mut done: [Option<String>; 3] = [const { None }; 3];
    for _ in 0..24 {
        let process = rng.below(3) as usize;
        let mut say = |rest: String| lines.push(format!("{{\"process\":{process},{rest}}}"));
        if let Some(answer) = done[process].take() {
            say(match rng.per_mille(unknown) {
                true => "\"type\":\"info\"".to_string(),
                false => format!("\"type\":\"ok\",\"value\":{answer}"),
            });
        } else if let Some((key, ask, at, new)) = open[process].take() {
            let now: (i64, i64) = state[key];
            let writes = ask == 1 || ask == 2 && now.1 == at;
            // Some of those that are never answered do not happen.
            if writes && !rng.per_mille(unknown / 2) {
                revision += 1;
                state[key] = (new, revision);
            }
            let shift =
                if rng.per_mille(false_answer) { [-1, 1][rng.below(2) as usize] } else { 0 };
            done[process] = Some(match (writes, now) {
                (true, _) => format!("{}", state[key].1 + shift),
                (false, (_, 0)) if shift == 0 => "null".to_string(),
                (false, (value, at)) => format!("[{},{at}]", value + shift),
            });
        } else {
            let (key, ask) = (rng.below(2) as usize, rng.below(3));
            value += 1;
            let at = state[key].1 + i64::from(rng.per_mille(200));
            let asked = [String::new(), format!("{value}"), format!("[{at},{value}]")];
            let (f, with) = (["get", "put", "swap"][ask as usize], &asked[ask as usize]);
            let with = if with.is_empty() { "null" } else { with };
            say(format!("\"type\":\"invoke\",\"f\":\"{f}\",\"key\":{key},\"value\":{with}"));
            open[process] = Some((key, ask, at, value));
        }
    }
    lines.join("\n")
}

#[test]
fn revisions() {
    let mut tally = Tally::default();
    let mut rng = Rng(22);
    for round in 0..3000 {
        let (unknown, false_answer) = ([0, 200][round % 2], [0, 150, 400][round % 3]);
        let text = revisions_text(&mut rng, unknown, false_answer);
        let history = read(&Revisions, &text).unwrap_or_else(|error| panic!("{error}: {text}"));
        compare(&Revisions, &history, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.legal > 600 && tally.illegal > 300, "{tally:?}");
}
