//! Ricart and Agrawala's mutual exclusion under the lab's tools.

use crate::trial::{bears_its_model_in, explored, is_caught_in, is_caught_within, simulated};
use canon::mutex::ricart_agrawala::Mutant;
use check::Verdict;
use lab::{Exhibit, RicartAgrawalaLab};
use model::Named;

#[test]
fn it_holds_in_every_world_of_small_spaces() {
    let spaces = [(1, 2), (2, 2), (3, 1), (3, 2)];
    let distinct = spaces.map(|(nodes, stays)| {
        let report = explored(&RicartAgrawalaLab { stays, ..RicartAgrawalaLab::new(nodes) });
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        assert!(nodes == 1 || report.missed().next().is_none(), "{report}");
        report.distinct
    });
    assert_eq!(distinct, [10, 624, 2_822, 302_986]);
}

#[test]
fn it_bears_random_runs_in_every_size() {
    bears_its_model_in::<RicartAgrawalaLab>([1, 2, 3, 5, 9], 2, 60);
}

/// Each mutant is caught by exploring three nodes that enter twice at most, or by simulation.
#[test]
fn every_mutant_is_caught() {
    for &mutant in Mutant::ALL {
        is_caught_within::<RicartAgrawalaLab>(mutant, 20);
    }
}

#[test]
fn mutants_that_let_two_in_are_caught_by_exploration() {
    let caught = [
        (Mutant::NumberAlone, 6),
        (Mutant::ReplyInside, 6),
        (Mutant::FewerReplies, 2),
        (Mutant::SameNumber, 6),
        (Mutant::UnseenNumber, 6),
    ];
    for (mutant, steps) in caught {
        let sound = RicartAgrawalaLab { stays: 2, inner: false, ..RicartAgrawalaLab::new(2) };
        let report = is_caught_in(&sound.broken(mutant), steps);
        assert!(report.story.contains("is inside and has not left"), "{report}");
    }
}

/// It cannot do without what it assumes: on links that lose, or with one node that stops, those
/// that wait are never let in.
#[test]
fn every_assumption_is_needed() {
    let lab = RicartAgrawalaLab::new(3);
    for assumption in RicartAgrawalaLab::NEEDS {
        let report = simulated(&lab, 20, Some(assumption));
        let broken = report.first_failure.expect("It breaks.").violation;
        assert!(broken.to_string().starts_with("liveness"), "without {assumption}: {broken}");
    }
}
