//! The world in virtual time: faults happen as they are told to, and equal runs are equal.

mod toy;

use model::{NodeId, NodeSet};
use toy::{Mutant, Put, Told, Toy};
use world::timed::{Climate, Fault, Fuse, MILLIS, News, SECONDS, Stop, Violation, World};
use world::trace::What;

fn world(toy: &Toy, seed: u64) -> World<'_, Toy> {
    let mut world = World::new(toy, seed, Climate::calm(), 1, 1_000);
    world.run(5 * MILLIS);
    world
}

fn put(world: &mut World<'_, Toy>, values: std::ops::Range<u64>) {
    for value in values {
        assert!(world.request(NodeId(0), Put(value)), "n0 is up");
    }
}

fn only(node: u16) -> NodeSet {
    [NodeId(node)].into_iter().collect()
}

#[test]
fn equal_seeds_give_equal_runs_and_others_do_not() {
    let toy = Toy::new(3, Mutant::None);
    let run = |seed| {
        let mut world = world(&toy, seed);
        put(&mut world, 0..20);
        world.run(SECONDS);
        (world.hash(), world.events(), world.trace())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}

#[test]
fn a_run_has_the_same_hash_on_every_machine() {
    let toy = Toy::new(3, Mutant::None);
    let mut world = world(&toy, 1);
    world.strike(&Fault::Storm { loss_ppm: 300_000, duplicate_ppm: 300_000, span: SECONDS });
    put(&mut world, 0..20);
    world.run(SECONDS);
    assert_eq!(world.hash(), PINNED, "{:#018x}", world.hash());
}

const PINNED: u64 = 0x4d6e_0025_0ef6_53da;

#[test]
fn news_stops_the_world_only_if_somebody_listens() {
    let toy = Toy::new(2, Mutant::None);
    let mut world = world(&toy, 1);
    world.request(NodeId(0), Put(1));
    assert_eq!(world.run(SECONDS), Stop::Reached);
    world.listen();
    world.request(NodeId(0), Put(2));
    assert_eq!(world.run(2 * SECONDS), Stop::News);
    let by = NodeId(1);
    assert_eq!(world.news(), [News::Told(NodeId(0), Told::Acked { value: 2, by })]);
    assert!(world.now() < 2 * SECONDS);
    assert_eq!(world.run(2 * SECONDS), Stop::Reached);
    assert_eq!(world.now(), 2 * SECONDS);
}

/// How many of the two packets that n0 has on its way arrive when it crashes.
fn arrivals_after_crash(orphans: bool, seed: u64) -> usize {
    let toy = Toy::new(3, Mutant::None);
    let climate = Climate { orphans, ..Climate::calm() };
    let mut world = World::new(&toy, seed, climate, 1, 100);
    world.run(5 * MILLIS);
    world.request(NodeId(0), Put(1));
    let (node, down, fuse) = (NodeId(0), SECONDS, Fuse::Now);
    world.strike(&Fault::Crash { node, down, fuse, keep: 0, compacted: false });
    world.run(10 * MILLIS);
    let trace = world.trace().expect("a record was asked for");
    let arrives = |event: &&world::trace::Happening| {
        matches!(event.what, What::Deliver { from: NodeId(0), .. })
    };
    let arrived = trace.events.iter().filter(arrives).count();
    assert_eq!(world.tally().orphans as usize, 2 - arrived);
    arrived
}

#[test]
fn a_crash_takes_along_what_is_on_its_way_only_where_that_is_allowed() {
    let seeds = 1..40;
    assert!(seeds.clone().all(|seed| arrivals_after_crash(false, seed) == 2));
    let arrivals: Vec<usize> = seeds.map(|seed| arrivals_after_crash(true, seed)).collect();
    assert!((0..=2).all(|count| arrivals.contains(&count)), "{arrivals:?}");
}

#[test]
fn a_crash_loses_what_is_not_durable_or_keeps_a_prefix_of_it() {
    for (keep, kept) in [(0, 0), (255, 1)] {
        let toy = Toy::new(2, Mutant::None);
        let mut climate = Climate::calm();
        climate.sync = world::timed::Spread { least: 50 * MILLIS, most: 60 * MILLIS };
        let mut world = World::new(&toy, 1, climate, 1, 100);
        world.run(5 * MILLIS);
        world.request(NodeId(0), Put(1));
        world.run(10 * MILLIS);
        let fault =
            Fault::Crash { node: NodeId(1), down: SECONDS, fuse: Fuse::Now, keep, compacted: true };
        world.strike(&fault);
        assert_eq!(world.up(), only(0));
        assert_eq!((world.tally().frames_lost, world.tally().frames_kept), (1 - kept, kept));
        world.run(3 * SECONDS);
        assert_eq!((world.tally().crashes, world.tally().restarts), (1, 1));
        assert_eq!(world.up(), NodeSet::first(2));
        assert_eq!(world.violation(), None);
    }
}

#[test]
fn a_node_may_stop_with_work_at_hand() {
    let toy = Toy::new(2, Mutant::None);
    let mut world = world(&toy, 1);
    world.strike(&Fault::Pause { node: NodeId(1), span: 100 * MILLIS });
    world.strike(&Fault::Crash {
        node: NodeId(1),
        down: SECONDS,
        fuse: Fuse::Events(2),
        keep: 0,
        compacted: false,
    });
    put(&mut world, 1..4);
    world.run(50 * MILLIS);
    assert_eq!(world.up(), NodeSet::first(2));
    world.run(150 * MILLIS);
    assert_eq!(world.up(), only(0));
    assert_eq!((world.tally().crashes_at_work, world.tally().frames_lost), (1, 2));
}

#[test]
fn cuts_pass_nothing_in_their_direction_and_end() {
    let toy = Toy::new(2, Mutant::None);
    for (from, to) in [(0, 1), (1, 0)] {
        let mut world = world(&toy, 1);
        let (from, to) = (only(from), only(to));
        world.strike(&Fault::Cut { from, to, both: false, span: SECONDS });
        world.request(NodeId(0), Put(1));
        world.listen();
        assert_eq!(world.run(SECONDS), Stop::Reached);
        assert!(world.tally().cuts > 5, "{:?}", world.tally());
        assert_eq!(world.run(2 * SECONDS), Stop::News);
    }
}

#[test]
fn a_clog_and_a_pause_delay_but_lose_nothing() {
    let toy = Toy::new(2, Mutant::Quiet);
    let clog = Fault::Clog { from: only(0), to: only(1), span: SECONDS };
    let pause = Fault::Pause { node: NodeId(1), span: SECONDS };
    let stall = Fault::Stall { node: NodeId(1), span: SECONDS };
    for fault in [clog, pause, stall] {
        let mut world = world(&toy, 1);
        world.strike(&fault);
        world.request(NodeId(0), Put(1));
        world.listen();
        assert_eq!(world.run(SECONDS), Stop::Reached, "{fault}");
        assert_eq!(world.run(SECONDS + 50 * MILLIS), Stop::News, "{fault}");
    }
}

#[test]
fn a_clock_that_runs_fast_rings_early() {
    let toy = Toy::new(2, Mutant::None);
    let rings = |ppm| {
        let mut world = world(&toy, 1);
        world.strike(&Fault::Cut { from: only(0), to: only(1), both: false, span: 9 * SECONDS });
        world.strike(&Fault::Skew { node: NodeId(0), ppm });
        world.request(NodeId(0), Put(1));
        world.run(8 * SECONDS);
        let record = world.trace().expect("A record is kept.");
        record.events.iter().filter(|event| event.what == What::Timer).count()
    };
    let (slow, right, fast) = (rings(-500_000), rings(0), rings(1_000_000));
    assert!((40..65).contains(&slow), "{slow}");
    assert!((90..130).contains(&right), "{right}");
    assert!((180..260).contains(&fast), "{fast}");
}

#[test]
fn healing_brings_back_the_core_and_nobody_else() {
    let toy = Toy::new(3, Mutant::None);
    let mut world = world(&toy, 1);
    for node in [NodeId(0), NodeId(1)] {
        let down = 100 * SECONDS;
        world.strike(&Fault::Crash { node, down, fuse: Fuse::Now, keep: 0, compacted: false });
    }
    let core: NodeSet = [NodeId(0), NodeId(1)].into_iter().collect();
    world.heal(core, Climate::calm());
    world.run(SECONDS);
    assert_eq!(world.up(), core);
    assert!(world.request(NodeId(0), Put(1)) && !world.request(NodeId(2), Put(1)));
    assert!(matches!(world.settled(core), Err(Violation::Liveness(_))));
    world.run(2 * SECONDS);
    assert_eq!(world.settled(core), Ok(()));
}

#[test]
fn violations_end_the_run_and_stand_in_its_record() {
    let toy = Toy { claim: true, ..Toy::new(2, Mutant::None) };
    let mut world = world(&toy, 1);
    world.request(NodeId(0), Put(1));
    world.request(NodeId(0), Put(2));
    assert_eq!(world.run(SECONDS), Stop::Violated);
    let found = world.violation().unwrap().to_string();
    assert_eq!(found, "invariant one value: n1 stores more than one value.");
    let ended = world.now();
    assert_eq!(world.run(2 * SECONDS), Stop::Violated);
    assert_eq!(world.now(), ended);
    let record = world.trace().expect("A record is kept.");
    assert_eq!(record.violation.as_deref(), Some(found.as_str()));
}

/// n1 stores three values and is down for a moment; returns what it recovered, if it came back.
fn after(toy: &Toy, fault: &Fault) -> (Option<Vec<u64>>, Vec<String>) {
    let mut world = World::new(toy, 1, Climate::calm(), 1, 1_000);
    world.keep_logs();
    world.run(5 * MILLIS);
    for value in 1..=3 {
        world.request(NodeId(0), Put(value));
        world.run((5 + 10 * value) * MILLIS);
    }
    world.listen();
    world.strike(fault);
    let mut recovered = None;
    while world.run(SECONDS) == Stop::News {
        for news in world.news() {
            if let News::Told(NodeId(1), Told::Recovered(values)) = news {
                recovered = Some(values.into_iter().collect());
            }
        }
    }
    (recovered, world.trace().expect("a record was asked for").lines())
}

#[test]
fn a_damaged_log_is_refused_and_named() {
    let toy = Toy::new(2, Mutant::None);
    let rot = Fault::Rot { node: NodeId(1), down: 10 * MILLIS, frame: 4 };
    let (recovered, lines) = after(&toy, &rot);
    assert_eq!(recovered, None, "{lines:#?}");
    let refusals = lines.iter().filter(|line| line.contains("n1 refuses to start")).count();
    assert_eq!(refusals, 1, "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("frame 2 of 3 is damaged")), "{lines:#?}");
    // Where nothing is durable, nothing can be damaged.
    let rot = Fault::Rot { node: NodeId(0), down: 10 * MILLIS, frame: 4 };
    assert!(!after(&toy, &rot).1.iter().any(|line| line.contains("refuses")));
}

#[test]
fn a_disk_that_forgets_gives_back_an_older_state_and_breaks_what_relies_on_it() {
    let toy = Toy::new(2, Mutant::None);
    for (frames, left) in [(0, vec![1, 2, 3]), (1, vec![1, 2]), (u64::MAX, vec![])] {
        let forget = Fault::Forget { node: NodeId(1), down: 10 * MILLIS, frames };
        let (recovered, lines) = after(&toy, &forget);
        let is_broken = lines.iter().any(|line| line.contains("VIOLATION"));
        assert_eq!((recovered.is_none(), is_broken), (frames > 0, frames > 0), "{lines:#?}");
        let told = format!("tells Recovered {{{}}}", list(&left));
        assert!(lines.iter().any(|line| line.ends_with(&told)), "{told} {lines:#?}");
    }
}

fn list(values: &[u64]) -> String {
    values.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_sync_that_fails_stops_the_node_and_keeps_nothing() {
    let toy = Toy::new(2, Mutant::None);
    let mut world = world(&toy, 1);
    let (node, down, keep) = (NodeId(1), SECONDS, 0);
    world.strike(&Fault::Crash { node, down, fuse: Fuse::Sync, keep, compacted: false });
    world.request(NodeId(0), Put(1));
    world.run(50 * MILLIS);
    assert_eq!(world.up(), only(0));
    assert_eq!((world.tally().failed_syncs, world.tally().frames_lost), (1, 1));
    world.run(3 * SECONDS);
    assert_eq!((world.up(), world.violation()), (NodeSet::first(2), None));
}
