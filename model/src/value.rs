//! What travels: values that every driver can compare, print, store and send; and the names of
//! nodes.

use core::fmt::{self, Debug, Display};
use core::hash::Hash;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Anything that is asked, told, sent or saved.
///
/// Drivers compare and hash values (the checker), print them in one short line (traces, by
/// `Display`), and write them to disk and network (`serde`). Whatever satisfies the bounds is one.
pub trait Value:
    Clone + Eq + Hash + Debug + Display + Serialize + DeserializeOwned + 'static
{
}

impl<T> Value for T where
    T: Clone + Eq + Hash + Debug + Display + Serialize + DeserializeOwned + 'static
{
}

/// The name of a node: its number in the cluster, counted from 0. Printed as `n0`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct NodeId(pub u16);

impl NodeId {
    /// The first `count` nodes: `n0`, `n1`, and so on.
    pub fn first(count: usize) -> impl DoubleEndedIterator<Item = NodeId> + Clone {
        (0..count as u16).map(NodeId)
    }

    /// The node's number as an index into a table with a row a node.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// The type of what a protocol never asks, tells, sends or saves: it has no values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Never {}

impl Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Whether a type has no values, as [`Never`]: then there is nothing to tell `None` from.
pub(crate) const fn has_no_values<T>() -> bool {
    size_of::<Option<T>>() == 0
}

/// Takes what never comes. It compiles only where that is so.
pub(crate) fn never<T>(_: T) -> ! {
    const { assert!(has_no_values::<T>(), "This can come: write the method that takes it.") }
    unreachable!("There is no such value.")
}
