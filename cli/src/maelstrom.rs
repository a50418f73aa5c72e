//! `synod maelstrom`: the protocol of JSON lines, from both sides.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use maelstrom::harness::{CHALLENGES, Challenge, MOST_NODES, Measured, Spread, Test, Workload};
use maelstrom::node::{self, Protocol};
use model::Named;
use serde_json::json;
use spec::transactions::IsolationModel;

use crate::failure::{BROKEN, Failure, UNKNOWN, ended};
use crate::watch::interrupt;

/// Which side.
#[derive(Args)]
pub struct Both {
    #[command(subcommand)]
    side: Side,
}

#[derive(Subcommand)]
enum Side {
    /// Be a node: a protocol, on standard input and output
    #[command(after_help = protocols())]
    Node(Node),
    /// Run nodes, ours or anybody's, with network, faults, clients and checkers
    #[command(after_help = protocols())]
    Test(Harness),
    /// Hold our nodes to the Gossip Glomers (fly.io/dist-sys), in real time, and print targets
    /// beside what was measured
    Glomers(Glomers),
    /// List the protocols that can be nodes, and the workloads that each serves
    List {
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Node {
    /// Which protocol
    #[arg(long, default_value = "store", value_parser = node::find)]
    protocol: &'static Protocol,
    /// What clients add is a counter's (g-counter, pn-counter), not a set's
    #[arg(long)]
    counter: bool,
}

#[derive(Args)]
struct Harness {
    /// echo, unique-ids, broadcast, g-set, g-counter, pn-counter, kafka, lin-kv, txn-list-append
    /// or txn-rw-register
    workload: Workload,
    /// The program that is a node, and its arguments; synod's own node unless told otherwise
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<String>,
    /// Which protocol synod's own node is
    #[arg(long, default_value = "store", value_parser = node::find)]
    protocol: &'static Protocol,
    /// How many nodes
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Seconds that clients work
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Requests a second, of all clients together
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Milliseconds that a message between nodes travels on average
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// How these times are spread: constant, uniform or exponential
    #[arg(long, default_value = "constant")]
    latency_dist: Spread,
    /// Messages between nodes that are lost, in percent
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// Partition the network now and then
    #[arg(long)]
    partition: bool,
    /// Clients of lin-kv only read and write
    #[arg(long)]
    no_cas: bool,
    /// What is demanded of transactions, as in synod verify --isolation
    #[arg(long, default_value = "strict-serializable")]
    isolation: IsolationModel,
    /// Demand that every request succeeds
    #[arg(long)]
    total: bool,
    /// Seconds that a node may take to answer init
    #[arg(long, default_value_t = 10)]
    init: u64,
    /// Decides what is left to chance on our side; foreign programs may do as they like, so
    /// replay is best effort
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a diagram of what happened to this file: .html, .svg, .shiviz or .json
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Glomers {
    /// Which challenges: 1, 2, 3a to 3e, 4, 5a to 5c, 6a to 6c; all unless told otherwise
    challenges: Vec<String>,
    /// Seconds that clients work, if not as long as each challenge states
    #[arg(long)]
    seconds: Option<u64>,
    /// Decides what is left to chance on our side
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Both {
    /// Is a node, or tests nodes; a test exits 0 if everything is as it should be, 1 if not,
    /// 2 if it was stopped before that could be said.
    pub fn run(self) -> Result<(), Failure> {
        match self.side {
            Side::Node(Node { protocol, counter }) => {
                protocol.run(counter).map_err(|error| Failure::new(error.to_string()))
            }
            Side::Test(harness) => harness.run(),
            Side::Glomers(glomers) => glomers.run(),
            Side::List { json: true } => crate::print_json(&listed()),
            Side::List { json: false } => {
                crate::say(protocols());
                Ok(())
            }
        }
    }
}

/// The protocols that can be nodes, for people.
fn protocols() -> String {
    let mut page = String::from("Protocols that can be nodes, and the workloads that each serves:");
    for Protocol { name, what, workloads, .. } in node::PROTOCOLS {
        let all = workloads.len() == Workload::ALL.len();
        let names: Vec<String> = workloads.iter().map(Workload::to_string).collect();
        let names = if all { "all".to_string() } else { names.join(", ") };
        page += &format!("\n  {name:<18} {what}\n  {:<18} serves {names}", "");
    }
    page
}

/// The same, for programs.
fn listed() -> Vec<serde_json::Value> {
    let one = |protocol: &Protocol| {
        let names: Vec<String> = protocol.workloads.iter().map(Workload::to_string).collect();
        json!({ "name": protocol.name, "what": protocol.what, "workloads": names })
    };
    node::PROTOCOLS.iter().map(one).collect()
}

/// This very program.
fn own() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::new(format!("this program is gone: {error}")))
}

impl Harness {
    fn run(self) -> Result<(), Failure> {
        if !(1..=MOST_NODES).contains(&self.nodes) || !(0.0..=100.0).contains(&self.loss) {
            let why = format!("a test takes 1 to {MOST_NODES} nodes, and a loss of 0 to 100 %");
            return Err(Failure::new(why));
        }
        crate::trace::look(self.diagram.as_deref())?;
        let (binary, arguments) = match self.program.split_first() {
            Some((binary, arguments)) => (PathBuf::from(binary), arguments.to_vec()),
            None => (own()?, self.arguments()?),
        };
        let test = Test {
            time: Duration::from_secs(self.seconds),
            rate: self.rate,
            latency: Duration::from_millis(self.latency),
            spread: self.latency_dist,
            loss_ppm: (self.loss * 10_000.0) as u32,
            partition: self.partition,
            cas: !self.no_cas,
            isolation: self.isolation,
            total: self.total,
            init: Duration::from_secs(self.init),
            seed: self.seed,
            ..Test::new(self.workload, binary, arguments, self.nodes)
        };
        let report = test.run(interrupt()).map_err(Failure::new)?;
        crate::show(&report, self.json)?;
        let code = match (report.is_valid(), report.interrupted) {
            (true, false) => 0,
            (true, true) => UNKNOWN,
            (false, _) => BROKEN,
        };
        let drawn = match (&report.trace, &self.diagram) {
            (Some(trace), Some(file)) => crate::trace::write(trace, file),
            _ => Ok(()),
        };
        ended(code, drawn)
    }

    /// Those of our own node.
    fn arguments(&self) -> Result<Vec<String>, Failure> {
        let Harness { protocol, workload, .. } = self;
        if protocol.serves(*workload) {
            return Ok(protocol.arguments(*workload));
        }
        let serving = node::PROTOCOLS.iter().filter(|one| one.serves(*workload));
        let names: Vec<&str> = serving.map(|one| one.name).collect();
        let (name, names) = (protocol.name, names.join(", "));
        Err(Failure::new(format!("{name} does not serve {workload}; these do: {names}")))
    }
}

impl Glomers {
    fn run(self) -> Result<(), Failure> {
        let chosen = self.chosen()?;
        if !self.json {
            crate::say(Measured::head());
        }
        let mut all_met = true;
        for challenge in chosen {
            let mut test = challenge.test(own()?).map_err(Failure::new)?;
            test.seed = self.seed;
            test.time = self.seconds.map_or(test.time, Duration::from_secs);
            let report = test.run(interrupt()).map_err(Failure::new)?;
            if report.interrupted {
                let name = challenge.name;
                let why = format!("stopped in challenge {name}: from there on all is unknown");
                return ended(if all_met { 0 } else { BROKEN }, Err(Failure::new(why)));
            }
            let measured = challenge.measured(&report);
            crate::show(&measured, self.json)?;
            all_met &= measured.is_met;
        }
        ended(if all_met { 0 } else { BROKEN }, Ok(()))
    }

    fn chosen(&self) -> Result<Vec<&'static Challenge>, Failure> {
        if self.challenges.is_empty() {
            return Ok(CHALLENGES.iter().collect());
        }
        let find = |name: &String| {
            CHALLENGES.iter().find(|one| one.name == name).ok_or_else(|| {
                let names: Vec<&str> = CHALLENGES.iter().map(|one| one.name).collect();
                Failure::new(format!(
                    "there is no challenge {name:?}; there are: {}",
                    names.join(", ")
                ))
            })
        };
        self.challenges.iter().map(find).collect()
    }
}
