//! How fast histories are decided: `cargo run --release -p spec --example history_speed`, with a
//! part of the names of the lines wanted.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/generate/mod.rs"]
mod generate;

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use generate::{
    Rng, Shape, falsify_kv, falsify_register, kv_input, random_history, register_input,
};
use spec::history::models::{
    Counter, CounterInput, CounterOutput, Kv, ListInput, ListOutput, Queue, Register,
    RegisterInput, RegisterOutput, Set, SetInput,
};
use spec::history::{Checked, History, Level, Limits, Model, ModelName, Verdict, check, verify};

fn main() {
    let limits = Limits { memory: 4 << 30, split_by_key: false, ..Limits::default() };
    for name in ["c10-ok", "c10-bad"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/kv");
        let path = folder.join(name).with_extension("txt");
        let text = std::fs::read_to_string(path).expect("the corpus is part of the repository");
        let report = verify(&text, ModelName::Kv, Level::Linearizable, &limits)
            .expect("the history is well formed");
        println!("{name}, not split: {}", report.to_string().lines().next().unwrap_or(""));
    }
    let split = Limits { split_by_key: true, ..limits };
    for (clients, keys, operations, false_answer) in [
        (50, 100, 100_000, 0),
        (50, 100, 100_000, 1),
        (50, 1000, 1_000_000, 0),
        (50, 10, 10_000, 0),
        (50, 10, 10_000, 1),
    ] {
        let shape = shape(clients, operations, 5, false_answer);
        let ask = |rng: &mut Rng| kv_input(rng, keys, 1 << 40);
        let history = random_history(&mut Rng(7), &Kv, &shape, ask, falsify_kv);
        let what = format!("kv, {clients} clients, {keys} keys, false {false_answer} per mille");
        measure(&what, &Kv, &history, &split);
    }
    let shape_one = shape(10, 10_000, 0, 0);
    let ask = |rng: &mut Rng| kv_input(rng, 10, 1 << 40);
    let history = random_history(&mut Rng(8), &Kv, &shape_one, ask, falsify_kv);
    measure("kv, 10 clients, 10 keys, not split", &Kv, &history, &limits);
    for (clients, operations, unknown, values, false_answer) in [
        (10, 100_000, 0, 5, 0),
        (50, 1_000, 0, 1 << 40, 0),
        (5, 10_000, 100, 5, 0),
        (5, 10_000, 100, 1 << 40, 0),
        (10, 2_000, 10, 5, 1),
        (50, 2_000, 10, 5, 1),
        (50, 2_000, 10, 1 << 40, 1),
    ] {
        let shape = shape(clients, operations, unknown, false_answer);
        let ask = |rng: &mut Rng| register_input(rng, values);
        let history = random_history(&mut Rng(9), &Register, &shape, ask, falsify_register);
        let what = format!(
            "register, {clients} clients, {values} values, unknown {unknown} and \
             false {false_answer} per mille"
        );
        measure(&what, &Register, &history, &limits);
    }
    by_rule_and_by_search(&limits);
}

/// Objects whose values are unique, decided by rule and by search. The search gets ten seconds.
fn by_rule_and_by_search(limits: &Limits) {
    let number = Cell::new(0);
    let next = || number.replace(number.get() + 1);
    let searched = Limits { rules: false, time: Some(Duration::from_secs(10)), ..*limits };
    let both = |what: &str, decide: &dyn Fn(&str, &Limits)| {
        decide(&format!("{what}, by rule"), limits);
        decide(&format!("{what}, by search"), &searched);
    };
    for (clients, operations, false_answer) in [(10, 1_000, 0), (50, 100_000, 0), (50, 100_000, 1)]
    {
        let shape = shape(clients, operations, 0, false_answer);
        let ending = format!("{clients} clients, false {false_answer} per mille");
        let ask = |rng: &mut Rng| match rng.below(2) {
            0 => RegisterInput::Read,
            _ => RegisterInput::Write(Some(next())),
        };
        let stale = |rng: &mut Rng, output| match output {
            RegisterOutput::Value(Some(value)) => {
                RegisterOutput::Value(Some(value - rng.below(500) as i64))
            }
            other => other,
        };
        let history = random_history(&mut Rng(9), &Register, &shape, ask, stale);
        both(&format!("unique register, {ending}"), &|what, limits| {
            measure(what, &Register, &history, limits);
        });
        let ask = |rng: &mut Rng| match rng.below(2) {
            0 => ListInput::Put(next()),
            _ => ListInput::Take,
        };
        let empty = |_: &mut Rng, output| match output {
            ListOutput::Taken(_) => ListOutput::Taken(None),
            other => other,
        };
        let history = random_history(&mut Rng(10), &Queue::NEW, &shape, ask, empty);
        both(&format!("unique queue, {ending}"), &|what, limits| {
            measure(what, &Queue::NEW, &history, limits);
        });
        let ask = |rng: &mut Rng| match rng.below(2) {
            0 => CounterInput::Add(1),
            _ => CounterInput::Read,
        };
        let off = |_: &mut Rng, output| match output {
            CounterOutput::Sum(sum) => CounterOutput::Sum(sum - 200),
            other => other,
        };
        let history = random_history(&mut Rng(11), &Counter, &shape, ask, off);
        both(&format!("counter of ones, {ending}"), &|what, limits| {
            measure(what, &Counter, &history, limits);
        });
        let ask = |rng: &mut Rng| match rng.per_mille(2) {
            true => SetInput::Read,
            false => SetInput::Add(next()),
        };
        let history = random_history(&mut Rng(12), &Set, &shape, ask, |_, output| output);
        both(&format!("growing set, {ending}"), &|what, limits| {
            measure(what, &Set, &history, limits);
        });
    }
}

fn shape(clients: u64, operations: usize, unknown: u64, false_answer: u64) -> Shape {
    Shape { clients, operations, unknown, failed: 5, false_answer }
}

fn measure<M: Model>(
    what: &str,
    model: &M,
    history: &History<M::Input, M::Output>,
    limits: &Limits,
) {
    if std::env::args().nth(1).is_some_and(|wanted| !what.contains(&wanted)) {
        return;
    }
    let start = Instant::now();
    let Checked { verdict, explored, bytes, .. } = check(model, history, limits, start);
    let verdict = match verdict {
        Verdict::Linearizable { .. } => "linearizable".to_owned(),
        Verdict::NotLinearizable { explanation } => {
            format!("not linearizable, {}", explanation[1])
        }
        Verdict::Unknown { reason, covered } => format!("unknown ({reason:?}; {covered})"),
    };
    println!(
        "{what}: {} operations, {:.3} s, {explored} configurations, {:.1} MiB, {verdict}",
        history.len(),
        start.elapsed().as_secs_f64(),
        bytes as f64 / f64::from(1 << 20),
    );
}
