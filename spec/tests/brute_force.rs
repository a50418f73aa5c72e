//! The search against a checker that tries every order, on thousands of small histories.

#[allow(dead_code, reason = "other tests use the rest")]
mod brute;
mod generate;

use std::time::Instant;

use brute::{assert_fails_first_at, some_order};
use generate::{
    Rng, Shape, falsify_kv, falsify_register, kv_input, random_history, register_input,
};
use spec::history::models::{Kv, Register};
use spec::history::{
    Checked, History, Limits, Model, Outcome, Recorder, Refusal, Verdict, certify, check,
};

/// A queue of numbers: a model of our own, which makes no claims.
struct Queue;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum QueueInput {
    Add(u64),
    Take,
}

impl Model for Queue {
    type State = Vec<u64>;
    type Input = QueueInput;
    /// What was taken, if anything was there.
    type Output = Option<u64>;
    type Key = ();

    fn initial(&self) -> Vec<u64> {
        Vec::new()
    }

    fn step(
        &self,
        state: &Vec<u64>,
        input: &QueueInput,
        output: Option<&Option<u64>>,
    ) -> Option<Vec<u64>> {
        let answer = self.answer(state, input);
        if output.is_some() && output != answer.as_ref() {
            return None;
        }
        let mut next = state.clone();
        match input {
            QueueInput::Add(number) => next.push(*number),
            QueueInput::Take if next.is_empty() => {}
            QueueInput::Take => drop(next.remove(0)),
        }
        Some(next)
    }

    fn describe_input(&self, input: &QueueInput) -> String {
        format!("{input:?}")
    }

    fn describe_output(&self, _input: &QueueInput, output: &Option<u64>) -> String {
        format!("returned {output:?}")
    }

    fn answer(&self, state: &Vec<u64>, input: &QueueInput) -> Option<Option<u64>> {
        Some(match input {
            QueueInput::Add(_) => None,
            QueueInput::Take => state.first().copied(),
        })
    }
}

/// How often each verdict came, and what the histories had in them.
#[derive(Default, Debug)]
struct Tally {
    legal: usize,
    illegal: usize,
    failed: usize,
    unknown_used: usize,
    unknown_left: usize,
}

fn compare<M: Model>(model: &M, history: &History<M::Input, M::Output>, tally: &mut Tally)
where
    M::Input: std::fmt::Debug + PartialEq,
    M::Output: std::fmt::Debug,
{
    let operations = history.operations();
    let expected = some_order(model, history, &mut vec![false; history.len()], &model.initial());
    for split_by_key in [true, false] {
        let limits = Limits { split_by_key, ..Limits::default() };
        match check(model, history, &limits, Instant::now()).verdict {
            Verdict::Linearizable { witness } => {
                assert!(expected, "there is no order of {history:#?}");
                assert_eq!(certify(model, history, &witness), Ok(()));
                let used = |i: &usize| operations[*i].outcome == Outcome::Unknown;
                let used = witness.iter().filter(|i| used(i)).count();
                let unknown = operations.iter().filter(|o| o.outcome == Outcome::Unknown).count();
                tally.unknown_used += used;
                tally.unknown_left += unknown - used;
            }
            Verdict::NotLinearizable { explanation } => {
                assert!(!expected, "there is an order of {history:#?}");
                if !split_by_key {
                    assert_fails_first_at(model, history, &explanation[0]);
                }
            }
            Verdict::Unknown { reason, .. } => panic!("a small history is undecided: {reason:?}"),
        }
    }
    tally.legal += usize::from(expected);
    tally.illegal += usize::from(!expected);
    tally.failed += operations.iter().filter(|o| o.outcome == Outcome::Failed).count();
}

/// Every kind of history must have been common, or the comparison says little.
fn assert_varied(tally: &Tally, histories: usize) {
    println!("{tally:?}");
    let least = histories / 10;
    assert!(tally.legal > least, "legal histories are common: {tally:?}");
    assert!(tally.illegal > least, "illegal histories are common: {tally:?}");
    assert!(tally.failed > least, "failed operations are common: {tally:?}");
    assert!(tally.unknown_used > least, "unknown operations take effect: {tally:?}");
    assert!(tally.unknown_left > least, "unknown operations are left out: {tally:?}");
}

fn shape(rng: &mut Rng, unknown: u64) -> Shape {
    Shape {
        clients: 1 + rng.below(5),
        operations: 4 + rng.below(7) as usize,
        unknown,
        failed: 80,
        false_answer: 250,
    }
}

#[test]
fn registers_agree_with_brute_force() {
    let mut tally = Tally::default();
    let mut rng = Rng(1);
    for round in 0..6000 {
        let shape = shape(&mut rng, [100, 300, 600][round % 3]);
        let values = 2 + round as u64 % 2;
        let ask = |rng: &mut Rng| register_input(rng, values);
        let history = random_history(&mut rng, &Register, &shape, ask, falsify_register);
        compare(&Register, &history, &mut tally);
    }
    assert_varied(&tally, 6000);
}

#[test]
fn stores_agree_with_brute_force() {
    let mut tally = Tally::default();
    let mut rng = Rng(2);
    for round in 0..6000 {
        let shape = shape(&mut rng, [100, 300, 500][round % 3]);
        let keys = 1 + round as u64 % 3;
        let ask = |rng: &mut Rng| kv_input(rng, keys, 3);
        let history = random_history(&mut rng, &Kv, &shape, ask, falsify_kv);
        compare(&Kv, &history, &mut tally);
    }
    assert_varied(&tally, 6000);
}

#[test]
fn models_without_claims_agree_with_brute_force() {
    let mut tally = Tally::default();
    let mut rng = Rng(3);
    for _ in 0..3000 {
        let shape = shape(&mut rng, 300);
        let ask = |rng: &mut Rng| match rng.below(2) {
            0 => QueueInput::Take,
            _ => QueueInput::Add(rng.below(3)),
        };
        let falsify = |rng: &mut Rng, _| Some(rng.below(3));
        let history = random_history(&mut rng, &Queue, &shape, ask, falsify);
        compare(&Queue, &history, &mut tally);
    }
    assert_varied(&tally, 3000);
}

/// A model of which only the required methods are known.
struct Unclaimed<M>(M);

impl<M: Model> Model for Unclaimed<M> {
    type State = M::State;
    type Input = M::Input;
    type Output = M::Output;
    type Key = ();

    fn initial(&self) -> M::State {
        self.0.initial()
    }

    fn step(
        &self,
        state: &M::State,
        input: &M::Input,
        output: Option<&M::Output>,
    ) -> Option<M::State> {
        self.0.step(state, input, output)
    }

    fn describe_input(&self, input: &M::Input) -> String {
        self.0.describe_input(input)
    }

    fn describe_output(&self, input: &M::Input, output: &M::Output) -> String {
        self.0.describe_output(input, output)
    }
}

/// Larger histories than brute force can try, with and without all that the model claims.
fn assert_claims_are_true<M: Model>(
    model: M,
    rng: &mut Rng,
    ask: impl Fn(&mut Rng) -> M::Input,
    falsify: impl Fn(&mut Rng, M::Output) -> M::Output,
) {
    let unclaimed = Unclaimed(model);
    let (mut legal, mut illegal) = (0, 0);
    for _ in 0..400 {
        let shape = Shape {
            clients: 2 + rng.below(4),
            operations: 20 + rng.below(20) as usize,
            unknown: 100,
            failed: 50,
            false_answer: 30,
        };
        let history = random_history(rng, &unclaimed.0, &shape, &ask, &falsify);
        let verdict = |checked: Checked| match checked.verdict {
            Verdict::Linearizable { .. } => Some(true),
            Verdict::NotLinearizable { .. } => Some(false),
            Verdict::Unknown { .. } => None,
        };
        let limits = Limits { memory: 64 << 20, time: None, ..Limits::default() };
        let claimed = verdict(check(&unclaimed.0, &history, &limits, Instant::now()));
        let plain = verdict(check(&unclaimed, &history, &limits, Instant::now()));
        assert!(claimed.is_some(), "the claims make it easy");
        assert!(plain.is_none() || plain == claimed, "the claims change the verdict: {plain:?}");
        legal += usize::from(plain == Some(true));
        illegal += usize::from(plain == Some(false));
    }
    println!("{legal} legal, {illegal} illegal");
    assert!(legal > 40 && illegal > 40, "both verdicts are common: {legal}, {illegal}");
}

#[test]
fn claims_change_no_verdict() {
    let mut rng = Rng(5);
    assert_claims_are_true(Register, &mut rng, |rng| register_input(rng, 3), falsify_register);
    assert_claims_are_true(Kv, &mut rng, |rng| kv_input(rng, 2, 4), falsify_kv);
}

#[test]
fn changed_witnesses_are_refused() {
    let mut rng = Rng(4);
    let (mut refused, mut late, mut illegal) = (0, 0, 0);
    for _ in 0..500 {
        let shape =
            Shape { clients: 3, operations: 12, unknown: 100, failed: 150, false_answer: 0 };
        let ask = |rng: &mut Rng| register_input(rng, 3);
        let history = random_history(&mut rng, &Register, &shape, ask, falsify_register);
        let checked = check(&Register, &history, &Limits::default(), Instant::now());
        let Verdict::Linearizable { witness } = checked.verdict else {
            panic!("a history without false answers is linearizable");
        };
        let refusal = |witness: &[usize]| certify(&Register, &history, witness).err();
        let answered = |i: usize| history.operations()[i].returned().is_some();
        for place in 0..witness.len() {
            let mut without = witness.clone();
            let removed = without.remove(place);
            if answered(removed) {
                let reason = refusal(&without);
                assert!(reason.is_some(), "an answered operation is missing");
                illegal += usize::from(matches!(reason, Some(Refusal::Illegal(_))));
            }
            let mut twice = witness.clone();
            twice.insert(place, removed);
            assert_eq!(refusal(&twice), Some(Refusal::Twice(removed)));
            let mut moved = without;
            moved.push(removed);
            late += usize::from(matches!(refusal(&moved), Some(Refusal::Late(_))));
        }
        let beyond = [&witness[..], &[history.len()]].concat();
        assert_eq!(refusal(&beyond), Some(Refusal::NoSuchOperation(history.len())));
        let mut operations = history.operations().iter();
        if let Some(failed) = operations.position(|o| o.outcome == Outcome::Failed) {
            let with_failed = [&witness[..], &[failed]].concat();
            assert_eq!(refusal(&with_failed), Some(Refusal::Failed(failed)));
            refused += 1;
        }
    }
    assert!(refused > 100 && late > 100 && illegal > 100, "{refused} {late} {illegal}");
}

#[test]
fn recorders_refuse_what_cannot_have_happened() {
    let mut recorder = Recorder::<u8, u8>::new();
    recorder.invoke(5, 0, 1).expect("the first call");
    assert!(recorder.clone().invoke(6, 0, 2).is_err(), "process 0 is still waiting");
    assert!(recorder.clone().ok(6, 1, 2).is_err(), "process 1 has not called");
    assert!(recorder.clone().ok(5, 0, 2).is_err(), "positions grow");
    recorder.info(6, 0).expect("process 0 gives up");
    recorder.invoke(7, 0, 2).expect("and may call again");
    recorder.ok(8, 0, 3).expect("and be answered");
    let history = recorder.finish();
    assert_eq!(history.operations()[0].outcome, Outcome::Unknown);
    assert_eq!(history.operations()[1].returned(), Some(8));
}
