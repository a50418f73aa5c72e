//! `synod sim`: many long random runs of a protocol under faults.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use lab::{Settings, Source, Watch};
use sim::Campaign;
use world::timed::Violation;

use crate::failure::{BROKEN, Failure, PANIC, STUCK, UNKNOWN, ended};
use crate::variant::{Saved, THREADS, Variant};
use crate::watch::{Line, interrupt};

/// Events of its record that a replayed run prints.
const TRACE: usize = 2_000;

/// What to simulate, and how often.
#[derive(Args)]
pub struct Sim {
    /// A protocol of `synod list`; with --all, none
    #[arg(required_unless_present = "all")]
    protocol: Option<String>,
    /// Simulate everything that can be simulated
    #[arg(long, conflicts_with_all = ["protocol", "nodes", "mutant", "knobs", "without", "replay"])]
    all: bool,
    #[command(flatten)]
    variant: Variant,
    /// Simulate without one assumption of the protocol's model: links, order, faults, disk, count,
    /// timing
    #[arg(long, value_name = "ASSUMPTION")]
    without: Option<String>,
    /// The seed of the first run; the others count up from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many runs
    #[arg(long, default_value_t = 1000, value_parser = value_parser!(u64).range(1..))]
    runs: u64,
    /// Threads; 0 for as many as there are cores
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u16).range(..=THREADS))]
    threads: u16,
    /// Go on after a failing run
    #[arg(long)]
    keep_going: bool,
    /// Run a saved failure again and print what happens
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Make the one run of this plan (operations and faults as data) and print what happens
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    plan: Option<PathBuf>,
    /// Write the plan of the first seed to this file and make no run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["replay", "plan"])]
    draw: Option<PathBuf>,
    /// Draw the first failure, shrunk, into this file: .html, .svg, .shiviz or .json
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Where a failure is saved
    #[arg(long, value_name = "FILE", default_value = "synod-failure.json")]
    save: PathBuf,
    /// Print one line of JSON; with --all, one for each protocol
    #[arg(long)]
    json: bool,
}

impl Sim {
    /// Simulates, prints, and exits 0 if no run failed, with the code of the failure's class if one
    /// did, or 2 if it was stopped before one could.
    pub fn run(self) -> Result<(), Failure> {
        crate::trace::look(self.diagram.as_deref())?;
        crate::file::look([Some(&*self.save), self.draw.as_deref()])?;
        if self.all {
            return self.run_all();
        }
        let name = self.protocol.as_deref().expect("clap demands it");
        let entry = lab::find(name).map_err(Failure::new)?;
        if let Some(file) = self.replay.as_ref().or(self.plan.as_ref()) {
            return self.follow(entry, file);
        }
        if let Some(file) = &self.draw {
            return self.draw(entry, file);
        }
        let report = self.simulate(entry)?;
        match self.json {
            true => crate::print_json(&report)?,
            false => crate::say(&report),
        }
        self.finish(entry, &report)
    }

    /// Simulates everything; goes on to the end, and exits with the code of the first failure.
    fn run_all(&self) -> Result<(), Failure> {
        let entries = lab::REGISTRY.iter().filter(|entry| entry.runs.is_some());
        let (of, mut done, mut first) = (entries.clone().count(), 0, Ok(()));
        for entry in entries {
            let report = self.simulate(entry)?;
            match (self.json, &report.first_failure) {
                (true, _) => crate::print_json(&report)?,
                (false, None) => crate::say(report.line()),
                (false, Some(_)) => crate::say(&report),
            }
            if report.interrupted {
                let why = format!("stopped: {done} of {of} protocols have had all their runs");
                let stopped = Err(Failure::new(why));
                return first.and(self.finish(entry, &report)).and(stopped);
            }
            first = first.and(self.finish(entry, &report));
            done += 1;
        }
        first
    }

    fn settings(&self) -> Settings {
        Settings { without: self.without.clone(), ..self.variant.settings() }
    }

    fn simulate(&self, entry: &lab::Entry) -> Result<sim::Report, Failure> {
        let campaign = Campaign {
            seed: self.seed,
            runs: self.runs,
            threads: usize::from(self.threads),
            keep_going: self.keep_going,
            ..Campaign::default()
        };
        let what = lab::Sim { settings: self.settings(), campaign };
        let mut line = Line::new();
        let name = entry.card.name;
        let mut progress = |p: sim::Progress| {
            line.show(format_args!(
                "{name}: {} of {} runs, {} events, {} failures",
                p.runs, p.of, p.events, p.failures
            ));
        };
        let sim = entry.runs().map_err(Failure::new)?.sim;
        let report = sim(&what, Watch { stop: interrupt(), progress: &mut progress })
            .map_err(Failure::new)?;
        line.clear();
        Ok(report)
    }

    /// Saves the first failure, if there is one, and says how to see it again. A campaign that was
    /// stopped without one has no answer.
    fn finish(&self, entry: &lab::Entry, report: &sim::Report) -> Result<(), Failure> {
        match &report.first_failure {
            Some(failure) => ended(class(&failure.violation), self.keep(entry, failure)),
            None if report.interrupted => Err(Failure::verdict(UNKNOWN)),
            None => Ok(()),
        }
    }

    /// Writes the files of a failure.
    fn keep(&self, entry: &lab::Entry, failure: &sim::Failure) -> Result<(), Failure> {
        crate::file::write(&self.save, failure.to_json())?;
        let story_file = self.save.with_extension("story");
        if let Some(story) = &failure.story {
            crate::file::write(&story_file, story)?;
        }
        if !self.json {
            let (name, file) = (entry.card.name, self.save.display());
            crate::say(format_args!("replay: synod sim {name} --replay {file}"));
            if failure.story.is_some() {
                let file = story_file.display();
                crate::say(format_args!("story:  synod story {file}"));
            }
        }
        let Some(file) = &self.diagram else {
            return Ok(());
        };
        let source = match &failure.story {
            Some(story) => Source::Story(story.clone()),
            None => Source::Plan(Box::new(failure.plan.clone()), failure.judge_every, TRACE),
        };
        let trace = entry.runs().map_err(Failure::new)?.trace;
        let trace = trace(&lab::Settings::of(failure), &source).map_err(Failure::new)?;
        crate::trace::write(&trace, file)
    }

    /// Writes the plan of the first seed to a file.
    fn draw(&self, entry: &lab::Entry, file: &Path) -> Result<(), Failure> {
        let draw = entry.runs().map_err(Failure::new)?.plan;
        let plan = draw(&self.settings(), self.seed).map_err(Failure::new)?;
        let text = serde_json::to_string_pretty(&plan).expect("A plan is JSON.");
        crate::file::write(file, text)?;
        if !self.json {
            let (name, file) = (entry.card.name, file.display());
            crate::say(format_args!(
                "{} operations, {} faults",
                plan.operations.len(),
                plan.faults.len()
            ));
            crate::say(format_args!("simulated:       synod sim {name} --plan {file}"));
            crate::say(format_args!("real processes:  synod run {name} --plan {file}"));
            if name == "store" {
                crate::say(format_args!("the real store:  synod chaos --plan {file}"));
            }
        }
        Ok(())
    }

    /// Makes the run of a plan or of a saved failure, and prints what happens. A failure must show
    /// what it was saved for.
    fn follow(&self, entry: &lab::Entry, file: &Path) -> Result<(), Failure> {
        let saved = Saved::read(file, entry, &self.settings())?;
        if self.replay.is_some() && saved.violation.is_none() {
            return Err(crate::file::fail(file, "it is a plan, not a failure: use --plan"));
        }
        let follow = entry.runs().map_err(Failure::new)?.follow;
        let Saved { plan, settings, judge_every, violation: wanted } = saved;
        let outcome = follow(&settings, &plan, judge_every, TRACE).map_err(Failure::new)?;
        let code = outcome.violation.as_ref().map_or(0, class);
        match self.json {
            true if code == 0 && wanted.is_some() => {}
            true => crate::print_json(&outcome)?,
            false => {
                let lines = outcome.trace.iter().flat_map(world::trace::Trace::lines);
                lines.for_each(crate::say);
                if let Some(covered) = &outcome.undecided {
                    crate::say(format_args!("the history was too hard to judge: {covered}"));
                }
                match &outcome.violation {
                    Some(violation) => crate::say(violation),
                    None => crate::say("no violation"),
                }
            }
        }
        let Some(wanted) = wanted else {
            return ended(code, Ok(()));
        };
        let why = match &outcome.violation {
            Some(found) if found.is_like(&wanted) => return ended(code, Ok(())),
            Some(_) => "this run now breaks something else",
            None => "this run breaks nothing now",
        };
        let why = format!("{why}; when it was saved: {wanted}. Has the protocol changed since?");
        ended(code, Err(crate::file::fail(file, why)))
    }
}

/// The exit code of a failing run tells its class: 1 for safety, 4 for liveness, 5 for a panic.
fn class(violation: &Violation) -> u8 {
    match violation {
        Violation::Safety(_) | Violation::Invariant(..) => BROKEN,
        Violation::Liveness(_) => STUCK,
        Violation::Panic(_) => PANIC,
    }
}
