//! Phase King under the lab's tools: it bears fewer traitors than a quarter of its nodes, and not
//! one more.

use crate::trial::{breaks_without_its_needs, is_caught_within, simulated};
use canon::byzantine::phase_king::Mutant;
use lab::PhaseKingLab;
use model::Named;
use world::timed::Violation;

#[test]
fn it_bears_traitors_in_every_size() {
    for nodes in [1, 2, 4, 5, 6, 9, 13] {
        let report = simulated(&PhaseKingLab::new(nodes), 500, None);
        assert_eq!(report.failures, 0, "{report}");
    }
    let report = simulated(&PhaseKingLab::new(5), 500, None);
    for seen in ["a node obeys its king", "a node disobeys its king", "a node is a traitor"] {
        assert!(report.hit.iter().any(|mark| mark.name == seen), "{seen}: {report}");
    }
}

/// `n = 4f`: three loyal nodes of four are no more than `n/2 + f`, so the traitor's reign undoes
/// what they have agreed on.
#[test]
fn a_quarter_of_traitors_is_too_many() {
    let lab = PhaseKingLab { most: 1, ..PhaseKingLab::new(4) };
    let report = simulated(&lab, 100, None);
    let failure = report.first_failure.expect("A traitor breaks it.");
    assert!(matches!(failure.violation, Violation::Safety(_)), "{failure}");
}

/// About twice the runs that it takes.
#[test]
fn mutants_are_caught_by_simulation() {
    for &mutant in Mutant::ALL {
        is_caught_within::<PhaseKingLab>(mutant, 100);
    }
}

#[test]
fn it_cannot_do_without_what_it_needs() {
    breaks_without_its_needs::<PhaseKingLab>(5, 50);
}
