//! `synod check`: all short runs of a protocol, or of an abstract specification.

use std::time::Duration;

use clap::Args;
use lab::Watch;

use crate::failure::Failure;
use crate::variant::Variant;
use crate::watch::{Line, interrupt};

/// What to explore, and how far.
#[derive(Args)]
pub struct Check {
    /// A protocol of `synod list`; with --all, none
    #[arg(required_unless_present = "all")]
    protocol: Option<String>,
    /// Explore everything that can be explored
    #[arg(long, conflicts_with_all = ["protocol", "nodes", "mutant", "knobs"])]
    all: bool,
    /// Explore no more than takes seconds
    #[arg(long, conflicts_with = "nodes")]
    quick: bool,
    #[command(flatten)]
    variant: Variant,
    /// Crashes in a run, of all nodes together
    #[arg(long)]
    crashes: Option<u16>,
    /// Alarms that ring in a run, of all nodes together
    #[arg(long)]
    alarms: Option<u16>,
    /// Let nodes flush at any time, not only right after each event: more states
    #[arg(long)]
    free_flush: bool,
    /// MiB to keep at most; beyond that the answer is unknown
    #[arg(long, default_value_t = 4096)]
    memory: usize,
    /// Seconds to take at most; beyond that the answer is unknown
    #[arg(long)]
    seconds: Option<u64>,
    /// Threads that explore
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Explores, prints, and exits 0 if all holds, 1 if something is violated, 2 if unknown.
    pub fn run(self) -> Result<(), Failure> {
        if self.all {
            return self.run_all();
        }
        let name = self.protocol.as_deref().expect("clap demands it");
        let entry = lab::find(name).map_err(Failure::new)?;
        let report = self.explore(entry)?;
        crate::answer(&report, self.json, report.exit_code())
    }

    /// Explores everything; exits with the worst of the codes.
    fn run_all(&self) -> Result<(), Failure> {
        let mut worst = 0;
        for entry in lab::REGISTRY.iter().filter(|entry| entry.is_explored()) {
            let report = self.explore(entry)?;
            match self.json {
                true => crate::print_json(&report)?,
                false => println!("{}", report.line()),
            }
            // A violation is worse than something unknown.
            worst = match (worst, report.exit_code()) {
                (1, _) | (_, 1) => 1,
                (one, other) => one.max(other),
            };
        }
        if worst == 0 { Ok(()) } else { Err(Failure::verdict(worst)) }
    }

    fn explore(&self, entry: &lab::Entry) -> Result<check::Report, Failure> {
        let name = entry.card.name;
        let what = lab::Check {
            settings: self.variant.settings(),
            quick: self.quick,
            crashes: self.crashes,
            alarms: self.alarms,
            free_flush: self.free_flush,
            memory: self.memory << 20,
            time: self.seconds.map(Duration::from_secs),
            threads: self.threads,
        };
        let mut line = Line::new();
        let mut progress = |p: check::Progress| {
            line.show(format_args!(
                "{name}: {} distinct states, depth {}, {} waiting, {} MiB, {:.0} s",
                p.distinct,
                p.depth,
                p.waiting,
                p.bytes >> 20,
                p.elapsed.as_secs_f64()
            ));
        };
        let report = entry
            .check(&what, Watch { stop: interrupt(), progress: &mut progress })
            .map_err(Failure::new)?;
        line.clear();
        Ok(report)
    }
}
