//! Symmetry: of the worlds that differ by a renaming of nodes only, one stands for all.
//!
//! The least of them, as a row of numbers, is the one. Nodes are first put in the order of prints
//! that no renaming changes, so only renamings among nodes with equal prints are tried.
//!
//! A subject says which nodes are interchangeable; that is tested as the exploration goes (see
//! [`Symmetric`](super::lexicon::Symmetric)).

use std::cmp::Ordering;

use ::world::rename::Renaming;
use model::{NodeId, NodeSet};

use super::meaning::Kind;
use super::memory::Memory;
use super::world::World;
use super::{Explore, Network};
use crate::Violation;

/// Renamings of one symmetry at most: 7!, all of seven nodes. For each world that is met, those
/// are tried that keep the order of prints, so more would be more than is gained.
const MOST_RENAMINGS: usize = 5_040;

/// The renamings of a symmetry, ready to be used on numbers.
pub struct Folding {
    /// All of them; the first changes nothing.
    pub renamings: Vec<Renaming>,
    /// For each renaming and each place, the place whose node comes there.
    pub sources: Vec<Vec<usize>>,
    /// For each renaming and each request of all nodes, the request that it becomes.
    pub requests: Vec<Vec<u32>>,
    /// The places of each group in order.
    groups: Vec<Vec<usize>>,
    /// What is wrong with the declaration itself.
    pub fault: Option<String>,
    /// The groups in words.
    words: String,
}

impl Folding {
    /// The renamings of so many nodes within these groups.
    pub fn of(groups: &[NodeSet], nodes: usize) -> Folding {
        let words: Vec<String> = groups.iter().map(NodeSet::to_string).collect();
        let groups: Vec<Vec<usize>> =
            groups.iter().map(|group| group.iter().map(NodeId::index).collect()).collect();
        let count: usize = groups.iter().map(|g| (1..=g.len()).product::<usize>()).product();
        let (renamings, fault) = if count > MOST_RENAMINGS {
            let fault = format!(
                "A symmetry has {count} renamings, and the checker takes {MOST_RENAMINGS} at \
                 most: declare smaller groups."
            );
            (Vec::new(), Some(fault))
        } else {
            (renamings(nodes, &groups), None)
        };
        let sources = renamings.iter().map(|renaming| {
            let back = renaming.inverse();
            NodeId::first(nodes).map(|node| back.node(node).index()).collect()
        });
        let sources = sources.collect();
        let words = words.join(" or ");
        Folding { renamings, sources, requests: Vec::new(), groups, fault, words }
    }

    /// What is wrong with the declaration itself, if anything is.
    pub fn fault(&self) -> Option<Violation> {
        self.fault.clone().map(asymmetry)
    }

    /// What it makes of the exploration, in words.
    pub fn bound(&self) -> String {
        format!("worlds that differ by a renaming within {} count as one", self.words)
    }
}

/// The violation of a wrong declaration.
pub fn asymmetry(text: String) -> Violation {
    Violation { property: "symmetry of the nodes".into(), text }
}

impl Explore<'_> {
    /// Puts in a world's place the one that stands for all that differ by a renaming.
    pub(super) fn folded(&self, memory: &mut Memory, world: &mut World) {
        let Some(folding) = &self.folding else {
            return;
        };
        self.learn(memory, world);
        let nodes = self.shape.nodes;
        let prints: Vec<u64> =
            world[..nodes].iter().map(|&node| memory.facts(node).print).collect();
        let mut least: Option<Vec<u32>> = None;
        for by in 0..folding.renamings.len() {
            let sources = &folding.sources[by];
            let is_sorted = |group: &Vec<usize>| {
                group.is_sorted_by(|&a, &b| prints[sources[a]] <= prints[sources[b]])
            };
            if !folding.groups.iter().all(is_sorted) {
                continue;
            }
            let mut row = Vec::with_capacity(world.len());
            for &source in sources {
                row.push(self.renamed(memory, (Kind::Node, by as u16, world[source])));
            }
            let order = least.as_ref().map_or(Ordering::Less, |least| row[..].cmp(&least[..nodes]));
            if order == Ordering::Greater {
                continue;
            }
            self.rename_rest(memory, world, by, &mut row);
            if order == Ordering::Less || least.as_ref().is_some_and(|least| row < *least) {
                least = Some(row);
            }
        }
        if let Some(least) = least {
            *world = least.into();
        }
    }

    /// Adds to a row of renamed nodes everything else of the world, renamed.
    fn rename_rest(&self, memory: &mut Memory, world: &World, by: usize, row: &mut Vec<u32>) {
        let folding = self.folding.as_ref().expect("only called when folding");
        let shape = &self.shape;
        row.push(self.renamed(memory, (Kind::Monitor, by as u16, world[shape.monitor()])));
        let start = shape.packets();
        row.extend_from_slice(&world[row.len()..start]);
        shape.rename_made(world, row, &folding.requests[by]);
        let packets = &world[start..];
        for &packet in packets {
            let packet = self.renamed(memory, (Kind::Packet, by as u16, packet));
            row.push(packet);
        }
        let channels = &memory.channels;
        match self.bounds.network {
            Network::Fifo { .. } => {
                row[start..].sort_by_key(|&packet| channels[packet as usize]);
            }
            _ => row[start..].sort_unstable(),
        }
    }
}

/// All renamings within the groups; the first changes nothing.
fn renamings(nodes: usize, groups: &[Vec<usize>]) -> Vec<Renaming> {
    let mut all = vec![NodeId::first(nodes).collect::<Vec<NodeId>>()];
    for group in groups {
        for (at, &place) in group.iter().enumerate() {
            let swapped = all.iter().flat_map(|to| {
                group[at..].iter().map(move |&other| {
                    let mut to = to.clone();
                    to.swap(place, other);
                    to
                })
            });
            all = swapped.collect();
        }
    }
    all.into_iter().map(Renaming::new).collect()
}
