//! Links, detectors and Ω: what everything else is built on.

use crate::trial::{breaks_without_its_needs, is_caught_within, simulated};
use canon::link::perfect::Mutant;
use check::{Exploration, Explore, Verdict};
use lab::{Exhibit, IncreasingTimeoutLab, OmegaLab, PerfectLinkLab};
use model::Named;
use world::Links;

/// Sound in its own model; every mutant is caught, and so is the want of what it needs.
fn tried<E: Exhibit>(runs: u64, budget: u64) {
    let (least, most) = E::CARD.sizes;
    for nodes in [least.max(2), E::CARD.nodes, most.min(5)] {
        let report = simulated(&E::sized(nodes), runs, None);
        assert_eq!(report.failures, 0, "{report}");
    }
    for &mutant in E::Mutant::ALL {
        is_caught_within::<E>(mutant, budget);
    }
    breaks_without_its_needs::<E>(E::CARD.nodes, budget);
}

#[test]
fn perfect_links() {
    tried::<PerfectLinkLab>(100, 1_000);
}

/// Links that are stubborn repeat by themselves: then algorithm 2.2 alone is enough.
#[test]
fn over_stubborn_links_nobody_has_to_repeat() {
    let over =
        |links| PerfectLinkLab { links, ..PerfectLinkLab::sized(3).broken(Mutant::NeverRepeat) };
    assert_eq!(simulated(&over(Links::Stubborn), 200, None).failures, 0);
    assert!(simulated(&over(Links::FairLoss), 200, None).failures > 0);
}

#[test]
fn every_run_of_a_small_link() {
    let (lab, bounds) = PerfectLinkLab::quick();
    let report = Exploration::new(&Explore::new(&lab, bounds.clone())).run();
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
    assert_eq!((report.distinct, report.depth), (17_007, 20), "{report}");
    let broken = lab.broken(Mutant::DeliverRepeats);
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
    for (&mutant, steps) in E::Mutant::ALL.iter().zip(caught) {
        let lab = lab.clone().broken(mutant);
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
