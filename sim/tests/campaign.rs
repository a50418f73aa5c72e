//! Campaigns catch what is wrong, say nothing else, shrink it, and are the same every time.

#[path = "../../world/tests/toy/mod.rs"]
mod toy;

use std::sync::atomic::{AtomicBool, Ordering};

use sim::{Campaign, Failure, OpenLoop, Options, Report, Scale, campaign};
use toy::{Mutant, Toy};
use world::timed::{SECONDS, Violation};

fn options() -> Options {
    let scale = Scale { faults: 5 * SECONDS, settle: 5 * SECONDS, operations: 50, strikes: 20 };
    Options { scale, ..Options::default() }
}

fn of(toy: &Toy, runs: u64, threads: usize) -> Report {
    let plan = Campaign { runs, threads, options: options(), ..Campaign::default() };
    campaign(toy, &OpenLoop, &plan, &AtomicBool::new(false), |_| {})
}

#[test]
fn a_sound_toy_passes_and_every_kind_of_fault_has_happened() {
    let report = of(&Toy::new(3, Mutant::None), 300, 2);
    assert_eq!(report.failures, 0, "{report}");
    assert_eq!(report.runs, 300);
    let missed: Vec<&str> = report.missed.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(missed, ["pigs fly"], "{report}");
}

#[test]
fn a_report_does_not_depend_on_the_number_of_threads() {
    for mutant in [Mutant::None, Mutant::Hasty] {
        let toy = Toy::new(3, mutant);
        let [one, four] = [1, 4].map(|threads| of(&toy, 60, threads));
        assert_eq!((one.hash, one.events, one.runs), (four.hash, four.events, four.runs));
        assert_eq!(one.hit, four.hit);
        assert_eq!(one.first_failure, four.first_failure);
    }
}

#[test]
fn the_hash_of_a_campaign_is_pinned() {
    let report = of(&Toy::new(3, Mutant::None), 20, 2);
    assert_eq!(report.hash, PINNED, "{:#018x}", report.hash);
}

const PINNED: u64 = 0xbcf7_a750_7f86_b20f;

#[test]
fn haste_is_caught_and_shrunk_to_one_crash_and_one_operation() {
    let toy = Toy::new(5, Mutant::Hasty);
    let report = of(&toy, 300, 2);
    let failure = report.first_failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert!(matches!(failure.violation, Violation::Safety(_)), "{report}");
    assert_eq!((failure.plan.faults.len(), failure.plan.nodes), (1, 2), "{report}");
    assert_eq!(failure.plan.operations.len(), 1, "{report}");
    assert!(failure.trace.last().unwrap().contains("which is acknowledged"), "{report}");
    // Nobody can tell it shorter: a request, a message each way, a crash and a restart.
    assert_eq!(failure.events.story, Some(5), "{report}");
    let story = failure.story.as_ref().expect("it can be told");
    let small = Toy::new(2, Mutant::Hasty);
    let (stage, _) = world::story::perform(&small, story).unwrap_or_else(|e| panic!("{e}"));
    assert!(stage.violation().is_some_and(|found| found.is_like(&failure.violation)), "{story}");
    let text = failure.to_json();
    let read = Failure::from_json(&text).unwrap();
    assert_eq!(&read, failure);
    let again = read.replay(&Toy::new(2, Mutant::Hasty), &OpenLoop, 1_000);
    assert_eq!(again.violation.as_ref(), Some(&failure.violation));
    let sound = read.replay(&Toy::new(2, Mutant::None), &OpenLoop, 0);
    assert_eq!(sound.violation, None);
}

#[test]
fn what_is_wrong_is_explained_by_the_facts_that_contradict_each_other() {
    let report = of(&Toy::new(5, Mutant::Hasty), 300, 2);
    let failure = report.first_failure.expect("haste is caught");
    let explanation = failure.explanation.expect("it can be explained");
    let facts: Vec<&str> = explanation.facts.iter().map(|fact| fact.text.as_str()).collect();
    let [acked, lost] = facts[..] else { panic!("{explanation}") };
    assert!(acked.starts_with("n0 tells Acked") && acked.ends_with("by n1"), "{explanation}");
    assert_eq!(lost, "n1 tells Recovered {}", "{explanation}");
    assert_eq!(explanation.grounds, [], "{explanation}");
    let well = explanation.well.as_ref().expect("it was well before");
    assert!(well.text.starts_with("n0 gets from n1 Stored"), "{explanation}");
}

#[test]
fn a_promise_that_does_not_come_true_is_a_violation_of_liveness() {
    let mut plan = Campaign { runs: 20, options: options(), ..Campaign::default() };
    plan.options.shrink_runs = 200;
    let toy = Toy::new(2, Mutant::Mute);
    let report = campaign(&toy, &OpenLoop, &plan, &AtomicBool::new(false), |_| {});
    let failure = report.first_failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert!(matches!(failure.violation, Violation::Liveness(_)), "{report}");
}

#[test]
fn a_panic_is_caught_and_shrunk() {
    let report = of(&Toy::new(3, Mutant::Brittle), 50, 2);
    let failure = report.first_failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert!(matches!(failure.violation, Violation::Panic(_)), "{report}");
    assert_eq!((failure.plan.operations.len(), failure.plan.faults.len()), (3, 0), "{report}");
}

#[test]
fn an_invariant_is_judged_and_shrunk() {
    let report = of(&Toy { claim: true, ..Toy::new(3, Mutant::None) }, 50, 2);
    let failure = report.first_failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert!(matches!(failure.violation, Violation::Invariant(..)), "{report}");
    assert_eq!(failure.plan.operations.len(), 2, "{report}");
}

#[test]
fn a_campaign_can_be_stopped_or_go_on_after_failures() {
    let stop = AtomicBool::new(false);
    let plan = Campaign { runs: 1_000, threads: 1, options: options(), ..Campaign::default() };
    let report = campaign(&Toy::new(3, Mutant::None), &OpenLoop, &plan, &stop, |progress| {
        stop.store(progress.runs >= 10, Ordering::Relaxed);
    });
    assert!(report.interrupted && (10..1_000).contains(&report.runs), "{report}");

    let mut plan = Campaign { runs: 50, keep_going: true, options: options(), ..plan };
    plan.options.shrink_runs = 10;
    let stop = AtomicBool::new(false);
    let report = campaign(&Toy::new(3, Mutant::Brittle), &OpenLoop, &plan, &stop, |_| {});
    assert_eq!(report.runs, 50);
    assert!(report.failures > 10, "{report}");
    assert_eq!(report.failures, report.failing_seeds.len() as u64);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let report = of(&Toy::new(3, Mutant::Hasty), 300, 2);
    let failure = report.first_failure.expect("haste is caught");
    let mut wrong = failure.clone();
    wrong.plan.nodes = 1;
    assert!(Failure::from_json(&wrong.to_json()).unwrap_err().contains("core"));
    assert!(Failure::from_json("{}").is_err());
}

#[test]
fn every_plan_that_is_drawn_can_be_performed() {
    for nodes in 1..=7 {
        let toy = Toy::new(nodes, Mutant::None);
        for seed in 0..500 {
            let plan = sim::draw(&toy, seed, &options());
            assert_eq!(plan.check(), Ok(()), "seed {seed}, {nodes} nodes");
        }
    }
}
