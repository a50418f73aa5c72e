//! Runs anybody's node binaries: our network, faults, clients, checkers and diagrams.

mod check;
mod network;
mod services;
mod workload;

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use model::{NodeId, Random};
use serde::Serialize;
use serde_json::{Value as Json, json};
use world::trace::Trace;

use crate::message::{Envelope, is_definite};
use check::Finding;
use network::{Network, Output};
use services::Services;
pub use workload::Workload;
use workload::{Act, Done, End};

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
    /// How many messages between nodes are lost, in millionths.
    pub loss_ppm: u32,
    /// Whether the network is partitioned now and then.
    pub partition: bool,
    /// Decides what is left to chance here.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The workload.
    pub workload: String,
    /// How many nodes.
    pub nodes: usize,
    /// Requests that succeeded.
    pub ok: u64,
    /// Requests that failed for certain.
    pub failed: u64,
    /// Requests of which nobody knows.
    pub unknown: u64,
    /// Messages between nodes, for each request.
    pub messages_per_request: f64,
    /// Times from request to answer, in milliseconds: median, 95th, 99th percentile, longest.
    pub latency_ms: [f64; 4],
    /// Partitions that were made.
    pub partitions: u64,
    /// What the checker says.
    pub findings: Vec<Finding>,
    /// Everything that was sent and received.
    #[serde(skip)]
    pub trace: Option<Trace>,
}

impl Report {
    /// Whether everything was as it should be.
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { workload, nodes, ok, failed, unknown, .. } = self;
        writeln!(f, "{workload}, {nodes} nodes: {ok} ok, {failed} failed, {unknown} unknown")?;
        let [median, p95, p99, most] = self.latency_ms;
        writeln!(
            f,
            "{:.1} messages a request; answers in {median:.1} ms (median), {p95:.1} (95 %), \
             {p99:.1} (99 %), {most:.1} (longest); {} partitions",
            self.messages_per_request, self.partitions
        )?;
        for Finding { property, text } in &self.findings {
            writeln!(f, "VIOLATED {property}: {text}")?;
        }
        let verdict = if self.is_valid() { "everything is as it should be" } else { "INVALID" };
        f.write_str(verdict)
    }
}

/// How long a node may take to answer `init`, as Maelstrom allows.
const INIT: Duration = Duration::from_secs(10);

/// How long a client waits for an answer, as Maelstrom's do.
const PATIENCE: Duration = Duration::from_secs(5);

/// The quiet time between the end of faults and the last reads: Maelstrom waits ten seconds; the
/// slowest of the workloads' nodes here elects a leader in one.
const QUIET: Duration = Duration::from_secs(3);

/// How long a partition lasts, and how long the time between two is.
const PARTITION: Duration = Duration::from_secs(3);

impl Test {
    /// Runs the nodes and their clients, and judges what the clients saw.
    ///
    /// # Errors
    /// A node cannot be started, writes something that is no message, or ends by itself.
    pub fn run(&self, stop: &AtomicBool) -> Result<Report, String> {
        let (tell, hear) = mpsc::channel();
        let network = Network::start(self, tell)?;
        let mut harness = Harness {
            test: self,
            network,
            hear,
            services: Services::new(self.seed),
            waiting: BTreeMap::new(),
            last: 0,
            done: Vec::new(),
            partitions: 0,
        };
        harness.init()?;
        let mut clients = self.workload.clients(self.nodes, self.seed);
        harness.work(&mut *clients, stop)?;
        harness.network.heal();
        harness.pass(QUIET)?;
        harness.finish(&mut *clients)?;
        let findings = clients.judge(&harness.done);
        Ok(harness.report(findings))
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
    hear: Receiver<Output>,
    services: Services,
    /// By client and number.
    waiting: BTreeMap<(u64, u64), Waiting>,
    /// The number of the last request.
    last: u64,
    done: Vec<Done>,
    partitions: u64,
}

impl Harness<'_> {
    fn init(&mut self) -> Result<(), String> {
        let names: Vec<String> = (0..self.test.nodes).map(|node| format!("n{node}")).collect();
        for name in &names {
            let body = json!({
                "type": "init", "msg_id": 1, "node_id": name, "node_ids": names,
            });
            self.network.give(None, Envelope { src: "c0".into(), dest: name.clone(), body })?;
        }
        let end = Instant::now() + INIT;
        let mut ready = 0;
        while ready < names.len() {
            let envelope = self.hear_one(end)?.ok_or("the nodes did not answer init in time")?;
            match envelope.kind() {
                "init_ok" => ready += 1,
                _ => self.route(envelope)?,
            }
        }
        if self.test.workload == Workload::Broadcast {
            self.tell_topology(&names)?;
        }
        Ok(())
    }

    /// Broadcast's nodes are told their neighbours: a grid two nodes wide.
    fn tell_topology(&mut self, names: &[String]) -> Result<(), String> {
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
            self.network.give(None, Envelope { src: "c0".into(), dest: name.clone(), body })?;
        }
        Ok(())
    }

    /// Clients ask at the wished rate while partitions come and go.
    fn work(
        &mut self,
        clients: &mut dyn workload::Clients,
        stop: &AtomicBool,
    ) -> Result<(), String> {
        let begin = Instant::now();
        let pause = Duration::from_secs(1) / self.test.rate.max(1);
        let (mut next, mut turn) = (begin, begin + PARTITION);
        let mut random = Random::child(self.test.seed, "partitions");
        while begin.elapsed() < self.test.time && !stop.load(Ordering::Relaxed) {
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
                    self.ask(act)?;
                }
            }
            self.give_up();
            self.settle(clients);
        }
        Ok(())
    }

    /// The last reads, once faults are over.
    fn finish(&mut self, clients: &mut dyn workload::Clients) -> Result<(), String> {
        self.give_up();
        self.settle(clients);
        for act in clients.last_acts() {
            self.ask(act)?;
        }
        let end = Instant::now() + PATIENCE;
        while !self.waiting.is_empty() && Instant::now() < end {
            self.step(end)?;
        }
        for ((client, number), waiting) in std::mem::take(&mut self.waiting) {
            self.note(client, number, waiting, End::Unknown);
        }
        Ok(())
    }

    fn ask(&mut self, act: Act) -> Result<(), String> {
        self.last += 1;
        let mut body = act.body.clone();
        body["msg_id"] = json!(self.last);
        let (src, dest) = (format!("c{}", act.client), format!("n{}", act.node.0));
        self.waiting.insert((act.client, self.last), Waiting { act, asked: Instant::now() });
        self.network.give(None, Envelope { src, dest, body })
    }

    /// Requests that have waited too long: nobody knows what came of them.
    fn give_up(&mut self) {
        let late = |waiting: &Waiting| waiting.asked.elapsed() >= PATIENCE;
        let keys: Vec<(u64, u64)> =
            self.waiting.iter().filter(|(_, one)| late(one)).map(|(key, _)| *key).collect();
        for key in keys {
            let waiting = self.waiting.remove(&key).expect("It was found.");
            self.note(key.0, key.1, waiting, End::Unknown);
        }
    }

    /// Tells the clients what they have not heard yet.
    fn settle(&mut self, clients: &mut dyn workload::Clients) {
        for done in self.done.iter_mut().filter(|done| !done.is_told) {
            done.is_told = true;
            clients.hear(done);
        }
    }

    fn note(&mut self, client: u64, number: u64, waiting: Waiting, end: End) {
        let Waiting { act, asked } = waiting;
        let (began, ended) = (self.network.since(asked), self.network.since(Instant::now()));
        self.done.push(Done { client, number, act, began, ended, end, is_told: false });
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
                self.network.give(Some(number), envelope)?;
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
            Ok(Output::Message(envelope)) => Ok(Some(envelope)),
            Ok(Output::Strange(node, line)) => Err(format!(
                "n{node} wrote a line that is no message: {line}\n\
                 (only messages belong on standard output; standard error is free)"
            )),
            Ok(Output::Ended(node, why)) => Err(format!("n{node} ended by itself: {why}")),
            Err(_) => Ok(None),
        }
    }

    /// What a node has sent: to a client at once, to anybody else over the network.
    fn route(&mut self, envelope: Envelope) -> Result<(), String> {
        let Some(client) = envelope.dest.strip_prefix('c').and_then(|name| name.parse().ok())
        else {
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
            _ => End::Ok(envelope.body),
        };
        self.note(client, number, waiting, end);
        Ok(())
    }

    fn report(self, findings: Vec<Finding>) -> Report {
        let count = |is: fn(&End) -> bool| self.done.iter().filter(|d| is(&d.end)).count() as u64;
        let ok = count(|end| matches!(end, End::Ok(_)));
        let mut times: Vec<u64> = self
            .done
            .iter()
            .filter(|done| matches!(done.end, End::Ok(_)))
            .map(|done| done.ended - done.began)
            .collect();
        times.sort_unstable();
        let at = |part: f64| {
            let place = (part * times.len().saturating_sub(1) as f64) as usize;
            times.get(place).map_or(0.0, |&nanos| nanos as f64 / 1e6)
        };
        let between = self.network.between_nodes() as f64;
        Report {
            workload: self.test.workload.to_string(),
            nodes: self.test.nodes,
            ok,
            failed: count(|end| matches!(end, End::Failed(_))),
            unknown: count(|end| matches!(end, End::Unknown)),
            messages_per_request: between / self.done.len().max(1) as f64,
            latency_ms: [at(0.5), at(0.95), at(0.99), at(1.0)],
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
