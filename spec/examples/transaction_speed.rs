//! How fast the isolation of transactions is checked:
//! `cargo run --release -p spec --example transaction_speed`, with how many transactions, if not a
//! million.

use std::fmt::Write;
use std::time::{Duration, Instant};

use model::Random;
use spec::history::Limits;
use spec::transactions::{
    Answer, Checked, IsolationModel, Key, Recorder, Step, Transactions, Workload, check, read,
};

/// Clients with one transaction open each.
const CLIENTS: u64 = 20;
/// Keys in use at a time, and how many appends a key gets before a new one takes its place: lists
/// that are read have some sixteen elements on average.
const KEYS: u64 = 10;
const APPENDS: i64 = 32;

fn main() {
    let asked = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let transactions = asked.unwrap_or(1_000_000);
    for (workload, what, stale) in [
        (Workload::ListAppend, "serializable", false),
        (Workload::ListAppend, "one read in 100,000 is stale", true),
        (Workload::RwRegister, "serializable", false),
        (Workload::RwRegister, "one read in 100,000 is stale", true),
    ] {
        let name = workload.name();
        println!("{name}: {transactions} transactions of {CLIENTS} clients, {what}");
        let start = Instant::now();
        let mut recorded = Recorded { recorder: Recorder::new(workload), workload };
        Simulator::new(stale).run(transactions, &mut recorded);
        let history = recorded.recorder.finish();
        println!("  generated and recorded in {:.3} s", start.elapsed().as_secs_f64());
        measure(&history);
    }
    let mut edn = Edn { text: String::new() };
    Simulator::new(false).run(transactions, &mut edn);
    let start = Instant::now();
    let parsed = read(Workload::ListAppend, &edn.text).expect("what was written can be read");
    let seconds = start.elapsed().as_secs_f64();
    let mebibytes = edn.text.len() as f64 / f64::from(1 << 20);
    let rate = parsed.len() as f64 / seconds;
    println!("the first from {mebibytes:.0} MiB of EDN\n  parsed in {seconds:.3} s, {rate:.0} /s");
    drop(edn);
    measure(&parsed);
}

fn measure(history: &Transactions) {
    let limits = Limits { time: Some(Duration::from_secs(60)), ..Limits::default() };
    let start = Instant::now();
    let checked: Checked = check(history, &limits, start);
    let seconds = start.elapsed().as_secs_f64();
    let rate = history.len() as f64 / seconds;
    let mebibytes = checked.bytes as f64 / f64::from(1 << 20);
    println!("  checked in {seconds:.3} s, {rate:.0} /s, {mebibytes:.0} MiB");
    let strict = !checked.excludes(IsolationModel::STRICT_SERIALIZABLE);
    println!("  strict-serializable: {strict}, stopped by a limit: {:?}", checked.stopped);
    for found in &checked.anomalies {
        println!("  {} ({})", found.anomaly, found.count);
        found.explanation.iter().for_each(|line| println!("    {line}"));
    }
}

/// Who is told of the events.
trait Listener {
    fn key(&mut self, number: u64) -> Key;
    fn call(&mut self, at: u64, client: u64, open: &Open);
    fn end(&mut self, at: u64, client: u64, open: &Open);
}

struct Recorded {
    recorder: Recorder,
    workload: Workload,
}

impl Listener for Recorded {
    fn key(&mut self, number: u64) -> Key {
        self.recorder.key(&number.to_string())
    }

    fn call(&mut self, at: u64, client: u64, open: &Open) {
        self.recorder.invoke(at, client, &open.steps).expect("the client is free");
    }

    fn end(&mut self, at: u64, client: u64, open: &Open) {
        let lists = open.reads.iter().map(|&(from, to)| &open.seen[from..to]);
        let answers = lists.map(|list| match self.workload {
            Workload::ListAppend => Answer::List(list),
            Workload::RwRegister => Answer::Value(list.last().copied()),
        });
        let answers: Vec<Answer> = answers.collect();
        self.recorder.ok(at, client, &answers).expect("the client is open");
    }
}

/// Writes the events as Jepsen does.
struct Edn {
    text: String,
}

impl Edn {
    fn event(&mut self, kind: &str, client: u64, open: &Open, answered: bool) {
        let text = &mut self.text;
        write!(text, "{{:process {client}, :type :{kind}, :f :txn, :value [").expect("room");
        let mut reads = open.reads.iter();
        for (step, number) in open.steps.iter().zip(&open.keys) {
            match (step, answered) {
                (Step::Write(_, value), _) => write!(text, "[:append {number} {value}] "),
                (Step::Read(_), false) => write!(text, "[:r {number} nil] "),
                (Step::Read(_), true) => {
                    let &(from, to) = reads.next().expect("every read is answered");
                    write!(text, "[:r {number} {:?}] ", &open.seen[from..to])
                }
            }
            .expect("there is room in a string");
        }
        text.push_str("]}\n");
    }
}

impl Listener for Edn {
    fn key(&mut self, _: u64) -> Key {
        Recorder::new(Workload::ListAppend).key("any")
    }

    fn call(&mut self, _: u64, client: u64, open: &Open) {
        self.event("invoke", client, open, false);
    }

    fn end(&mut self, _: u64, client: u64, open: &Open) {
        self.event("ok", client, open, true);
    }
}

/// Transactions of one to five operations, each of which takes effect at one instant between its
/// call and its end.
struct Simulator {
    random: Random,
    stale: bool,
    /// The list of every key there was, by its number.
    lists: Vec<Vec<i64>>,
    /// The keys in use: number, handle, and how many appends were given out.
    live: Vec<(u64, Option<Key>, i64)>,
    clients: Vec<Open>,
}

/// A client, and its transaction.
#[derive(Clone, Default)]
struct Open {
    stage: u8,
    steps: Vec<Step>,
    /// The number of each step's key.
    keys: Vec<u64>,
    /// What was read, all lists one after the other, and where each is.
    seen: Vec<i64>,
    reads: Vec<(usize, usize)>,
}

impl Simulator {
    fn new(stale: bool) -> Simulator {
        let live = (0..KEYS).map(|number| (number, None, 0)).collect();
        let clients = vec![Open::default(); CLIENTS as usize];
        let lists = vec![Vec::new(); KEYS as usize];
        Simulator { random: Random::new(7), stale, lists, live, clients }
    }

    fn run(&mut self, transactions: usize, listener: &mut impl Listener) {
        let (mut now, mut called, mut ended) = (0, 0, 0);
        while ended < transactions {
            now += 1;
            let client = self.random.below(CLIENTS);
            let mut open = std::mem::take(&mut self.clients[client as usize]);
            match open.stage {
                0 if called < transactions => {
                    called += 1;
                    self.call(&mut open, listener);
                    listener.call(now, client, &open);
                    open.stage = 1;
                }
                0 => {}
                1 => {
                    self.execute(&mut open);
                    open.stage = 2;
                }
                _ => {
                    ended += 1;
                    listener.end(now, client, &open);
                    open.stage = 0;
                }
            }
            self.clients[client as usize] = open;
        }
    }

    fn call(&mut self, open: &mut Open, listener: &mut impl Listener) {
        open.steps.clear();
        open.keys.clear();
        for _ in 0..=self.random.below(5) {
            let slot = self.random.below(KEYS) as usize;
            let append = self.random.chance(1, 2);
            if append && self.live[slot].2 == APPENDS {
                self.live[slot] = (self.lists.len() as u64, None, 0);
                self.lists.push(Vec::new());
            }
            let (number, key, given) = &mut self.live[slot];
            let key = *key.get_or_insert_with(|| listener.key(*number));
            *given += i64::from(append);
            open.steps.push(if append { Step::Write(key, *given) } else { Step::Read(key) });
            open.keys.push(*number);
        }
    }

    fn execute(&mut self, open: &mut Open) {
        open.seen.clear();
        open.reads.clear();
        for (step, &number) in open.steps.iter().zip(&open.keys) {
            let list = &mut self.lists[number as usize];
            match step {
                Step::Write(_, value) => list.push(*value),
                Step::Read(_) => {
                    let start = open.seen.len();
                    let stale = self.stale && self.random.chance(1, 100_000);
                    let length = list.len().saturating_sub(usize::from(stale));
                    open.seen.extend_from_slice(&list[..length]);
                    open.reads.push((start, open.seen.len()));
                }
            }
        }
    }
}
