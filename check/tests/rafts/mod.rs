//! Raft of three nodes, small enough to be explored.
#![allow(dead_code)]

use canon::order::raft::{
    Mutant, Raft, Setup, election_safety, leader_completeness, log_matching, state_machine_safety,
};
use check::{Bounds, Flushing};
use model::order::Ask;
use model::{NodeId, NodeSet};
use spec::monitor::TotalOrder;
use world::rename::Symmetry;
use world::{Invariant, Subject};

pub struct Rafts {
    pub mutant: Option<Mutant>,
    /// Whether n0 may be asked to order a command; then only the others are interchangeable.
    pub is_asked: bool,
    /// The latest term that is explored.
    pub terms: u64,
}

impl Rafts {
    /// Sound, n0 may be asked, any term.
    pub fn asked() -> Rafts {
        Rafts { mutant: None, is_asked: true, terms: u64::MAX }
    }

    fn group(&self) -> NodeSet {
        NodeId::first(3).filter(|node| !self.is_asked || *node != NodeId(0)).collect()
    }
}

impl Subject for Rafts {
    type Process = Raft<u64>;
    type Monitor = TotalOrder<u64>;

    fn name(&self) -> &'static str {
        "raft"
    }

    fn nodes(&self) -> usize {
        3
    }

    fn process(&self, node: NodeId) -> Raft<u64> {
        Raft::new(Setup { mutant: self.mutant, ..Setup::new(node, 3) })
    }

    fn monitor(&self) -> TotalOrder<u64> {
        TotalOrder::new()
    }

    fn invariants(&self) -> Vec<Invariant<Raft<u64>>> {
        vec![
            Invariant { name: "election safety", holds: election_safety },
            Invariant { name: "log matching", holds: log_matching },
            Invariant { name: "leader completeness", holds: leader_completeness },
            Invariant { name: "state machine safety", holds: state_machine_safety },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Ask<u64>> {
        let is_asked = self.is_asked && node == NodeId(0);
        if is_asked { vec![Ask::Propose(7)] } else { Vec::new() }
    }

    fn within(&self, nodes: &[&Raft<u64>]) -> bool {
        nodes.iter().all(|raft| raft.term() <= self.terms)
    }

    fn symmetry(&self) -> Option<Symmetry<Rafts>> {
        Some(Symmetry::of(&[self.group()]))
    }
}

/// So many crashes and alarms; nodes flush at once.
pub fn bounds(crashes: u16, fires: u16) -> Bounds {
    Bounds { crashes, fires: Some(fires), flushing: Flushing::Eager, ..Bounds::default() }
}
