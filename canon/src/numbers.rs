//! Sets of numbers that come in almost their order.

use alloc::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A set of numbers from 1: all up to some number and a few beyond it. It stays small because what
/// is missing in between is on its way.
///
/// Invariant: all up to `prefix` are in it, and those in `beyond`, of which none is `prefix + 1`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Numbers {
    prefix: u64,
    beyond: BTreeSet<u64>,
}

impl Numbers {
    /// Adds a number; returns whether it is new.
    pub fn insert(&mut self, number: u64) -> bool {
        let is_new = number > self.prefix && self.beyond.insert(number);
        while self.beyond.remove(&(self.prefix + 1)) {
            self.prefix += 1;
        }
        is_new
    }

    /// Whether the number is in the set.
    pub fn contains(&self, number: u64) -> bool {
        number <= self.prefix || self.beyond.contains(&number)
    }

    /// Whether a number is in the set and a lower one is not.
    pub fn has_gap(&self) -> bool {
        !self.beyond.is_empty()
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> {
        (1..=self.prefix).chain(self.beyond.iter().copied())
    }
}
