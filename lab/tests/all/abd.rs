//! ABD under the lab's tools: the sound register is atomic, and every mutant is caught.

use crate::trial::{breaks_without_its_needs, is_caught_within, simulated};
use canon::register::abd::Mutant;
use check::{Bounds, Exploration, Explore, Flushing, Report, Verdict};
use lab::{AbdLab, Exhibit, RegisterUsers, Writers};
use sim::{Campaign, Options, campaign};
use std::sync::atomic::AtomicBool;

/// Three nodes; `n0` writes so often, so many nodes read.
fn small(writers: Writers, writes: u64, reading: usize) -> AbdLab {
    AbdLab { writes, reading, ..AbdLab::new(3, writers) }
}

fn explored(lab: &AbdLab, crashes: u16) -> Report {
    let bounds = Bounds { crashes, fires: Some(0), flushing: Flushing::Eager, ..Bounds::default() };
    Exploration::new(&Explore::new(lab, bounds)).run()
}

#[test]
fn the_sound_register_is_atomic_in_every_run_of_small_spaces() {
    let spaces = [
        (small(Writers::One, 1, 2), 0, (206_876, 26)),
        (small(Writers::One, 1, 1), 1, (16_404, 19)),
        (small(Writers::One, 2, 1), 1, (646_751, 27)),
        (small(Writers::All, 1, 1), 1, (106_371, 23)),
    ];
    for (lab, crashes, size) in spaces {
        let report = explored(&lab, crashes);
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        assert_eq!((report.distinct, report.depth), size, "{report}");
    }
}

#[test]
fn the_quick_exploration_passes_nothing_vacuously() {
    let (lab, bounds) = AbdLab::quick();
    let report = Exploration::new(&Explore::new(&lab, bounds)).run();
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
}

#[test]
fn the_sound_register_bears_long_runs_in_every_size() {
    for nodes in [1, 2, 3, 4, 5, 7] {
        for writers in [Writers::One, Writers::All] {
            let report = simulated(&AbdLab::new(nodes, writers), 100, None);
            assert_eq!((report.failures, report.undecided), (0, 0), "{report}");
        }
    }
}

/// With next to no work allowed histories are undecided, the same ones every time; with
/// little, the longer ones.
#[test]
fn histories_too_hard_to_judge_are_no_violations() {
    let runs = Campaign {
        runs: 40,
        options: Options { scale: AbdLab::scale(), shrink_runs: 0, ..Options::default() },
        ..Campaign::default()
    };
    let go = AtomicBool::new(false);
    for (work, undecided) in [(0, 40..=40), (100, 1..=39)] {
        let users = RegisterUsers { work };
        let [one, other] =
            [(); 2].map(|()| campaign(&AbdLab::new(3, Writers::All), &users, &runs, &go, |_| {}));
        assert_eq!((one.failures, one.runs), (0, 40), "{one}");
        assert!(undecided.contains(&one.undecided), "{one}");
        assert_eq!(one.undecided_seeds, other.undecided_seeds);
        assert_eq!(one.hash, other.hash);
    }
}

/// What a client sees of each mutant, by its shortest run.
#[test]
fn mutants_are_caught_from_outside() {
    let one = |mutant, writes, reading| small(Writers::One, writes, reading).broken(mutant);
    let again = |lab: AbdLab| AbdLab { reads: 2, ..lab };
    let caught = [
        (one(Mutant::NoWriteBack, 1, 2), 0, 10),
        (one(Mutant::FewerValues, 1, 2), 0, 9),
        (one(Mutant::FewerAcks, 1, 2), 0, 6),
        (one(Mutant::EarlyAck, 2, 1), 1, 12),
        (one(Mutant::EarlyPropagate, 2, 1), 1, 19),
        (again(one(Mutant::EarlyQuery, 1, 1)), 1, 14),
    ];
    for (lab, crashes, steps) in caught {
        let report = explored(&AbdLab { inside: false, ..lab.clone() }, crashes);
        let found = (report.verdict, report.steps);
        assert_eq!(found, (Verdict::Violated, steps), "{:?} {report}", lab.mutant);
    }
}

/// A stamp that is given to two values is seen long before a client sees it.
#[test]
fn a_stamp_that_is_forgotten_is_given_twice() {
    for (mutant, steps) in [(Mutant::EarlyPropagate, 5), (Mutant::EarlyValue, 8)] {
        let report = explored(&small(Writers::One, 2, 1).broken(mutant), 1);
        let found = (report.verdict, report.steps);
        assert_eq!(found, (Verdict::Violated, steps), "{mutant} {report}");
    }
}

/// Each mutant with the runs of three nodes within which the simulator must catch it, about twice
/// what it takes.
const SIMULATED: [(Mutant, u64); 7] = [
    (Mutant::NoWriteBack, 100),
    (Mutant::EarlyAck, 4_500),
    (Mutant::EarlyPropagate, 700),
    (Mutant::FewerValues, 12),
    (Mutant::FewerAcks, 32),
    (Mutant::TakeOlder, 2),
    (Mutant::NeverRepeat, 8),
];

#[test]
fn mutants_are_caught_by_simulation() {
    for (mutant, runs) in SIMULATED {
        is_caught_within::<AbdLab>(mutant, runs);
    }
}

#[test]
fn it_breaks_without_each_assumption_that_it_needs() {
    breaks_without_its_needs::<AbdLab>(3, 20);
}
