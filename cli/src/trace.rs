//! `synod trace`: one run, event by event, as lines or as a picture.

use std::path::{Path, PathBuf};

use clap::Args;
use draw::Look;
use lab::{Settings, Source};
use world::trace::{Trace, What};

use crate::failure::Failure;
use crate::file;
use crate::variant::Variant;

/// Events that a picture on a page shows: some screens full.
const PICTURED: usize = 120;

/// Which run, and how it is shown.
#[derive(Args)]
pub struct Show {
    /// A protocol of `synod list`
    protocol: String,
    #[command(flatten)]
    variant: Variant,
    /// The run of this seed, in calm weather without faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Virtual seconds of a calm run
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// With the faults that the seed draws, as in synod sim
    #[arg(long)]
    faults: bool,
    /// The run of a story
    #[arg(long, value_name = "FILE", conflicts_with_all = ["faults", "plan"])]
    story: Option<PathBuf>,
    /// The run of a plan or a saved failure
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    plan: Option<PathBuf>,
    /// Beside it, on a page: the same run of the protocol without its mutant
    #[arg(long, requires_all = ["mutant", "diagram"])]
    beside_sound: bool,
    /// Beside it, on a page: the run of another seed
    #[arg(long, value_name = "SEED", requires = "diagram", conflicts_with_all = ["story", "plan"])]
    beside_seed: Option<u64>,
    /// The most events to keep, the last ones
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// Write a diagram to this file: .html (a page to look around in), .svg (a picture), .shiviz
    /// (a log for ShiViz) or .json (the data)
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Makes the run and shows it.
    pub fn run(self) -> Result<(), Failure> {
        let entry = lab::find(&self.protocol).map_err(Failure::new)?;
        let source = if let Some(file) = &self.story {
            Source::Story(file::read(file)?)
        } else if let Some(file) = &self.plan {
            Source::Plan(Box::new(crate::variant::plan(file)?), 1, self.events)
        } else if self.faults {
            Source::Seed(self.seed, self.events)
        } else {
            Source::Calm(self.seed, self.seconds)
        };
        let make = entry.runs().map_err(Failure::new)?.trace;
        let settings = self.variant.settings();
        let trace = make(&settings, &source).map_err(Failure::new)?;
        let mut traces = vec![trace];
        let mut sides = Vec::new();
        if self.beside_sound {
            let sound = Settings { mutant: None, ..settings.clone() };
            traces.push(make(&sound, &source).map_err(Failure::new)?);
            let mutant = settings.mutant.as_deref().unwrap_or("sound");
            sides = vec![mutant.to_string(), "sound".to_string()];
        }
        if let Some(seed) = self.beside_seed {
            let other = if self.faults {
                Source::Seed(seed, self.events)
            } else {
                Source::Calm(seed, self.seconds)
            };
            traces.push(make(&settings, &other).map_err(Failure::new)?);
            match sides.first_mut() {
                Some(first) => first.push_str(&format!(", seed {}", self.seed)),
                None => sides.push(format!("seed {}", self.seed)),
            }
            sides.push(format!("seed {seed}"));
        }
        // Runs that stand side by side are told apart by their names.
        for (trace, side) in traces.iter_mut().zip(&sides) {
            trace.subject = format!("{} ({side})", trace.subject);
        }
        match (&self.diagram, self.json, &traces[0]) {
            (Some(file), _, _) => write_all(&traces, file),
            (None, true, trace) => crate::print_json(trace),
            (None, false, trace) => {
                trace.lines().iter().for_each(crate::say);
                Ok(())
            }
        }
    }
}

/// Writes a trace in the form that the name of the file asks for.
pub fn write(trace: &Trace, file: &Path) -> Result<(), Failure> {
    write_all(std::slice::from_ref(trace), file)
}

/// As [`write`], of several: a page shows them side by side, other forms have room for the first.
fn write_all(traces: &[Trace], file: &Path) -> Result<(), Failure> {
    let trace = &traces[0];
    let text = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => draw::page(traces, &opening(trace)),
        Some("svg") => draw::svg(trace, &Look::default()),
        Some("shiviz") => draw::shiviz(trace),
        Some("json") => serde_json::to_string(trace).map_err(|error| file::fail(file, error))?,
        _ => return Err(file::fail(file, "a diagram ends in .html, .svg, .shiviz or .json")),
    };
    file::write(file, text)
}

/// A page opens where something was broken, if anything was.
fn opening(trace: &Trace) -> Look {
    let broken = trace.events.iter().position(|event| event.what == What::Violation);
    broken.map_or_else(Look::default, |event| Look::default().around(event))
}

/// A trace as a picture, for a page: its last events.
pub fn picture(trace: &Trace) -> String {
    let count = trace.events.len();
    draw::svg(trace, &Look::default().window(count.saturating_sub(PICTURED)..count))
}
