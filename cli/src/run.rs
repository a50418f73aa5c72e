//! `synod run`: any protocol as real processes over TCP on this machine.

use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use field::node::Place;
use field::{Report, Trial, User};
use lab::{Entry, Settings};
use model::NodeId;
use serde::Serialize;

use crate::failure::{BROKEN, Failure, UNKNOWN, ended};
use crate::variant::{Saved, Variant};
use crate::watch::interrupt;

/// What to run, and how it is used.
#[derive(Args)]
pub struct Run {
    /// A protocol of `synod list`
    protocol: String,
    #[command(flatten)]
    variant: Variant,
    /// Requests that the user of each node makes
    #[arg(long, default_value_t = 10, conflicts_with = "plan")]
    requests: u64,
    /// Milliseconds between an answer and the next request
    #[arg(long, default_value_t = 10, conflicts_with = "plan")]
    pause: u64,
    /// Milliseconds to wait for an answer; then the next request is made
    #[arg(long, default_value_t = 1000, conflicts_with = "plan")]
    patience: u64,
    /// Do the operations and faults of this plan instead (`synod sim PROTOCOL --draw FILE`, or a
    /// saved failure): kill -9, SIGSTOP, cut, slow and lossy links, slow disks, wrong clocks
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Decides what is left to chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print what happened, a line each
    #[arg(long, conflicts_with = "json")]
    trace: bool,
    /// Write a diagram of what happened to this file: .html, .svg, .shiviz or .json
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    child: Child,
}

/// What the parent tells the process of one node.
#[derive(Args)]
struct Child {
    /// Be this node
    #[arg(long, hide = true, requires_all = ["life", "listen", "disk"])]
    node: Option<u16>,
    /// How often it was started before
    #[arg(long, hide = true)]
    life: Option<u32>,
    /// Where it listens
    #[arg(long, hide = true)]
    listen: Option<SocketAddr>,
    /// The file that is its disk
    #[arg(long, hide = true)]
    disk: Option<PathBuf>,
}

/// How the names of the folders begin in which the disks of a run are.
const FOLDER: &str = "synod-run-";

fn is_ours(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOLDER))
}

impl Run {
    /// Runs the nodes, judges what they did, and exits 0 if nothing was broken, 1 if something was,
    /// 2 if it was stopped before.
    pub fn run(self) -> Result<(), Failure> {
        let entry = lab::find(&self.protocol).map_err(Failure::new)?;
        if let Child {
            node: Some(node),
            life: Some(life),
            listen: Some(address),
            disk: Some(disk),
        } = &self.child
        {
            let (me, seed) = (NodeId(*node), self.seed.wrapping_add(u64::from(*life)));
            let place = Place { me, address: *address, disk: disk.clone(), seed, life: *life };
            return self.be_node(entry, &place);
        }
        crate::trace::look(self.diagram.as_deref())?;
        let (settings, plan) = match &self.plan {
            Some(file) => {
                let Saved { settings, plan, .. } =
                    Saved::read(file, entry, &self.variant.settings())?;
                (settings, Some(plan))
            }
            None => (self.variant.settings(), None),
        };
        let command = self.command(entry, &settings)?;
        // What the nodes would refuse is said once, before there are any.
        (entry.runs().map_err(Failure::new)?.bare)(&settings, 0, self.seed)
            .map_err(Failure::new)?;
        let folder = std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id()));
        let trouble =
            |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(trouble)?;
        let trial = Trial {
            entry,
            settings,
            seed: self.seed,
            user: self.user(),
            plan,
            folder: folder.clone(),
            command,
        };
        let report = trial.run(interrupt());
        // A node that ended last may have been faster.
        let gone = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(trouble(error)),
        };
        std::fs::remove_dir_all(&folder).or_else(gone)?;
        let report = report.map_err(Failure::new)?;
        if let Some(trace) = report.trace.as_ref().filter(|_| self.trace) {
            trace.lines().iter().for_each(crate::say);
        }
        let interrupted = interrupt().load(Ordering::Relaxed);
        let code = match &report.violation {
            Some(_) => BROKEN,
            None if interrupted || report.undecided.is_some() => UNKNOWN,
            None => 0,
        };
        let ending = Ended { report, interrupted };
        crate::show(&ending, self.json)?;
        let drawn = match (&ending.report.trace, &self.diagram) {
            (Some(trace), Some(file)) => crate::trace::write(trace, file),
            _ => Ok(()),
        };
        ended(code, drawn)
    }

    fn be_node(&self, entry: &Entry, place: &Place) -> Result<(), Failure> {
        let bare = entry.runs().map_err(Failure::new)?.bare;
        let bare = bare(&self.variant.settings(), place.me.0, place.seed).map_err(Failure::new)?;
        let done = match field::node::run(place, bare) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        };
        // Nobody listens any more, so the parent has ended; it may have been killed.
        let folder = place.disk.parent().filter(|folder| done.is_ok() && is_ours(folder));
        let _ = folder.map(std::fs::remove_dir_all);
        done.map_err(|error| Failure::new(format!("{}: {error}", place.me)))
    }

    fn user(&self) -> User {
        let millis = |count| Duration::from_millis(count).as_nanos() as u64;
        User { requests: self.requests, pause: millis(self.pause), patience: millis(self.patience) }
    }

    /// The arguments that start a node of this variant.
    fn command(&self, entry: &Entry, settings: &Settings) -> Result<Vec<String>, Failure> {
        let nodes = entry.card.size(settings.nodes).map_err(Failure::new)?;
        let mut command = vec!["run".to_string(), self.protocol.clone()];
        command.extend([format!("--nodes={nodes}"), format!("--seed={}", self.seed)]);
        command.extend(settings.mutant.iter().map(|mutant| format!("--mutant={mutant}")));
        let knobs = settings.knobs.iter();
        command.extend(knobs.map(|(name, value)| format!("--set={name}={value}")));
        Ok(command)
    }
}

/// What came of a run, and whether it was stopped.
#[derive(Serialize)]
struct Ended {
    #[serde(flatten)]
    report: Report,
    interrupted: bool,
}

impl Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = if self.interrupted { "\nstopped before its end: unknown" } else { "" };
        write!(f, "{}{stopped}", self.report)
    }
}
