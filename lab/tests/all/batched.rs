//! Batched broadcast under the lab's tools.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, mutants_are_caught,
};
use lab::{BatchedLab, Exhibit};

#[test]
fn batched_broadcast_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&BatchedLab::new(2), (13_266, 15));
    holds_everywhere(&BatchedLab::quick().0, (4_081, 16));
}

#[test]
fn batched_broadcast_bears_its_model_and_breaks_without_it() {
    bears_its_model::<BatchedLab>(100);
    breaks_without_its_needs::<BatchedLab>(3, 40);
}

#[test]
fn every_mutant_of_batched_broadcast_is_caught() {
    mutants_are_caught::<BatchedLab>(&[
        ("never-repeat", 5),
        ("take-beyond", 10),
        ("take-again", 2),
        ("no-relay", 2),
        ("send-back", 2),
    ]);
}
