//! What is true of all copies at any moment.

use alloc::format;
use alloc::string::String;

use model::Value;

use super::{Abd, Copy, Phase};

/// A stamp has one value, wherever copies of it are.
///
/// # Errors
/// Two copies of one stamp that differ.
pub fn one_value_a_stamp<V: Value>(nodes: &[&Abd<V>]) -> Result<(), String> {
    let copies = || nodes.iter().flat_map(|node| copies_of(node));
    for one in copies() {
        if let Some(other) = copies().find(|c| c.stamp == one.stamp && c.value != one.value) {
            return Err(format!("One node has {one} and another {other}: one stamp, two values."));
        }
    }
    Ok(())
}

/// The copies that a node has at hand: its own, and that of its operation.
fn copies_of<V: Value>(node: &Abd<V>) -> impl Iterator<Item = &Copy<V>> {
    let at_hand = match node.phase() {
        Phase::Idle => None,
        Phase::Query { latest, .. } => Some(latest),
        Phase::Propagate { copy, .. } => Some(copy),
    };
    core::iter::once(node.copy()).chain(at_hand)
}
