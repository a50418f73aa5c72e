//! Runs anybody's node binaries: our network, faults, clients, checkers and diagrams.

mod check;
mod glomers;
mod kafka;
mod network;
mod process;
mod report;
mod services;
mod shape;
mod workload;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use model::{NodeId, Random};
use serde_json::{Value as Json, json};
use spec::transactions::IsolationModel;

use crate::message::{Envelope, is_definite};
pub use check::Finding;
pub use glomers::{CHALLENGES, Challenge, Measured, Target};
use network::Network;
pub use network::Spread;
use process::Said;
pub use report::{Report, Times};
use services::Services;
pub use workload::Workload;
use workload::{Act, Clients, Done, End};

/// What is tested, and how.
#[derive(Clone, Debug)]
pub struct Test {
    /// What clients do.
    pub workload: Workload,
    /// The program that is a node.
    pub binary: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How many nodes, `n0` to `n(N-1)`.
    pub nodes: usize,
    /// How long clients work.
    pub time: Duration,
    /// Requests a second, of all clients together.
    pub rate: u32,
    /// How long a message between nodes travels on average.
    pub latency: Duration,
    /// How these times are spread.
    pub spread: Spread,
    /// How many messages between nodes are lost, in millionths.
    pub loss_ppm: u32,
    /// Whether the network is partitioned now and then.
    pub partition: bool,
    /// Whether clients of lin-kv compare and set, too.
    pub cas: bool,
    /// What is demanded of transactions.
    pub isolation: IsolationModel,
    /// Whether every request must succeed.
    pub total: bool,
    /// How long a node may take to answer `init`.
    pub init: Duration,
    /// How long a client waits for an answer.
    pub patience: Duration,
    /// The quiet time between the end of faults and the last reads.
    pub quiet: Duration,
    /// Decides what is left to chance here.
    pub seed: u64,
}

/// How long a node may take to answer `init`, as Maelstrom allows.
const INIT: Duration = Duration::from_secs(10);

/// How long a client waits for an answer, as Maelstrom's do.
const PATIENCE: Duration = Duration::from_secs(5);

/// The quiet time between the end of faults and the last reads: Maelstrom waits ten seconds; the
/// slowest of the workloads' nodes here elects a leader in one.
const QUIET: Duration = Duration::from_secs(3);

/// The most nodes of a test. Each costs this program three pipes and three threads; a process may
/// usually open 1,024 files.
pub const MOST_NODES: usize = 256;

/// How long a partition lasts, and how long the time between two is.
const PARTITION: Duration = Duration::from_secs(3);

/// The longest that clients go on reading after the end, as in Maelstrom: nodes that lose what they
/// should bring are not asked for ever.
const LAST: Duration = Duration::from_secs(10);

impl Test {
    /// A test of a workload on these nodes: 10 s, 50 requests a second, a perfect network without
    /// delays, and what the workload promises at its strongest.
    pub fn new(workload: Workload, binary: PathBuf, arguments: Vec<String>, nodes: usize) -> Test {
        Test {
            workload,
            binary,
            arguments,
            nodes,
            time: Duration::from_secs(10),
            rate: 50,
            latency: Duration::ZERO,
            spread: Spread::Constant,
            loss_ppm: 0,
            partition: false,
            cas: true,
            isolation: IsolationModel::STRICT_SERIALIZABLE,
            total: false,
            init: INIT,
            patience: PATIENCE,
            quiet: QUIET,
            seed: 1,
        }
    }

    /// Runs the nodes and their clients, and judges what the clients saw.
    ///
    /// # Errors
    /// A node cannot be started, does not answer `init`, writes something that is no message of
    /// its own to somebody who exists, or ends by itself.
    pub fn run(&self, stop: &AtomicBool) -> Result<Report, String> {
        let (tell, hear) = mpsc::channel();
        let network = Network::start(self, &tell)?;
        let mut harness = Harness {
            test: self,
            network,
            hear,
            services: Services::new(self.seed),
            waiting: BTreeMap::new(),
            last: 0,
            done: Vec::new(),
            told: 0,
            misshapen: BTreeMap::new(),
            partitions: 0,
            worked: Duration::ZERO,
            interrupted: false,
        };
        harness.init()?;
        let mut clients = self.workload.clients(self);
        harness.work(&mut *clients, stop)?;
        harness.network.heal();
        harness.pass(self.quiet)?;
        harness.finish(&mut *clients)?;
        Ok(harness.report(&*clients))
    }
}

/// A request that waits for its answer.
struct Waiting {
    act: Act,
    asked: Instant,
}

struct Harness<'t> {
    test: &'t Test,
    network: Network,
    hear: Receiver<Said>,
    services: Services,
    /// By client and number.
    waiting: BTreeMap<(u64, u64), Waiting>,
    /// The number of the last request.
    last: u64,
    done: Vec<Done>,
    /// How many of them the clients have heard of.
    told: usize,
    /// Answers that are not what Maelstrom takes: the first of each kind, and how many.
    misshapen: BTreeMap<String, (String, u64)>,
    partitions: u64,
    worked: Duration,
    /// Whether the clients were told to stop before their time was over.
    interrupted: bool,
}

impl Harness<'_> {
    fn init(&mut self) -> Result<(), String> {
        let names: Vec<String> = (0..self.test.nodes).map(|node| format!("n{node}")).collect();
        for name in &names {
            let body = json!({
                "type": "init", "msg_id": 1, "node_id": name, "node_ids": names,
            });
            self.network.give(None, &Envelope { src: "c0".into(), dest: name.clone(), body });
        }
        let end = Instant::now() + self.test.init;
        let mut missing = names.clone();
        while !missing.is_empty() {
            let Some(envelope) = self.hear_one(end)? else {
                return Err(self.silent(&missing));
            };
            let Envelope { src, .. } = &envelope;
            match envelope.kind() {
                "init_ok" if envelope.answers() != Some(1) => {
                    let answered = &envelope.body["in_reply_to"];
                    return Err(format!(
                        "{src} answered init, but in_reply_to is {answered}, not the msg_id, 1"
                    ));
                }
                "init_ok" => missing.retain(|name| name != src),
                "error" if envelope.dest == "c0" => {
                    return Err(format!("{src} refused init: {}", envelope.body["text"]));
                }
                _ => self.route(envelope)?,
            }
        }
        if self.test.workload == Workload::Broadcast {
            self.tell_topology(&names);
        }
        Ok(())
    }

    /// Who has not answered `init`.
    fn silent(&mut self, missing: &[String]) -> String {
        let (who, seconds) = (missing.join(", "), self.test.init.as_secs_f64());
        let mut why = format!("{who} did not answer init within {seconds} s");
        for name in missing {
            let place = self.network.place(name);
            if let Some(words) = place.and_then(|node| self.network.process(node).last_words()) {
                why += &format!("; last words of {name} on standard error:\n{words}");
            }
        }
        why
    }

    /// Broadcast's nodes are told their neighbours: a grid two nodes wide.
    fn tell_topology(&mut self, names: &[String]) {
        let near = |one: usize, two: usize| {
            let (row, column) = (one / 2, one % 2);
            row.abs_diff(two / 2) + column.abs_diff(two % 2) == 1
        };
        let neighbours = |one: usize| -> Vec<&String> {
            (0..names.len()).filter(|&two| near(one, two)).map(|two| &names[two]).collect()
        };
        let topology: serde_json::Map<String, Json> =
            (0..names.len()).map(|node| (names[node].clone(), json!(neighbours(node)))).collect();
        for name in names {
            let body = json!({ "type": "topology", "msg_id": 2, "topology": topology });
            self.network.give(None, &Envelope { src: "c0".into(), dest: name.clone(), body });
        }
    }

    /// Clients ask at the wished rate while partitions come and go.
    fn work(&mut self, clients: &mut dyn Clients, stop: &AtomicBool) -> Result<(), String> {
        let begin = Instant::now();
        let pause = Duration::from_secs(1) / self.test.rate.max(1);
        let (mut next, mut turn) = (begin, begin + PARTITION);
        let mut random = Random::child(self.test.seed, "partitions");
        while begin.elapsed() < self.test.time {
            if stop.load(Ordering::Relaxed) {
                self.interrupted = true;
                break;
            }
            self.step(next.min(turn))?;
            let now = Instant::now();
            if now >= turn {
                turn = now + PARTITION;
                if self.test.partition {
                    self.partitions += u64::from(self.network.turn(&mut random));
                }
            }
            if now >= next {
                next += pause;
                if let Some(act) = clients.act() {
                    self.ask(act);
                }
            }
            self.give_up();
            self.settle(clients);
        }
        self.worked = begin.elapsed();
        Ok(())
    }

    /// The last reads, once faults are over: again and again, as long as clients want more.
    fn finish(&mut self, clients: &mut dyn Clients) -> Result<(), String> {
        let end = Instant::now() + LAST;
        loop {
            while !self.waiting.is_empty() && Instant::now() < end {
                self.step(end.min(Instant::now() + self.test.patience))?;
                self.give_up();
            }
            self.settle(clients);
            let acts = clients.last_acts();
            if acts.is_empty() || Instant::now() >= end {
                break;
            }
            acts.into_iter().for_each(|act| self.ask(act));
        }
        for ((client, number), waiting) in std::mem::take(&mut self.waiting) {
            self.note(client, number, waiting, End::Unknown);
        }
        Ok(())
    }

    fn ask(&mut self, act: Act) {
        self.last += 1;
        let mut body = act.body.clone();
        body["msg_id"] = json!(self.last);
        let (src, dest) = (format!("c{}", act.client), format!("n{}", act.node.0));
        self.waiting.insert((act.client, self.last), Waiting { act, asked: Instant::now() });
        self.network.give(None, &Envelope { src, dest, body });
    }

    /// Requests that have waited too long: nobody knows what came of them.
    fn give_up(&mut self) {
        let late = |waiting: &Waiting| waiting.asked.elapsed() >= self.test.patience;
        let keys: Vec<(u64, u64)> =
            self.waiting.iter().filter(|(_, one)| late(one)).map(|(key, _)| *key).collect();
        for key in keys {
            let waiting = self.waiting.remove(&key).expect("It was found.");
            self.note(key.0, key.1, waiting, End::Unknown);
        }
    }

    /// Tells the clients what they have not heard yet.
    fn settle(&mut self, clients: &mut dyn Clients) {
        self.done[self.told..].iter().for_each(|done| clients.hear(done));
        self.told = self.done.len();
    }

    fn note(&mut self, client: u64, number: u64, waiting: Waiting, end: End) {
        let Waiting { act, asked } = waiting;
        let (began, ended) = (self.network.since(asked), self.network.since(Instant::now()));
        self.done.push(Done { client, number, act, began, ended, end });
    }

    /// Lets time pass.
    fn pass(&mut self, span: Duration) -> Result<(), String> {
        let end = Instant::now() + span;
        while Instant::now() < end {
            self.step(end)?;
        }
        Ok(())
    }

    /// Delivers what is due, and listens until `end` or the next delivery.
    fn step(&mut self, end: Instant) -> Result<(), String> {
        for (number, envelope) in self.network.due() {
            if self.services.is_one(&envelope.dest) {
                let answer = self.services.answer(&envelope);
                self.network.send(answer);
            } else {
                self.network.give(Some(number), &envelope);
            }
        }
        let next = self.network.next_due().map_or(end, |due| due.min(end));
        if let Some(envelope) = self.hear_one(next)? {
            self.route(envelope)?;
        }
        Ok(())
    }

    fn hear_one(&mut self, until: Instant) -> Result<Option<Envelope>, String> {
        let wait = until.saturating_duration_since(Instant::now());
        match self.hear.recv_timeout(wait) {
            Ok(Said::Message(node, envelope)) if envelope.src == format!("n{node}") => {
                Ok(Some(envelope))
            }
            Ok(Said::Message(node, Envelope { src, dest, .. })) => Err(format!(
                "n{node} wrote a message to {dest} in the name of {src:?}: src must be its own \
                 name, n{node}"
            )),
            Ok(Said::Strange(node, line)) => Err(format!(
                "n{node} wrote a line that is no message: {line}\n\
                 (only messages belong on standard output, one JSON object a line with src, dest \
                 and body; standard error is free)"
            )),
            Ok(Said::Ended(node)) => {
                let ending = self.network.process(node).ending();
                Err(format!("n{node} ended by itself: {ending}"))
            }
            Err(_) => Ok(None),
        }
    }

    /// What a node has sent: to a client at once, to anybody else over the network.
    fn route(&mut self, envelope: Envelope) -> Result<(), String> {
        let client: Option<u64> =
            envelope.dest.strip_prefix('c').and_then(|name| name.parse().ok());
        let Some(client) = client else {
            let Envelope { src, dest, .. } = &envelope;
            if self.network.place(dest).is_none() && !self.services.is_one(dest) {
                let last = self.test.nodes - 1;
                return Err(format!(
                    "{src} wrote to {dest:?}, which does not exist: there are n0 to n{last}, the \
                     clients that have asked, lin-kv, seq-kv, lww-kv and lin-tso"
                ));
            }
            self.network.send(envelope);
            return Ok(());
        };
        self.network.answered(&envelope);
        let Some(number) = envelope.answers() else {
            return Ok(());
        };
        // Who answers twice, or too late, is not heard.
        let Some(waiting) = self.waiting.remove(&(client, number)) else {
            return Ok(());
        };
        let end = match envelope.kind() {
            "error" => {
                let code = envelope.body["code"].as_u64().unwrap_or(0);
                if is_definite(code) { End::Failed(code) } else { End::Unknown }
            }
            _ => match shape::of_answer(self.test.workload, &waiting.act.body, &envelope.body) {
                Ok(()) => End::Ok(envelope.body),
                Err(why) => {
                    let kind = waiting.act.body["type"].to_string();
                    let text = format!("{} {why}", envelope.src);
                    self.misshapen.entry(kind).or_insert((text, 0)).1 += 1;
                    End::Unknown
                }
            },
        };
        self.note(client, number, waiting, end);
        Ok(())
    }

    fn report(self, clients: &dyn Clients) -> Report {
        let count = |is: fn(&End) -> bool| self.done.iter().filter(|d| is(&d.end)).count() as u64;
        let mut findings: Vec<Finding> = Vec::new();
        for (text, count) in self.misshapen.values() {
            findings.push(Finding::new("shape", format!("{text} ({count} such answers)")));
        }
        findings.extend(clients.judge(&self.done));
        if self.test.total {
            findings.extend(check::total_availability(&self.done));
        }
        if self.interrupted {
            // Who stops a test cannot ask why answers have not come.
            findings.retain(|finding| finding.property != "availability");
        }
        let answered = self.done.iter().filter(|done| matches!(done.end, End::Ok(_)));
        let times = answered.map(|done| done.ended - done.began).collect();
        let between = self.network.between_nodes() as f64;
        Report {
            workload: self.test.workload.to_string(),
            nodes: self.test.nodes,
            seconds: self.worked.as_secs_f64(),
            interrupted: self.interrupted,
            ok: count(|end| matches!(end, End::Ok(_))),
            failed: count(|end| matches!(end, End::Failed(_))),
            unknown: count(|end| matches!(end, End::Unknown)),
            messages_per_request: between / self.done.len().max(1) as f64,
            latency_ms: Times::of(times),
            stable_ms: clients.stable(&self.done),
            partitions: self.partitions,
            findings,
            trace: Some(self.network.trace(&self.test.workload.to_string())),
        }
    }
}

/// The node of this number.
fn node(number: u64, nodes: usize) -> NodeId {
    NodeId((number % nodes as u64) as u16)
}
