//! Which variant of a protocol: flags that several verbs share.

use std::path::Path;

use clap::Args;
use lab::Settings;
use sim::Plan;

use crate::failure::Failure;
use crate::file;

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

    /// The flags that ask for it, to be printed in a command.
    pub fn flags(&self) -> String {
        let nodes = self.nodes.map(|nodes| format!(" --nodes {nodes}"));
        let mutant = self.mutant.as_ref().map(|mutant| format!(" --mutant {mutant}"));
        let knobs = self.knobs.iter().map(|(name, value)| format!(" --set {name}={value}"));
        nodes.into_iter().chain(mutant).chain(knobs).collect()
    }
}

fn knob(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it takes NAME=VALUE")?;
    Ok((name.to_string(), value.to_string()))
}

/// Reads a plan from its file; a saved failure has one, too.
pub fn plan(file: &Path) -> Result<Plan, Failure> {
    let text = file::read(file)?;
    let plan = match sim::Failure::from_json(&text) {
        Ok(failure) => failure.plan,
        Err(_) => serde_json::from_str(&text).map_err(|error| {
            file::fail(file, format_args!("neither a plan nor a failure: {error}"))
        })?,
    };
    plan.check().map_err(|why| file::fail(file, why))?;
    Ok(plan)
}
