//! Ricart and Agrawala's mutual exclusion under the lab's tools.

use std::sync::atomic::AtomicBool;

use canon::mutex::ricart_agrawala::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use lab::{Exhibit, RicartAgrawalaLab, Visitors};
use model::Named;
use sim::{Campaign, Options, campaign};
use world::story::golden;
use world::{Subject, SystemModel};

fn explored(lab: &RicartAgrawalaLab) -> Report {
    Exploration::new(&Explore::new(lab, Bounds::default())).run()
}

fn simulated(lab: &RicartAgrawalaLab, runs: u64, model: Option<SystemModel>) -> sim::Report {
    let options = Options { shrink_runs: 0, model, ..Options::default() };
    let runs = Campaign { runs, options, ..Campaign::default() };
    campaign(lab, &Visitors, &runs, &AtomicBool::new(false), |_| {})
}

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
    for nodes in [1, 2, 3, 5, 9] {
        let report = simulated(&RicartAgrawalaLab::new(nodes), 60, None);
        assert_eq!(report.failures, 0, "{report}");
        let marks = RicartAgrawalaLab::new(nodes).sometimes();
        let is_missed = |name: &str| report.missed.iter().any(|mark| mark.name == name);
        assert!(nodes == 1 || !marks.iter().any(|mark| is_missed(mark.name)), "{report}");
    }
}

/// Each mutant is caught by exploring three nodes that enter twice at most, or by simulation.
#[test]
fn every_mutant_is_caught() {
    for &mutant in Mutant::ALL {
        let lab = RicartAgrawalaLab::new(3).broken(mutant);
        let report = simulated(&lab, 20, None);
        assert!(report.failures > 0, "{mutant} survived {} runs", report.runs);
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
        let report = explored(&sound.broken(mutant));
        assert_eq!((report.verdict, report.steps), (Verdict::Violated, steps), "{report}");
        assert!(report.story.contains("is inside and has not left"), "{report}");
    }
}

/// It cannot do without what it assumes: on links that lose, or with one node that stops, those
/// that wait are never let in.
#[test]
fn every_assumption_is_needed() {
    let lab = RicartAgrawalaLab::new(3);
    for assumption in RicartAgrawalaLab::NEEDS {
        let weaker = lab.model().without(3, assumption).expect("It is an assumption.");
        let report = simulated(&lab, 20, Some(weaker));
        let broken = report.first_failure.expect("It breaks.").violation;
        assert!(broken.to_string().starts_with("liveness"), "without {assumption}: {broken}");
    }
}

#[test]
fn costs_are_the_formulas() {
    for &nodes in RicartAgrawalaLab::THEORY_SIZES {
        for measure in RicartAgrawalaLab::theory(nodes) {
            assert!(measure.holds(), "{measure}");
        }
    }
}

fn story(name: &str) -> String {
    format!("{}/stories/ricart-agrawala/{name}.story", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn stories_tell_what_happens() {
    let seen = vec![7, 0, 11];
    golden(&RicartAgrawalaLab { seen, ..RicartAgrawalaLab::new(3) }, story("two-of-three"));
    let twice = RicartAgrawalaLab { stays: 2, ..RicartAgrawalaLab::new(3) };
    golden(&twice, story("equal-numbers"));
    let broken = RicartAgrawalaLab { inner: false, ..RicartAgrawalaLab::new(2) };
    golden(&broken.broken(Mutant::NumberAlone), story("number-alone"));
}
