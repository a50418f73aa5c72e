//! Clients at work while faults strike, and what they can swear to afterwards.

pub mod model;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use ::model::Random;
use etcd_client::{Client, Compare, CompareOp, Error, GetOptions, Txn, TxnOp, TxnOpResponse};
use spec::history::{Limits, Recorder, Verdict, check};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::town::{self, DEADLINE, Town};
use model::{Ask, Found, Input, Output, Revisions};

/// Clients at work at once.
const CLIENTS: u64 = 9;

/// Keys in use; the first ones are also swapped.
const KEYS: u64 = 20;
const SWAPPED: u64 = 4;

/// Requests of a client to one node before it turns to the next.
const STAY: u64 = 30;

/// Reads that are put into one transaction.
const BATCH: usize = 100;

/// Orders the events of all clients: an event that happened before another has a smaller number.
static CLOCK: AtomicU64 = AtomicU64::new(0);

/// One request and what came of it.
#[derive(Debug)]
pub struct Record {
    process: u64,
    input: Input,
    called: u64,
    returned: u64,
    /// The answer with the store's revision, unless the request failed: then nobody knows.
    answer: Option<(Output, i64)>,
}

/// A write that was acknowledged.
struct Acknowledged {
    node: usize,
    called: Instant,
    returned: Instant,
}

/// Clients at work. They go on whatever fails.
pub struct Load {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<Record>>>,
    acknowledged: Receiver<Acknowledged>,
    nodes: usize,
}

impl Load {
    /// Sets clients to work at all nodes of a town. Loads with different numbers write different
    /// values.
    pub fn start(town: &Town, number: u64) -> Load {
        let runtime = runtime();
        let endpoints: Vec<String> = town.nodes().map(|node| town.endpoint(node)).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, acknowledged) = mpsc::channel();
        let clients = (0..CLIENTS).map(|client| {
            let process = number * CLIENTS + client;
            let worker = Worker {
                process,
                random: Random::new(process),
                value: process << 32,
                found: [0; KEYS as usize],
                tell: tell.clone(),
                records: Vec::new(),
            };
            runtime.spawn(worker.run(endpoints.clone(), stop.clone()))
        });
        let clients = clients.collect();
        Load { runtime, stop, clients, acknowledged, nodes: endpoints.len() }
    }

    /// Waits until `count` writes that were called from now on, and one at least at each node,
    /// have been acknowledged.
    pub fn wait_for_writes(&self, count: usize) {
        let now = Instant::now();
        let mut at_node = vec![0; self.nodes];
        while at_node.contains(&0) || at_node.iter().sum::<usize>() < count {
            at_node[self.write_after(now).node] += 1;
        }
    }

    /// How long after `then` the first write was acknowledged that was called after it.
    pub fn next_write_after(&self, then: Instant) -> Duration {
        self.write_after(then).returned - then
    }

    fn write_after(&self, then: Instant) -> Acknowledged {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.acknowledged.recv_timeout(left) {
                Ok(write) if write.called > then => return write,
                Ok(_) => {}
                Err(_) => panic!("{DEADLINE:?} went by without a write."),
            }
        }
    }

    /// Lets every client finish its request, and tells what they did.
    pub fn finish(self) -> Vec<Record> {
        self.stop.store(true, Ordering::Relaxed);
        let mut records = Vec::new();
        for client in self.clients {
            records.extend(self.runtime.block_on(client).expect("A client goes on."));
        }
        records
    }
}

/// One client.
struct Worker {
    process: u64,
    random: Random,
    /// The value written last; the next write's is one more.
    value: u64,
    /// The revision at which each key was found last.
    found: [i64; KEYS as usize],
    tell: Sender<Acknowledged>,
    records: Vec<Record>,
}

impl Worker {
    async fn run(mut self, endpoints: Vec<String>, stop: Arc<AtomicBool>) -> Vec<Record> {
        let mut clients = connect(&endpoints).await;
        let mut node = self.process as usize;
        let mut stay = STAY;
        while !stop.load(Ordering::Relaxed) {
            node = (node + usize::from(stay == 0)) % clients.len();
            stay = if stay == 0 { STAY } else { stay - 1 };
            let input = self.choose();
            let called = Instant::now();
            let record = perform(&mut clients[node], self.process, input).await;
            match &record.answer {
                Some((output, _)) => self.learn(record.input.key, output, node, called),
                // Somebody else may be well.
                None => stay = 0,
            }
            self.records.push(record);
        }
        self.records
    }

    fn choose(&mut self) -> Input {
        let (key, ask) = match self.random.below(5) {
            0 | 1 => (self.random.below(KEYS), Ask::Get),
            2 | 3 => {
                self.value += 1;
                (self.random.below(KEYS), Ask::Put { value: self.value })
            }
            _ => {
                self.value += 1;
                let key = self.random.below(SWAPPED);
                (key, Ask::Swap { at: self.found[key as usize], value: self.value })
            }
        };
        Input { key: key as u16, ask, seen: None }
    }

    fn learn(&mut self, key: u16, output: &Output, node: usize, called: Instant) {
        self.found[usize::from(key)] = match output {
            Output::Written(revision) => {
                let returned = Instant::now();
                // Nobody may be counting any more.
                let _ = self.tell.send(Acknowledged { node, called, returned });
                *revision
            }
            Output::Found(found) => found.map_or(0, |(_, revision)| revision),
        };
    }
}

/// Does what is asked, and records it.
async fn perform(client: &mut Client, process: u64, input: Input) -> Record {
    let called = CLOCK.fetch_add(1, Ordering::SeqCst);
    let answer = ask(client, &input).await.ok();
    let returned = CLOCK.fetch_add(1, Ordering::SeqCst);
    Record { process, input, called, returned, answer }
}

async fn ask(client: &mut Client, input: &Input) -> Result<(Output, i64), Error> {
    let key = key_name(input.key);
    Ok(match input.ask {
        Ask::Get => {
            let got = client.get(key, None).await?;
            let revision = got.header().expect("Every reply has a header.").revision();
            (Output::Found(found(&got)), revision)
        }
        Ask::Put { value } => {
            let put = client.put(key, value.to_string(), None).await?;
            let revision = put.header().expect("Every reply has a header.").revision();
            (Output::Written(revision), revision)
        }
        Ask::Swap { at, value } => {
            let txn = Txn::new()
                .when([Compare::mod_revision(key.as_str(), CompareOp::Equal, at)])
                .and_then([TxnOp::put(key.as_str(), value.to_string(), None)])
                .or_else([TxnOp::get(key.as_str(), None)]);
            let reply = client.txn(txn).await?;
            let revision = reply.header().expect("Every reply has a header.").revision();
            match &reply.op_responses()[..] {
                [TxnOpResponse::Put(_)] => (Output::Written(revision), revision),
                [TxnOpResponse::Get(got)] => (Output::Found(found(got)), revision),
                other => panic!("A swap puts or gets, once: {other:?}"),
            }
        }
    })
}

fn key_name(key: u16) -> String {
    format!("load/{key}")
}

fn found(got: &etcd_client::GetResponse) -> Found {
    got.kvs().first().map(|kv| {
        let value = kv.value_str().ok().and_then(|value| value.parse().ok());
        (value.expect("Only numbers are written."), kv.mod_revision())
    })
}

/// Reads every key once more at every node, and then judges all that was recorded.
///
/// # Panics
/// When an acknowledged write is not there, or revisions do not rise with time, or the history is
/// not that of a single store.
pub fn judge(town: &Town, mut records: Vec<Record>) {
    let runtime = runtime();
    let endpoints: Vec<String> = town.nodes().map(|node| town.endpoint(node)).collect();
    runtime.block_on(async {
        let mut clients = connect(&endpoints).await;
        for client in &mut clients {
            for key in 0..KEYS as u16 {
                let input = Input { key, ask: Ask::Get, seen: None };
                let record = perform(client, u64::MAX, input).await;
                assert!(record.answer.is_some(), "the whole town is well");
                records.push(record);
            }
        }
        for client in &mut clients {
            find_acknowledged(client, &records).await;
        }
    });
    rises_with_time(&records);
    is_linearizable(records);
}

/// Every acknowledged write stands at its revision, with its value.
async fn find_acknowledged(client: &mut Client, records: &[Record]) {
    let writes = records.iter().filter_map(|record| match record.answer {
        Some((Output::Written(revision), _)) => {
            Some((record.input.key, record.input.ask.writes(), revision))
        }
        _ => None,
    });
    let writes: Vec<_> = writes.collect();
    assert!(!writes.is_empty(), "something was written");
    for batch in writes.chunks(BATCH) {
        let gets = batch.iter().map(|&(key, _, revision)| {
            TxnOp::get(key_name(key), Some(GetOptions::new().with_revision(revision)))
        });
        let txn = Txn::new().and_then(gets.collect::<Vec<_>>());
        let reply = client.txn(txn).await.expect("The town is well.");
        for (write, got) in batch.iter().zip(reply.op_responses()) {
            let (key, value, revision) = *write;
            let TxnOpResponse::Get(got) = got else { panic!("It only reads.") };
            let wanted = value.map(|value| (value, revision));
            assert_eq!(found(&got), wanted, "{} was acknowledged", key_name(key));
        }
    }
}

/// Revisions are those of the whole store: whoever asks after an answer came, whatever about, is
/// told of no smaller revision, and writes at a greater one.
fn rises_with_time(records: &[Record]) {
    enum Moment<'a> {
        Call(usize),
        Return(usize, &'a (Output, i64)),
    }
    let mut moments = Vec::new();
    for (index, record) in records.iter().enumerate() {
        moments.push((record.called, Moment::Call(index)));
        let answer = record.answer.as_ref();
        moments.extend(answer.map(|answer| (record.returned, Moment::Return(index, answer))));
    }
    moments.sort_by_key(|(at, _)| *at);
    let (mut newest, mut newest_at_call) = (0, vec![0; records.len()]);
    for (_, moment) in moments {
        match moment {
            Moment::Call(index) => newest_at_call[index] = newest,
            Moment::Return(index, (output, revision)) => {
                let before = newest_at_call[index];
                let is_write = matches!(output, Output::Written(_));
                let rises = if is_write { *revision > before } else { *revision >= before };
                assert!(rises, "{before} had been told before {:?}", records[index]);
                newest = newest.max(*revision);
            }
        }
    }
}

/// There is an order in which a single store would have answered just so.
fn is_linearizable(records: Vec<Record>) {
    let outputs = records.iter().filter_map(|record| Some(&record.answer.as_ref()?.0));
    let seen = model::revisions_seen(outputs);
    let mut events = Vec::new();
    for mut record in records {
        if record.answer.is_none() {
            record.input.seen = record.input.ask.writes().and_then(|v| seen.get(&v).copied());
        }
        events.push((record.called, record.process, Err(record.input)));
        events.push((record.returned, record.process, Ok(record.answer)));
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut recorder = Recorder::new();
    for (at, process, event) in events {
        let recorded = match event {
            Err(input) => recorder.invoke(at, process, input),
            Ok(Some((output, _))) => recorder.ok(at, process, output),
            Ok(None) => recorder.info(at, process),
        };
        recorded.expect("Clients do one thing at a time.");
    }
    let history = recorder.finish();
    let begin = Instant::now();
    let checked = check(&Revisions, &history, &Limits::default(), begin);
    println!("{} operations judged in {:?}", history.len(), begin.elapsed());
    match checked.verdict {
        Verdict::Linearizable { .. } => {}
        Verdict::NotLinearizable { explanation } => {
            panic!("The store did not act like one:\n{}", explanation.join("\n"))
        }
        Verdict::Unknown { reason, covered } => panic!("Undecided ({reason:?}): {covered}"),
    }
}

async fn connect(endpoints: &[String]) -> Vec<Client> {
    let mut clients = Vec::new();
    for endpoint in endpoints {
        clients.push(town::connect(endpoint).await);
    }
    clients
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("There is room for two threads.")
}
