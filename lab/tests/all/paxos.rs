//! Single-decree Paxos under the lab's tools: it holds, every mutant is caught, and the textbook's
//! runs are told.

use crate::trial::{breaks_without_its_needs, is_caught_within, simulated};
use canon::consensus::paxos::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use lab::{Exhibit, PaxosLab};

fn explored(lab: &PaxosLab, crashes: u16, alarms: u16) -> Report {
    let bounds = Bounds { crashes, fires: Some(alarms), ..lab.bounds() };
    Exploration::new(&Explore::new(lab, bounds)).run()
}

#[test]
fn two_proposers_and_a_crash_agree_in_every_world() {
    let (lab, bounds) = PaxosLab::quick();
    let report = Exploration::new(&Explore::new(&lab, bounds)).run();
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert_eq!((report.distinct, report.depth), (2_283_884, 37), "{report}");
    assert_eq!(report.missed().count(), 0, "{report}");
}

/// After the crash the proposer may be asked for another value, and its alarm rings.
#[test]
fn a_proposer_that_crashes_and_is_asked_again_keeps_its_word() {
    let report = explored(&PaxosLab { proposers: 1, values: 2, ..PaxosLab::new(3) }, 1, 1);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert_eq!((report.distinct, report.depth), (73_806, 24), "{report}");
}

#[test]
fn it_bears_long_runs_in_every_size() {
    for nodes in [1, 2, 3, 4, 5, 7] {
        let report = simulated(&PaxosLab::new(nodes), 1_000, None);
        assert_eq!(report.failures, 0, "{report}");
    }
    let report = simulated(&PaxosLab::new(3), 1_000, None);
    assert!(report.hit.iter().any(|mark| mark.name == "votes of two ballots meet"), "{report}");
}

/// What the explorer needs to catch a mutant by what a client sees: whether one node proposes two
/// values or two nodes one each; how many crashes and alarms; and in how many steps.
const EXPLORED: [(Mutant, bool, u16, u16, u64); 7] = [
    (Mutant::FewerPromises, false, 0, 0, 14),
    (Mutant::FewerVotes, false, 0, 0, 14),
    (Mutant::EarlyPromise, false, 1, 0, 20),
    (Mutant::EarlyAccepted, false, 1, 0, 18),
    (Mutant::EarlyAccept, true, 1, 1, 25),
    (Mutant::OwnValue, false, 0, 0, 20),
    (Mutant::VoteBelowPromise, false, 0, 0, 20),
];

#[test]
fn mutants_are_caught_by_exploration() {
    for (mutant, alone, crashes, alarms, steps) in EXPLORED {
        let (proposers, values) = if alone { (1, 2) } else { (2, 1) };
        let lab = PaxosLab { proposers, values, inside: false, ..PaxosLab::new(3) };
        let report = explored(&lab.broken(mutant), crashes, alarms);
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{mutant} {report}");
    }
}

/// It needs a second ballot of one node; an inner invariant shows it early.
#[test]
fn a_stale_promise_is_caught_by_exploration() {
    let lab = PaxosLab { ballots: 2, ..PaxosLab::new(3) }.broken(Mutant::TakeStalePromise);
    let report = explored(&lab, 0, 1);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 15), "{report}");
}

/// A mutant that needs a crash at the right moment, and one that needs three ballots, in random
/// runs; about twice what it takes.
#[test]
fn mutants_are_caught_by_simulation() {
    for (mutant, runs) in [(Mutant::EarlyAccepted, 24_000), (Mutant::LowestVote, 12_000)] {
        is_caught_within::<PaxosLab>(mutant, runs);
    }
}

#[test]
fn it_cannot_do_without_what_it_needs() {
    breaks_without_its_needs::<PaxosLab>(3, 200);
}
