//! Ben-Or's consensus under the lab's tools: it agrees, it ends with probability 1, and its mutants
//! are caught.

use std::sync::atomic::AtomicBool;

use canon::consensus::ben_or::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use lab::{BenOrLab, Exhibit, Open};
use model::Named;
use sim::{Campaign, Options, campaign};
use world::story::golden;
use world::{Subject, SystemModel};

fn explored(lab: &BenOrLab) -> Report {
    Exploration::new(&Explore::new(lab, lab.bounds())).run()
}

fn simulated(lab: &BenOrLab, runs: u64, model: Option<SystemModel>) -> sim::Report {
    let options = Options { scale: BenOrLab::scale(), model, shrink_runs: 0, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &Open::default(), &runs, &AtomicBool::new(false), |_| {})
}

/// Every run of one round, whatever is not heard and however the coins fall.
#[test]
fn one_round_agrees_in_every_world() {
    let report = explored(&BenOrLab::new(3));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert_eq!((report.distinct, report.depth), (342_277, 19), "{report}");
    assert_eq!(report.missed().count(), 0, "{report}");
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
        let report = explored(&BenOrLab { rounds: 2, ..BenOrLab::new(3) }.broken(mutant));
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{mutant} {report}");
    }
}

/// About twice the runs that it takes.
#[test]
fn mutants_are_caught_by_simulation() {
    for &mutant in Mutant::ALL {
        let report = simulated(&BenOrLab::new(3).broken(mutant), 350, None);
        assert!(report.failures > 0, "{mutant} survived {} runs", report.runs);
    }
}

#[test]
fn it_cannot_do_without_what_it_needs() {
    for assumption in BenOrLab::NEEDS {
        let lab = BenOrLab::new(3);
        let weaker = lab.model().without(3, assumption).expect("It is an assumption.");
        let report = simulated(&lab, 200, Some(weaker));
        assert!(report.failures > 0, "It bears to lose {assumption}: {report}");
    }
}

#[test]
fn the_costs_are_those_of_the_book() {
    for &nodes in BenOrLab::THEORY_SIZES {
        for measure in BenOrLab::theory(nodes) {
            assert!(measure.holds(), "{measure}");
        }
    }
}

#[test]
fn coins_make_a_majority() {
    let story = format!("{}/stories/ben-or/coins.story", env!("CARGO_MANIFEST_DIR"));
    golden(&BenOrLab::new(3), &story);
    let told = std::fs::read_to_string(story).expect("The story is there.");
    assert_eq!(told.matches("tells decide true").count(), 3, "{told}");
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
