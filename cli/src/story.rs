//! `synod story`: a run told step by step, compared with what happens now.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::failure::{BROKEN, Failure, ended};
use crate::file;
use crate::variant::Variant;

/// Which story, and what it is told of.
#[derive(Args)]
pub struct Story {
    /// A story: commands, and behind `---` what comes of them; synod check and synod explore write
    /// stories without effects
    file: PathBuf,
    #[command(flatten)]
    variant: Variant,
    /// Write what happens now into the file
    #[arg(long)]
    write: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Story {
    /// Tells it, and exits 0 if what it says is what happens, or if it says nothing of that, 1 if
    /// something else happens.
    pub fn run(self) -> Result<(), Failure> {
        let text = file::read(&self.file)?;
        file::look([self.write.then_some(&*self.file)])?;
        let fail = |why: String| file::fail(&self.file, why);
        let cast = world::story::cast(&text).map_err(|error| fail(error.to_string()))?;
        let runs = lab::find(&cast.subject).and_then(lab::Entry::runs).map_err(fail)?;
        let now = (runs.story)(&self.variant.settings(), &text).map_err(fail)?;
        let explanation = (runs.explain)(&self.variant.settings(), &text).map_err(fail)?;
        let has_effects = text.lines().any(|line| line.trim() == "---");
        let difference = world::story::difference(&text, &now).filter(|_| has_effects);
        match self.json {
            true => crate::print_json(&json!({
                "subject": cast.subject, "nodes": cast.nodes, "text": now,
                "differs": difference.as_ref().map(ToString::to_string),
                "explanation": explanation,
            }))?,
            false => {
                crate::say(now.trim_end());
                explanation.iter().for_each(|why| crate::say(format_args!("\n{why}")));
            }
        }
        match difference {
            _ if self.write => file::write(&self.file, &now),
            Some(_) if self.json => Err(Failure::verdict(BROKEN)),
            Some(error) => ended(BROKEN, Err(file::fail(&self.file, error))),
            None => Ok(()),
        }
    }
}
