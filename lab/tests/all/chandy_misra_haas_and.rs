//! Chandy, Misra and Haas's edge chasing under the lab's tools.

use crate::trial::{
    bears_its_model_in, breaks_without_its_needs, explored, is_caught_in, is_caught_within,
};
use canon::deadlock::chandy_misra_haas_and::Mutant;
use check::Verdict;
use lab::{ChandyMisraHaasAndLab, Exhibit};
use model::Named;

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
    bears_its_model_in::<ChandyMisraHaasAndLab>([2, 3, 5, 9], 3, 100);
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
        is_caught_within::<ChandyMisraHaasAndLab>(mutant, runs);
        if let Some(steps) = steps {
            is_caught_in(&ChandyMisraHaasAndLab::new(3).broken(mutant), steps);
        }
    }
}

#[test]
fn every_assumption_is_needed() {
    breaks_without_its_needs::<ChandyMisraHaasAndLab>(3, 200);
}
