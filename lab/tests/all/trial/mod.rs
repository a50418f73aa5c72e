//! What every protocol of the lab is put through.
#![allow(dead_code, reason = "each test uses its part of it")]

use std::sync::atomic::AtomicBool;

use check::{Exploration, Explore, Report, Verdict};
use lab::{Entry, Exhibit, Settings, Sim, Watch};
use model::Named;
use sim::{Campaign, Failure, Options, campaign};

/// Explores within the exhibit's own bounds.
pub fn explored<E: Exhibit>(lab: &E) -> Report {
    Exploration::new(&Explore::new(lab, lab.bounds())).run()
}

/// Simulates so many runs in the model that is claimed, or without one of its assumptions.
pub fn simulated<E: Exhibit>(lab: &E, runs: u64, without: Option<&str>) -> sim::Report {
    let weaker = |name| lab.model().without(lab.nodes(), name).expect("It can be dropped.");
    let model = without.map(weaker);
    let options = Options { scale: E::scale(), model, shrink_runs: 0, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &E::Workload::default(), &runs, &AtomicBool::new(false), |_| {})
}

/// In every size up to five the sound protocol bears its model. From three nodes on, all that
/// should happen sometimes does.
pub fn bears_its_model<E: Exhibit>(runs: u64) {
    let (least, most) = E::CARD.sizes;
    bears_its_model_in::<E>(least..=most.min(5), 3, runs);
}

/// The same in these sizes, from so many nodes on.
pub fn bears_its_model_in<E: Exhibit>(
    sizes: impl IntoIterator<Item = usize>,
    from: usize,
    runs: u64,
) {
    for nodes in sizes {
        let report = simulated(&E::sized(nodes), runs, None);
        assert_eq!(report.failures, 0, "{report}");
        let marks = E::sized(nodes).sometimes();
        let is_missed = |name: &str| report.missed.iter().any(|mark| mark.name == name);
        let missed = marks.iter().find(|mark| nodes >= from && is_missed(mark.name));
        assert!(missed.is_none(), "never at {nodes}: {report}");
    }
}

/// Without any of its needs it breaks within so many runs.
pub fn breaks_without_its_needs<E: Exhibit>(nodes: usize, runs: u64) {
    for need in E::NEEDS {
        let report = simulated(&E::sized(nodes), runs, Some(need));
        assert!(report.failures > 0, "It does not need {need}: {report}");
    }
}

/// At the usual size this mutant breaks within so many runs. Its failure, saved, breaks the same
/// when it is read again, and is no run that breaks the sound protocol, too.
pub fn is_caught_within<E: Exhibit>(mutant: E::Mutant, runs: u64) {
    let runs_of = lab::find(E::CARD.name).and_then(Entry::runs).expect("It has runs.");
    let settings = Settings { mutant: Some(mutant.to_string()), ..Settings::default() };
    let options = Options { shrink_runs: SHRINK_RUNS, ..Options::default() };
    let campaign = Campaign { runs, options, ..Campaign::default() };
    let watch = Watch { stop: &AtomicBool::new(false), progress: &mut |_| {} };
    let report = (runs_of.sim)(&Sim { settings, campaign }, watch).expect("It can be simulated.");
    let Some(failure) = &report.first_failure else { panic!("{mutant} survives: {report}") };
    let saved = Failure::from_json(&failure.to_json()).expect("It can be read again.");
    let follow = |settings: &Settings| {
        let outcome = (runs_of.follow)(settings, &saved.plan, saved.judge_every, 0);
        outcome.expect("It is a plan for a size that there is.").violation
    };
    let broken = Settings::of(&saved);
    assert_eq!(follow(&broken).as_ref(), Some(&failure.violation), "{mutant}: {failure}");
    let sound = Settings { mutant: None, ..broken };
    assert_eq!(follow(&sound), None, "{mutant}: the sound protocol does the same: {failure}");
}

/// Enough to lose most of a plan, and some of its nodes.
const SHRINK_RUNS: u64 = 60;

/// Each mutant, by its name on the command line, breaks within so many runs.
pub fn mutants_are_caught<E: Exhibit>(budgets: &[(&str, u64)]) {
    let budgeted: Vec<&str> = budgets.iter().map(|(mutant, _)| *mutant).collect();
    let all: Vec<String> = E::Mutant::ALL.iter().map(E::Mutant::to_string).collect();
    assert_eq!(all, budgeted);
    for (&mutant, (_, runs)) in E::Mutant::ALL.iter().zip(budgets) {
        is_caught_within::<E>(mutant, *runs);
    }
}

/// Every world within the exhibit's own bounds holds: so many different ones, the farthest of them
/// at this depth. All that should happen sometimes does.
pub fn holds_everywhere<E: Exhibit>(lab: &E, (distinct, depth): (u64, u64)) {
    let report = explored(lab);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert_eq!((report.distinct, report.depth), (distinct, depth), "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
}

/// The exploration of a broken protocol ends with the shortest run that shows it.
pub fn is_caught_in<E: Exhibit>(lab: &E, steps: u64) -> Report {
    let report = explored(lab);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{report}");
    report
}
