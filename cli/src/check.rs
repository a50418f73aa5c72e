//! `synod check`: all short runs of a protocol, or of an abstract specification.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::time::Duration;

use check::{Network, Timing};
use clap::{Args, value_parser};
use lab::Watch;
use serde::Serialize;
use world::explain::Explanation;

use crate::failure::{Failure, ended};
use crate::file;
use crate::variant::{THREADS, Variant};
use crate::watch::{Line, interrupt};

/// What to explore, and how far.
#[derive(Args)]
pub struct Check {
    /// A protocol of `synod list`; with --all, none
    #[arg(required_unless_present = "all")]
    protocol: Option<String>,
    /// Explore everything that can be explored
    #[arg(
        long,
        conflicts_with_all = [
            "protocol", "nodes", "mutant", "knobs", "story", "diagram", "checkpoint", "resume"
        ]
    )]
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
    /// What the network does: lossy, duplicating, reliable or fifo
    #[arg(long, value_parser = network)]
    network: Option<Network>,
    /// When alarms ring: free (at any time), ordered (as clocks allow), synchronous (in rounds) or
    /// lockstep (in whole rounds)
    #[arg(long, value_parser = timing)]
    timing: Option<Timing>,
    /// A node that crashes stays down
    #[arg(long)]
    no_recovery: bool,
    /// Forged messages that arrive in a run, where nodes are Byzantine
    #[arg(long)]
    forgeries: Option<u16>,
    /// Judge also that what is promised comes, if what can happen does not wait for ever; it
    /// takes a reliable or fifo network
    #[arg(long)]
    liveness: bool,
    /// Take worlds apart that differ only by the names of interchangeable nodes
    #[arg(long)]
    no_symmetry: bool,
    /// Take steps that commute in one order only (sleep sets): fewer steps, the same states; it
    /// excludes symmetry, and is seldom faster
    #[arg(long)]
    reduction: bool,
    /// Write the way to a violation to this file, as a story
    #[arg(long, value_name = "FILE")]
    story: Option<PathBuf>,
    /// Draw the way to a violation into this file: .html, .svg, .shiviz or .json
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Save an exploration that ends early (Ctrl-C, --seconds, --memory) to this file
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Go on from a saved exploration
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Print what the exploration did, in figures
    #[arg(long)]
    stats: bool,
    /// MiB to keep at most; beyond that the answer is unknown
    #[arg(long, default_value_t = 4096)]
    memory: usize,
    /// Seconds to take at most; beyond that the answer is unknown
    #[arg(long)]
    seconds: Option<u64>,
    /// Threads that explore; 0 for as many as there are cores
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u16).range(..=THREADS))]
    threads: u16,
    /// Print one line of JSON; with --all, one for each thing
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
        self.look()?;
        let report = self.explore(entry)?;
        self.could_go_on(&report)?;
        if self.stats && !self.json {
            crate::say(&report.stats);
        }
        let (code, explanation) = (report.exit_code(), self.explain(entry, &report));
        let explained = Explained { explanation, report };
        crate::show(&explained, self.json)?;
        let Explained { report, .. } = explained;
        let kept = match &report.violation {
            Some(_) => self.keep(entry, &report.story),
            None => Ok(()),
        };
        ended(code, kept)
    }

    /// What would only be found wrong when the work is done.
    fn look(&self) -> Result<(), Failure> {
        if let (true, Some(Network::Lossy { .. } | Network::Duplicating)) =
            (self.liveness, self.network)
        {
            let why = "where messages may be lost for ever, nothing need come";
            return Err(Failure::new(format!(
                "--liveness takes --network reliable or fifo: {why}"
            )));
        }
        crate::trace::look(self.diagram.as_deref())?;
        file::look([self.story.as_deref(), self.checkpoint.as_deref()])?;
        self.resume.as_deref().map_or(Ok(()), file::can_read)
    }

    /// An exploration that cannot go on from what was saved has no state to begin with.
    fn could_go_on(&self, report: &check::Report) -> Result<(), Failure> {
        let has_begun = self.resume.is_none() || report.distinct > 0;
        match report.reason.as_ref().filter(|_| !has_begun) {
            Some(why) => Err(Failure::new(why)),
            None => Ok(()),
        }
    }

    /// Why the way to a violation is wrong. A specification has no facts but its states.
    fn explain(&self, entry: &lab::Entry, report: &check::Report) -> Option<Explanation> {
        report.violation.as_ref()?;
        let explain = entry.runs().ok()?.explain;
        explain(&self.variant.settings(), &report.story).ok().flatten()
    }

    /// Keeps the way to a violation in the files that were asked for.
    fn keep(&self, entry: &lab::Entry, story: &str) -> Result<(), Failure> {
        if let Some(file) = &self.story {
            file::write(file, story)?;
        }
        if let Some(file) = &self.diagram {
            let trace = entry.runs().map_err(Failure::new)?.trace;
            let told = lab::Source::Story(story.to_string());
            let trace = trace(&self.variant.settings(), &told).map_err(Failure::new)?;
            crate::trace::write(&trace, file)?;
        }
        Ok(())
    }

    /// Explores everything; exits with the worst of the codes.
    fn run_all(&self) -> Result<(), Failure> {
        self.look()?;
        let mut worst = 0;
        for entry in lab::REGISTRY.iter().filter(|entry| entry.is_explored()) {
            let report = self.explore(entry)?;
            match self.json {
                true => crate::print_json(&report)?,
                false => crate::say(report.line()),
            }
            // A violation is worse than something unknown.
            worst = match (worst, report.exit_code()) {
                (1, _) | (_, 1) => 1,
                (one, other) => one.max(other),
            };
        }
        if worst == 0 { Ok(()) } else { Err(Failure::verdict(worst)) }
    }

    fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => usize::from(count),
        }
    }

    fn explore(&self, entry: &lab::Entry) -> Result<check::Report, Failure> {
        let name = entry.card.name;
        let what = lab::Check {
            settings: self.variant.settings(),
            quick: self.quick,
            crashes: self.crashes,
            alarms: self.alarms,
            free_flush: self.free_flush,
            network: self.network,
            timing: self.timing,
            no_recovery: self.no_recovery,
            forgeries: self.forgeries,
            checkpoint: self.checkpoint.clone(),
            resume: self.resume.clone(),
            liveness: self.liveness,
            symmetry: !self.no_symmetry,
            reduction: self.reduction,
            memory: self.memory << 20,
            time: self.seconds.map(Duration::from_secs),
            threads: self.threads(),
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

/// What came of an exploration, and why.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    report: check::Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

impl Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.report)?;
        self.explanation.iter().try_for_each(|explanation| write!(f, "\n{explanation}"))
    }
}

/// Equal packets in flight at most, where that must be bounded: one of each is the usual bound.
const COPIES: u8 = 1;

fn network(name: &str) -> Result<Network, String> {
    Ok(match name {
        "lossy" => Network::Lossy { copies: COPIES },
        "duplicating" => Network::Duplicating,
        "reliable" => Network::Reliable { copies: COPIES },
        "fifo" => Network::Fifo { copies: COPIES },
        _ => return Err("it takes lossy, duplicating, reliable or fifo".into()),
    })
}

fn timing(name: &str) -> Result<Timing, String> {
    Ok(match name {
        "free" => Timing::Free,
        "ordered" => Timing::Ordered,
        "synchronous" => Timing::Synchronous,
        "lockstep" => Timing::Lockstep,
        _ => return Err("it takes free, ordered, synchronous or lockstep".into()),
    })
}
