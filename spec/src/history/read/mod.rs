//! Recorded histories as text: three formats, one vocabulary a model.
//!
//! The format is recognised from the first event. A line holds one event; blank lines, and those
//! that begin with a semicolon, are skipped.
//!
//! - **JSON lines**, our own ([`jsonl`]): `{"process": 0, "type": "ok", "f": "read", "value": 3}`
//! - **EDN maps** ([`edn`]): `{:process 0, :type :ok, :f :get, :key "a", :value "x"}`
//! - **Jepsen logs** ([`log`]): `INFO  jepsen.util - 0  :ok  :cas  [3 4]`
//!
//! What the types mean, whatever the format:
//!
//! - `invoke` asks, `ok` is the answer.
//! - `fail` means that it certainly did not happen: the operation is as good as never called. The
//!   exception is a compare-and-set that fails and repeats its pair, with no error beside it: it
//!   was answered, and found another value. A write or compare-and-set that fails as `:timed-out`
//!   is taken as unknown.
//! - `info` means that nobody knows, and so does the end of the history: the operation may take
//!   effect at any later time or never. The process may call again, for logs reuse the numbers of
//!   processes.
//! - Events whose process is not a number (`:nemesis`) are not the object's and are skipped.

pub mod edn;
pub mod jsonl;
pub mod log;
mod objects;
mod revisions;
mod words;

use std::sync::Arc;

use super::model::Model;
use super::operation::{Fault, History, ReadError, Recorder};

/// One line of a recorded history, in the terms that all formats share.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The process, a number.
    pub process: u64,
    /// What happened.
    pub kind: Kind,
    /// The name of the function asked for. Events that end an operation may leave it out.
    pub f: Option<Arc<str>>,
    /// The key, where the format has one.
    pub key: Option<Term>,
    /// The value: an argument, or an answer.
    pub value: Term,
    /// The error recorded beside the value, or nil.
    pub error: Term,
}

impl Event {
    /// Whether an error says that the object was empty: as a word, or first in a list.
    fn is_empty(&self) -> bool {
        let empty = |term: &Term| match term {
            Term::Word(word) | Term::Text(word) => matches!(&**word, "empty" | "exhausted"),
            Term::Nil | Term::Int(_) | Term::List(_) => false,
        };
        [&self.value, &self.error].into_iter().any(|term| match term {
            Term::List(list) => list.first().is_some_and(empty),
            term => empty(term),
        })
    }
}

/// What happened to an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It was called.
    Invoke,
    /// It was answered.
    Ok,
    /// It certainly did not happen.
    Fail,
    /// Nobody knows.
    Info,
}

impl Kind {
    fn from_name(name: &str) -> Option<Kind> {
        Some(match name {
            "invoke" => Kind::Invoke,
            "ok" => Kind::Ok,
            "fail" => Kind::Fail,
            "info" => Kind::Info,
            _ => return None,
        })
    }
}

/// A value in a recorded history.
#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// `nil`, `null`, or nothing at all.
    Nil,
    /// An integer.
    Int(i64),
    /// A string.
    Text(Arc<str>),
    /// A keyword, without its colon, or anything else that is no value of a model.
    Word(Arc<str>),
    /// A list, a set, or the keys and values of a map in turn.
    List(Vec<Term>),
}

/// What an event that ends an operation says about it.
pub enum Ended<O> {
    /// The answer.
    Answered(O),
    /// It certainly did not happen.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// How the operations of a model are written in recorded histories.
pub trait Vocabulary: Model {
    /// What a call asks for. Errors say what is wrong with it.
    fn input(&self, event: &Event) -> Result<Self::Input, String>;

    /// The name of the function that is asked for.
    fn function(&self, input: &Self::Input) -> &'static str;

    /// Whether this is a name of the function that is asked for.
    fn is_function(&self, input: &Self::Input, f: &str) -> bool {
        f == self.function(input)
    }

    /// What an `ok` or `fail` says about the call. Errors say why it does not fit.
    fn ended(&self, input: &Self::Input, event: &Event) -> Result<Ended<Self::Output>, String>;

    /// The history with what only the whole of it tells about each of its operations.
    fn completed(
        &self,
        history: History<Self::Input, Self::Output>,
    ) -> History<Self::Input, Self::Output> {
        history
    }
}

/// Reads a history in any of the formats.
pub fn read<M: Vocabulary>(
    model: &M,
    text: &str,
) -> Result<History<M::Input, M::Output>, ReadError> {
    let mut recorder = Recorder::new();
    each_event(text, |number, event| record(model, &mut recorder, number, event))?;
    Ok(model.completed(recorder.finish()))
}

/// Reads the events of a text in any of the formats, each with the number of its line.
pub(crate) fn each_event(
    text: &str,
    mut take: impl FnMut(u64, &Event) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut format = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        let fault = |fault| ReadError { line: number, fault };
        let format = match format {
            Some(format) => format,
            None => *format.insert(sniff(line).ok_or(fault(Fault::UnknownFormat))?),
        };
        let event = match format {
            Format::Json => jsonl::event(line),
            Format::Edn => edn::event(line),
            Format::Log => log::event(line),
        };
        if let Some(event) = event.map_err(|what| fault(Fault::Syntax(what)))? {
            take(number, &event)?;
        }
    }
    match format {
        Some(_) => Ok(()),
        None => Err(ReadError { line: 0, fault: Fault::UnknownFormat }),
    }
}

#[derive(Clone, Copy)]
enum Format {
    Json,
    Edn,
    Log,
}

/// The format of a text by its first line.
fn sniff(line: &str) -> Option<Format> {
    let line = edn::untagged(line);
    if let Some(inside) = line.strip_prefix('{') {
        return match inside.trim_start().chars().next() {
            Some(':') => Some(Format::Edn),
            Some('"') => Some(Format::Json),
            _ => None,
        };
    }
    log::is_log(line).then_some(Format::Log)
}

fn record<M: Vocabulary>(
    model: &M,
    recorder: &mut Recorder<M::Input, M::Output>,
    line: u64,
    event: &Event,
) -> Result<(), ReadError> {
    let process = event.process;
    if event.kind == Kind::Invoke {
        let input =
            model.input(event).map_err(|what| ReadError { line, fault: Fault::Syntax(what) })?;
        return recorder.invoke(line, process, input);
    }
    let Some(call) = recorder.pending(process) else {
        return recorder.info(line, process); // Answers that nothing is open.
    };
    let mismatch = |what| ReadError { line, fault: Fault::Mismatch(what) };
    let asked = model.function(&call.input);
    if let Some(f) = event.f.as_deref().filter(|f| !model.is_function(&call.input, f)) {
        let called = call.called;
        let what = format!("process {process} ends a {f}, but called a {asked} in line {called}");
        return Err(mismatch(what));
    }
    if event.kind == Kind::Info {
        return recorder.info(line, process);
    }
    match model.ended(&call.input, event).map_err(mismatch)? {
        Ended::Answered(output) => recorder.ok(line, process, output),
        Ended::Failed => recorder.fail(line, process),
        Ended::Unknown => recorder.info(line, process),
    }
}
