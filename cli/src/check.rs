//! `synod check`: all short runs of a protocol, or of an abstract specification.

use std::time::Duration;

use clap::Args;
use lab::Watch;

use crate::failure::Failure;
use crate::watch::{Line, interrupt};

/// What to explore, and how far.
#[derive(Args)]
pub struct Check {
    /// A protocol of `synod list`
    protocol: String,
    /// How many nodes; of two-phase-spec, how many resource managers
    #[arg(long, visible_alias = "size")]
    nodes: Option<usize>,
    /// Explore with this breakage; `synod list` names them
    #[arg(long)]
    mutant: Option<String>,
    /// Crashes in a run, of all nodes together
    #[arg(long)]
    crashes: Option<u16>,
    /// Alarms that ring in a run, of all nodes together
    #[arg(long)]
    alarms: Option<u16>,
    /// The highest term to go on from
    #[arg(long)]
    terms: Option<u64>,
    /// The longest log to go on from
    #[arg(long)]
    entries: Option<u64>,
    /// The highest heartbeat round to go on from
    #[arg(long)]
    rounds: Option<u64>,
    /// How many commands may be proposed
    #[arg(long)]
    proposals: Option<u64>,
    /// What is judged: all, interface (only what a client sees), log-matching
    #[arg(long)]
    judged: Option<String>,
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
        let entry = lab::find(&self.protocol).map_err(Failure::new)?;
        let Some(check) = entry.check else {
            return Err(Failure::new(format!("{} cannot be explored; try synod sim", entry.name)));
        };
        let what = lab::Check {
            nodes: self.nodes,
            mutant: self.mutant,
            crashes: self.crashes,
            alarms: self.alarms,
            terms: self.terms,
            entries: self.entries,
            rounds: self.rounds,
            proposals: self.proposals,
            judged: self.judged,
            free_flush: self.free_flush,
            memory: self.memory << 20,
            time: self.seconds.map(Duration::from_secs),
            threads: self.threads,
        };
        let mut line = Line::new();
        let mut progress = |p: check::Progress| {
            line.show(format_args!(
                "{} distinct states, depth {}, {} waiting, {} MiB, {:.0} s",
                p.distinct,
                p.depth,
                p.waiting,
                p.bytes >> 20,
                p.elapsed.as_secs_f64()
            ));
        };
        let report = check(&what, Watch { stop: interrupt(), progress: &mut progress })
            .map_err(Failure::new)?;
        line.clear();
        crate::answer(&report, self.json, report.exit_code())
    }
}
