//! Sets of nodes and the quorums that protocols count; rows with a place for each node.

use alloc::vec::Vec;
use core::fmt::{self, Display};
use core::ops::{Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::NodeId;

/// A set of nodes, numbered below [`NodeSet::CAPACITY`]; a plain value that is cheap to copy,
/// compare and hash. Printed as `{n0 n2}`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct NodeSet(u64);

impl NodeSet {
    /// Nodes are numbered below this: one bit each in a word.
    pub const CAPACITY: usize = 64;

    /// No nodes.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The nodes `n0` to `n(count-1)`.
    pub fn first(count: usize) -> NodeSet {
        NodeId::first(count).collect()
    }

    /// The set whose word has these bits: the lowest is `n0`.
    pub fn from_bits(bits: u64) -> NodeSet {
        NodeSet(bits)
    }

    /// The set as a word: the lowest bit is `n0`.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Adds a node; returns whether it is new. A number beyond the capacity is never a member.
    pub fn insert(&mut self, node: NodeId) -> bool {
        let is_new = node.index() < Self::CAPACITY && !self.contains(node);
        if is_new {
            self.0 |= 1 << node.0;
        }
        is_new
    }

    /// Takes a node out; returns whether it was in.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let was_in = self.contains(node);
        if was_in {
            self.0 &= !(1 << node.0);
        }
        was_in
    }

    /// Whether the node is in the set.
    pub fn contains(self, node: NodeId) -> bool {
        node.index() < Self::CAPACITY && self.0 & (1 << node.0) != 0
    }

    /// How many nodes are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The nodes in both sets.
    pub fn intersection(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// The nodes, in order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (0..Self::CAPACITY as u16).map(NodeId).filter(move |&node| self.contains(node))
    }

    /// How many nodes are a majority of this set: any two majorities share a node.
    pub fn majority(self) -> usize {
        self.len() / 2 + 1
    }

    /// Whether `votes` holds a majority of this set.
    pub fn has_majority(self, votes: NodeSet) -> bool {
        self.intersection(votes).len() >= self.majority()
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> NodeSet {
        let mut set = NodeSet::EMPTY;
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

impl Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (place, node) in self.iter().enumerate() {
            write!(f, "{}{node}", if place == 0 { "" } else { " " })?;
        }
        f.write_str("}")
    }
}

/// A value for each node, `n0` first: what is kept of every peer, such as votes or clocks. It is
/// indexed by the node's name, and so, unlike a plain vector, it keeps its meaning when nodes are
/// renamed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct ByNode<T>(Vec<T>);

impl<T> ByNode<T> {
    /// The same value for each of the first `count` nodes.
    pub fn all(count: usize, value: T) -> ByNode<T>
    where
        T: Clone,
    {
        ByNode(alloc::vec![value; count])
    }

    /// How many nodes have a place.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no node has a place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Index<NodeId> for ByNode<T> {
    type Output = T;

    /// # Panics
    /// If the node has no place: names from peers are looked up in the members first.
    fn index(&self, node: NodeId) -> &T {
        &self.0[node.index()]
    }
}

impl<T> IndexMut<NodeId> for ByNode<T> {
    fn index_mut(&mut self, node: NodeId) -> &mut T {
        &mut self.0[node.index()]
    }
}

impl<T> FromIterator<T> for ByNode<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> ByNode<T> {
        ByNode(values.into_iter().collect())
    }
}
