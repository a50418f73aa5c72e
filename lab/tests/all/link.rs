//! Links under the lab's tools: causal order holds in exactly its model, breaks without what it
//! needs, and every mutant is caught.

use crate::trial::{
    bears_its_model, breaks_without_its_needs, holds_everywhere, is_caught_in, mutants_are_caught,
};
use canon::link::causal::Mutant;
use lab::{CausalLinkLab, Exhibit};

#[test]
fn causal_links_hold_in_every_world_of_a_small_space() {
    holds_everywhere(&CausalLinkLab::new(3), (29_225, 13));
}

#[test]
fn causal_links_hold_in_long_runs() {
    bears_its_model::<CausalLinkLab>(60);
}

#[test]
fn causal_links_break_without_what_they_need() {
    breaks_without_its_needs::<CausalLinkLab>(3, 10);
}

/// Order from one sender is not enough: the shortest run that shows it is the triangle.
#[test]
fn first_in_first_out_is_not_causal_order() {
    is_caught_in(&CausalLinkLab::new(3).broken(Mutant::WaitForSender), 5);
}

#[test]
fn every_broken_causal_link_is_caught() {
    mutants_are_caught::<CausalLinkLab>(&[
        ("hold-nothing", 2),
        ("wait-for-sender", 2),
        ("no-merge", 2),
        ("send-uncounted", 2),
    ]);
}
