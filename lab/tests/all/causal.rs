//! Causal broadcast under the lab's tools: it holds in exactly its model, breaks without what it
//! needs, and every mutant is caught.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, is_caught_in, mutants_are_caught,
};
use canon::broadcast::causal::Mutant;
use lab::{CausalLab, Exhibit};

#[test]
fn causal_order_holds_in_every_world_of_a_small_space() {
    holds_everywhere(&CausalLab::new(3), (56_185, 13));
}

#[test]
fn causal_order_holds_in_long_runs() {
    bears_its_model::<CausalLab>(60);
}

#[test]
fn it_breaks_without_what_it_needs() {
    breaks_without_its_needs::<CausalLab>(3, 25);
}

/// Each condition is needed, and the shortest run that shows it is the textbook's: a question, its
/// answer, and the answer comes first.
#[test]
fn each_condition_is_needed() {
    is_caught_in(&CausalLab::new(3).broken(Mutant::SkipOwn), 3);
    is_caught_in(&CausalLab::new(3).broken(Mutant::SkipOthers), 4);
}

#[test]
fn every_broken_causal_broadcast_is_caught() {
    mutants_are_caught::<CausalLab>(&[
        ("skip-own", 25),
        ("skip-others", 160),
        ("hold-nothing", 25),
        ("stamp-own", 160),
        ("release-one", 25),
    ]);
}
