//! Protocols are explored as their drivers would run them, and what is found can be replayed.

mod toys;

use check::{Bounds, Exploration, Explore, Flushing, Network, Report, Shareable, Verdict};
use model::NodeId;
use toys::{Counting, Flaw, Noting, counting};
use world::story;

fn explored<S: Shareable>(subject: &S, bounds: Bounds) -> Report {
    let one = Exploration::new(&Explore::new(subject, bounds.clone())).run();
    let two = Exploration::new(&Explore::new(subject, bounds)).threads(2).run();
    assert_eq!((one.verdict, one.steps), (two.verdict, two.steps), "threads change nothing");
    if one.verdict == Verdict::Holds {
        let counts = |report: &Report| (report.distinct, report.generated, report.depth);
        assert_eq!(counts(&one), counts(&two));
        assert_eq!(one.marks, two.marks);
    }
    one
}

fn crashes(crashes: u16) -> Bounds {
    Bounds { crashes, ..Bounds::default() }
}

#[test]
fn an_answer_before_the_disk_is_caught_by_a_crash() {
    let subject = counting(Flaw::Early);
    assert_eq!(explored(&subject, crashes(0)).verdict, Verdict::Holds, "it takes a crash");
    let report = explored(&subject, crashes(1));
    assert_eq!(report.verdict, Verdict::Violated);
    // By hand: request, deliver Add, deliver Added, crash; or the crash before the answer.
    assert_eq!(report.steps, 4, "{report}");
    let violation = report.violation.expect("a violated report has one");
    assert_eq!(violation.property, "acknowledged sums are kept");
    assert_eq!(violation.text, "1 was acknowledged, but the sum is 0.");
    story::check(&subject, &report.story).expect("the story is what happens");
    assert!(report.story.contains("\ncrash n1\n"), "{}", report.story);
    assert!(report.story.contains("violation: "), "{}", report.story);
}

#[test]
fn an_answer_that_waits_for_the_disk_survives_crashes() {
    let report = explored(&counting(Flaw::None), crashes(2));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks[0].reached && report.outside == 0);
    assert!(report.bounds.iter().any(|bound| bound == "crashes: 2 at most"));
}

#[test]
fn the_worlds_of_one_addition_are_those_counted_by_hand() {
    let subject = Counting { requests: vec![1], ..counting(Flaw::None) };
    // In turn: nothing, Add in flight, saved and held, synced with Added in flight, acknowledged.
    let report = explored(&subject, crashes(0));
    assert_eq!((report.distinct, report.generated, report.depth), (5, 5, 5));
}

#[test]
fn only_a_network_that_duplicates_adds_twice() {
    let subject = counting(Flaw::None);
    let report = explored(&subject, Bounds { network: Network::Duplicating, ..crashes(0) });
    // By hand: a request for 2, and Add arrives twice.
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 3), "{report}");
    story::check(&subject, &report.story).expect("the story is what happens");
    assert!(report.story.contains("\nduplicate n0 n1 Add(2)\ndeliver"), "{}", report.story);
}

#[test]
fn choices_are_enumerated_and_told() {
    let subject = Noting { has_flaw: true };
    let report = explored(&subject, crashes(0));
    // By hand: the request at n0, noted as 11, is flushed.
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 2), "{report}");
    assert!(report.story.contains("\nchoose 1\nrequest n0 10\n"), "{}", report.story);
    story::check(&subject, &report.story).expect("the story is what happens");
}

#[test]
fn a_panic_is_a_violation() {
    let subject = counting(Flaw::Panic);
    let report = explored(&subject, crashes(0));
    assert_eq!((report.verdict, report.steps, report.exit_code()), (Verdict::Violated, 4, 1));
    let violation = report.violation.as_ref().expect("a violated report has one");
    assert!(violation.text.starts_with("The client cannot take 1. ("), "{violation}");
    story::check(&subject, &report.story).expect("the story is what happens");
}

#[test]
fn a_missed_mark_is_reported() {
    let subject = Counting { has_idle_mark: true, ..counting(Flaw::None) };
    let report = explored(&subject, crashes(0));
    assert_eq!(report.missed().map(|mark| mark.name).collect::<Vec<_>>(), ["the sum is 200"]);
    assert!(!report.is_vacuous());
    let nothing_asked = Counting { requests: Vec::new(), ..subject };
    let report = explored(&nothing_asked, crashes(0));
    assert!(report.is_vacuous() && report.distinct == 1);
    assert!(report.to_string().contains("None of the marks was reached"), "{report}");
}

#[test]
fn reliable_links_keep_the_order_that_others_do_not() {
    // The sum is 1 on the way to 3 exactly when the requests arrive in their order.
    let subject = counting(Flaw::None);
    let lossy = explored(&subject, Bounds::default());
    let fifo = explored(&subject, Bounds { network: Network::Fifo { copies: 1 }, ..crashes(0) });
    assert!(fifo.distinct < lossy.distinct, "{fifo}{lossy}");
}

#[test]
fn memoised_steps_explore_the_worlds_of_naive_ones() {
    for network in
        [Network::Lossy { copies: 1 }, Network::Lossy { copies: 2 }, Network::Duplicating]
    {
        for (flushing, crashes) in [(Flushing::Free, 0), (Flushing::Free, 1), (Flushing::Eager, 1)]
        {
            let bounds = Bounds { network, crashes, fires: Some(2), flushing };
            let subject = Noting::default();
            let naive = naive::count(&subject, &bounds);
            let report = explored(&subject, bounds);
            assert_eq!(report.verdict, Verdict::Holds);
            assert_eq!((report.distinct, report.generated), naive, "{report}");
        }
    }
}

#[test]
fn a_report_is_one_line_of_json() {
    let report = explored(&counting(Flaw::Early), crashes(1));
    let line = serde_json::to_string(&report).expect("a report is plain data");
    assert!(!line.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!(value["verdict"], "violated");
    assert_eq!(value["subject"], "counter, 2 nodes");
    assert_eq!(value["violation"]["property"], "acknowledged sums are kept");
    for field in ["distinct", "generated", "depth", "seconds", "states_per_s", "bytes_per_state"] {
        assert!(value[field].is_number(), "{field}");
    }
}

/// The same exploration as plainly as it can be written: whole worlds in a set, nothing numbered,
/// nothing remembered.
mod naive {
    use std::collections::{BTreeSet, HashSet, VecDeque};
    use std::ops::Range;
    use std::time::Duration;

    use super::*;
    use model::{Choices, Event, Host, Out, Outside, Process};
    use spec::monitor::Monitor;
    use toys::{Heard, Notes, Word};
    use world::Subject;

    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Node {
        host: Option<Host<Notes>>,
        timers: BTreeSet<u8>,
        frames: VecDeque<Vec<u8>>,
        disk: Notes,
    }

    #[derive(Clone, PartialEq, Eq, Hash)]
    struct World {
        nodes: Vec<Node>,
        flight: Vec<(NodeId, NodeId, Word)>,
        monitor: Heard,
        asked: BTreeSet<NodeId>,
        crashes: u16,
        fires: u16,
    }

    /// The world around the node that is at work.
    struct Reach<'w> {
        me: NodeId,
        network: Network,
        flight: &'w mut Vec<(NodeId, NodeId, Word)>,
        monitor: &'w mut Heard,
        timers: &'w mut BTreeSet<u8>,
        frames: &'w mut VecDeque<Vec<u8>>,
    }

    impl Outside<Notes> for Reach<'_> {
        fn send(&mut self, to: NodeId, message: Word) {
            let packet = (self.me, to, message);
            let same = self.flight.iter().filter(|other| **other == packet).count();
            let cap = match self.network {
                Network::Lossy { copies } => usize::from(copies),
                _ => 1,
            };
            if same < cap {
                self.flight.push(packet);
                self.flight.sort();
            }
        }
        fn save(&mut self, records: &mut Vec<u8>) {
            self.frames.push_back(records.clone());
        }
        fn indicate(&mut self, note: u8) {
            self.monitor.indicated(self.me, &note).expect("it promises nothing");
        }
        fn set(&mut self, timer: u8, _: Range<Duration>) {
            self.timers.insert(timer);
        }
        fn cancel(&mut self, timer: u8) {
            self.timers.remove(&timer);
        }
    }

    enum Act {
        Event(Event<Notes>),
        Sync,
    }

    /// The world after a node has acted, for each answer to its one choice.
    fn acted(world: &World, bounds: &Bounds, me: NodeId, act: &Act) -> Vec<World> {
        let mut worlds = Vec::new();
        for answer in 0..2 {
            let mut world = world.clone();
            let World { nodes, flight, monitor, .. } = &mut world;
            let Node { host, timers, frames, disk } = &mut nodes[me.index()];
            let host = host.as_mut().expect("only nodes that are up act");
            let script = vec![answer];
            let mut out = Out::new(Choices::Scripted { script, asked: Vec::new() });
            let mut first = None;
            if let Act::Sync = act {
                first = frames.pop_front();
            }
            let mut reach = Reach { me, network: bounds.network, flight, monitor, timers, frames };
            match act {
                Act::Event(Event::Flush) => host.settle(&mut out, &mut reach),
                Act::Event(event) => {
                    host.step(event.clone(), &mut out, &mut reach);
                }
                Act::Sync => {
                    let records = first.expect("there is a frame");
                    records.into_iter().for_each(|record| disk.recover(record));
                    host.synced(1, &mut reach);
                }
            }
            while host.step_own(&mut out, &mut reach) {}
            if bounds.flushing == Flushing::Eager {
                host.settle(&mut out, &mut reach);
            }
            worlds.push(world);
            if matches!(out.choices(), Choices::Scripted { asked, .. } if asked.is_empty()) {
                break;
            }
        }
        worlds
    }

    fn next(world: &World, bounds: &Bounds) -> Vec<World> {
        let mut all = Vec::new();
        let mut kinds = world.flight.clone();
        kinds.dedup();
        for packet in kinds {
            let (from, to, message) = packet;
            if world.nodes[to.index()].host.is_some() {
                let mut world = world.clone();
                if bounds.network != Network::Duplicating {
                    let place = world.flight.iter().position(|other| *other == packet);
                    world.flight.remove(place.expect("it is in flight"));
                }
                let after = acted(&world, bounds, to, &Act::Event(Event::Message(from, message)));
                let may_wait = bounds.network != Network::Duplicating;
                all.extend(after.into_iter().filter(|other| !(may_wait && *other == world)));
            }
        }
        for me in NodeId::first(world.nodes.len()) {
            let node = &world.nodes[me.index()];
            if node.host.is_none() {
                let mut world = world.clone();
                let disk = world.nodes[me.index()].disk.clone();
                world.nodes[me.index()].host = Some(Host::new(me, disk));
                all.extend(acted(&world, bounds, me, &Act::Event(Event::Start)));
                continue;
            }
            if me == NodeId(0) && !world.asked.contains(&me) {
                let mut world = world.clone();
                world.asked.insert(me);
                let request = Noting::default().requests(me)[0];
                let after = acted(&world, bounds, me, &Act::Event(Event::Request(request)));
                all.extend(after.into_iter().filter(|other| *other != world));
            }
            if bounds.flushing == Flushing::Free {
                let flushed = acted(world, bounds, me, &Act::Event(Event::Flush));
                all.extend(flushed.into_iter().filter(|other| other != world));
            }
            if !node.frames.is_empty() {
                all.extend(acted(world, bounds, me, &Act::Sync));
            }
            for &timer in node.timers.iter().filter(|_| world.fires > 0) {
                let mut world = world.clone();
                world.fires -= 1;
                world.nodes[me.index()].timers.remove(&timer);
                all.extend(acted(&world, bounds, me, &Act::Event(Event::Timer(timer))));
            }
            if world.crashes > 0 {
                let mut world = world.clone();
                world.crashes -= 1;
                let disk = world.nodes[me.index()].disk.clone();
                world.nodes[me.index()] = down(disk);
                world.monitor.crashed(me);
                all.push(world);
            }
        }
        all
    }

    fn down(disk: Notes) -> Node {
        Node { host: None, timers: BTreeSet::new(), frames: VecDeque::new(), disk }
    }

    /// The numbers of distinct and of generated worlds.
    pub fn count(subject: &Noting, bounds: &Bounds) -> (u64, u64) {
        let mut first = World {
            nodes: NodeId::first(2).map(|me| down(subject.process(me))).collect(),
            flight: Vec::new(),
            monitor: subject.monitor(),
            asked: BTreeSet::new(),
            crashes: bounds.crashes,
            fires: bounds.fires.expect("bounded here"),
        };
        for (me, node) in NodeId::first(2).zip(&mut first.nodes) {
            // Starting has no effect in this protocol.
            node.host = Some(Host::new(me, node.disk.clone()));
        }
        let mut visited = HashSet::from([first.clone()]);
        let mut queue = VecDeque::from([first]);
        let mut generated = 1;
        while let Some(world) = queue.pop_front() {
            for world in next(&world, bounds) {
                generated += 1;
                if visited.insert(world.clone()) {
                    queue.push_back(world);
                }
            }
        }
        (visited.len() as u64, generated)
    }
}
