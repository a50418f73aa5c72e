//! Of worlds that differ by a renaming one is explored, and that changes no answer.

mod naive;
mod voters;

use std::collections::HashSet;

use check::{Bounds, Exploration, Explore, Flushing, Network, Report, Verdict};
use model::{NodeId, NodeSet};
use naive::{Naive, World};
use voters::{Flaw, Voters, renamed_world};
use world::rename::Renaming;
use world::story;

fn explored(subject: &Voters, bounds: Bounds) -> Report {
    let one = Exploration::new(&Explore::new(subject, bounds.clone())).run();
    let two = Exploration::new(&Explore::new(subject, bounds)).threads(2).run();
    assert_eq!((one.verdict, one.steps), (two.verdict, two.steps), "{one}{two}");
    if one.verdict == Verdict::Holds {
        let counts = |report: &Report| (report.distinct, report.generated, report.depth);
        assert_eq!(counts(&one), counts(&two));
    }
    one
}

/// Every order of the nodes in which each group keeps its places.
fn renamings(nodes: usize, groups: &[NodeSet]) -> Vec<Renaming> {
    let mut orders: Vec<Vec<NodeId>> = vec![Vec::new()];
    for place in NodeId::first(nodes) {
        let fits = |order: &Vec<NodeId>, node: NodeId| {
            let is_together = groups.iter().any(|g| g.contains(place) && g.contains(node));
            !order.contains(&node) && (node == place || is_together)
        };
        orders = orders
            .iter()
            .flat_map(|order| {
                let nodes = NodeId::first(nodes).filter(|&node| fits(order, node));
                nodes.map(|node| [&order[..], &[node]].concat()).collect::<Vec<_>>()
            })
            .collect();
    }
    orders.into_iter().map(Renaming::new).collect()
}

/// The orbits of all worlds, and the successors of one world of each, by renaming whole worlds by
/// hand.
fn orbits(subject: &Voters, bounds: &Bounds) -> (u64, u64, u64) {
    let naive = Naive::new(subject, bounds);
    let worlds = naive.worlds();
    let renamings = renamings(subject.nodes, &subject.groups);
    let mut seen: HashSet<World<Voters>> = HashSet::new();
    let (mut count, mut generated) = (0, naive.first().len());
    for world in &worlds {
        if seen.contains(world) {
            continue;
        }
        count += 1;
        generated += naive.next(world).len();
        for renaming in &renamings {
            let other = renamed_world(world, renaming);
            assert!(worlds.contains(&other), "the toy is symmetric");
            seen.insert(other);
        }
    }
    (worlds.len() as u64, count, generated as u64)
}

fn all_of(nodes: usize) -> Vec<NodeSet> {
    vec![NodeSet::first(nodes)]
}

fn pair(one: u16, two: u16) -> NodeSet {
    [NodeId(one), NodeId(two)].into_iter().collect()
}

#[test]
fn worlds_are_as_many_as_orbits() {
    let lossy = |copies| Network::Lossy { copies };
    let (free, eager) = (Flushing::Free, Flushing::Eager);
    let two_pairs = vec![pair(0, 2), pair(1, 3)];
    let cases = [
        (3, all_of(3), all_of(3)[0], lossy(1), eager, 0, 0),
        (3, all_of(3), NodeSet::EMPTY, lossy(1), eager, 2, 0),
        (3, vec![pair(1, 2)], pair(1, 2), lossy(2), eager, 0, 0),
        (3, vec![pair(1, 2)], pair(0, 0), lossy(1), eager, 1, 1),
        (3, vec![pair(1, 2)], pair(0, 0), lossy(1), free, 0, 1),
        (4, two_pairs, pair(0, 2), lossy(1), eager, 0, 0),
        (4, all_of(4), NodeSet::EMPTY, lossy(1), eager, 2, 0),
    ];
    for (nodes, groups, standing, network, flushing, crashes, fires) in cases {
        let fires = Some(fires);
        let bounds = Bounds { network, crashes, fires, flushing, ..Bounds::default() };
        let subject = Voters { groups, standing, ..Voters::new(nodes) };
        let whole = Bounds { symmetry: false, ..bounds.clone() };
        let (all, orbits, generated) = orbits(&subject, &bounds);
        let report = explored(&subject, whole);
        // Without symmetry, the order in which messages wait for one frame is kept as it is.
        assert!(report.verdict == Verdict::Holds && report.distinct >= all, "{all}: {report}");
        let report = explored(&subject, bounds);
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        assert_eq!((report.distinct, report.generated), (orbits, generated), "of {all}: {report}");
        assert!(orbits < all);
    }
}

#[test]
fn a_violation_is_found_as_soon_and_told_as_a_true_run() {
    for (flaw, crashes) in [(Flaw::VoteNotSaved, 1), (Flaw::FewerVotes, 0)] {
        let subject = Voters { flaw, ..Voters::new(3) };
        let flushing = Flushing::Eager;
        let bounds = Bounds { crashes, fires: Some(0), flushing, ..Bounds::default() };
        let whole = explored(&subject, Bounds { symmetry: false, ..bounds.clone() });
        let report = explored(&subject, bounds);
        assert_eq!(report.verdict, Verdict::Violated, "{report}");
        assert_eq!((report.verdict, report.steps), (whole.verdict, whole.steps), "{report}");
        assert!(report.distinct < whole.distinct);
        let property = |report: &Report| report.violation.clone().map(|v| v.property);
        assert_eq!(property(&report), property(&whole));
        story::check(&subject, &report.story).expect("the story is what happens");
        assert!(report.story.contains("violation: "), "{}", report.story);
    }
}

#[test]
fn a_wrong_declaration_is_noticed() {
    for flaw in [Flaw::LowerIsBetter, Flaw::Ranked, Flaw::PartialMonitor, Flaw::UnequalRequests] {
        let subject = Voters { flaw, ..Voters::new(3) };
        let bounds = Bounds { fires: Some(0), flushing: Flushing::Eager, ..Bounds::default() };
        let whole = explored(&subject, Bounds { symmetry: false, ..bounds.clone() });
        assert_eq!(whole.verdict, Verdict::Holds, "{flaw:?} breaks nothing else: {whole}");
        let report = explored(&subject, bounds);
        let violation = report.violation.expect("it is noticed");
        assert_eq!(violation.property, "symmetry of the nodes", "{flaw:?}: {violation}");
    }
}
