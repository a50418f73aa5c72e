//! Recorded histories as text: three formats, one vocabulary a model.
//!
//! The format is recognised from the first event. A line holds one event; blank lines, and those
//! that begin with a semicolon, are skipped. Events of the first two formats may also stand in one
//! array ([`array`]). A mark of the encoding before it all is passed over.
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
//! - A process is a number or a name. Events of a nemesis, by name, are not the object's and are
//!   skipped; they are counted, so that a history of nothing else is not taken for a good one.

pub mod array;
pub mod edn;
pub mod jsonl;
pub mod log;
mod objects;
mod revisions;
mod words;

use std::sync::Arc;

use super::clients::Client;
use super::model::Model;
use super::operation::{Fault, History, ReadError, Recorder};

/// One line of a recorded history, in the terms that all formats share.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// The process.
    pub process: Client,
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

/// What a line of a recorded history holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Line {
    /// An event of a client.
    Event(Event),
    /// An event of a nemesis.
    Nemesis,
    /// Nothing that a history is about, as logs have it.
    Other,
}

/// What is wrong with a process that is a list, or nothing.
const NO_PROCESS: &str = "the process is neither a whole number nor a name";

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
    read_with(model, text).map(|(history, _)| history)
}

/// A history of a model's operations, and what its text was besides.
type WithSource<M> = (History<<M as Model>::Input, <M as Model>::Output>, Source);

/// As [`read`], and tells what the text was besides the history.
pub(crate) fn read_with<M: Vocabulary>(model: &M, text: &str) -> Result<WithSource<M>, ReadError> {
    let mut recorder = Recorder::new();
    let source = each_event(text, |number, event| record(model, &mut recorder, number, event))?;
    Ok((model.completed(recorder.finish()), source))
}

/// What a text was besides the events of clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Source {
    /// How many events were a nemesis's.
    pub(crate) nemesis: usize,
    /// Whether positions count the events of an array. They count lines otherwise.
    pub(crate) counted: bool,
}

impl Source {
    /// Why nothing can be judged about operations of this name, of which so many were called and
    /// so many `ended` so that they tell anything. Nothing if there is something to judge.
    pub(crate) fn unjudged(
        self,
        name: &str,
        called: usize,
        ended: (&str, usize),
    ) -> Option<String> {
        match (called, self.nemesis) {
            (0, 0) => Some(format!("nothing was judged, because no {name} was called")),
            (0, nemesis) => {
                let which = match nemesis {
                    1 => "the only event is".to_owned(),
                    2 => "both events are".to_owned(),
                    more => format!("all {more} events are"),
                };
                let why = format!("no {name} was called: {which} of a nemesis");
                Some(format!("nothing was judged, because {why}"))
            }
            _ if ended.1 == 0 => Some(format!("nothing was judged, because no {name} {}", ended.0)),
            _ => None,
        }
    }
}

/// Reads the events of a text in any of the formats, each with its position: the number of its
/// line, or of the event where several of an array share a line.
pub(crate) fn each_event(
    text: &str,
    mut take: impl FnMut(u64, &Event) -> Result<(), ReadError>,
) -> Result<Source, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source::default();
    let mut format = None;
    let mut each = |number: u64, line: &str, source: &mut Source| {
        let fault = |fault| ReadError { line: number, fault };
        let format = match format {
            Some(format) => format,
            None => *format.insert(sniff(line).ok_or(fault(Fault::UnknownFormat))?),
        };
        let read = match format {
            Format::Json => jsonl::event(line),
            Format::Edn => edn::event(line),
            Format::Log => log::event(line),
        };
        match read.map_err(|what| fault(Fault::Syntax(what)))? {
            Line::Event(event) => take(number, &event)?,
            Line::Nemesis => source.nemesis += 1,
            Line::Other => {}
        }
        Ok(())
    };
    let mut found = false;
    if array::begins(text) {
        let elements = array::elements(text)?;
        source.counted = !elements.is_sorted_by(|one, next| one.0 < next.0);
        for (number, (line, element)) in (1..).zip(elements) {
            found = true;
            let position = if source.counted { number } else { line };
            each(position, element, &mut source)
                .map_err(|error| if source.counted { array::fault(error) } else { error })?;
        }
    } else {
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with(';') {
                found = true;
                each(number, line, &mut source)?;
            }
        }
    }
    match found {
        true => Ok(source),
        false => Err(ReadError { line: 0, fault: Fault::UnknownFormat }),
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
    let process = recorder.process(&event.process);
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
        let (called, process) = (call.called, recorder.word(process));
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
