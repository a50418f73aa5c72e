//! Renamed by the tree, and renamed by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{ByNode, Random};
use serde::Deserialize;

use super::*;

/// Every shape that `serde` knows, with nodes in each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
enum Shape {
    Nothing,
    One(NodeId),
    Two(NodeId, u64),
    Named { from: NodeId, to: Option<NodeId> },
    Boxed(Box<Shape>),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Plain(i8);

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Whole {
    me: NodeId,
    seen: NodeSet,
    counts: ByNode<u32>,
    owners: ByNode<Option<NodeId>>,
    by_name: BTreeMap<NodeId, BTreeSet<NodeId>>,
    queue: Vec<Shape>,
    bag: BTreeSet<Shape>,
    text: String,
    letter: char,
    small: Plain,
    big: (u128, i128, bool, ()),
    span: Duration,
}

fn shape(random: &mut Random, nodes: u64) -> Shape {
    let node = |random: &mut Random| NodeId(random.below(nodes) as u16);
    match random.below(5) {
        0 => Shape::Nothing,
        1 => Shape::One(node(random)),
        2 => Shape::Two(node(random), random.bits()),
        3 => Shape::Named { from: node(random), to: random.chance(1, 2).then(|| node(random)) },
        _ => Shape::Boxed(Box::new(shape(random, nodes))),
    }
}

fn whole(random: &mut Random, nodes: u64) -> Whole {
    let some = |random: &mut Random| -> NodeSet {
        NodeId::first(nodes as usize).filter(|_| random.chance(1, 2)).collect()
    };
    let all = || NodeId::first(nodes as usize);
    Whole {
        me: NodeId(random.below(nodes) as u16),
        seen: some(random),
        counts: all().map(|_| random.below(3) as u32).collect(),
        owners: all().map(|_| some(random).iter().next()).collect(),
        by_name: some(random).iter().map(|node| (node, some(random).iter().collect())).collect(),
        queue: (0..3).map(|_| shape(random, nodes)).collect(),
        bag: (0..3).map(|_| shape(random, nodes)).collect(),
        text: format!("n{}", random.below(nodes)),
        letter: 'n',
        small: Plain(-3),
        big: (u128::MAX, i128::MIN, true, ()),
        span: Duration::new(1, 5),
    }
}

fn shape_by_hand(shape: &Shape, to: &Renaming) -> Shape {
    match shape {
        Shape::Nothing => Shape::Nothing,
        Shape::One(node) => Shape::One(to.node(*node)),
        Shape::Two(node, number) => Shape::Two(to.node(*node), *number),
        Shape::Named { from, to: other } => {
            Shape::Named { from: to.node(*from), to: other.map(|node| to.node(node)) }
        }
        Shape::Boxed(shape) => Shape::Boxed(Box::new(shape_by_hand(shape, to))),
    }
}

fn whole_by_hand(whole: &Whole, to: &Renaming) -> Whole {
    let back = to.inverse();
    let all = || NodeId::first(whole.counts.len());
    Whole {
        me: to.node(whole.me),
        seen: to.nodes(whole.seen),
        counts: all().map(|node| whole.counts[back.node(node)]).collect(),
        owners: all().map(|node| whole.owners[back.node(node)].map(|n| to.node(n))).collect(),
        by_name: whole
            .by_name
            .iter()
            .map(|(key, set)| (to.node(*key), set.iter().map(|n| to.node(*n)).collect()))
            .collect(),
        queue: whole.queue.iter().map(|shape| shape_by_hand(shape, to)).collect(),
        bag: whole.bag.iter().map(|shape| shape_by_hand(shape, to)).collect(),
        ..whole.clone()
    }
}

fn drawn(random: &mut Random, nodes: usize) -> Renaming {
    let mut to: Vec<NodeId> = NodeId::first(nodes).collect();
    for place in (1..nodes).rev() {
        to.swap(place, random.below(place as u64 + 1) as usize);
    }
    Renaming::new(to)
}

#[test]
fn a_value_is_renamed_as_by_hand_and_its_print_stays() {
    let mut random = Random::new(1);
    let mut prints = BTreeSet::new();
    for _ in 0..2_000 {
        let value = whole(&mut random, 5);
        let renaming = drawn(&mut random, 5);
        let renamed = renaming.of(&value);
        assert_eq!(renamed, whole_by_hand(&value, &renaming), "{renaming:?}");
        assert_eq!(renaming.inverse().of(&renamed), value);
        let groups = [NodeSet::first(5)];
        let print = |value: &Whole| print(&written(value), value.me, &groups);
        assert_eq!(print(&value), print(&renamed), "{value:?}");
        prints.insert(print(&value));
    }
    assert!(prints.len() > 1_990, "different values have different prints: {}", prints.len());
}

#[test]
fn a_print_tells_nodes_of_no_group_apart() {
    let two = |node| (NodeId(0), NodeId(node));
    let groups = [[NodeId(0), NodeId(1)].into_iter().collect()];
    let print = |node| print(&written(&two(node)), NodeId(0), &groups);
    assert_ne!(print(0), print(1), "itself and the other one of its group");
    assert_ne!(print(2), print(3), "two that keep their names");
}
