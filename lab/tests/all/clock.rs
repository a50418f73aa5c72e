//! Logical clocks under the lab's tools: stamps tell causality in exactly their model, and every
//! mutant is caught.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, explored, holds_everywhere, mutants_are_caught,
};
use check::Verdict;
use lab::VectorLab;

#[test]
fn vectors_tell_causality_in_every_world_of_a_small_space() {
    let report = explored(&VectorLab::new(3));
    assert_eq!((report.verdict, report.distinct), (Verdict::Holds, 1_860), "{report}");
    let twice = VectorLab { asked: 2, sends: 2, ..VectorLab::new(3) };
    holds_everywhere(&twice, (10_782, 11));
}

#[test]
fn vectors_tell_causality_in_long_runs() {
    bears_its_model::<VectorLab>(60);
}

/// A node that comes back counts anew, and gives stamps that it has given before.
#[test]
fn vectors_do_not_survive_a_restart() {
    breaks_without_its_needs::<VectorLab>(3, 10);
}

#[test]
fn every_broken_vector_is_caught() {
    mutants_are_caught::<VectorLab>(&[
        ("no-merge", 2),
        ("no-receive-tick", 2),
        ("no-send-tick", 2),
        ("stale-stamp", 2),
        ("merge-sender-only", 2),
        ("overwrite", 2),
    ]);
}
