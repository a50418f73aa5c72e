//! `synod list`: what there is.

use clap::Args;
use lab::{Entry, Knob};
use serde_json::json;

use crate::failure::Failure;

/// How to list.
#[derive(Args)]
pub struct List {
    /// Show everything about this protocol
    #[arg(conflicts_with = "markdown")]
    protocol: Option<String>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Print the page CANON.md
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

impl List {
    /// Prints every protocol of the registry.
    pub fn run(self) -> Result<(), Failure> {
        if self.markdown {
            crate::say(lab::canon().trim_end());
            return Ok(());
        }
        if let Some(name) = &self.protocol {
            let entry = lab::find(name).map_err(Failure::new)?;
            match self.json {
                true => crate::say(object(entry)),
                false => show(entry),
            }
            return Ok(());
        }
        for entry in lab::REGISTRY.iter() {
            match self.json {
                true => crate::say(object(entry)),
                false => crate::say(format_args!("{:<24} {}", entry.card.name, entry.card.what)),
            }
        }
        Ok(())
    }
}

/// What can be done with an entry.
fn verbs(entry: &Entry) -> Vec<&'static str> {
    let is_run = entry.runs.is_some();
    let has_theory = entry.runs.as_ref().is_some_and(|runs| !(runs.theory)(3).is_empty());
    let all = [
        ("check", entry.is_explored()),
        ("sim", is_run),
        ("trace", is_run),
        ("story", is_run),
        ("explore", is_run),
        ("run", is_run),
        ("theory", has_theory),
    ];
    all.iter().filter(|(_, has)| *has).map(|(verb, _)| *verb).collect()
}

fn object(entry: &Entry) -> serde_json::Value {
    let card = &entry.card;
    let knobs = (entry.knobs)();
    let knobs: Vec<_> = knobs
        .iter()
        .map(|knob| json!({ "name": knob.name, "what": knob.what, "value": knob.value }))
        .collect();
    json!({
        "name": card.name, "what": card.what, "family": card.family, "file": card.file,
        "source": card.source, "model": entry.model(card.nodes), "nodes": card.nodes,
        "sizes": [card.sizes.0, card.sizes.1], "verbs": verbs(entry),
        "mutants": (entry.mutants)(), "knobs": knobs, "needs": entry.needs,
    })
}

fn show(entry: &Entry) {
    let card = &entry.card;
    crate::say(format_args!("{}: {}", card.name, card.what));
    let (least, most) = card.sizes;
    let sizes = format!("{least} to {most} {}, usually {}", entry.counted, card.nodes);
    let needs = match entry.needs {
        [] => String::new(),
        needs => format!("{} (try synod sim {} --without ...)", needs.join(", "), card.name),
    };
    let knobs: Vec<String> = (entry.knobs)().iter().map(Knob::to_string).collect();
    let rows = [
        ("family", card.family.to_string()),
        ("source", card.source.to_string()),
        ("file", card.file.to_string()),
        ("model", entry.model(card.nodes)),
        ("needs", needs),
        ("sizes", sizes),
        ("verbs", verbs(entry).join(", ")),
        ("mutants", (entry.mutants)().join(", ")),
        ("knobs", knobs.join("\n           ")),
    ];
    for (label, text) in rows.iter().filter(|(_, text)| !text.is_empty()) {
        crate::say(format_args!("  {label:<8} {text}"));
    }
}
