//! Links, detectors and Ω: what everything else is built on.

use std::sync::atomic::AtomicBool;

use check::{Exploration, Explore, Verdict};
use lab::{Exhibit, IncreasingTimeoutLab, OmegaLab, PerfectLinkLab};
use sim::{Campaign, Options, campaign};

fn simulated<E: Exhibit>(lab: &E, runs: u64, without: Option<&str>) -> sim::Report {
    let drop = |name| lab.model().without(lab.nodes(), name).expect("it is an assumption");
    let model = without.map(drop);
    let options = Options { scale: E::scale(), model, shrink_runs: 0, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &E::Workload::default(), &runs, &AtomicBool::new(false), |_| {})
}

/// Sound in its own model; every mutant is caught, and so is the want of what it needs.
fn tried<E: Exhibit>(runs: u64, budget: u64) {
    let (least, most) = E::CARD.sizes;
    for nodes in [least.max(2), E::CARD.nodes, most.min(5)] {
        let report = simulated(&E::sized(nodes), runs, None);
        assert_eq!(report.failures, 0, "{report}");
    }
    for mutant in E::mutants() {
        let report = simulated(&E::sized(E::CARD.nodes).broken(&mutant), budget, None);
        assert!(report.failures > 0, "{mutant} survives {} runs", report.runs);
    }
    for assumption in E::NEEDS {
        let report = simulated(&E::sized(E::CARD.nodes), budget, Some(assumption));
        assert!(report.failures > 0, "{} runs pass without {assumption}", report.runs);
    }
}

#[test]
fn perfect_links() {
    tried::<PerfectLinkLab>(100, 1_000);
    for measure in PerfectLinkLab::THEORY_SIZES.iter().flat_map(|&n| PerfectLinkLab::theory(n)) {
        assert!(measure.holds(), "{measure}");
    }
}

#[test]
fn every_run_of_a_small_link() {
    let (lab, bounds) = PerfectLinkLab::quick();
    let report = Exploration::new(&Explore::new(&lab, bounds.clone())).run();
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
    assert_eq!((report.distinct, report.depth), (17_007, 20), "{report}");
    let broken = Exhibit::broken(lab, "deliver-repeats");
    let report = Exploration::new(&Explore::new(&broken, bounds)).run();
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 4), "{report}");
}

/// Every run of the quick exploration, sound and broken; the mutants in the order of their list,
/// each with the steps in which it is caught.
fn every_run<E: Exhibit>(size: (u64, u64), caught: [u64; 2]) {
    let (lab, bounds) = E::quick();
    let report = Exploration::new(&Explore::new(&lab, bounds.clone())).run();
    assert_eq!((report.verdict, report.missed().count()), (Verdict::Holds, 0), "{report}");
    assert_eq!((report.distinct, report.depth), size, "{report}");
    for (mutant, steps) in E::mutants().iter().zip(caught) {
        let lab = Exhibit::broken(lab.clone(), mutant);
        let report = Exploration::new(&Explore::new(&lab, bounds.clone())).run();
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{report}");
    }
}

#[test]
fn two_detectors_mend_their_mistakes_in_every_run() {
    every_run::<IncreasingTimeoutLab>((4_147, 24), [7, 7]);
}

#[test]
fn two_nodes_trust_whom_they_do_not_suspect_in_every_run() {
    every_run::<OmegaLab>((4_147, 24), [7, 2]);
}

#[test]
fn the_increasing_timeout_detector() {
    tried::<IncreasingTimeoutLab>(15, 60);
}

#[test]
fn omega() {
    tried::<OmegaLab>(60, 60);
}
