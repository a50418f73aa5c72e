//! Judges what clients saw.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use spec::history::models::{RevisionsInput, RevisionsOutput};
use spec::history::{Answer, Level, Limits, ModelName, verify};

use crate::record::{Event, text};
use crate::report::{Class, Violation};

/// How long judging a history may take.
const JUDGED_WITHIN: Duration = Duration::from_secs(60);

/// What a history shows.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The history as JSON lines.
    pub text: String,
    /// The checker's verdict, in a line.
    pub verdict: String,
    /// What is wrong with it.
    pub violation: Option<Violation>,
}

/// Judges a recorded history: no answer is nonsense, revisions rise with time, and there is an
/// order in which a single store would have answered just so. The last is asked of the text, as
/// `synod verify` does.
pub fn judge(events: &[(u64, Event)]) -> Judgement {
    let text = text(events);
    let limits = Limits { time: Some(JUDGED_WITHIN), ..Limits::default() };
    let report = verify(&text, ModelName::Revisions, Level::Linearizable, &limits);
    let (verdict, found) = match report {
        // A history without requests has no format, and contradicts nothing.
        Err(error) if !text.contains("invoke") => (format!("nothing to judge: {error}"), None),
        Err(error) => panic!("What is recorded can be read: {error}"),
        Ok(report) => {
            let words = report.to_string();
            let mut lines = words.lines().map(String::from);
            let verdict = lines.next().unwrap_or_default();
            let class = match report.verdict {
                Answer::Holds(_) => None,
                Answer::Broken(_) => Some(Class::Safety),
                Answer::Unknown => Some(Class::Unknown),
            };
            let broken = class.map(|class| {
                let first = "the history is not that of a single store".to_string();
                let text = match class {
                    Class::Unknown => vec![verdict.clone()],
                    _ => [first].into_iter().chain(lines).collect(),
                };
                Violation { class, text }
            });
            (verdict, broken)
        }
    };
    let safety = |text| Violation { class: Class::Safety, text: vec![text] };
    let violation = nonsense(events).or_else(|| falls_back(events)).map(safety).or(found);
    Judgement { text, verdict, violation }
}

fn nonsense(events: &[(u64, Event)]) -> Option<String> {
    events.iter().find_map(|(_, event)| match event {
        Event::Nonsense { process, what } => {
            Some(format!("client {process} was answered what no store answers: {what}"))
        }
        _ => None,
    })
}

/// Revisions are those of the whole store: whoever asks after an answer came, whatever about, is
/// told of no smaller revision, and writes at a greater one. Returns what contradicts that.
fn falls_back(events: &[(u64, Event)]) -> Option<String> {
    let (mut newest, mut newest_at_call) = (0, BTreeMap::new());
    for (_, event) in events {
        match event {
            Event::Asked { process, .. } => drop(newest_at_call.insert(*process, newest)),
            Event::Answered { process, output, revision } => {
                let before = newest_at_call.get(process).copied().unwrap_or(0);
                let is_write = matches!(output, RevisionsOutput::Written(_));
                if *revision < before || is_write && *revision == before {
                    return Some(format!(
                        "the store fell back: revision {before} had been told, and client \
                         {process}, who asked after that, was answered {output:?} at revision \
                         {revision}"
                    ));
                }
                newest = newest.max(*revision);
            }
            _ => {}
        }
    }
    None
}

/// A write that was acknowledged: key, value and revision.
pub(crate) type Acknowledged = (Arc<str>, i64, i64);

/// All writes that were acknowledged.
pub(crate) fn acknowledged(events: &[(u64, Event)]) -> Vec<Acknowledged> {
    let mut open: BTreeMap<u64, &RevisionsInput> = BTreeMap::new();
    let mut writes = Vec::new();
    for (_, event) in events {
        match event {
            Event::Asked { process, input, .. } => drop(open.insert(*process, input)),
            Event::Answered { process, output: RevisionsOutput::Written(revision), .. } => {
                let asked = open
                    .get(process)
                    .and_then(|input| Some((input.key.clone(), input.ask.writes()?, *revision)));
                writes.extend(asked);
            }
            _ => {}
        }
    }
    writes
}
