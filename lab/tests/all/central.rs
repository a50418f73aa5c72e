//! Mutual exclusion by a central server under the lab's tools.

use crate::trial::{
    bears_its_model_in, breaks_without_its_needs, holds_everywhere, is_caught_in,
    mutants_are_caught,
};
use canon::mutex::central::Mutant;
use lab::{CentralLab, Exhibit};

#[test]
fn it_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&CentralLab::new(3), (7_264, 25));
}

#[test]
fn it_bears_random_runs_in_every_size() {
    bears_its_model_in::<CentralLab>([1, 2, 3, 5, 9], 2, 60);
}

#[test]
fn it_breaks_without_what_it_needs() {
    breaks_without_its_needs::<CentralLab>(3, 20);
}

#[test]
fn every_mutant_is_caught() {
    mutants_are_caught::<CentralLab>(&[("grant-two", 4), ("forget-queue", 4), ("no-release", 4)]);
    is_caught_in(&CentralLab::new(3).broken(Mutant::GrantTwo), 3);
}
