//! `synod trace`: one run, event by event, as lines or as a picture.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use draw::Look;
use lab::{Entry, Settings, Source};
use world::trace::{Trace, What};

use crate::failure::Failure;
use crate::file;
use crate::variant::{Saved, Variant};

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
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["faults", "plan", "seed", "seconds"]
    )]
    story: Option<PathBuf>,
    /// The run of a plan or a saved failure
    #[arg(long, value_name = "FILE", conflicts_with_all = ["faults", "seed", "seconds"])]
    plan: Option<PathBuf>,
    /// Beside it, on a page: the same run of the protocol without its mutant
    #[arg(long, requires = "diagram")]
    beside_sound: bool,
    /// Beside it, on a page: the run of another seed
    #[arg(long, value_name = "SEED", requires = "diagram", conflicts_with_all = ["story", "plan"])]
    beside_seed: Option<u64>,
    /// The most events to keep, the last ones
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    events: u32,
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
        look(self.diagram.as_deref())?;
        let (settings, source) = self.source(entry)?;
        let events = self.events as usize;
        let make = entry.runs().map_err(Failure::new)?.trace;
        let make = |settings: &Settings, source: &Source| {
            make(settings, source).map(|trace| last(trace, events)).map_err(Failure::new)
        };
        let mut traces = vec![make(&settings, &source)?];
        let mut sides = Vec::new();
        if self.beside_sound {
            if settings.mutant.is_none() {
                let why = "there is no --mutant, so this already is the sound protocol";
                return Err(Failure::new(format!("--beside-sound: {why}")));
            }
            let sound = Settings { mutant: None, ..settings.clone() };
            traces.push(make(&sound, &source)?);
            sides = settings.mutant.iter().cloned().chain(["sound".to_string()]).collect();
        }
        if let Some(seed) = self.beside_seed {
            traces.push(make(&settings, &self.drawn(seed))?);
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

    /// Which run of which variant.
    fn source(&self, entry: &Entry) -> Result<(Settings, Source), Failure> {
        let settings = self.variant.settings();
        if let Some(file) = &self.story {
            return Ok((settings, Source::Story(file::read(file)?)));
        }
        let Some(file) = &self.plan else {
            return Ok((settings, self.drawn(self.seed)));
        };
        let Saved { plan, settings, judge_every, .. } = Saved::read(file, entry, &settings)?;
        Ok((settings, Source::Plan(Box::new(plan), judge_every, self.events as usize)))
    }

    /// The run of a seed.
    fn drawn(&self, seed: u64) -> Source {
        match self.faults {
            true => Source::Seed(seed, self.events as usize),
            false => Source::Calm(seed, self.seconds),
        }
    }
}

/// The last events of a trace.
fn last(mut trace: Trace, events: usize) -> Trace {
    let early = trace.events.len().saturating_sub(events);
    trace.events.drain(..early);
    trace.omitted += early as u64;
    trace
}

/// Whether a diagram can be written to this file, looked at before there is anything to draw.
pub fn look(file: Option<&Path>) -> Result<(), Failure> {
    file.map_or(Ok(()), |file| form(file).map(drop))?;
    file::look([file])
}

/// What a diagram can be, by the end of its file's name.
#[derive(Clone, Copy)]
enum Form {
    Page,
    Picture,
    ShiViz,
    Json,
}

fn form(file: &Path) -> Result<Form, Failure> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => Ok(Form::Page),
        Some("svg") => Ok(Form::Picture),
        Some("shiviz") => Ok(Form::ShiViz),
        Some("json") => Ok(Form::Json),
        _ => Err(file::fail(file, "a diagram ends in .html, .svg, .shiviz or .json")),
    }
}

/// Writes a trace in the form that the name of the file asks for.
pub fn write(trace: &Trace, file: &Path) -> Result<(), Failure> {
    write_all(std::slice::from_ref(trace), file)
}

/// As [`write`], of several: a page shows them side by side, other forms have room for the first.
fn write_all(traces: &[Trace], file: &Path) -> Result<(), Failure> {
    let trace = &traces[0];
    let text = match form(file)? {
        Form::Page => draw::page(traces, &opening(trace)),
        Form::Picture => draw::svg(trace, &Look::default()),
        Form::ShiViz => draw::shiviz(trace),
        Form::Json => serde_json::to_string(trace).map_err(|error| file::fail(file, error))?,
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
