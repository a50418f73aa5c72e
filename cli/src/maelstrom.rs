//! `synod maelstrom`: the protocol of JSON lines, from both sides.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use maelstrom::harness::{Test, Workload};
use maelstrom::node;

use crate::failure::Failure;
use crate::watch::interrupt;

/// Which side.
#[derive(Args)]
pub struct Both {
    #[command(subcommand)]
    side: Side,
}

#[derive(Subcommand)]
enum Side {
    /// Be a node: the replicated store, on standard input and output
    Node(Node),
    /// Run nodes, ours or anybody's, with network, faults, clients and checkers
    Test(Harness),
}

#[derive(Args)]
struct Node {
    /// What clients add is a counter's (g-counter, pn-counter), not a set's
    #[arg(long)]
    counter: bool,
}

#[derive(Args)]
struct Harness {
    /// echo, unique-ids, broadcast, g-set, g-counter, pn-counter, lin-kv, txn-list-append or
    /// txn-rw-register
    workload: Workload,
    /// The program that is a node, and its arguments; synod's own node unless told otherwise
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<String>,
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
    /// Messages between nodes that are lost, in percent
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// Partition the network now and then
    #[arg(long)]
    partition: bool,
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

impl Both {
    /// Is a node, or tests nodes; a test exits 0 if everything is as it should be, else 1.
    pub fn run(self) -> Result<(), Failure> {
        match self.side {
            Side::Node(Node { counter }) => {
                node::run(counter).map_err(|error| Failure::new(error.to_string()))
            }
            Side::Test(harness) => harness.run(),
        }
    }
}

impl Harness {
    fn run(self) -> Result<(), Failure> {
        if self.nodes == 0 || !(0.0..=100.0).contains(&self.loss) {
            return Err(Failure::new("a test needs a node at least, and a loss of 0 to 100 %"));
        }
        let (binary, arguments) = match self.program.split_first() {
            Some((binary, arguments)) => (PathBuf::from(binary), arguments.to_vec()),
            None => {
                let own = std::env::current_exe()
                    .map_err(|error| Failure::new(format!("this program is gone: {error}")))?;
                let mut arguments = vec!["maelstrom".to_string(), "node".to_string()];
                if self.workload.is_counter() {
                    arguments.push("--counter".to_string());
                }
                (own, arguments)
            }
        };
        let test = Test {
            workload: self.workload,
            binary,
            arguments,
            nodes: self.nodes,
            time: Duration::from_secs(self.seconds),
            rate: self.rate,
            latency: Duration::from_millis(self.latency),
            loss_ppm: (self.loss * 10_000.0) as u32,
            partition: self.partition,
            seed: self.seed,
        };
        let report = test.run(interrupt()).map_err(Failure::new)?;
        if let (Some(trace), Some(file)) = (&report.trace, &self.diagram) {
            crate::trace::write(trace, file)?;
        }
        crate::answer(&report, self.json, u8::from(!report.is_valid()))
    }
}
