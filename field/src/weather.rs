//! What the faults of a plan do to the links between nodes.

use std::collections::BTreeMap;

use model::{NodeId, NodeSet};
use world::timed::Fault;

use crate::wire::Quality;

/// What is wrong with the links now: faults may overlap, so they are counted.
#[derive(Clone, Debug)]
pub struct Weather {
    nodes: usize,
    cuts: BTreeMap<(NodeId, NodeId), u32>,
    clogs: BTreeMap<(NodeId, NodeId), u32>,
    omissions: BTreeMap<NodeId, (u32, u32)>,
    loss_ppm: u32,
    duplicate_ppm: u32,
}

impl Weather {
    /// Nothing is wrong.
    pub fn calm(nodes: usize) -> Weather {
        Weather {
            nodes,
            cuts: BTreeMap::new(),
            clogs: BTreeMap::new(),
            omissions: BTreeMap::new(),
            loss_ppm: 0,
            duplicate_ppm: 0,
        }
    }

    /// The links from a node to each, itself included.
    pub fn of(&self, from: NodeId) -> Vec<Quality> {
        let counts = |map: &BTreeMap<(NodeId, NodeId), u32>, to| {
            map.get(&(from, to)).is_some_and(|&count| count > 0)
        };
        let sent = self.omissions.get(&from).map_or(0, |omission| omission.0);
        NodeId::first(self.nodes)
            .map(|to| Quality {
                cut: counts(&self.cuts, to),
                clogged: counts(&self.clogs, to),
                loss_ppm: self.loss_ppm
                    + sent
                    + self.omissions.get(&to).map_or(0, |omission| omission.1),
                duplicate_ppm: self.duplicate_ppm,
            })
            .collect()
    }

    /// A fault begins, or ends. What is no fault of links changes nothing.
    pub fn change(&mut self, fault: &Fault, begins: bool) {
        let count = |map: &mut BTreeMap<(NodeId, NodeId), u32>, from: NodeSet, to: NodeSet| {
            for pair in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                let now = map.entry(pair).or_default();
                *now = if begins { *now + 1 } else { now.saturating_sub(1) };
            }
        };
        let rate = |now: &mut u32, by: u32| {
            *now = if begins { *now + by } else { now.saturating_sub(by) };
        };
        match *fault {
            Fault::Cut { from, to, both, .. } => {
                count(&mut self.cuts, from, to);
                if both {
                    count(&mut self.cuts, to, from);
                }
            }
            Fault::Clog { from, to, .. } => count(&mut self.clogs, from, to),
            Fault::Storm { loss_ppm, duplicate_ppm, .. } => {
                rate(&mut self.loss_ppm, loss_ppm);
                rate(&mut self.duplicate_ppm, duplicate_ppm);
            }
            Fault::Omit { node, sent_ppm, received_ppm, .. } => {
                let omission = self.omissions.entry(node).or_default();
                rate(&mut omission.0, sent_ppm);
                rate(&mut omission.1, received_ppm);
            }
            _ => {}
        }
    }
}
