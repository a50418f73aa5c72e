//! Reliable broadcasts under the lab's tools: the sound ones hold in exactly their model, break
//! without what they need, and every mutant is caught.

use std::sync::atomic::AtomicBool;

use check::{Exploration, Explore, Report, Verdict};
use lab::{Agreement, EagerLab, Exhibit, UniformLab};
use sim::{Campaign, Options, campaign};
use world::story::golden;

/// Explores within the exhibit's own bounds.
fn explored<E: Exhibit>(lab: &E) -> Report {
    Exploration::new(&Explore::new(lab, lab.bounds())).run()
}

/// Simulates so many runs in the model that is claimed, or without one of its assumptions.
fn simulated<E: Exhibit>(lab: &E, runs: u64, without: Option<&str>) -> sim::Report {
    let weaker = |name| lab.model().without(lab.nodes(), name).expect("It can be dropped.");
    let model = without.map(weaker);
    let options = Options { scale: E::scale(), model, shrink_runs: 0, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &E::Workload::default(), &runs, &AtomicBool::new(false), |_| {})
}

/// In every size the sound protocol bears its model, and all that should happen sometimes does.
fn bears_its_model<E: Exhibit>(runs: u64) {
    let (least, most) = E::CARD.sizes;
    for nodes in least..=most.min(5) {
        let report = simulated(&E::sized(nodes), runs, None);
        assert_eq!(report.failures, 0, "{report}");
        let marks = E::sized(nodes).sometimes();
        let is_missed = |name: &str| report.missed.iter().any(|mark| mark.name == name);
        let missed = marks.iter().find(|mark| nodes >= 3 && is_missed(mark.name));
        assert!(missed.is_none(), "never at {nodes}: {report}");
    }
}

/// Without any of its needs it breaks within so many runs.
fn breaks_without_its_needs<E: Exhibit>(nodes: usize, runs: u64) {
    for need in E::NEEDS {
        let report = simulated(&E::sized(nodes), runs, Some(need));
        assert!(report.failures > 0, "It does not need {need}: {report}");
    }
}

/// Each mutant breaks within so many runs.
fn mutants_are_caught<E: Exhibit>(budgets: &[(&str, u64)]) {
    let budgeted: Vec<&str> = budgets.iter().map(|(mutant, _)| *mutant).collect();
    assert_eq!(E::mutants(), budgeted);
    for &(mutant, runs) in budgets {
        let lab = E::sized(E::CARD.nodes).broken(mutant);
        let report = simulated(&lab, runs, None);
        assert!(report.failures > 0, "{mutant} survived {} runs", report.runs);
    }
}

fn formulas_hold<E: Exhibit>() {
    for &nodes in E::THEORY_SIZES {
        let measures = E::theory(nodes);
        assert!(!measures.is_empty());
        measures.iter().for_each(|measure| assert!(measure.holds(), "{measure}"));
    }
}

fn story(name: &str) -> String {
    format!("{}/stories/{name}.story", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn eager_broadcast_holds_in_every_world_of_a_small_space() {
    let report = explored(&EagerLab::new(3));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    // The broadcasts of different nodes do not touch each other: 85 worlds of each.
    assert_eq!((report.distinct, report.depth), (7_225, 13), "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
}

#[test]
fn uniform_broadcast_holds_in_every_world_of_a_small_space() {
    let report = explored(&UniformLab::new(3));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    // As above, 421 worlds of each.
    assert_eq!((report.distinct, report.depth), (177_241, 17), "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
}

/// One copy less than a majority: the broadcaster delivers before anybody else has it.
#[test]
fn fewer_copies_are_caught_in_two_steps() {
    let report = explored(&UniformLab::new(4).broken("fewer-copies"));
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 2), "{report}");
}

#[test]
fn both_bear_their_models() {
    bears_its_model::<EagerLab>(200);
    bears_its_model::<UniformLab>(200);
}

#[test]
fn both_break_without_what_they_need() {
    breaks_without_its_needs::<EagerLab>(3, 25);
    breaks_without_its_needs::<UniformLab>(3, 10);
}

#[test]
fn every_mutant_is_caught() {
    mutants_are_caught::<EagerLab>(&[
        ("no-relay", 20),
        ("deliver-again", 2),
        ("same-number", 2),
        ("relay-as-own", 2),
    ]);
    mutants_are_caught::<UniformLab>(&[
        ("fewer-copies", 10),
        ("no-relay", 2),
        ("deliver-at-once", 10),
        ("forget-delivered", 2),
    ]);
}

/// The two agreements are different: what eager broadcast promises, it keeps; held to uniform
/// agreement, it breaks as soon as a node delivers, crashes, and takes its relays with it.
#[test]
fn eager_broadcast_is_not_uniform() {
    let lab = EagerLab { agreement: Agreement::Uniform, ..EagerLab::new(3) };
    let report = simulated(&lab, 40, None);
    let failure = report.first_failure.expect("Some run is not uniform.");
    let what = failure.violation.to_string();
    assert!(what.contains("which is correct, never did"), "{what}");
}

#[test]
fn formulas_of_both_hold() {
    formulas_hold::<EagerLab>();
    formulas_hold::<UniformLab>();
}

#[test]
fn the_broadcaster_crashes_and_a_relay_reaches_the_others() {
    golden(&EagerLab::new(3), story("eager-broadcast/relay-after-crash"));
}

#[test]
fn who_crashes_may_have_delivered_what_no_correct_node_will() {
    golden(&EagerLab::new(3), story("eager-broadcast/not-uniform"));
}

#[test]
fn a_majority_has_a_copy_before_anybody_delivers() {
    golden(&UniformLab::new(3), story("uniform-broadcast/majority-before-delivery"));
}

#[test]
fn what_a_crashed_node_delivered_every_correct_node_delivers() {
    golden(&UniformLab::new(5), story("uniform-broadcast/crash-after-delivery"));
}
