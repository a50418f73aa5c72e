//! Which variant of a protocol: flags that several verbs share.

use std::fmt::Display;
use std::path::Path;

use clap::Args;
use lab::{Entry, Settings};
use sim::Plan;
use world::Violation;

use crate::failure::Failure;
use crate::file;

/// The most threads that can be asked for: more than machines have cores; each costs a stack and,
/// when exploring, a part of the memory.
pub const THREADS: i64 = 256;

/// Which variant of a protocol.
#[derive(Args, Clone)]
pub struct Variant {
    /// How many nodes; of an abstract specification, its size
    #[arg(long, visible_alias = "size")]
    pub nodes: Option<usize>,
    /// With this breakage; `synod list PROTOCOL` names them
    #[arg(long)]
    pub mutant: Option<String>,
    /// Sets a knob of the protocol; `synod list PROTOCOL` names them
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = knob)]
    pub knobs: Vec<(String, String)>,
}

impl Variant {
    /// As the lab takes it.
    pub fn settings(&self) -> Settings {
        Settings {
            nodes: self.nodes,
            mutant: self.mutant.clone(),
            knobs: self.knobs.clone(),
            without: None,
        }
    }
}

fn knob(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    Ok((name.to_string(), value.to_string()))
}

/// A run as data, read from a file, and the variant that it is of.
pub struct Saved {
    /// What is done.
    pub plan: Plan,
    /// Of which variant: a failure says so, a plan is for whichever is asked for.
    pub settings: Settings,
    /// After how many wakes of nodes invariants are judged.
    pub judge_every: u32,
    /// What the run broke when it was saved, if it is a failure.
    pub violation: Option<Violation>,
}

impl Saved {
    /// Reads a plan or a saved failure. What is asked for must not contradict what it says itself.
    pub fn read(file: &Path, entry: &Entry, asked: &Settings) -> Result<Saved, Failure> {
        let text = file::read(file)?;
        Saved::parse(&text, entry, asked).map_err(|why| file::fail(file, why))
    }

    fn parse(text: &str, entry: &Entry, asked: &Settings) -> Result<Saved, String> {
        let strange = |error| format!("neither a plan nor a failure: {error}");
        let value: serde_json::Value = serde_json::from_str(text).map_err(strange)?;
        if value.get("plan").is_none() {
            let plan: Plan = serde_json::from_value(value).map_err(strange)?;
            plan.check()?;
            let nodes = Some(plan.nodes);
            agree("the plan", "--nodes", &nodes, &asked.nodes)?;
            let settings = Settings { nodes, ..asked.clone() };
            return Ok(Saved { plan, settings, judge_every: 1, violation: None });
        }
        let failure = sim::Failure::from_json(text)?;
        let (of, name) = (&failure.subject, entry.card.name);
        if of != name {
            return Err(format!("it is a failing run of {of}, not of {name}"));
        }
        let settings = Settings::of(&failure);
        let it = "the failing run";
        agree(it, "--nodes", &settings.nodes, &asked.nodes)?;
        agree(it, "--mutant", &settings.mutant, &asked.mutant)?;
        agree(it, "--without", &settings.without, &asked.without)?;
        for (name, value) in &asked.knobs {
            let held = settings.knobs.iter().find(|(knob, _)| knob == name);
            let held = held.map(|(_, value)| format!("{name}={value}"));
            agree(it, "--set", &held, &Some(format!("{name}={value}")))?;
        }
        let sim::Failure { plan, judge_every, violation, .. } = failure;
        Ok(Saved { plan, settings, judge_every, violation: Some(violation) })
    }
}

/// Refuses a flag that asks for something else than what a file holds.
fn agree<T: Display + PartialEq>(
    it: &str,
    flag: &str,
    held: &Option<T>,
    asked: &Option<T>,
) -> Result<(), String> {
    let Some(asked) = asked.as_ref().filter(|_| asked != held) else {
        return Ok(());
    };
    Err(match held {
        Some(held) => format!("{it} is one with {flag} {held}: leave out {flag} {asked}"),
        None => format!("{it} is one without {flag}: leave out {flag} {asked}"),
    })
}
