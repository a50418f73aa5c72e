//! Symmetry of a real protocol: Raft, sound and broken, explored with and without it.

mod naive;
mod rafts;

use std::collections::HashSet;

use canon::order::raft::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use model::NodeId;
use naive::{Naive, World};
use rafts::{Rafts, bounds};
use world::rename::Renaming;
use world::story;

fn explored(subject: &Rafts, bounds: &Bounds, symmetry: bool) -> Report {
    let bounds = Bounds { symmetry, ..bounds.clone() };
    Exploration::new(&Explore::new(subject, bounds)).run()
}

fn renamed(world: &World<Rafts>, to: &Renaming) -> World<Rafts> {
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
        let subject = Rafts { mutant: None, is_asked, terms: u64::MAX };
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
    let subject = Rafts { mutant: Some(Mutant::VoteNotSaved), is_asked: false, terms: 1 };
    let bounds = bounds(1, 2);
    let whole = explored(&subject, &bounds, false);
    let report = explored(&subject, &bounds, true);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, whole.steps), "{report}");
    assert!(report.distinct * 4 < whole.distinct, "{report}{whole}");
    story::check(&subject, &report.story).expect("the story is what happens");
    let sound = Rafts { mutant: None, ..subject };
    let (whole, report) = (explored(&sound, &bounds, false), explored(&sound, &bounds, true));
    assert_eq!((report.verdict, whole.verdict), (Verdict::Holds, Verdict::Holds), "{report}");
    assert!(report.distinct * 5 < whole.distinct, "{report}{whole}");
}
