//! `synod sim`: many long random runs of a protocol under faults.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use lab::Watch;
use sim::Campaign;

use crate::failure::Failure;
use crate::watch::{Line, interrupt};

/// Lines of its record that a replayed run prints.
const TRACE: usize = 2_000;

/// What to simulate, and how often.
#[derive(Args)]
pub struct Sim {
    /// A protocol of `synod list`
    protocol: String,
    /// How many nodes
    #[arg(long)]
    nodes: Option<usize>,
    /// The seed of the first run; the others count up from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many runs
    #[arg(long, default_value_t = 1000)]
    runs: u64,
    /// Simulate with this breakage; `synod list` names them
    #[arg(long)]
    mutant: Option<String>,
    /// Threads; as many as there are cores unless told otherwise
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Go on after a failing run
    #[arg(long)]
    keep_going: bool,
    /// Run a saved failure again and print what happens
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Where a failure is saved
    #[arg(long, value_name = "FILE", default_value = "synod-failure.json")]
    save: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Sim {
    /// Simulates, prints, and exits 0 if no run failed, 1 if one did.
    pub fn run(self) -> Result<(), Failure> {
        let entry = lab::find(&self.protocol).map_err(Failure::new)?;
        let Some(sim) = entry.sim else {
            return Err(Failure::new(format!(
                "{} cannot be simulated; try synod check",
                entry.name
            )));
        };
        if let Some(file) = &self.replay {
            return self.replay(entry, file);
        }
        let campaign = Campaign {
            seed: self.seed,
            runs: self.runs,
            threads: self.threads,
            keep_going: self.keep_going,
            ..Campaign::default()
        };
        let what = lab::Sim { nodes: self.nodes, mutant: self.mutant.clone(), campaign };
        let mut line = Line::new();
        let mut progress = |p: sim::Progress| {
            line.show(format_args!(
                "{} of {} runs, {} events, {} failures",
                p.runs, p.of, p.events, p.failures
            ));
        };
        let report = sim(&what, Watch { stop: interrupt(), progress: &mut progress })
            .map_err(Failure::new)?;
        line.clear();
        match self.json {
            true => crate::print_json(&report)?,
            false => println!("{report}"),
        }
        let Some(failure) = &report.first_failure else {
            return Ok(());
        };
        fs::write(&self.save, failure.to_json())
            .map_err(|error| Failure::new(format!("{}: {error}", self.save.display())))?;
        if !self.json {
            let mutant = self.mutant.map(|name| format!(" --mutant {name}")).unwrap_or_default();
            let file = self.save.display();
            println!("replay: synod sim {}{mutant} --replay {file}", entry.name);
        }
        Err(Failure::verdict(1))
    }

    fn replay(&self, entry: &lab::Entry, file: &PathBuf) -> Result<(), Failure> {
        let fail = |why: String| Failure::new(format!("{}: {why}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| fail(error.to_string()))?;
        let failure = sim::Failure::from_json(&text).map_err(fail)?;
        if failure.subject != entry.name {
            return Err(fail(format!("it is a run of {}, not of {}", failure.subject, entry.name)));
        }
        let replay = entry.replay.ok_or_else(|| fail("this protocol has no replay".into()))?;
        let outcome = replay(&failure, self.mutant.as_deref(), TRACE).map_err(fail)?;
        match self.json {
            true => crate::print_json(&outcome)?,
            false => {
                outcome.trace.iter().for_each(|line| println!("{line}"));
                match &outcome.violation {
                    Some(violation) => println!("{violation}"),
                    None => println!("no violation: is this the version, and the mutant, of then?"),
                }
            }
        }
        outcome.violation.map_or(Ok(()), |_| Err(Failure::verdict(1)))
    }
}
