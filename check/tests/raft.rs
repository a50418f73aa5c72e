//! Symmetry of a real protocol: Raft, sound and broken, explored with and without it.

mod naive;

use std::collections::HashSet;

use canon::order::raft::{
    Mutant, Raft, Setup, election_safety, leader_completeness, log_matching, state_machine_safety,
};
use check::{Bounds, Exploration, Explore, Flushing, Report, Verdict};
use model::order::Ask;
use model::{NodeId, NodeSet};
use naive::{Naive, World};
use spec::monitor::TotalOrder;
use world::rename::{Renaming, Symmetry};
use world::{Invariant, Subject, story};

struct Symmetric {
    mutant: Option<Mutant>,
    /// Whether n0 may be asked to order a command; then only the others are interchangeable.
    is_asked: bool,
    terms: u64,
}

impl Symmetric {
    fn groups(&self) -> Vec<NodeSet> {
        let mut group = NodeSet::first(3);
        if self.is_asked {
            group.remove(NodeId(0));
        }
        vec![group]
    }
}

impl Subject for Symmetric {
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
        nodes.iter().all(|raft| raft.term() <= self.terms && raft.log().last().index <= 2)
    }

    fn symmetry(&self) -> Option<Symmetry<Symmetric>> {
        Some(Symmetry::of(&self.groups()))
    }
}

fn explored(subject: &Symmetric, bounds: &Bounds, symmetry: bool) -> Report {
    let bounds = Bounds { symmetry, ..bounds.clone() };
    Exploration::new(&Explore::new(subject, bounds)).run()
}

fn bounds(crashes: u16, fires: u16) -> Bounds {
    Bounds { crashes, fires: Some(fires), flushing: Flushing::Eager, ..Bounds::default() }
}

fn renamed(world: &World<Symmetric>, to: &Renaming) -> World<Symmetric> {
    let back = to.inverse();
    let node = |node: NodeId| {
        let mut renamed = world.nodes[back.node(node).index()].clone();
        renamed.host = renamed.host.map(|host| {
            let mut host = to.of(&host);
            host.sort_held();
            host
        });
        renamed.disk = to.of(&renamed.disk);
        renamed.frames = to.of(&renamed.frames);
        renamed
    };
    let mut renamed = World {
        nodes: NodeId::first(3).map(node).collect(),
        flight: to.of(&world.flight),
        monitor: to.of(&world.monitor),
        asked: to.of(&world.asked),
        ..*world
    };
    renamed.sort_flight();
    renamed
}

#[test]
fn worlds_of_raft_are_as_many_as_orbits() {
    for is_asked in [false, true] {
        let subject = Symmetric { mutant: None, is_asked, terms: u64::MAX };
        let bounds = bounds(0, 1);
        let worlds = Naive::new(&subject, &bounds).worlds();
        let swap = |a: usize, b: usize| {
            let mut to: Vec<NodeId> = NodeId::first(3).collect();
            to.swap(a, b);
            Renaming::new(to)
        };
        let swaps =
            if is_asked { vec![swap(1, 2)] } else { vec![swap(0, 1), swap(1, 2), swap(0, 2)] };
        let (mut seen, mut orbits) = (HashSet::new(), 0);
        for world in &worlds {
            orbits += u64::from(!seen.contains(world));
            let mut orbit = vec![world.clone()];
            while let Some(world) = orbit.pop() {
                if seen.insert(world.clone()) {
                    orbit.extend(swaps.iter().map(|swap| renamed(&world, swap)));
                }
            }
        }
        assert_eq!(seen.len(), worlds.len(), "Raft is symmetric");
        let report = explored(&subject, &bounds, true);
        assert_eq!((report.verdict, report.outside), (Verdict::Holds, 0), "{report}");
        assert_eq!(report.distinct, orbits, "of {}: {report}", worlds.len());
    }
}

#[test]
fn a_broken_raft_is_found_as_soon_in_fewer_worlds() {
    let subject = Symmetric { mutant: Some(Mutant::VoteNotSaved), is_asked: false, terms: 1 };
    let bounds = bounds(1, 2);
    let whole = explored(&subject, &bounds, false);
    let report = explored(&subject, &bounds, true);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, whole.steps), "{report}");
    assert!(report.distinct * 4 < whole.distinct, "{report}{whole}");
    story::check(&subject, &report.story).expect("the story is what happens");
    let sound = Symmetric { mutant: None, ..subject };
    let (whole, report) = (explored(&sound, &bounds, false), explored(&sound, &bounds, true));
    assert_eq!((report.verdict, whole.verdict), (Verdict::Holds, Verdict::Holds), "{report}");
    assert!(report.distinct * 5 < whole.distinct, "{report}{whole}");
}
