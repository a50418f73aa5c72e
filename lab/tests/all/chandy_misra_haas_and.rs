//! Chandy, Misra and Haas's edge chasing under the lab's tools.

use std::sync::atomic::AtomicBool;

use canon::deadlock::chandy_misra_haas_and::Mutant;
use check::{Exploration, Explore, Report, Verdict};
use lab::{Borrowers, ChandyMisraHaasAndLab, Exhibit};
use model::Named;
use sim::{Campaign, Options, campaign};
use world::story::golden;
use world::{Subject, SystemModel};

fn explored(lab: &ChandyMisraHaasAndLab) -> Report {
    Exploration::new(&Explore::new(lab, lab.bounds())).run()
}

fn simulated(lab: &ChandyMisraHaasAndLab, runs: u64, model: Option<SystemModel>) -> sim::Report {
    let options = Options { shrink_runs: 0, model, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &Borrowers, &runs, &AtomicBool::new(false), |_| {})
}

#[test]
fn it_holds_in_every_world_of_small_spaces() {
    let distinct =
        [(2, 2, 2), (3, 3, 1), (3, 1, 2), (4, 2, 1)].map(|(nodes, initiators, detections)| {
            let sound = ChandyMisraHaasAndLab::new(nodes);
            let report = explored(&ChandyMisraHaasAndLab { initiators, detections, ..sound });
            assert_eq!(report.verdict, Verdict::Holds, "{report}");
            assert!(nodes == 2 || report.missed().next().is_none(), "{report}");
            report.distinct
        });
    assert_eq!(distinct, [1_621, 66_651, 19_109, 93_330]);
}

#[test]
fn it_bears_random_runs_in_every_size() {
    for nodes in [2, 3, 5, 9] {
        let lab = ChandyMisraHaasAndLab::new(nodes);
        let report = simulated(&lab, 100, None);
        assert_eq!(report.failures, 0, "{report}");
        let is_missed = |name: &str| report.missed.iter().any(|mark| mark.name == name);
        assert!(nodes == 2 || !lab.sometimes().iter().any(|mark| is_missed(mark.name)), "{report}");
    }
}

/// Each mutant with the runs of three nodes within which the simulator must catch it, and the
/// steps of the shortest way to break it, where there is one: what never comes is not seen
/// by exploring.
const MUTANTS: [(Mutant, u64, Option<u64>); 5] = [
    (Mutant::TakeWhite, 500, Some(9)),
    (Mutant::AnyInitiator, 10, Some(5)),
    (Mutant::GrantBlocked, 500, Some(8)),
    (Mutant::OneNumber, 20, None),
    (Mutant::ForwardOne, 10, None),
];

#[test]
fn every_mutant_is_caught() {
    assert_eq!(MUTANTS.map(|(mutant, ..)| mutant), *Mutant::ALL);
    for (mutant, runs, steps) in MUTANTS {
        let lab = ChandyMisraHaasAndLab::new(3).broken(mutant);
        let report = simulated(&lab, runs, None);
        assert!(report.failures > 0, "{mutant} survived {} runs", report.runs);
        if let Some(steps) = steps {
            let report = explored(&lab);
            assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{report}");
        }
    }
}

#[test]
fn every_assumption_is_needed() {
    let lab = ChandyMisraHaasAndLab::new(3);
    for assumption in ChandyMisraHaasAndLab::NEEDS {
        let weaker = lab.model().without(3, assumption).expect("It is an assumption.");
        let report = simulated(&lab, 200, Some(weaker));
        assert!(report.failures > 0, "It holds without {assumption} in {} runs.", report.runs);
    }
}

#[test]
fn costs_are_the_formulas() {
    for &nodes in ChandyMisraHaasAndLab::THEORY_SIZES {
        for measure in ChandyMisraHaasAndLab::theory(nodes) {
            assert!(measure.holds(), "{measure}");
        }
    }
}

fn story(name: &str) -> String {
    format!("{}/stories/chandy-misra-haas-and/{name}.story", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn stories_tell_what_happens() {
    let mut nine = ChandyMisraHaasAndLab::new(9);
    nine.turn("waits", "3-4-5,4-6,5-7,6-8").expect("These are waits.");
    golden(&nine, story("nine-processes"));
    let three = ChandyMisraHaasAndLab::new(3);
    golden(&three, story("granted-meanwhile"));
    golden(&three.broken(Mutant::TakeWhite), story("phantom"));
    golden(&ChandyMisraHaasAndLab::new(2), story("probe-overtakes"));
}
