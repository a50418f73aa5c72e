//! Renaming of nodes: which nodes are interchangeable, and any value with its nodes renamed,
//! without a line of code for each protocol.
//!
//! A value is written by `serde` as a tree, in which `NodeId`, `NodeSet` and `ByNode` are known by
//! their names; these are renamed, and the tree is read back. Maps and sets find their order
//! again by themselves. What hides a node in a plain number (a ballot made of a round and a node's
//! number) is not seen: such a protocol is not symmetric in this sense, and the checker notices.

mod read;
mod symmetry;
mod tree;

use model::{Fingerprint, NodeId, NodeSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use symmetry::Symmetry;
pub use tree::{Tree, Unreadable};

/// A bijection of the nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Renaming {
    to: Vec<NodeId>,
}

impl Renaming {
    /// The renaming that takes `n0` to the first of these, `n1` to the second, and so on; nodes
    /// beyond keep their names.
    ///
    /// # Panics
    /// If two nodes would get one name.
    pub fn new(to: Vec<NodeId>) -> Renaming {
        let names: NodeSet = to.iter().copied().collect();
        assert_eq!(
            names,
            NodeSet::first(to.len()),
            "A renaming gives every node a name of its own."
        );
        Renaming { to }
    }

    /// The new name of a node.
    pub fn node(&self, node: NodeId) -> NodeId {
        self.to.get(node.index()).copied().unwrap_or(node)
    }

    /// The new names of some nodes.
    pub fn nodes(&self, nodes: NodeSet) -> NodeSet {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    /// The renaming that undoes this one.
    pub fn inverse(&self) -> Renaming {
        let mut to = self.to.clone();
        for (from, name) in self.to.iter().enumerate() {
            to[name.index()] = NodeId(from as u16);
        }
        Renaming { to }
    }

    /// The value with its nodes renamed.
    ///
    /// # Panics
    /// If the value cannot be written and read back by `serde`.
    pub fn of<T: Serialize + DeserializeOwned>(&self, value: &T) -> T {
        read(self.tree(written(value)))
    }

    /// The tree with its nodes renamed.
    pub fn tree(&self, tree: Tree) -> Tree {
        let all = |rows: Vec<Tree>| rows.into_iter().map(|row| self.tree(row)).collect();
        match tree {
            Tree::Wrapped(name, inner) => Tree::Wrapped(name, Box::new(self.wrapped(name, *inner))),
            Tree::Option(Some(tree)) => Tree::Option(Some(Box::new(self.tree(*tree)))),
            Tree::List(rows) => Tree::List(all(rows)),
            Tree::Row(rows) => Tree::Row(all(rows)),
            Tree::Map(entries) => {
                let renamed = |(key, value)| (self.tree(key), self.tree(value));
                Tree::Map(entries.into_iter().map(renamed).collect())
            }
            Tree::Variant(number, tree) => Tree::Variant(number, Box::new(self.tree(*tree))),
            leaf => leaf,
        }
    }

    fn wrapped(&self, name: &str, inner: Tree) -> Tree {
        match (name, inner) {
            ("NodeId", Tree::Number(node)) => {
                Tree::Number(u128::from(self.node(NodeId(node as u16)).0))
            }
            ("NodeSet", Tree::Number(bits)) => {
                Tree::Number(u128::from(self.nodes(NodeSet::from_bits(bits as u64)).bits()))
            }
            ("ByNode", Tree::List(rows)) => {
                let mut places = rows.clone();
                for (from, row) in rows.into_iter().enumerate() {
                    let to = self.node(NodeId(from as u16)).index();
                    // A row too short for the new name is a mistake that the checker will notice.
                    if let Some(place) = places.get_mut(to) {
                        *place = self.tree(row);
                    }
                }
                Tree::List(places)
            }
            (_, inner) => self.tree(inner),
        }
    }
}

/// The value as a tree.
///
/// # Panics
/// If `serde` cannot write it.
pub fn written<T: Serialize>(value: &T) -> Tree {
    value.serialize(tree::Writer).unwrap_or_else(|error| panic!("A value must be plain: {error}"))
}

/// The value of a tree.
///
/// # Panics
/// If `serde` cannot read it.
pub fn read<T: DeserializeOwned>(tree: Tree) -> T {
    T::deserialize(tree).unwrap_or_else(|error| panic!("A value must be read back: {error}"))
}

/// A hash of a tree as seen from `me`, which is the same for every tree that differs by a renaming
/// within the groups only, seen from the renamed node. Different trees often have different ones:
/// it tells nodes apart before any renaming is tried.
pub fn print(tree: &Tree, me: NodeId, groups: &[NodeSet]) -> u64 {
    Printer { me, groups }.tree(tree)
}

struct Printer<'g> {
    me: NodeId,
    groups: &'g [NodeSet],
}

impl Printer<'_> {
    fn tree(&self, tree: &Tree) -> u64 {
        let rows = |rows: &[Tree]| rows.iter().map(|row| self.tree(row)).collect::<Vec<u64>>();
        match tree {
            Tree::Wrapped("NodeId", inner) => match **inner {
                Tree::Number(node) => Fingerprint::of(&(1, self.node(NodeId(node as u16)))),
                _ => self.tree(inner),
            },
            Tree::Wrapped("NodeSet", inner) => match **inner {
                Tree::Number(bits) => {
                    let nodes = NodeSet::from_bits(bits as u64).iter();
                    bag(nodes.map(|node| Fingerprint::of(&(2, self.node(node)))))
                }
                _ => self.tree(inner),
            },
            Tree::Wrapped("ByNode", inner) => match &**inner {
                Tree::List(rows) => bag(rows.iter().enumerate().map(|(node, row)| {
                    Fingerprint::of(&(3, self.node(NodeId(node as u16)), self.tree(row)))
                })),
                _ => self.tree(inner),
            },
            Tree::Wrapped(_, inner) => Fingerprint::of(&(4, self.tree(inner))),
            Tree::Option(Some(tree)) => Fingerprint::of(&(5, self.tree(tree))),
            // A list may be a set, whose order follows the names.
            Tree::List(rows) => bag(rows.iter().map(|row| self.tree(row))),
            Tree::Row(list) => Fingerprint::of(&(6, rows(list))),
            Tree::Map(entries) => bag(entries
                .iter()
                .map(|(key, value)| Fingerprint::of(&(7, self.tree(key), self.tree(value))))),
            Tree::Variant(number, tree) => Fingerprint::of(&(8, number, self.tree(tree))),
            leaf => Fingerprint::of(leaf),
        }
    }

    /// What is left of a name: whether it is this node, and else its group, or itself.
    fn node(&self, node: NodeId) -> (u8, u16) {
        if node == self.me {
            return (0, 0);
        }
        match self.groups.iter().position(|group| group.contains(node)) {
            Some(group) => (1, group as u16),
            None => (2, node.0),
        }
    }
}

/// A hash that does not depend on the order.
fn bag(prints: impl Iterator<Item = u64>) -> u64 {
    let (sum, count) = prints.fold((0u64, 0u64), |(sum, count), print| {
        (sum.wrapping_add(Fingerprint::of(&print)), count + 1)
    });
    Fingerprint::of(&(9, sum, count))
}

#[cfg(test)]
mod tests;
