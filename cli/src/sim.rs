//! `synod sim`: many long random runs of a protocol under faults.

use std::path::{Path, PathBuf};

use clap::Args;
use lab::{Settings, Source, Watch};
use sim::{Campaign, Plan};
use world::timed::Violation;

use crate::failure::Failure;
use crate::variant::Variant;
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
    #[arg(long, default_value_t = 1000)]
    runs: u64,
    /// Threads; as many as there are cores unless told otherwise
    #[arg(long, default_value_t = 0)]
    threads: usize,
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
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Sim {
    /// Simulates, prints, and exits 0 if no run failed, or with the code of the failure's class.
    pub fn run(self) -> Result<(), Failure> {
        if self.all {
            return self.run_all();
        }
        let name = self.protocol.as_deref().expect("clap demands it");
        let entry = lab::find(name).map_err(Failure::new)?;
        if let Some(file) = &self.replay {
            return self.replay(entry, file);
        }
        if let Some(file) = &self.plan {
            return self.follow(entry, &crate::variant::plan(file)?, 1);
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
        let mut first = Ok(());
        for entry in lab::REGISTRY.iter().filter(|entry| entry.runs.is_some()) {
            let report = self.simulate(entry)?;
            match (self.json, &report.first_failure) {
                (true, _) => crate::print_json(&report)?,
                (false, None) => crate::say(report.line()),
                (false, Some(_)) => crate::say(&report),
            }
            first = first.and(self.finish(entry, &report));
            if report.interrupted {
                break;
            }
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
            threads: self.threads,
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

    /// Saves the first failure, if there is one, and says how to see it again.
    fn finish(&self, entry: &lab::Entry, report: &sim::Report) -> Result<(), Failure> {
        let Some(failure) = &report.first_failure else {
            return Ok(());
        };
        crate::file::write(&self.save, failure.to_json())?;
        let story_file = self.save.with_extension("story");
        if let Some(story) = &failure.story {
            crate::file::write(&story_file, story)?;
        }
        if let Some(file) = &self.diagram {
            let trace = entry.runs().map_err(Failure::new)?.trace;
            let source = match &failure.story {
                Some(story) => Source::Story(story.clone()),
                None => {
                    let plan = Box::new(failure.plan.clone());
                    Source::Plan(plan, failure.judge_every, TRACE)
                }
            };
            let trace = trace(&self.settings(), &source).map_err(Failure::new)?;
            crate::trace::write(&trace, file)?;
        }
        if !self.json {
            let (name, flags, file) = (entry.card.name, self.variant.flags(), self.save.display());
            crate::say(format_args!("replay: synod sim {name}{flags} --replay {file}"));
            if failure.story.is_some() {
                let file = story_file.display();
                crate::say(format_args!("story:  synod story {file}"));
            }
        }
        Err(Failure::verdict(class(&failure.violation)))
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

    fn replay(&self, entry: &lab::Entry, file: &Path) -> Result<(), Failure> {
        let fail = |why: String| crate::file::fail(file, why);
        let text = crate::file::read(file)?;
        let failure = sim::Failure::from_json(&text).map_err(fail)?;
        let (subject, name) = (&failure.subject, entry.card.name);
        if *subject != name {
            return Err(fail(format!("it is a run of {subject}, not of {name}")));
        }
        self.follow(entry, &failure.plan, failure.judge_every)
    }

    /// Makes the run of a plan and prints what happens.
    fn follow(&self, entry: &lab::Entry, plan: &Plan, judge_every: u32) -> Result<(), Failure> {
        let follow = entry.runs().map_err(Failure::new)?.follow;
        let outcome = follow(&self.settings(), plan, judge_every, TRACE).map_err(Failure::new)?;
        match self.json {
            true => crate::print_json(&outcome)?,
            false => {
                let lines = outcome.trace.iter().flat_map(world::trace::Trace::lines);
                lines.for_each(crate::say);
                match &outcome.violation {
                    Some(violation) => crate::say(violation),
                    None => {
                        crate::say("no violation: is this the version, and the mutant, of then?")
                    }
                }
            }
        }
        let code = outcome.violation.as_ref().map(class);
        code.map_or(Ok(()), |code| Err(Failure::verdict(code)))
    }
}

/// The exit code of a failing run tells its class: 1 for safety, 4 for liveness, 5 for a panic.
fn class(violation: &Violation) -> u8 {
    match violation {
        Violation::Safety(_) | Violation::Invariant(..) => 1,
        Violation::Liveness(_) => 4,
        Violation::Panic(_) => 5,
    }
}
