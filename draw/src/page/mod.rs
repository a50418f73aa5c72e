//! One page on which a reader walks through runs.

mod columns;

use serde::Serialize;
use world::trace::{Clock, Happening, Trace};

use crate::diagram::marks::MARKS;
use crate::ink::{properties, theme_attribute};
use crate::look::{Look, Spacing};
use crate::text::{escape, json_in_script};
use columns::{Columns, Strings};

/// One self-contained HTML file for any number of runs; it fetches nothing and needs no server.
///
/// The reader scrolls and zooms, filters by node and kind, searches, steps from event to event with
/// the keyboard, and sees of the chosen event what came of it, its causal past and future, and what
/// is concurrent with it. Of several runs two stand side by side, with their first difference
/// marked. `look.window` says only where the page opens, and time always goes downwards. Only what
/// is in sight is drawn: 100,000 events are walked through as easily as ten.
pub fn page(traces: &[Trace], look: &Look) -> String {
    let title = match traces {
        [] => "No run".to_string(),
        [only] => only.subject.clone(),
        [first, rest @ ..] => {
            let same = rest.iter().all(|trace| trace.subject == first.subject);
            match rest {
                _ if same => format!("{}: {} runs", first.subject, traces.len()),
                [other] => format!("{} beside {}", first.subject, other.subject),
                _ => format!("{} and {} more", first.subject, rest.len()),
            }
        }
    };
    let title = format!("{} – space-time diagram", escape(&title));
    let style = properties(look.palette) + include_str!("page.css");
    let script = concat!(
        "'use strict';\n",
        include_str!("run.js"),
        include_str!("rows.js"),
        include_str!("marks.js"),
        include_str!("overview.js"),
        include_str!("pane.js"),
        include_str!("card.js"),
        include_str!("app.js")
    );
    fill(
        include_str!("page.html"),
        &[
            ("THEME", theme_attribute(look.theme)),
            ("TITLE", &title),
            ("STYLE", &style),
            ("RUNS", &runs(traces, look)),
            ("SCRIPT", script),
        ],
    )
}

/// The first event in which two runs differ, when or not: where, what, or what came of it. The
/// length of the shorter one if it is the beginning of the other; nothing if they are alike.
pub fn difference(a: &Trace, b: &Trace) -> Option<usize> {
    let alike = |a: &Happening, b: &Happening| {
        let says = |event: &Happening| event.to_string();
        let sends = |event: &Happening| {
            let part = event.sends.iter().map(|one| (one.to, one.fate, one.text.clone()));
            part.collect::<Vec<_>>()
        };
        a.node == b.node
            && says(a) == says(b)
            && sends(a) == sends(b)
            && (&a.tells, &a.saves, &a.epoch) == (&b.tells, &b.saves, &b.epoch)
    };
    let pairs = a.events.iter().zip(&b.events);
    let first = pairs.into_iter().position(|(a, b)| !alike(a, b));
    let shorter = a.events.len().min(b.events.len());
    first.or((a.events.len() != b.events.len()).then_some(shorter))
}

#[derive(Serialize)]
struct Runs {
    strings: Vec<String>,
    kinds: Vec<(&'static str, &'static str)>,
    runs: Vec<Columns>,
    /// For each run and each earlier one, where they begin to differ.
    differences: Vec<Vec<Option<usize>>>,
    scale: bool,
    opens: Option<usize>,
}

fn runs(traces: &[Trace], look: &Look) -> String {
    let mut strings = Strings::default();
    let columns: Vec<Columns> =
        traces.iter().map(|trace| Columns::of(trace, &mut strings)).collect();
    let earlier = |run: usize| {
        traces[..run].iter().map(|other| difference(other, &traces[run])).collect::<Vec<_>>()
    };
    let all = Runs {
        strings: strings.into_vec(),
        kinds: MARKS.iter().take(columns::KINDS).map(|mark| (mark.name, mark.words)).collect(),
        runs: columns,
        differences: (0..traces.len()).map(earlier).collect(),
        scale: look.spacing == Spacing::Scale
            && traces.iter().any(|trace| trace.clock == Clock::Nanoseconds),
        opens: look.window.as_ref().map(|window| window.start),
    };
    let json = serde_json::to_string(&all).expect("Columns of numbers and texts are JSON.");
    json_in_script(&json)
}

/// A template with each `@{NAME}` filled in. Only the template is searched: what is filled in may
/// hold such a name itself.
fn fill(template: &str, parts: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("@{") {
        let (name, after) = after.split_once('}').expect("A name in the template is closed.");
        let (_, text) = parts.iter().find(|part| part.0 == name).expect("The name is known.");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    page
}
