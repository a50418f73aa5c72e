//! Alarms ring in every order that perfect clocks allow, and in few others.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Mutex;
use std::time::Duration;

use check::{Bounds, Exploration, Explore, Flushing, Network, Report, Timing, Verdict};
use model::{Choices, Event, Host, Never, NodeId, Out, Outside, Process, Random};
use spec::monitor::Monitor;
use world::{Invariant, Subject};

/// What a clock does when it starts, hears or rings: which alarms it sets, in seconds, and whether
/// it writes to the other one.
type Plan = Vec<(u8, Range<u64>)>;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Script {
    start: Plan,
    ring: [Plan; 2],
    hear: Plan,
    /// Whether an alarm writes to the other node.
    writes: [bool; 2],
}

/// Counts how often each of its two alarms rang, and what it heard, up to a few times.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Clock {
    me: NodeId,
    script: Script,
    rang: [u8; 2],
    heard: u8,
}

/// How often an alarm is set again.
const MOST: u8 = 3;

impl Clock {
    fn set(plan: &Plan, out: &mut Out<Self>) {
        for (timer, span) in plan {
            let seconds = Duration::from_secs;
            out.set(*timer, seconds(span.start)..seconds(span.end));
        }
    }
}

impl Process for Clock {
    type Request = Never;
    type Indication = Never;
    type Message = u8;
    type Timer = u8;
    type Record = Never;

    fn recover(&mut self, record: Never) {
        match record {}
    }

    fn records(&self) -> Vec<Never> {
        Vec::new()
    }

    fn start(&mut self, out: &mut Out<Self>) {
        Clock::set(&self.script.start, out);
    }

    fn request(&mut self, request: Never, _: &mut Out<Self>) {
        match request {}
    }

    fn message(&mut self, _: NodeId, _: u8, out: &mut Out<Self>) {
        self.heard += 1;
        if self.heard < MOST {
            Clock::set(&self.script.hear, out);
        }
    }

    fn timer(&mut self, timer: u8, out: &mut Out<Self>) {
        let place = usize::from(timer);
        self.rang[place] += 1;
        if self.rang[place] < MOST {
            Clock::set(&self.script.ring[place], out);
            if self.script.writes[place] {
                out.send(NodeId(1 - self.me.0), 0);
            }
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Silent;

impl Monitor<Clock> for Silent {
    fn indicated(&mut self, _: NodeId, _: &Never) -> Result<(), String> {
        Ok(())
    }
}

/// What was counted at both nodes.
type Counts = Vec<([u8; 2], u8)>;

/// What an exploration has met; one test explores at a time.
static MET: Mutex<BTreeSet<Counts>> = Mutex::new(BTreeSet::new());
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Clocks([Script; 2]);

impl Subject for Clocks {
    type Process = Clock;
    type Monitor = Silent;

    fn name(&self) -> &'static str {
        "clocks"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, me: NodeId) -> Clock {
        Clock { me, script: self.0[me.index()].clone(), rang: [0; 2], heard: 0 }
    }

    fn monitor(&self) -> Silent {
        Silent
    }

    fn invariants(&self) -> Vec<Invariant<Clock>> {
        fn meets(clocks: &[&Clock]) -> Result<(), String> {
            let counts = clocks.iter().map(|clock| (clock.rang, clock.heard)).collect();
            MET.lock().unwrap().insert(counts);
            Ok(())
        }
        vec![Invariant { name: "writes down what it meets", holds: meets }]
    }
}

fn met(clocks: &Clocks, timing: Timing) -> (Report, BTreeSet<Counts>) {
    let network = Network::Reliable { copies: 9 };
    let bounds = Bounds { timing, network, flushing: Flushing::Eager, ..Bounds::default() };
    MET.lock().unwrap().clear();
    let report = Exploration::new(&Explore::new(clocks, bounds)).run();
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    (report, std::mem::take(&mut *MET.lock().unwrap()))
}

/// Seconds go by one after the other; each alarm draws its seconds when it is set.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Second {
    hosts: Vec<Option<Host<Clock>>>,
    /// The seconds that are left.
    timers: Vec<BTreeMap<u8, u64>>,
    flight: Vec<NodeId>,
}

/// What a step sets, and how often it writes.
#[derive(Default)]
struct Done {
    set: Vec<(u8, Range<u64>)>,
    writes: usize,
}

impl Outside<Clock> for Done {
    fn send(&mut self, _: NodeId, _: u8) {
        self.writes += 1;
    }
    fn save(&mut self, _: &mut Vec<Never>) {}
    fn indicate(&mut self, told: Never) {
        match told {}
    }
    fn set(&mut self, timer: u8, range: Range<Duration>) {
        self.set.push((timer, range.start.as_secs()..range.end.as_secs()));
    }
    fn cancel(&mut self, _: u8) {}
}

impl Second {
    fn acted(&self, me: NodeId, event: Event<Clock>) -> Vec<Second> {
        let mut second = self.clone();
        let mut done = Done::default();
        let mut out = Out::new(Choices::Scripted { script: Vec::new(), asked: Vec::new() });
        let host = second.hosts[me.index()].as_mut().expect("it is up");
        host.step(event, &mut out, &mut done);
        (0..done.writes).for_each(|_| second.flight.push(NodeId(1 - me.0)));
        second.flight.sort();
        let mut seconds = vec![second];
        for (timer, range) in done.set {
            let drawn = |second: &Second| {
                let second = second.clone();
                (range.start..=range.end.max(range.start)).map(move |span| {
                    let mut second = second.clone();
                    second.timers[me.index()].insert(timer, span);
                    second
                })
            };
            seconds = seconds.iter().flat_map(drawn).collect();
        }
        seconds
    }

    fn next(&self, in_step: bool) -> Vec<Second> {
        let mut all = Vec::new();
        for (place, &to) in self.flight.iter().enumerate() {
            let mut second = self.clone();
            second.flight.remove(place);
            all.extend(second.acted(to, Event::Message(NodeId(1 - to.0), 0)));
        }
        if in_step && !self.flight.is_empty() {
            return all;
        }
        for me in NodeId::first(2) {
            for (&timer, _) in self.timers[me.index()].iter().filter(|(_, left)| **left == 0) {
                let mut second = self.clone();
                second.timers[me.index()].remove(&timer);
                all.extend(second.acted(me, Event::Timer(timer)));
            }
        }
        let mut left = self.timers.iter().flat_map(|timers| timers.values());
        if left.all(|&left| left > 0) {
            let mut second = self.clone();
            let timers = second.timers.iter_mut().flat_map(|timers| timers.values_mut());
            timers.for_each(|left| *left -= 1);
            all.push(second);
        }
        all
    }
}

/// Everything that can be met, second by second.
fn clocked(clocks: &Clocks, in_step: bool) -> BTreeSet<Counts> {
    let host = |me| Some(Host::new(me, clocks.process(me)));
    let mut first = vec![Second {
        hosts: NodeId::first(2).map(host).collect(),
        timers: vec![BTreeMap::new(); 2],
        flight: Vec::new(),
    }];
    for me in NodeId::first(2) {
        first = first.iter().flat_map(|second| second.acted(me, Event::Start)).collect();
    }
    let mut seen: HashSet<Second> = first.iter().cloned().collect();
    let mut queue: VecDeque<Second> = first.into();
    let mut counts = BTreeSet::new();
    while let Some(second) = queue.pop_front() {
        let processes = second.hosts.iter().flatten().map(Host::process);
        counts.insert(processes.map(|clock| (clock.rang, clock.heard)).collect());
        for next in second.next(in_step) {
            if seen.insert(next.clone()) {
                queue.push_back(next);
            }
        }
    }
    counts
}

fn drawn(random: &mut Random, is_exact: bool) -> Script {
    let plan = |random: &mut Random| -> Plan {
        let timers = (0..2).filter(|_| random.chance(1, 2)).collect::<Vec<u8>>();
        let span = |random: &mut Random| {
            let start = 1 + random.below(5);
            start..start + if is_exact { 0 } else { random.below(3) }
        };
        timers.into_iter().map(|timer| (timer, span(random))).collect()
    };
    let writes = [random.chance(1, 2), random.chance(1, 3)];
    Script { start: plan(random), ring: [plan(random), plan(random)], hear: plan(random), writes }
}

#[test]
fn nothing_that_clocks_allow_is_left_out() {
    let _alone = ONE_AT_A_TIME.lock();
    let mut random = Random::new(3);
    let (mut kept, mut free) = (0, 0);
    for case in 0..20 {
        let clocks = Clocks([drawn(&mut random, case % 2 == 0), drawn(&mut random, true)]);
        let allowed = clocked(&clocks, false);
        let ordered = met(&clocks, Timing::Ordered).1;
        let any = met(&clocks, Timing::Free).1;
        assert!(
            allowed.is_subset(&ordered),
            "{:?} of {:?}",
            allowed.difference(&ordered),
            clocks.0
        );
        assert!(ordered.is_subset(&any));
        let in_step = clocked(&clocks, true);
        let synchronous = met(&clocks, Timing::Synchronous).1;
        assert!(in_step.is_subset(&synchronous), "{:?}", clocks.0);
        (kept, free) = (kept + ordered.len(), free + any.len());
    }
    assert!(kept * 4 < free * 3, "durations leave out a quarter: {kept} of {free}");
}

#[test]
fn exact_alarms_without_messages_ring_exactly_as_clocks_say() {
    let _alone = ONE_AT_A_TIME.lock();
    let mut random = Random::new(4);
    for _ in 0..40 {
        let silent = |random: &mut Random| Script { writes: [false; 2], ..drawn(random, true) };
        let clocks = Clocks([silent(&mut random), silent(&mut random)]);
        let allowed = clocked(&clocks, false);
        assert_eq!(met(&clocks, Timing::Synchronous).1, allowed, "{:?}", clocks.0);
    }
}

#[test]
#[should_panic(expected = "Timing in rounds needs a reliable network")]
fn rounds_in_step_need_a_reliable_network() {
    let empty = Script { start: vec![], ring: [vec![], vec![]], hear: vec![], writes: [false; 2] };
    let bounds = Bounds { timing: Timing::Synchronous, ..Bounds::default() };
    Explore::new(&Clocks([empty.clone(), empty]), bounds);
}
