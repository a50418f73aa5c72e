//! How fast the isolation of transactions is checked:
//! `cargo run --release -p spec --example transaction_speed`, with how many transactions, if not a
//! million, and `text` to have them written as EDN and read back besides.

use std::fmt::Write;
use std::time::{Duration, Instant};

use model::Random;
use spec::history::Limits;
use spec::transactions::{
    Answer, Checked, IsolationModel, Key, Recorder, Step, Transactions, Workload, check, read,
};

/// Clients with one transaction open each.
const CLIENTS: u64 = 20;
/// Keys in use at a time, and how many appends a key gets before a new one takes its place: as
/// many as make lists of some sixteen elements on average.
const KEYS: usize = 10;
const APPENDS: usize = 32;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let transactions = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let text = arguments.next().is_some_and(|wanted| wanted == "text");
    for skew in [false, true] {
        let start = Instant::now();
        let mut simulator = Simulator::new(7, skew, text);
        simulator.run(transactions);
        let (history, edn) = (simulator.recorder.finish(), simulator.edn);
        let seconds = start.elapsed().as_secs_f64();
        let what = if skew { "one stale read in 100,000" } else { "serializable" };
        println!("{what}: generated and recorded {transactions} in {seconds:.3} s");
        if text {
            let start = Instant::now();
            let parsed = read(Workload::ListAppend, &edn).expect("what was written can be read");
            let seconds = start.elapsed().as_secs_f64();
            let (count, size) = (parsed.len() as f64, edn.len() as f64 / f64::from(1 << 20));
            println!("  parsed {size:.0} MiB in {seconds:.3} s, {:.0} /s", count / seconds);
        }
        measure(&history);
    }
}

fn measure(history: &Transactions) {
    let limits = Limits { time: Some(Duration::from_secs(60)), ..Limits::default() };
    let start = Instant::now();
    let checked: Checked = check(history, &limits, start);
    let seconds = start.elapsed().as_secs_f64();
    let strict = !checked.excludes(IsolationModel::STRICT_SERIALIZABLE);
    println!(
        "  checked in {seconds:.3} s, {:.0} transactions/s, {:.0} MiB, strict serializable: {strict}, \
         stopped: {:?}",
        history.len() as f64 / seconds,
        checked.bytes as f64 / f64::from(1 << 20),
        checked.stopped
    );
    for found in &checked.anomalies {
        println!("  {} ({})", found.anomaly, found.count);
        found.explanation.iter().for_each(|line| println!("    {line}"));
    }
}

/// Transactions of one to five operations, each of which takes effect at one instant between its
/// call and its end.
struct Simulator {
    random: Random,
    recorder: Recorder,
    edn: String,
    text: bool,
    skew: bool,
    now: u64,
    keys: Vec<Live>,
    created: u64,
    open: Vec<Option<Open>>,
}

/// A key in use, with its list.
struct Live {
    key: Key,
    name: u64,
    list: Vec<i64>,
    given: i64,
}

/// A client's open transaction, and what it read if it took effect.
struct Open {
    steps: Vec<Step>,
    slots: Vec<usize>,
    answers: Option<Vec<Vec<i64>>>,
}

impl Simulator {
    fn new(seed: u64, skew: bool, text: bool) -> Simulator {
        let recorder = Recorder::new(Workload::ListAppend);
        let open = (0..CLIENTS).map(|_| None).collect();
        let (random, edn) = (Random::new(seed), String::new());
        let (now, created, keys) = (0, 0, Vec::new());
        let mut simulator =
            Simulator { random, recorder, edn, text, skew, now, keys, created, open };
        simulator.keys = (0..KEYS).map(|_| simulator.fresh()).collect();
        simulator
    }

    fn fresh(&mut self) -> Live {
        self.created += 1;
        let key = self.recorder.key(&self.created.to_string());
        Live { key, name: self.created, list: Vec::new(), given: 0 }
    }

    fn run(&mut self, transactions: usize) {
        let (mut called, mut ended) = (0, 0);
        while ended < transactions {
            let client = self.random.below(CLIENTS);
            match self.open[client as usize].take() {
                None if called < transactions => {
                    called += 1;
                    let open = self.call(client);
                    self.open[client as usize] = Some(open);
                }
                None => {}
                Some(mut open) if open.answers.is_none() => {
                    self.execute(&mut open);
                    self.open[client as usize] = Some(open);
                }
                Some(open) => {
                    ended += 1;
                    self.end(client, &open);
                }
            }
        }
    }

    fn call(&mut self, client: u64) -> Open {
        let count = 1 + self.random.below(5);
        let (mut steps, mut slots) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let slot = self.random.below(KEYS as u64) as usize;
            if self.random.chance(1, 2) {
                steps.push(Step::Read(self.keys[slot].key));
                slots.push(slot);
                continue;
            }
            if self.keys[slot].given as usize == APPENDS && !slots.contains(&slot) {
                self.keys.push(self.fresh_key());
                self.keys.swap_remove(slot);
            }
            let live = &mut self.keys[slot];
            live.given += 1;
            steps.push(Step::Write(live.key, live.given));
            slots.push(slot);
        }
        self.now += 1;
        self.recorder.invoke(self.now, client, &steps).expect("the client is free");
        Open { steps, slots, answers: None }
    }
}
