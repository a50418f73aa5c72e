//! How fast, and how far, failing runs are shrunk: `cargo run --release -p lab --example
//! shrink_speed`.
//!
//! For each mutant it takes the first failing run in which at least [`EVENTS`] events lead to the
//! violation, or the longest of [`SEEDS`] seeds, shrinks it, and compares the story with the
//! shortest that is known: what the checker finds, where it finds one, and a story told by hand
//! elsewhere. Events are requests, deliveries, alarms and faults.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab::{AbdLab, Exhibit, PaxosLab, RaftLab, StoreLab};
use model::Named;
use sim::{Judgement, Options, Scale, Workload, draw, run, shrink};
use world::Violation;
use world::story::{self, Cast};
use world::timed::SECONDS;

/// The fewest events that nodes take in a run that is worth shrinking here, flushes and messages to
/// oneself included: some ten thousand requests, deliveries, alarms and faults.
const EVENTS: u64 = 14_000;

/// The goal: at most so many times the events of the shortest story.
const RATIO: f64 = 3.0;

/// The goal: in less than this.
const TIME: Duration = Duration::from_secs(60);

/// The most seeds that are tried to find such a run.
const SEEDS: u64 = 3_000;

fn main() -> ExitCode {
    println!(
        "{:<8} {:<22} {:>6} {:>8} {:>8} {:>6} {:>8} {:>6} {:>7} {:>6}",
        "protocol",
        "mutant",
        "seed",
        "events",
        "by plan",
        "story",
        "shortest",
        "ratio",
        "runs",
        "s"
    );
    let stories = concat!(env!("CARGO_MANIFEST_DIR"), "/stories/shortest");
    let mut is_reached = true;
    let mut files: Vec<_> = std::fs::read_dir(stories)
        .expect("The shortest stories are in the repository.")
        .map(|file| file.expect("A folder can be read.").path())
        .collect();
    files.sort();
    let only: Vec<String> = std::env::args().skip(1).collect();
    for file in files {
        let name = file.file_stem().expect("A file has a name.").to_string_lossy().to_string();
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("A story can be read.");
        let cast = story::cast(&text).expect("A story names its subject.");
        is_reached &= match cast.subject.as_str() {
            "raft" => measure::<RaftLab>(&cast, &text),
            "paxos" => measure::<PaxosLab>(&cast, &text),
            "abd" => measure::<AbdLab>(&cast, &text),
            "store" => measure::<StoreLab>(&cast, &text),
            other => panic!("{other} is not measured here."),
        };
    }
    if is_reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Longer runs with more in them, so that failures come late.
fn options() -> Options {
    let scale =
        Scale { faults: 60 * SECONDS, settle: 10 * SECONDS, operations: 2_000, strikes: 400 };
    Options { scale, ..Options::default() }
}

/// Shrinks one failing run and prints a line. Returns whether the goal was reached.
fn measure<E: Exhibit>(cast: &Cast, shortest: &str) -> bool {
    let mut lab = E::sized(E::CARD.nodes);
    let mut mutant = "";
    for (name, value) in &cast.variant {
        match name.as_str() {
            "mutant" => mutant = value,
            knob => lab.turn(knob, value).unwrap_or_else(|why| panic!("{why}")),
        }
    }
    let lab = lab.broken(E::Mutant::named(mutant).expect("A story names the mutant it is about."));
    let workload = E::Workload::default();
    let (least, wanted) = least(&lab, &workload, shortest);
    let options = options();
    let mut longest: Option<(u64, u64, Violation)> = None;
    for seed in 1..=SEEDS {
        let outcome = run(&lab, &workload, seed, &options);
        let is_longer = longest.as_ref().is_none_or(|(events, ..)| outcome.events > *events);
        if let Some(violation) = outcome.violation.filter(|one| is_longer && one.is_like(&wanted)) {
            longest = Some((outcome.events, seed, violation));
        }
        if longest.as_ref().is_some_and(|(events, ..)| *events >= EVENTS) {
            break;
        }
    }
    let Some((_, seed, violation)) = longest else {
        println!("{:<8} {mutant:<22} no such violation in {SEEDS} runs", E::CARD.name);
        return false;
    };
    let plan = draw(&lab, seed, &options);
    let begin = Instant::now();
    let failure = shrink(&lab, &workload, &plan, &violation, &options);
    let took = begin.elapsed();
    let story = failure.events.story.unwrap_or(failure.events.plan);
    let ratio = story as f64 / least as f64;
    println!(
        "{:<8} {mutant:<22} {seed:>6} {:>8} {:>8} {story:>6} {least:>8} {ratio:>6.2} {:>7} {:>6.1}",
        E::CARD.name,
        failure.events.drawn,
        failure.events.plan,
        failure.shrink_runs,
        took.as_secs_f64()
    );
    if std::env::var_os("SHOW").is_some() {
        println!("{}\n{}", failure.violation, failure.story.as_deref().unwrap_or("no story"));
    }
    ratio <= RATIO && took <= TIME
}

/// The events of the shortest story, and what it breaks.
fn least<E: Exhibit>(lab: &E, workload: &E::Workload, text: &str) -> (u64, Violation) {
    let cast = story::cast(text).expect("A story names its subject.");
    let resized = lab.resized(cast.nodes).filter(|_| cast.nodes != lab.nodes());
    let lab = resized.as_ref().unwrap_or(lab);
    assert!(!text.contains("settle"), "Nobody can count what settling does.");
    let (stage, _) = story::perform(lab, text).unwrap_or_else(|error| panic!("{error}"));
    let judged = || match workload.judge(lab, stage.heard()) {
        Judgement::Violated(what) => Some(Violation::Safety(what)),
        Judgement::Holds | Judgement::Undecided(_) => None,
    };
    let violation = stage.violation().cloned().or_else(judged);
    let violation = violation.unwrap_or_else(|| panic!("The story shows nothing:\n{text}"));
    let verbs = ["request", "deliver", "drop", "duplicate", "fire", "crash", "restart"];
    let is_event = |line: &&str| verbs.iter().any(|verb| line.split(' ').next() == Some(verb));
    (text.lines().filter(is_event).count() as u64, violation)
}
