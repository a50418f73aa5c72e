//! Phase King under the lab's tools: it bears fewer traitors than a quarter of its nodes, and not
//! one more.

use crate::trial::{breaks_without_its_needs, explored, is_caught_within, simulated};
use canon::byzantine::phase_king::Mutant;
use check::Verdict;
use lab::{Exhibit, PhaseKingLab};
use model::{Named, NodeId};
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

fn betrayed(nodes: usize, traitor: u16) -> PhaseKingLab {
    let traitors = [NodeId(traitor)].into_iter().collect();
    PhaseKingLab { most: 1, traitors: Some(traitors), ..PhaseKingLab::new(nodes) }
}

/// The last king, or a node that is never king. That it may be the first one takes 900,000 worlds:
/// `synod check phase-king --set traitors=0`.
#[test]
fn one_traitor_of_five_says_what_it_likes() {
    for (traitor, size) in [(1, (46_486, 18)), (4, (35_278, 15))] {
        let report = explored(&betrayed(5, traitor));
        assert_eq!((report.verdict, report.missed().count()), (Verdict::Holds, 0), "{report}");
        assert_eq!((report.distinct, report.depth), size, "{report}");
    }
}

/// `n = 4f`: a traitor who is king undoes what three of four have agreed on; a rest of a round,
/// proposals and forged messages are a step each.
#[test]
fn a_king_among_four_may_not_betray() {
    for (traitor, steps) in [(0, 10), (1, 9)] {
        let report = explored(&betrayed(4, traitor));
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{report}");
        assert_eq!(report.story.matches("violation: ").count(), 1, "{}", report.story);
    }
    // Told that it bears one, it is betrayed by its last king.
    let mut four = PhaseKingLab::sized(4);
    four.turn("f", "1").expect("there are more nodes");
    assert_eq!(explored(&four).steps, 9);
    let report = explored(&betrayed(4, 3));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
}

/// Each with the traitor that shows it, and the steps that it takes; that anybody's word counts as
/// the king's is left to simulations.
#[test]
fn mutants_are_caught_by_exploration() {
    let caught = [
        (Mutant::KeepOnFewer, 1, 8),
        (Mutant::ObeyAlways, 1, 10),
        (Mutant::NeverObey, 1, 8),
        (Mutant::FewerPhases, 0, 7),
    ];
    for (mutant, traitor, steps) in caught {
        let report = explored(&betrayed(5, traitor).broken(mutant));
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{mutant} {report}");
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
