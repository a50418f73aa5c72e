//! `synod list`: what there is.

use clap::Args;
use serde_json::json;

use crate::failure::Failure;

/// How to list.
#[derive(Args)]
pub struct List {
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
        for entry in lab::REGISTRY {
            let verbs = [("check", entry.check.is_some()), ("sim", entry.sim.is_some())];
            let verbs: Vec<&str> = verbs.iter().filter(|(_, has)| *has).map(|v| v.0).collect();
            let mutants = (entry.mutants)();
            if self.json {
                let line = json!({
                    "name": entry.name, "what": entry.what, "family": entry.family,
                    "file": entry.file, "source": entry.source, "model": entry.model,
                    "nodes": entry.nodes, "verbs": verbs, "mutants": mutants,
                });
                println!("{line}");
                continue;
            }
            println!("{}  ({})", entry.name, verbs.join(", "));
            println!("    {}", entry.what);
            println!("    {}; {}", entry.source, entry.model);
            if !mutants.is_empty() {
                println!("    mutants: {}", mutants.join(", "));
            }
        }
        Ok(())
    }
}
