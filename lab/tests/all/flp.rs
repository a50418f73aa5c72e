//! The impossibility of Fischer, Lynch and Paterson, and what partial synchrony changes.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, is_caught_in, mutants_are_caught,
};
use canon::consensus::deterministic::Mutant;
use lab::flp::{Configuration, Valence, bivalent_run, initial_valences};
use lab::{DeterministicLab, Exhibit};
use world::story::replay;

/// FLP, lemma 2: equal inputs leave only themselves, so somewhere between lies a choice that leaves
/// both possible. A coordinator takes the value of the lowest node that it hears, so here it is the
/// first two nodes that matter.
#[test]
fn an_initial_configuration_is_bivalent() {
    for (inputs, valence) in initial_valences() {
        let expected = match inputs[0] == inputs[1] {
            true => Valence::Univalent(inputs[0]),
            false => Valence::Bivalent,
        };
        assert_eq!(valence, expected, "{inputs:?}");
    }
}

/// All runs whose rounds do not go beyond the second, the size of their graph pinned: inputs that
/// differ at the first two coordinators leave both values possible, equal ones do not.
#[test]
fn the_graph_of_two_rounds_is_exhausted() {
    let valence = |inputs: [bool; 3]| Configuration::initial(&inputs).valence(1);
    assert_eq!(valence([false, false, false]), (Valence::Univalent(false), 1_790));
    assert_eq!(valence([true, false, false]), (Valence::Bivalent, 1_918));
}

#[test]
fn nobody_decides_for_as_long_as_asked() {
    let report = bivalent_run(500);
    assert!(report.bivalent && report.stuck.is_none(), "{report}");
    assert!(report.events.len() >= 500, "{report}");
    // It is fair: no message waits for long, and every node goes on taking steps.
    assert!(report.longest_wait <= 10 && report.in_flight <= 10, "{report}");
    assert!(report.taken.iter().all(|&taken| taken > 100), "{:?}", report.taken);
    // The same run, as a story on the same protocol, under the rules of every driver.
    let now = replay(&DeterministicLab::new(3), &report.story()).expect("it can be replayed");
    assert_eq!(now, report.story(), "the story says what happens");
    assert!(!now.contains("tells decide") && !now.contains("violation"), "{now}");
    assert!(now.matches("Proposal").count() > 100, "{now}");
}

/// The first events of the run, to be read.
#[test]
fn the_run_is_told_as_a_story() {
    let lab = DeterministicLab::new(3);
    let file = format!("{}/stories/flp/undecided.story", env!("CARGO_MANIFEST_DIR"));
    let now = replay(&lab, &bivalent_run(24).story()).expect("it can be replayed");
    if std::env::var_os("SYNOD_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &now).expect("the story can be written");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("the story is there"), now);
}

#[test]
fn the_same_protocol_decides_in_partial_synchrony() {
    bears_its_model::<DeterministicLab>(300);
}

#[test]
fn it_breaks_without_what_it_needs() {
    breaks_without_its_needs::<DeterministicLab>(3, 50);
}

#[test]
fn every_round_of_a_small_space_agrees() {
    holds_everywhere(&DeterministicLab::new(3), (47_539, 17));
}

/// Two values are decided: so many steps are the shortest way there.
#[test]
fn a_second_decision_is_caught_by_exploration() {
    let steps = [
        (Mutant::FewerEstimates, 7),
        (Mutant::FewerAcks, 6),
        (Mutant::AnyEstimate, 10),
        (Mutant::KeepEstimate, 10),
    ];
    for (mutant, steps) in steps {
        is_caught_in(&DeterministicLab::new(3).broken(mutant), steps);
    }
}

/// About twice the runs that it takes.
#[test]
fn every_broken_consensus_is_caught() {
    mutants_are_caught::<DeterministicLab>(&[
        ("fewer-estimates", 130),
        ("fewer-acks", 8),
        ("any-estimate", 3_500),
        ("keep-estimate", 600),
        ("never-suspect", 30),
        ("tell-nobody", 6),
    ]);
}
