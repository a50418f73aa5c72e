//! Batched broadcast under the lab's tools.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, mutants_are_caught,
};
use lab::BatchedLab;

#[test]
fn batched_broadcast_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&BatchedLab::new(2), (1, 1));
}

#[test]
fn batched_broadcast_bears_its_model_and_breaks_without_it() {
    bears_its_model::<BatchedLab>(100);
    breaks_without_its_needs::<BatchedLab>(3, 40);
}

#[test]
fn every_mutant_of_batched_broadcast_is_caught() {
    mutants_are_caught::<BatchedLab>(&[
        ("never-repeat", 20),
        ("take-beyond", 40),
        ("take-again", 20),
        ("no-relay", 2),
        ("send-back", 2),
    ]);
}
