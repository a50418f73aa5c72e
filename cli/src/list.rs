//! `synod list`: what there is.

use clap::Args;
use lab::Entry;
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
            print!("{}", lab::canon());
            return Ok(());
        }
        if let Some(name) = &self.protocol {
            let entry = lab::find(name).map_err(Failure::new)?;
            match self.json {
                true => println!("{}", object(entry)),
                false => show(entry),
            }
            return Ok(());
        }
        for entry in lab::REGISTRY.iter() {
            match self.json {
                true => println!("{}", object(entry)),
                false => println!("{:<24} {}", entry.card.name, entry.card.what),
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
    println!("{}: {}", card.name, card.what);
    println!("  family   {}", card.family);
    println!("  source   {}", card.source);
    println!("  file     {}", card.file);
    println!("  model    {}", entry.model(card.nodes));
    if !entry.needs.is_empty() {
        println!(
            "  needs    {} (try synod sim {} --without ...)",
            entry.needs.join(", "),
            card.name
        );
    }
    let (least, most) = card.sizes;
    println!("  sizes    {least} to {most} {}, usually {}", entry.counted, card.nodes);
    println!("  verbs    {}", verbs(entry).join(", "));
    let mutants = (entry.mutants)();
    if !mutants.is_empty() {
        println!("  mutants  {}", mutants.join(", "));
    }
    for (place, knob) in (entry.knobs)().iter().enumerate() {
        println!("  {:<8} {knob}", if place == 0 { "knobs" } else { "" });
    }
}
