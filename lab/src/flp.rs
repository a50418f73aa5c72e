//! The impossibility of Fischer, Lynch and Paterson (1985; cited as `FLP`) as an experiment: an
//! adversary that delays messages, but loses none, keeps a deterministic consensus of three nodes
//! undecided for as long as it is asked to.
//!
//! A *configuration* is the state of all nodes with the messages in flight. It is *bivalent* if
//! both values can still be decided, which is shown by two runs that decide them. The adversary
//! begins in a bivalent configuration (FLP, lemma 2). Then, again and again, it takes the oldest
//! message, and looks for the shortest run without it after which its delivery leaves the
//! configuration bivalent (FLP, lemma 3, says that there is one). So every message arrives, every
//! node goes on taking steps, nobody crashes, and nobody ever decides.
//!
//! That a node's alarm may ring at any moment is what asynchrony means; in partial synchrony the
//! same protocol decides, as its simulations show.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::{self, Display};
use std::ops::Range;
use std::time::Duration;

use canon::consensus::deterministic::{Deterministic, Message, Suspect};
use canon::consensus::{Decide, Propose};
use model::{Choices, Event, Fingerprint, Host, Never, NodeId, NodeSet, Out, Outside};
use serde::Serialize;

use crate::{DeterministicLab, Exhibit};

/// The nodes of the experiment: with three, one may be as silent as if it had crashed.
const NODES: usize = 3;

/// Events of a run that is to decide a value: one round takes a dozen.
const ENDING: usize = 60;

/// Configurations that the adversary looks at for one message before it gives up: a bound on its
/// patience, far beyond the handful that it takes (20,000 events are found in 0.6 s).
const LOOKS: usize = 10_000;

/// What can happen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Act {
    /// The message of this number arrives.
    Deliver(u64),
    /// The node's alarm rings.
    Fire(NodeId),
}

/// A message in flight.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Post {
    number: u64,
    from: NodeId,
    to: NodeId,
    message: Message,
}

/// All nodes, and the messages in flight.
#[derive(Clone, Debug)]
pub struct Configuration {
    hosts: Vec<Host<Deterministic>>,
    /// Whose alarm is set.
    armed: NodeSet,
    /// Oldest first.
    flight: Vec<Post>,
    posted: u64,
}

/// Which values can still be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Valence {
    /// This value alone, in every run within the bound.
    Univalent(bool),
    /// Both.
    Bivalent,
    /// None within the bound.
    Undecided,
}

impl Configuration {
    /// All nodes have proposed, and nothing has arrived.
    pub fn initial(inputs: &[bool]) -> Configuration {
        let nodes = inputs.len();
        let host = |node| Host::new(node, Deterministic::new(node, nodes, None));
        let hosts = NodeId::first(nodes).map(host).collect();
        let mut all = Configuration { hosts, armed: NodeSet::EMPTY, flight: Vec::new(), posted: 0 };
        for (node, &input) in NodeId::first(nodes).zip(inputs) {
            all.take(node, Event::Start);
            all.take(node, Event::Request(Propose(input)));
        }
        all
    }

    /// What some node has decided.
    pub fn decided(&self) -> Option<bool> {
        self.hosts.iter().find_map(|host| host.process().decided())
    }

    fn round(&self, node: NodeId) -> u64 {
        self.hosts[node.index()].process().round()
    }

    fn take(&mut self, node: NodeId, event: Event<Deterministic>) {
        let mut out = Out::new(Choices::Scripted { script: Vec::new(), asked: Vec::new() });
        let mut host = self.hosts[node.index()].clone();
        let mut air = Air { from: node, all: self };
        host.step(event, &mut out, &mut air);
        host.settle(&mut out, &mut air);
        self.hosts[node.index()] = host;
    }

    /// What can happen next.
    fn acts(&self) -> Vec<Act> {
        let posts = self.flight.iter().map(|post| Act::Deliver(post.number));
        posts.chain(self.armed.iter().map(Act::Fire)).collect()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Fire(node) => {
                self.armed.remove(node);
                self.take(node, Event::Timer(Suspect));
            }
            Act::Deliver(number) => {
                let place = self.flight.iter().position(|post| post.number == number);
                let post = self.flight.remove(place.expect("only what is in flight arrives"));
                self.take(post.to, Event::Message(post.from, post.message));
            }
        }
    }

    fn after(&self, act: Act) -> Configuration {
        let mut next = self.clone();
        next.act(act);
        next
    }

    /// Equal for configurations from which the same can happen: the ages of messages do not count.
    fn key(&self) -> u64 {
        let mut flight: Vec<_> = self.flight.iter().map(|p| (p.from, p.to, p.message)).collect();
        flight.sort();
        Fingerprint::of(&(&self.hosts, self.armed, flight))
    }

    /// A run that decides while one node is silent: the others go on to the next round that
    /// `leader` coordinates, at once or when nothing more is in flight between them.
    fn ending(&self, silent: NodeId, leader: NodeId, at_once: bool) -> Option<bool> {
        let mut all = self.clone();
        let awake: NodeSet = NodeId::first(NODES).filter(|&node| node != silent).collect();
        let newest = awake.iter().map(|node| all.round(node)).max()?;
        let process = self.hosts[0].process();
        let goal = (newest + 1..).find(|&round| process.coordinator(round) == leader)?;
        for _ in 0..ENDING {
            let decided = all.decided();
            if decided.is_some() {
                return decided;
            }
            let late = awake.iter().find(|&node| all.round(node) < goal);
            let within = |post: &&Post| awake.contains(post.from) && awake.contains(post.to);
            let next = all.flight.iter().find(within).map(|post| Act::Deliver(post.number));
            let fire = late.filter(|&node| all.armed.contains(node)).map(Act::Fire);
            let act = if at_once { fire.or(next) } else { next.or(fire) };
            all.act(act?);
        }
        None
    }

    /// Whether each value, 0 and 1, is decided by one of the runs that are tried. A value that is
    /// not may still be decided by another run.
    fn ends(&self) -> [bool; 2] {
        let mut ends = [false; 2];
        if let Some(value) = self.decided() {
            ends[usize::from(value)] = true;
            return ends;
        }
        for silent in NodeId::first(NODES) {
            for leader in NodeId::first(NODES).filter(|&leader| leader != silent) {
                for at_once in [true, false] {
                    if let Some(value) = self.ending(silent, leader, at_once) {
                        ends[usize::from(value)] = true;
                    }
                    if ends == [true; 2] {
                        return ends;
                    }
                }
            }
        }
        ends
    }

    /// Whether both values are shown to be possible.
    pub fn is_bivalent(&self) -> bool {
        self.ends() == [true; 2]
    }

    /// Which values are decided in the runs whose rounds do not go beyond this one, all of them,
    /// with how many configurations they meet.
    pub fn valence(&self, rounds: u64) -> (Valence, usize) {
        let mut ends = [false; 2];
        let mut seen = BTreeSet::from([self.key()]);
        let mut left = vec![self.clone()];
        while let Some(here) = left.pop() {
            if let Some(value) = here.decided() {
                ends[usize::from(value)] = true;
                continue;
            }
            for act in here.acts() {
                let next = here.after(act);
                let newest = NodeId::first(NODES).map(|node| next.round(node)).max();
                if newest <= Some(rounds) && seen.insert(next.key()) {
                    left.push(next);
                }
            }
        }
        let valence = match ends {
            [true, true] => Valence::Bivalent,
            [false, false] => Valence::Undecided,
            [_, one] => Valence::Univalent(one),
        };
        (valence, seen.len())
    }

    /// FLP, lemma 3: the shortest run that ends with this message and leaves both values possible.
    fn keep_open(&self, message: u64) -> Option<Vec<Act>> {
        let mut seen = BTreeSet::from([self.key()]);
        let mut left = VecDeque::from([(self.clone(), Vec::new())]);
        while let Some((here, acts)) = left.pop_front() {
            let last = Act::Deliver(message);
            if here.after(last).is_bivalent() {
                let mut acts = acts;
                acts.push(last);
                return Some(acts);
            }
            for act in here.acts().into_iter().filter(|&act| act != last) {
                let next = here.after(act);
                if next.decided().is_none() && seen.len() < LOOKS && seen.insert(next.key()) {
                    let mut longer: Vec<Act> = acts.clone();
                    longer.push(act);
                    left.push_back((next, longer));
                }
            }
        }
        None
    }
}

/// Where the effects of one node go.
struct Air<'a> {
    from: NodeId,
    all: &'a mut Configuration,
}

impl Outside<Deterministic> for Air<'_> {
    fn send(&mut self, to: NodeId, message: Message) {
        self.all.posted += 1;
        let number = self.all.posted;
        self.all.flight.push(Post { number, from: self.from, to, message });
    }

    fn save(&mut self, _: &mut Vec<Never>) {}

    fn indicate(&mut self, _: Decide<bool>) {}

    fn set(&mut self, Suspect: Suspect, _: Range<Duration>) {
        self.all.armed.insert(self.from);
    }

    fn cancel(&mut self, Suspect: Suspect) {
        self.all.armed.remove(self.from);
    }
}

/// One event of the run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// At which node.
    pub node: NodeId,
    /// As a command of a story.
    pub command: String,
    /// Which message arrived, counted by sending; nothing if an alarm rang.
    pub message: Option<u64>,
}

/// A run in which nobody decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// What the nodes proposed.
    pub inputs: Vec<bool>,
    /// What each choice of inputs leaves possible.
    pub initial: Vec<(Vec<bool>, Valence)>,
    /// What happened.
    pub events: Vec<Line>,
    /// How many messages arrived.
    pub delivered: usize,
    /// How many messages were still in flight at the end, all of them younger than those.
    pub in_flight: usize,
    /// The most events for which a message that arrived had been in flight.
    pub longest_wait: usize,
    /// How many events each node took.
    pub taken: Vec<usize>,
    /// The round that the fastest node is in.
    pub round: u64,
    /// Whether both values can still be decided at the end, each shown by a run.
    pub bivalent: bool,
    /// If the adversary found no way on, though FLP says that there is one: after so many events.
    pub stuck: Option<usize>,
}

/// What every choice of inputs leaves possible. Bivalence is shown by runs of any length; that a
/// value alone is possible, by all runs within two rounds.
pub fn initial_valences() -> Vec<(Vec<bool>, Valence)> {
    let choices = (0..1u32 << NODES).map(|bits| (0..NODES).map(|n| bits >> n & 1 == 1).collect());
    choices
        .map(|inputs: Vec<bool>| {
            let first = Configuration::initial(&inputs);
            let valence = if first.is_bivalent() { Valence::Bivalent } else { first.valence(1).0 };
            (inputs, valence)
        })
        .collect()
}

/// A run of at least so many events in which every message arrives, oldest first as far as the
/// adversary's detours allow, and nobody decides.
pub fn bivalent_run(events: usize) -> Report {
    let initial = initial_valences();
    let open = initial.iter().find(|(_, valence)| *valence == Valence::Bivalent);
    let inputs = open.expect("FLP, lemma 2: one is bivalent").0.clone();
    let mut now = Configuration::initial(&inputs);
    let mut report = Report {
        inputs,
        initial,
        events: Vec::new(),
        delivered: 0,
        in_flight: 0,
        longest_wait: 0,
        taken: vec![0; NODES],
        round: 0,
        bivalent: true,
        stuck: None,
    };
    // When each message was sent, by its number: after so many events.
    let mut sent = vec![0; now.posted as usize + 1];
    while report.events.len() < events {
        let way = match now.flight.first() {
            Some(oldest) => now.keep_open(oldest.number),
            // Nothing is in flight: somebody's patience ends.
            None => now.armed.iter().next().map(|node| vec![Act::Fire(node)]),
        };
        let Some(way) = way else {
            report.stuck = Some(report.events.len());
            break;
        };
        for act in way {
            report.note(&now, act, &sent);
            now.act(act);
            sent.resize(now.posted as usize + 1, report.events.len());
        }
    }
    report.in_flight = now.flight.len();
    report.round = NodeId::first(NODES).map(|node| now.round(node)).max().unwrap_or(0);
    report.bivalent = now.is_bivalent();
    report
}

/// `1 event`, `2 events`.
fn events(count: usize) -> String {
    format!("{count} event{}", if count == 1 { "" } else { "s" })
}

impl Report {
    fn note(&mut self, now: &Configuration, act: Act, sent: &[usize]) {
        let (node, command, message) = match act {
            Act::Fire(node) => (node, format!("fire {node} {Suspect}"), None),
            Act::Deliver(number) => {
                let post = now.flight.iter().find(|post| post.number == number);
                let Post { from, to, message, .. } = post.expect("it is in flight");
                self.delivered += 1;
                let wait = self.events.len() - sent[number as usize];
                self.longest_wait = self.longest_wait.max(wait);
                (*to, format!("deliver {from} {to} {message}"), Some(number))
            }
        };
        self.taken[node.index()] += 1;
        self.events.push(Line { node, command, message });
    }

    /// The run as a story of the same protocol, with what comes of each event.
    pub fn story(&self) -> String {
        let mut story = format!(
            "# A run of {} that decides nothing (FLP): every message arrives, nobody \
             crashes.\nnodes {} {NODES} auto-flush\n---\n\n",
            events(self.events.len()),
            DeterministicLab::CARD.name
        );
        for (node, &input) in NodeId::first(NODES).zip(&self.inputs) {
            story.push_str(&format!("request {node} {}\n---\n\n", Propose(input)));
        }
        for line in &self.events {
            story.push_str(&format!("{}\n---\n\n", line.command));
        }
        let lab = DeterministicLab::new(NODES);
        world::story::replay(&lab, &story).expect("the run was of this protocol")
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = |inputs: &[bool]| -> String {
            inputs.iter().map(|&bit| if bit { '1' } else { '0' }).collect()
        };
        for (inputs, valence) in &self.initial {
            writeln!(f, "inputs {}: {valence}", bits(inputs))?;
        }
        writeln!(f, "from inputs {}, nobody decides in:", bits(&self.inputs))?;
        for (place, line) in self.events.iter().enumerate() {
            writeln!(f, "{:>6} {}", place + 1, line.command)?;
        }
        let Report { delivered, in_flight, longest_wait, taken, round, .. } = self;
        writeln!(
            f,
            "{} in {round} rounds, {taken:?} at the nodes; {delivered} messages arrived, \
             after {} at the most; {in_flight} in flight",
            events(self.events.len()),
            events(*longest_wait)
        )?;
        match (self.stuck, self.bivalent) {
            (Some(events), _) => {
                writeln!(f, "the adversary found no way on after {}", self::events(events))
            }
            (None, true) => writeln!(f, "both values can still be decided"),
            (None, false) => writeln!(f, "it is not known whether both values can be decided"),
        }
    }
}

impl Display for Valence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Valence::Univalent(value) => write!(f, "{}-valent", u8::from(*value)),
            Valence::Bivalent => f.write_str("bivalent"),
            Valence::Undecided => f.write_str("undecided within the bound"),
        }
    }
}
