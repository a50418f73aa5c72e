//! Reliable broadcasts under the lab's tools: the sound ones hold in exactly their model, break
//! without what they need, and every mutant is caught.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, is_caught_in, mutants_are_caught,
    simulated,
};
use canon::broadcast::majority;
use lab::{Agreement, EagerLab, Exhibit, UniformLab};

/// The broadcasts of different nodes do not touch each other: the worlds are 85 of each.
#[test]
fn eager_broadcast_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&EagerLab::new(3), (85 * 85, 13));
}

/// As above: 421 of each.
#[test]
fn uniform_broadcast_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&UniformLab::new(3), (421 * 421, 17));
}

/// One copy less than a majority: of four nodes, two hold what is delivered, and both may crash.
#[test]
fn fewer_copies_are_caught_in_two_steps() {
    is_caught_in(&UniformLab::new(4).broken(majority::Mutant::FewerCopies), 2);
}

#[test]
fn both_bear_their_models() {
    bears_its_model::<EagerLab>(200);
    bears_its_model::<UniformLab>(200);
}

#[test]
fn both_break_without_what_they_need() {
    breaks_without_its_needs::<EagerLab>(3, 25);
    breaks_without_its_needs::<UniformLab>(3, 10);
}

#[test]
fn every_mutant_is_caught() {
    mutants_are_caught::<EagerLab>(&[
        ("no-relay", 20),
        ("deliver-again", 2),
        ("same-number", 2),
        ("relay-as-own", 2),
    ]);
    mutants_are_caught::<UniformLab>(&[
        ("fewer-copies", 10),
        ("no-relay", 2),
        ("deliver-at-once", 10),
        ("forget-delivered", 2),
    ]);
}

/// The two agreements are different: what eager broadcast promises, it keeps; held to uniform
/// agreement, it breaks as soon as a node delivers, crashes, and takes its relays with it.
#[test]
fn eager_broadcast_is_not_uniform() {
    let lab = EagerLab { agreement: Agreement::Uniform, ..EagerLab::new(3) };
    let report = simulated(&lab, 40, None);
    let failure = report.first_failure.expect("Some run is not uniform.");
    let what = failure.violation.to_string();
    assert!(what.contains("which is correct, never did"), "{what}");
}
