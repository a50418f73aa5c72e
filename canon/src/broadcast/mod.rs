//! Broadcast: one node tells all, itself included.
//!
//! Requests: [`Broadcast`]. Indications: [`Deliver`].
//!
//! | protocol | promises | model | messages | delays |
//! |---|---|---|---|---|
//! | [`eager`] | agreement of correct nodes | any may crash | n(n-1) | 1; more if nodes crash |
//! | [`causal`] | agreement of correct nodes, causal order | as [`eager`], below it | n(n-1) | 1 |
//! | [`majority`] | uniform agreement | a minority may crash | n(n-1) | 2 |
//! | [`batched`] | agreement | fair loss, no faults | 2(n-1) a batch | the tree's depth |
//!
//! Causal broadcast adds no message and, without a gap, no delay to the broadcast below it: on
//! best-effort broadcast, which makes nobody agree, it would send n-1.
//! All but [`batched`] stand on perfect links. They know no bound on time, and do not bear that a
//! crashed node comes back. Messages are counted from one node to another; what a node tells itself
//! is free.
//!
//! Properties (Cachin, Guerraoui and Rodrigues 2011, modules 3.2 and 3.3; the `ReliableBroadcast`
//! monitor in `spec` checks them):
//! - *validity*: a correct node delivers what it broadcasts;
//! - *no duplication*: no node delivers a broadcast twice;
//! - *no creation*: what is delivered from a node, that node has broadcast;
//! - *agreement*: what one correct node delivers, every correct node delivers;
//! - *uniform agreement*: what any node delivers, even one that crashes right afterwards, every
//!   correct node delivers;
//! - *causal order* (module 3.9; the `CausalBroadcast` monitor): no node delivers a broadcast
//!   before one that it follows upon: one that its node had broadcast or delivered before.

use alloc::collections::BTreeMap;
use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

use crate::numbers::Numbers;

pub mod batched;
pub mod causal;
pub mod eager;
pub mod majority;

/// Asks that every node deliver this payload.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Broadcast<V>(pub V);

/// Tells that `payload` was broadcast by `from`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Deliver<V> {
    /// Who broadcast it.
    pub from: NodeId,
    /// What it said.
    pub payload: V,
}

/// The name of a broadcast: who began it, and how many that node had begun with it. Printed as
/// `n0#1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Name {
    /// Who broadcast it.
    pub origin: NodeId,
    /// Its number among the broadcasts of that node, from 1.
    pub number: u64,
}

/// A set of broadcasts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Names(BTreeMap<NodeId, Numbers>);

impl Names {
    /// Adds a broadcast; returns whether it is new.
    pub fn insert(&mut self, Name { origin, number }: Name) -> bool {
        self.0.entry(origin).or_default().insert(number)
    }

    /// Whether the broadcast is in the set.
    pub fn contains(&self, Name { origin, number }: Name) -> bool {
        self.0.get(&origin).is_some_and(|numbers| numbers.contains(number))
    }

    /// Whether a broadcast is in the set before an earlier one of the same node.
    pub fn has_gap(&self) -> bool {
        self.0.values().any(Numbers::has_gap)
    }

    /// The broadcasts, by node and number.
    pub fn iter(&self) -> impl Iterator<Item = Name> {
        self.0.iter().flat_map(|(&origin, numbers)| {
            numbers.iter().map(move |number| Name { origin, number })
        })
    }
}

impl<V> AsRef<V> for Broadcast<V> {
    fn as_ref(&self) -> &V {
        &self.0
    }
}

impl<V> From<Deliver<V>> for (NodeId, V) {
    fn from(Deliver { from, payload }: Deliver<V>) -> (NodeId, V) {
        (from, payload)
    }
}

impl<V: Display> Display for Broadcast<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broadcast {}", self.0)
    }
}

impl<V: Display> Display for Deliver<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deliver from {}: {}", self.from, self.payload)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.origin, self.number)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use model::Random;

    use super::*;

    /// Against a plain set, with numbers that come in any order and more than once.
    #[test]
    fn names_are_a_set() {
        let mut random = Random::new(3);
        for _ in 0..200 {
            let (mut names, mut plain) = (Names::default(), BTreeSet::new());
            for _ in 0..20 {
                let (origin, number) = (NodeId(random.below(2) as u16), 1 + random.below(8));
                let name = Name { origin, number };
                assert_eq!(names.contains(name), plain.contains(&name));
                assert_eq!(names.insert(name), plain.insert(name));
                assert_eq!(names.iter().collect::<Vec<_>>(), Vec::from_iter(plain.clone()));
                let is_first = |name: &Name| name.number == 1;
                let follows = |name: &Name| {
                    is_first(name) || plain.contains(&Name { number: name.number - 1, ..*name })
                };
                assert_eq!(names.has_gap(), !plain.iter().all(follows));
            }
        }
    }
}
