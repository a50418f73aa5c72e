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

#[test]
fn the_increasing_timeout_detector() {
    tried::<IncreasingTimeoutLab>(15, 60);
}

#[test]
fn omega() {
    tried::<OmegaLab>(60, 60);
}
