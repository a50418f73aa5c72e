//! What a partition costs, and what consistency costs without one (Gilbert and Lynch, "Brewer's
//! Conjecture and the Feasibility of Consistent, Available, Partition-Tolerant Web Services", 2002;
//! Abadi, "Consistency Tradeoffs in Modern Distributed Database System Design", 2012: PACELC):
//! every replicated register through the same weather, measured in virtual time.
//!
//! A protocol joins by [`Replicated`] and a line in [`measure`].

mod local;

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use bytes::Bytes;
use canon::register::{Indication, Request};
use machine::etcd::{self, Keys, Put, Query, Range, Reply};
use machine::{Indication as StoreTold, Operation, Request as StoreAsk};
use model::{NodeId, NodeSet, Process, Random};
use serde::Serialize;
use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{Recorder, Verdict};
use world::Subject;
use world::timed::{Climate, Fault, MICROS, MILLIS, News, SECONDS, Stop, World};

use crate::abd::{AbdLab, Writers};
use crate::register_users::{JUDGED_WITHIN, verdict};
use crate::store::StoreLab;

pub use local::{Local, LocalLab, Nothing};

/// Time for leaders to be elected before anything is asked.
const WARM_UP: u64 = 3 * SECONDS;

/// How long operations are asked: long against the time that an election takes, so that what is
/// measured is the partition and not its beginning alone. The partition lasts longer by the
/// deadline, so that no answer in time is owed to its end.
const SPAN: u64 = 8 * SECONDS;

/// Time for answers after the last operation, when the partition is over.
const AFTER: u64 = 2 * SECONDS;

/// At each node an operation is asked so often.
const EVERY: u64 = 50 * MILLIS;

/// An operation that is not answered within this time counts as not answered: longer than the worst
/// round trips, shorter than the shortest election.
const DEADLINE: u64 = 400 * MILLIS;

/// A protocol that holds one register for its users, or something of which it can be a part.
pub trait Replicated: Subject {
    /// Whether a node hears of no operation while another of its operations is under way.
    const ONE_AT_A_TIME: bool;

    /// A request to write this value, or to read; its number is used once in a run.
    fn ask(number: u64, write: Option<u64>) -> <Self::Process as Process>::Request;

    /// Which request is answered, if it says so, and what was read, if it was a read.
    fn answer(told: &<Self::Process as Process>::Indication) -> Option<Answer>;
}

/// The answer to an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Which, if there may be several at a node.
    pub number: Option<u64>,
    /// What a read found, which may be nothing.
    pub read: Option<u64>,
}

impl Replicated for AbdLab {
    const ONE_AT_A_TIME: bool = true;

    fn ask(_: u64, write: Option<u64>) -> Request<u64> {
        write.map_or(Request::Read, Request::Write)
    }

    fn answer(told: &Indication<u64>) -> Option<Answer> {
        Some(match told {
            Indication::ReadReturns(read) => Answer { number: None, read: *read },
            Indication::WriteReturns => Answer { number: None, read: None },
        })
    }
}

impl Replicated for LocalLab {
    const ONE_AT_A_TIME: bool = true;

    fn ask(number: u64, write: Option<u64>) -> Request<u64> {
        AbdLab::ask(number, write)
    }

    fn answer(told: &Indication<u64>) -> Option<Answer> {
        AbdLab::answer(told)
    }
}

impl Replicated for StoreLab {
    const ONE_AT_A_TIME: bool = false;

    fn ask(id: u64, write: Option<u64>) -> StoreAsk<etcd::Command, Query> {
        let key = Bytes::from_static(b"register");
        let operation = match write {
            Some(value) => {
                let value = Bytes::copy_from_slice(&value.to_be_bytes());
                Operation::Update(etcd::Command::Put(Put::new(key, value)))
            }
            None => Operation::Read(Query::Range(Range::new(Keys::One(key)))),
        };
        StoreAsk::Ask { id, operation }
    }

    fn answer(told: &StoreTold<Reply>) -> Option<Answer> {
        let StoreTold::Answer { id, reply } = told else {
            return None;
        };
        let read = match reply {
            Reply::Range(range) => range.kvs.first().map(|kv| {
                let value: Result<[u8; 8], _> = kv.value.as_ref().try_into();
                value.map_or(u64::MAX, u64::from_be_bytes)
            }),
            _ => None,
        };
        Some(Answer { number: Some(*id), read })
    }
}

/// How many operations were asked, and how many of them answered in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Share {
    /// Asked.
    pub asked: u64,
    /// Answered within the deadline.
    pub answered: u64,
}

impl Share {
    /// The share that was answered in time, in per cent.
    pub fn percent(&self) -> f64 {
        100.0 * self.answered as f64 / self.asked.max(1) as f64
    }
}

/// How long answered operations took, in virtual microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Latency {
    /// Half of them took no longer.
    pub median: u64,
    /// Ninety-nine of a hundred took no longer.
    pub p99: u64,
    /// None took longer.
    pub most: u64,
}

impl Latency {
    fn of(mut nanoseconds: Vec<u64>) -> Latency {
        nanoseconds.sort_unstable();
        let at = |percent: usize| {
            let place = (nanoseconds.len() * percent).div_ceil(100).saturating_sub(1);
            nanoseconds.get(place).map_or(0, |&span| span / MICROS)
        };
        Latency { median: at(50), p99: at(99), most: at(100) }
    }
}

/// One protocol in one weather.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub protocol: String,
    /// Whether the network was partitioned while operations were asked.
    pub partitioned: bool,
    /// Operations at the nodes of the smaller side.
    pub minority: Share,
    /// Operations at the nodes of the larger side.
    pub majority: Share,
    /// How long reads took.
    pub reads: Latency,
    /// How long writes took.
    pub writes: Latency,
    /// Runs whose history is not linearizable.
    pub violations: u64,
    /// Runs whose history could not be judged within its limits.
    pub undecided: u64,
}

/// Every replication protocol, with and without a partition.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// How many nodes each has.
    pub nodes: usize,
    /// How many runs each makes in each weather.
    pub runs: u64,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// Measures every protocol, with so many nodes, over the runs of so many seeds. Equal arguments
/// give equal reports.
pub fn measure(nodes: usize, runs: u64) -> Report {
    let mut rows = Vec::new();
    for partitioned in [false, true] {
        rows.push(row("store", &StoreLab { nodes, mutant: None }, partitioned, runs));
        rows.push(row("abd", &AbdLab::new(nodes, Writers::All), partitioned, runs));
        rows.push(row("local", &LocalLab { nodes }, partitioned, runs));
    }
    Report { nodes, runs, rows }
}

/// One protocol in one weather.
pub fn row<R: Replicated>(name: &str, subject: &R, partitioned: bool, runs: u64) -> Row {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let mut row = Row {
        protocol: name.to_string(),
        partitioned,
        minority: Share::default(),
        majority: Share::default(),
        reads: Latency::default(),
        writes: Latency::default(),
        violations: 0,
        undecided: 0,
    };
    let minority = smaller_side(subject.nodes());
    for seed in 1..=runs {
        let mut town = Town::new(subject, seed, partitioned);
        town.live();
        for asked in &town.asked {
            let in_time = asked.took.filter(|&took| took <= DEADLINE);
            let side = match minority.contains(asked.node) {
                true => &mut row.minority,
                false => &mut row.majority,
            };
            side.asked += 1;
            side.answered += u64::from(in_time.is_some());
            let list = if asked.is_write { &mut writes } else { &mut reads };
            list.extend(in_time);
        }
        match town.judge() {
            Verdict::Linearizable { .. } => {}
            Verdict::NotLinearizable { .. } => row.violations += 1,
            Verdict::Unknown { .. } => row.undecided += 1,
        }
    }
    Row { reads: Latency::of(reads), writes: Latency::of(writes), ..row }
}

/// The side of the partition that is not a majority.
fn smaller_side(nodes: usize) -> NodeSet {
    NodeSet::first((nodes - 1) / 2)
}

/// One run, with one user at each node.
struct Town<'s, R: Replicated> {
    world: World<'s, R>,
    nodes: usize,
    random: Random,
    partitioned: bool,
    asked: Vec<Asked>,
    /// At each node, the operations that were heard and not answered.
    open: BTreeMap<NodeId, Vec<usize>>,
    recorder: Recorder<RegisterInput, RegisterOutput>,
    /// Positions of the history.
    at: u64,
}

/// One operation; its place in the list is its number.
struct Asked {
    node: NodeId,
    since: u64,
    is_write: bool,
    took: Option<u64>,
}

impl<'s, R: Replicated> Town<'s, R> {
    fn new(subject: &'s R, seed: u64, partitioned: bool) -> Town<'s, R> {
        let mut world = World::new(subject, seed, Climate::calm(), 16, 0);
        world.listen();
        Town {
            world,
            nodes: subject.nodes(),
            random: Random::child(seed, "cap"),
            partitioned,
            asked: Vec::new(),
            open: BTreeMap::new(),
            recorder: Recorder::new(),
            at: 0,
        }
    }

    fn live(&mut self) {
        self.until(WARM_UP);
        if self.partitioned {
            let from = smaller_side(self.nodes);
            let to = NodeId::first(self.nodes).filter(|&node| !from.contains(node)).collect();
            self.world.strike(&Fault::Cut { from, to, both: true, span: SPAN + DEADLINE });
        }
        let step = EVERY / self.nodes as u64;
        for turn in 0..SPAN / step {
            self.until(WARM_UP + turn * step);
            self.ask(NodeId((turn % self.nodes as u64) as u16));
        }
        self.until(WARM_UP + SPAN + AFTER);
    }

    fn until(&mut self, end: u64) {
        while self.world.run(end) == Stop::News {
            for news in self.world.news() {
                if let News::Told(node, told) = news
                    && let Some(answer) = R::answer(&told)
                {
                    self.answered(node, answer);
                }
            }
        }
    }

    fn ask(&mut self, node: NodeId) {
        let number = self.asked.len();
        let is_write = self.random.chance(1, 2);
        let since = self.world.now();
        self.asked.push(Asked { node, since, is_write, took: None });
        let open = self.open.entry(node).or_default();
        if R::ONE_AT_A_TIME && !open.is_empty() {
            return; // Nobody hears it.
        }
        open.push(number);
        self.at += 1;
        let input = match is_write {
            true => RegisterInput::Write(Some(number as i64)),
            false => RegisterInput::Read,
        };
        self.recorder.invoke(self.at, number as u64, input).expect("each number is used once");
        let request = R::ask(number as u64, is_write.then_some(number as u64));
        self.world.request(node, request);
    }

    fn answered(&mut self, node: NodeId, answer: Answer) {
        let open = self.open.entry(node).or_default();
        let is_meant = |&number: &usize| answer.number.is_none_or(|n| n == number as u64);
        let Some(place) = open.iter().position(is_meant) else {
            return;
        };
        let number = open.remove(place);
        let asked = &mut self.asked[number];
        asked.took = Some(self.world.now() - asked.since);
        let output = match asked.is_write {
            true => RegisterOutput::Written,
            false => RegisterOutput::Value(answer.read.map(|value| value as i64)),
        };
        self.at += 1;
        self.recorder.ok(self.at, number as u64, output).expect("it was asked and is open");
    }

    fn judge(&self) -> Verdict {
        verdict(&Register, &self.recorder, JUDGED_WITHIN)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minority = smaller_side(self.nodes).len();
        writeln!(
            f,
            "{} nodes, {} runs each; an operation every {} ms at each node, half of them writes; \
             answered within {} ms, in virtual time; the partition cuts off {minority} nodes",
            self.nodes,
            self.runs,
            EVERY / MILLIS,
            DEADLINE / MILLIS,
        )?;
        writeln!(
            f,
            "{:<8} {:<10} {:>18} {:>18} {:>23} {:>23}  not linearizable",
            "protocol",
            "weather",
            "answered, minority",
            "answered, majority",
            "reads p50/p99/most µs",
            "writes p50/p99/most µs",
        )?;
        for row in &self.rows {
            let weather = if row.partitioned { "partition" } else { "calm" };
            let span = |l: Latency| format!("{}/{}/{}", l.median, l.p99, l.most);
            write!(
                f,
                "{:<8} {weather:<10} {:>16.1} % {:>16.1} % {:>23} {:>23}  {} of {}",
                row.protocol,
                row.minority.percent(),
                row.majority.percent(),
                span(row.reads),
                span(row.writes),
                row.violations,
                self.runs,
            )?;
            match row.undecided {
                0 => writeln!(f)?,
                undecided => writeln!(f, ", {undecided} undecided")?,
            }
        }
        Ok(())
    }
}
