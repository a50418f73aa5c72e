//! What clients asked and were answered, and what was done to the store meanwhile, in one order.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use model::NodeId;
use serde_json::{Value as Json, json};
use spec::history::models::{Ask, Found, RevisionsInput, RevisionsOutput};

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A client asks a node.
    Asked {
        /// The client's number; it asks one thing at a time.
        process: u64,
        /// Whom it asks.
        node: NodeId,
        /// What.
        input: RevisionsInput,
    },
    /// It is answered.
    Answered {
        /// The client.
        process: u64,
        /// What.
        output: RevisionsOutput,
        /// The store's revision, as the answer's header tells it.
        revision: i64,
    },
    /// It is told that something went wrong, or waits no longer: nobody knows what became of it.
    Unanswered {
        /// The client.
        process: u64,
        /// What it was told.
        why: String,
    },
    /// It is answered what no store answers.
    Nonsense {
        /// The client.
        process: u64,
        /// What.
        what: String,
    },
    /// Something is done to the store.
    Fault(String),
}

/// A record that all clients write. Its order is that of time: what was answered before something
/// was asked stands before it.
#[derive(Clone, Debug)]
pub struct Recording {
    began: Instant,
    events: Arc<Mutex<Vec<(u64, Event)>>>,
}

impl Default for Recording {
    fn default() -> Recording {
        Recording { began: Instant::now(), events: Arc::default() }
    }
}

impl Recording {
    /// Writes down what happens now.
    pub fn note(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // The time is taken under the lock, so that times rise with the order.
        events.push((self.began.elapsed().as_nanos() as u64, event));
    }

    /// Everything so far, with the nanoseconds since the beginning.
    pub fn events(&self) -> Vec<(u64, Event)> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A history as JSON lines of the model `revisions`, as `synod verify` reads them; faults are
/// events of the process `nemesis`, which the verifier skips.
pub fn text(events: &[(u64, Event)]) -> String {
    let mut text = String::new();
    for (time, event) in events {
        let line = match event {
            Event::Asked { process, node, input } => {
                let (f, value) = match input.ask {
                    Ask::Get => ("get", Json::Null),
                    Ask::Put { value } => ("put", json!(value)),
                    Ask::Swap { at, value } => ("swap", json!([at, value])),
                };
                json!({
                    "process": process, "type": "invoke", "f": f, "key": &*input.key,
                    "value": value, "node": node.to_string(), "time": time,
                })
            }
            Event::Answered { process, output, revision } => json!({
                "process": process, "type": "ok", "value": answer(output), "revision": revision,
                "time": time,
            }),
            Event::Unanswered { process, why: what } | Event::Nonsense { process, what } => {
                json!({ "process": process, "type": "info", "error": what, "time": time })
            }
            Event::Fault(what) => {
                json!({ "process": "nemesis", "type": "info", "f": what, "time": time })
            }
        };
        writeln!(text, "{line}").expect("A string takes all that is written.");
    }
    text
}

fn answer(output: &RevisionsOutput) -> Json {
    let found = |found: Found| found.map_or(Json::Null, |(value, at)| json!([value, at]));
    match *output {
        RevisionsOutput::Written(revision) => json!(revision),
        RevisionsOutput::Found(what) => found(what),
    }
}
