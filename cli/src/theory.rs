//! `synod theory`: measured costs beside the textbooks' formulas.

use std::path::{Path, PathBuf};

use clap::Args;
use draw::{Look, Series, Shape};
use lab::theory::Measure;
use serde_json::json;

use crate::failure::{BROKEN, Failure, ended};
use crate::file;

/// Of which protocols.
#[derive(Args)]
pub struct Theory {
    /// A protocol of `synod list`; every one that has formulas unless told otherwise
    protocol: Option<String>,
    /// Write charts over n to this file (.html)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Theory {
    /// Measures, prints, and exits 0 if every formula holds, 1 if one does not.
    pub fn run(self) -> Result<(), Failure> {
        file::look([self.chart.as_deref()])?;
        let mut rows: Vec<(&str, Measure)> = Vec::new();
        let wanted = match &self.protocol {
            Some(name) => std::slice::from_ref(lab::find(name).map_err(Failure::new)?),
            None => lab::REGISTRY.as_slice(),
        };
        for entry in wanted {
            let Some(runs) = &entry.runs else { continue };
            for &nodes in runs.theory_sizes {
                let measures = (runs.theory)(nodes);
                rows.extend(measures.into_iter().map(|measure| (entry.card.name, measure)));
            }
        }
        if rows.is_empty() {
            return Err(Failure::new("no formula of theory is measured for this protocol"));
        }
        rows.sort_by_key(|(name, measure)| (*name, measure.what, measure.nodes));
        match self.json {
            true => rows.iter().for_each(|(name, measure)| crate::say(object(name, measure))),
            false => table(&rows),
        }
        let all_hold = rows.iter().all(|(_, measure)| measure.holds());
        let drawn = self.chart.as_ref().map_or(Ok(()), |file| charts(&rows, file));
        ended(if all_hold { 0 } else { BROKEN }, drawn)
    }
}

fn object(name: &str, measure: &Measure) -> serde_json::Value {
    json!({
        "protocol": name, "what": measure.what, "nodes": measure.nodes,
        "measured": measure.measured, "formula": measure.formula, "expected": measure.expected,
        "ratio": measure.measured / measure.expected, "claim": measure.claim,
        "holds": measure.holds(), "convention": measure.convention,
    })
}

/// A chart for each figure: measured points beside the formula's line, over n.
fn charts(rows: &[(&str, Measure)], file: &Path) -> Result<(), Failure> {
    let look = Look::default();
    let mut pictures = Vec::new();
    for of_one in rows.chunk_by(|one, two| (one.0, one.1.what) == (two.0, two.1.what)) {
        let (name, first) = &of_one[0];
        let points = |figure: fn(&Measure) -> f64| {
            of_one.iter().map(|(_, one)| (one.nodes as f64, figure(one))).collect()
        };
        let series = |name: &str, shape, points| {
            let name = name.to_string();
            Series { name, shape, group: 0, points }
        };
        let measured = series("measured", Shape::Points, points(|one| one.measured));
        let formula = series(first.formula, Shape::Line, points(|one| one.expected));
        let title = format!("{name}: {}", first.what);
        let chart = draw::chart(&title, "n", first.what, &[measured, formula], &look);
        pictures.push((first.convention.to_string(), chart));
    }
    let page = draw::sheet("Measured beside theory", &pictures, &look);
    file::write(file, page)
}

fn table(rows: &[(&str, Measure)]) {
    let mut last = ("", "");
    for (name, measure) in rows {
        let Measure { what, convention, nodes, measured, formula, expected, .. } = measure;
        if last != (*name, *what) {
            crate::say(format_args!("\n{name}: {what}  [{convention}]"));
            crate::say(format_args!(
                "  {:>4} {:>12}    {:>12}  {:>6}",
                "n", "measured", "formula", "ratio"
            ));
            last = (name, what);
        }
        let ratio = measured / expected;
        crate::say(format_args!(
            "  {nodes:>4} {measured:>12.2} {:>2} {expected:>12.2}  {ratio:>6.3}  {formula}",
            measure.sign()
        ));
    }
}
