//! Ben-Or's consensus under the lab's tools: it agrees, it ends with probability 1, and its mutants
//! are caught.

use crate::trial::{
    breaks_without_its_needs, holds_everywhere, is_caught_in, is_caught_within, simulated,
};
use canon::consensus::ben_or::Mutant;
use check::{Bounds, Exploration, Explore};
use lab::{BenOrLab, Exhibit};
use model::Named;

/// Every run of one round, whatever is not heard and however the coins fall.
#[test]
fn one_round_agrees_in_every_world() {
    holds_everywhere(&BenOrLab::new(3), (342_277, 19));
}

/// The monitor demands that all correct nodes have decided at the end of each run.
#[test]
fn with_a_fair_scheduler_every_run_ends() {
    for nodes in [1, 2, 3, 4, 5, 7, 9] {
        let report = simulated(&BenOrLab::new(nodes), 500, None);
        assert_eq!(report.failures, 0, "{report}");
    }
}

#[test]
fn mutants_of_a_second_round_are_caught_by_exploration() {
    let steps = [
        (Mutant::FewerReports, 4),
        (Mutant::TakeStale, 9),
        (Mutant::DecideOnFewer, 10),
        (Mutant::TossAnyway, 10),
    ];
    for (mutant, steps) in steps {
        is_caught_in(&BenOrLab { rounds: 2, ..BenOrLab::new(3) }.broken(mutant), steps);
    }
}

/// About twice the runs that it takes.
#[test]
fn mutants_are_caught_by_simulation() {
    for &mutant in Mutant::ALL {
        is_caught_within::<BenOrLab>(mutant, 350);
    }
}

#[test]
fn it_cannot_do_without_what_it_needs() {
    breaks_without_its_needs::<BenOrLab>(3, 200);
}

/// Nodes that propose alike are taken for one another: the verdict is the same, sound or broken,
/// and so is the length of a shortest run that goes wrong.
#[test]
fn symmetry_changes_no_verdict() {
    let sound = BenOrLab::new(3);
    let broken = Mutant::ALL.iter().map(|&mutant| sound.clone().broken(mutant));
    for lab in broken.chain([sound.clone()]) {
        let explored = |symmetry| {
            let bounds = Bounds { symmetry, ..lab.bounds() };
            Exploration::new(&Explore::new(&lab, bounds)).run()
        };
        let (folded, whole) = (explored(true), explored(false));
        assert_eq!((folded.verdict, folded.steps), (whole.verdict, whole.steps), "{folded}{whole}");
        assert!(folded.distinct < whole.distinct, "{folded}{whole}");
    }
}
