//! Runs that go on for ever: those that owe something for ever and are fair are found, no others.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::time::Duration;

use check::{
    Bounds, Exploration, Explore, Fairness, Flushing, Judgement, Network, Report, Successors,
    System, Verdict, Violation,
};
use model::{NodeId, NodeSet, Out, Process, Random};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::{Failures, Subject, story};

/// A graph of a few states, each with its transitions; state 0 is the first.
#[derive(Clone, Debug)]
struct Graph {
    edges: Vec<Vec<(Fairness, u8)>>,
    owes: Vec<bool>,
    withheld: Vec<Vec<u64>>,
}

impl System for Graph {
    type State = u8;
    type Move = usize;
    type Action = String;
    type Worker = ();

    fn name(&self) -> String {
        "graph".into()
    }

    fn worker(&self) {}

    fn initial(&self, (): &mut ()) -> Result<Vec<u8>, Violation> {
        Ok(vec![0])
    }

    fn next(&self, (): &mut (), state: &u8, successors: &mut Successors<usize, u8>) {
        for (place, (_, to)) in self.edges[usize::from(*state)].iter().enumerate() {
            successors.add(place, *to);
        }
    }

    fn judge(&self, (): &mut (), _: &u8) -> Judgement {
        Judgement::Within
    }

    fn owes(&self, (): &mut (), state: &u8) -> Option<String> {
        self.owes[usize::from(*state)].then(|| format!("{state} owes."))
    }

    fn fairness(&self, (): &mut (), state: &u8, taken: usize) -> Fairness {
        self.edges[usize::from(*state)][taken].0
    }

    fn withheld(&self, (): &mut (), state: &u8) -> Vec<u64> {
        self.withheld[usize::from(*state)].clone()
    }

    fn action(&self, (): &mut (), state: &u8, taken: usize) -> String {
        let (fairness, to) = self.edges[usize::from(*state)][taken];
        format!("{state} {to} {fairness:?}")
    }
}

fn judged<S: System>(system: &S) -> Report {
    Exploration::new(system).liveness(true).run()
}

impl Graph {
    fn drawn(random: &mut Random) -> Graph {
        let states = 1 + random.below(6) as usize;
        let edges = |random: &mut Random| -> Vec<(Fairness, u8)> {
            let fairness = |random: &mut Random| match random.below(6) {
                0 => Fairness::Fault,
                1 => Fairness::Free,
                class => Fairness::Fair(class),
            };
            let count = random.below(4);
            (0..count).map(|_| (fairness(random), random.below(states as u64) as u8)).collect()
        };
        Graph {
            edges: (0..states).map(|_| edges(random)).collect(),
            owes: (0..states).map(|_| random.chance(3, 4)).collect(),
            withheld: (0..states)
                .map(|_| if random.chance(1, 4) { vec![2 + random.below(4)] } else { Vec::new() })
                .collect(),
        }
    }

    fn reached(&self) -> BTreeSet<u8> {
        let mut reached = BTreeSet::from([0]);
        loop {
            let next: BTreeSet<u8> = reached
                .iter()
                .flat_map(|state| self.edges[usize::from(*state)].iter().map(|(_, to)| *to))
                .chain(reached.iter().copied())
                .collect();
            if next == reached {
                return reached;
            }
            reached = next;
        }
    }

    /// Whether a run can visit exactly these states again and again, and be fair.
    fn is_fair(&self, set: &BTreeSet<u8>) -> bool {
        self.is_fair_if(set, |state, class| self.allows(state, class))
    }

    fn is_fair_if(&self, set: &BTreeSet<u8>, allows: impl Fn(u8, u64) -> bool) -> bool {
        let within = |from: u8| {
            let edges = self.edges[usize::from(from)].iter();
            edges.filter(|(fairness, to)| *fairness != Fairness::Fault && set.contains(to))
        };
        // Connected: a run may also stay where it is.
        for &from in set {
            let mut reached = BTreeSet::from([from]);
            for _ in set {
                let more: Vec<u8> = reached.iter().flat_map(|&s| within(s).map(|e| e.1)).collect();
                reached.extend(more);
            }
            if reached != *set {
                return false;
            }
        }
        let taken: BTreeSet<u64> = set
            .iter()
            .flat_map(|&from| within(from).filter_map(|(fairness, _)| class(*fairness)))
            .collect();
        (2..8).all(|class| taken.contains(&class) || !set.iter().all(|&s| allows(s, class)))
    }

    /// Whether such a run could be, if what is withheld is not demanded.
    fn is_excused(&self, set: &BTreeSet<u8>) -> bool {
        self.is_fair_if(set, |state, wanted| {
            let mut edges = self.edges[usize::from(state)].iter();
            edges.any(|(fairness, _)| class(*fairness) == Some(wanted))
        })
    }

    fn allows(&self, state: u8, wanted: u64) -> bool {
        let state = usize::from(state);
        self.withheld[state].contains(&wanted)
            || self.edges[state].iter().any(|(fairness, _)| class(*fairness) == Some(wanted))
    }

    /// What there is to say of runs that owe something for ever: every set of states is tried.
    fn verdict(&self) -> Verdict {
        let owing: Vec<u8> =
            self.reached().into_iter().filter(|&s| self.owes[usize::from(s)]).collect();
        let sets = (1..1u32 << owing.len()).map(|bits| {
            let places = (0..owing.len()).filter(move |place| bits >> place & 1 == 1);
            places.map(|place| owing[place]).collect()
        });
        let sets: Vec<BTreeSet<u8>> = sets.collect();
        if sets.iter().any(|set| self.is_fair(set)) {
            Verdict::Violated
        } else if sets.iter().any(|set| self.is_excused(set)) {
            Verdict::Unknown
        } else {
            Verdict::Holds
        }
    }

    /// Takes the story's word for nothing: it is a path, then a fair cycle that always owes.
    fn assert_lasso(&self, story: &str) {
        let (stem, cycle) = match story.split_once("and after these") {
            Some((stem, cycle)) => (stem, cycle.split_once(":\n").expect("a colon").1),
            None => (story.split_once("and nothing").expect("it ends").0, ""),
        };
        let steps = |text: &str| -> Vec<(u8, u8, String)> {
            let words = |line: &str| line.splitn(3, ' ').map(str::to_owned).collect::<Vec<_>>();
            let number = |word: &str| word.parse().expect("a state");
            let step = |line| words(line);
            text.lines().map(step).map(|w| (number(&w[0]), number(&w[1]), w[2].clone())).collect()
        };
        let (stem, cycle) = (steps(stem), steps(cycle));
        let mut at = 0;
        for (from, to, _) in stem.iter().chain(&cycle) {
            assert_eq!(at, *from, "{story}");
            at = *to;
        }
        let mut states: BTreeSet<u8> = cycle.iter().map(|step| step.0).collect();
        assert!(cycle.is_empty() || cycle[0].0 == at, "it closes: {story}");
        states.insert(at);
        assert!(states.iter().all(|&s| self.owes[usize::from(s)]), "{story}");
        for wanted in 2..8 {
            let is_taken = cycle.iter().any(|s| s.2 == format!("{:?}", Fairness::Fair(wanted)));
            let is_excused = !states.iter().all(|&s| self.allows(s, wanted));
            assert!(is_taken || is_excused, "class {wanted} is treated unfairly: {story}");
        }
        assert!(cycle.iter().all(|step| step.2 != "Fault"), "{story}");
    }
}

fn class(fairness: Fairness) -> Option<u64> {
    match fairness {
        Fairness::Fair(class) => Some(class),
        _ => None,
    }
}

#[test]
fn small_graphs_are_judged_as_by_trying_every_set_of_states() {
    let mut random = Random::new(7);
    let mut counts = [0; 3];
    for _ in 0..20_000 {
        let graph = Graph::drawn(&mut random);
        let report = judged(&graph);
        assert_eq!(report.verdict, graph.verdict(), "{graph:?}\n{report}");
        counts[report.verdict as usize] += 1;
        if report.verdict == Verdict::Violated {
            graph.assert_lasso(&report.story);
        }
    }
    assert!(counts.iter().all(|&count| count > 500), "all answers are given: {counts:?}");
}

#[test]
fn a_limit_ends_it_early() {
    let states = 200;
    let ring = Graph {
        edges: (0..states).map(|s| vec![(Fairness::Fair(2), (s + 1) % states)]).collect(),
        owes: (0..states).map(|state| state > 0).collect(),
        withheld: vec![Vec::new(); usize::from(states)],
    };
    assert_eq!(judged(&ring).verdict, Verdict::Holds);
    let report = Exploration::new(&ring).liveness(true).time(Duration::ZERO).run();
    assert_eq!(report.verdict, Verdict::Unknown, "{report}");
}

/// How the courier is broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Flaw {
    None,
    /// The parcel is handed to and fro for ever.
    Livelock,
    /// The parcel may be handed to and fro for as long as lots fall so, and that is for ever.
    Lots,
    /// The parcel waits for an alarm that nobody sets.
    Deadlock,
    /// Nobody answers, but an alarm that repeats itself can end it.
    Alarm,
    /// Nothing is done about what is asked.
    Deaf,
}

/// Hands a parcel over; it is told once it arrives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Courier {
    flaw: Flaw,
    me: NodeId,
    waits: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
struct Parcel;

impl Display for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parcel")
    }
}

impl Process for Courier {
    type Request = Parcel;
    type Indication = Parcel;
    type Message = Parcel;
    type Timer = Parcel;
    type Record = Parcel;

    fn recover(&mut self, _: Parcel) {}

    fn records(&self) -> Vec<Parcel> {
        Vec::new()
    }

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, parcel: Parcel, out: &mut Out<Self>) {
        if self.flaw == Flaw::Deaf {
            return;
        }
        out.send(NodeId(1 - self.me.0), parcel);
    }

    fn message(&mut self, from: NodeId, parcel: Parcel, out: &mut Out<Self>) {
        match self.flaw {
            Flaw::None | Flaw::Deaf => out.indicate(parcel),
            Flaw::Livelock => out.send(from, parcel),
            Flaw::Lots if out.choose(2) == 0 => out.send(from, parcel),
            Flaw::Lots => out.indicate(parcel),
            Flaw::Deadlock => self.waits = true,
            Flaw::Alarm => {
                self.waits = true;
                out.set(parcel, Duration::from_secs(1)..Duration::from_secs(1));
            }
        }
    }

    fn timer(&mut self, parcel: Parcel, out: &mut Out<Self>) {
        // It rings twice: then the parcel is there.
        if self.waits {
            self.waits = false;
            out.set(parcel, Duration::from_secs(1)..Duration::from_secs(1));
        } else {
            out.indicate(parcel);
        }
    }
}

/// A parcel that was asked for is delivered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Delivered {
    asked: bool,
    told: bool,
}

impl Monitor<Courier> for Delivered {
    fn requested(&mut self, _: NodeId, _: &Parcel) {
        self.asked = true;
    }

    fn indicated(&mut self, _: NodeId, _: &Parcel) -> Result<(), String> {
        self.told = true;
        Ok(())
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        if self.asked && !self.told && correct.len() == 2 {
            return Err("The parcel was not delivered.".into());
        }
        Ok(())
    }
}

struct Delivery(Flaw);

impl Subject for Delivery {
    type Process = Courier;
    type Monitor = Delivered;

    fn name(&self) -> &'static str {
        "delivery"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, me: NodeId) -> Courier {
        Courier { flaw: self.0, me, waits: false }
    }

    fn monitor(&self) -> Delivered {
        Delivered { asked: false, told: false }
    }

    fn requests(&self, node: NodeId) -> Vec<Parcel> {
        if node == NodeId(0) { vec![Parcel] } else { Vec::new() }
    }

    fn failures(&self) -> Failures {
        Failures { core: 1, ..Failures::all(2) }
    }
}

fn reliable() -> Bounds {
    Bounds {
        network: Network::Reliable { copies: 1 },
        flushing: Flushing::Eager,
        crashes: 0,
        ..Bounds::default()
    }
}

fn delivered(flaw: Flaw, bounds: Bounds) -> Report {
    judged(&Explore::new(&Delivery(flaw), bounds))
}

#[test]
fn a_livelock_is_a_lasso_and_a_deadlock_ends() {
    let report = delivered(Flaw::Livelock, reliable());
    // By hand: the request; then two deliveries, over and over.
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 3), "{report}");
    let violation = report.violation.expect("a violated report has one");
    let text = "The parcel was not delivered. It may go on like this for ever.";
    assert_eq!((violation.property.as_str(), violation.text.as_str()), ("liveness", text));
    assert!(report.story.contains("# After the first 1 steps, the last 2 repeat for ever."));
    story::check(&Delivery(Flaw::Livelock), &report.story).expect("the story is what happens");
    assert_eq!(delivered(Flaw::Lots, reliable()).verdict, Verdict::Violated);
    let report = delivered(Flaw::Deadlock, reliable());
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 2), "{report}");
    assert!(report.story.contains("# After these 2 steps nothing more must happen."), "{report}");
}

#[test]
fn what_must_happen_is_waited_for() {
    let fifo = Bounds { network: Network::Fifo { copies: 1 }, ..reliable() };
    for flaw in [Flaw::None, Flaw::Alarm] {
        assert_eq!(delivered(flaw, reliable()).verdict, Verdict::Holds, "{flaw:?}");
        assert_eq!(delivered(flaw, fifo.clone()).verdict, Verdict::Holds, "{flaw:?}");
    }
}

/// A budget of alarms that is used up is no fault of the protocol, and no merit either.
#[test]
fn what_only_a_bound_keeps_from_coming_is_unknown() {
    for (fires, verdict) in [(1, Verdict::Unknown), (2, Verdict::Holds)] {
        let report = delivered(Flaw::Alarm, Bounds { fires: Some(fires), ..reliable() });
        assert_eq!(report.verdict, verdict, "{report}");
        let reason = report.reason.unwrap_or_default();
        assert_eq!(reason.contains("only the bounds"), verdict == Verdict::Unknown, "{reason}");
    }
}

#[test]
fn a_request_that_nobody_hears_is_owed() {
    let report = delivered(Flaw::Deaf, reliable());
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 1), "{report}");
    story::check(&Delivery(Flaw::Deaf), &report.story).expect("the story is what happens");
}

/// The links promise nothing of a sender that crashes: what it sent may be lost, also if it comes
/// back.
#[test]
fn what_a_crashed_node_had_sent_may_be_lost() {
    for network in [Network::Reliable { copies: 1 }, Network::Fifo { copies: 1 }] {
        let crash = Bounds { crashes: 1, network, ..reliable() };
        let report = delivered(Flaw::None, crash.clone());
        assert_eq!(report.verdict, Verdict::Violated, "{report}");
        assert!(report.story.contains("drop n0 n1 Parcel"), "{report}");
        story::check(&Delivery(Flaw::None), &report.story).expect("the story is what happens");
        let report = delivered(Flaw::None, Bounds { recovery: false, ..crash });
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
    }
}

#[test]
fn a_crash_may_be_for_ever_and_excuses_what_needs_all() {
    // What the courier had taken is gone with it, and when both are up again nobody asks anew.
    let crash = Bounds { crashes: 1, ..reliable() };
    assert_eq!(delivered(Flaw::Alarm, crash.clone()).verdict, Verdict::Violated);
    let for_ever = Bounds { recovery: false, ..crash };
    assert_eq!(delivered(Flaw::Alarm, for_ever).verdict, Verdict::Holds);
}

#[test]
fn liveness_on_a_network_that_loses_is_not_judged() {
    let report =
        delivered(Flaw::None, Bounds { network: Network::Lossy { copies: 1 }, ..reliable() });
    assert_eq!(report.verdict, Verdict::Unknown, "{report}");
    assert!(report.reason.is_some_and(|why| why.contains("choose `Reliable` or `Fifo`")));
}
