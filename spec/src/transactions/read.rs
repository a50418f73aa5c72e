//! Histories of transactions as text, in the formats of [`crate::history::read`].
//!
//! ```text
//! {:process 0, :type :invoke, :f :txn, :value [[:r 1 nil] [:append 1 2]]}
//! {:process 0, :type :ok, :f :txn, :value [[:r 1 [1]] [:append 1 2]]}
//! {"process": 1, "type": "info", "f": "txn", "value": [["w", "x", 3]], "error": "timeout"}
//! ```
//!
//! A transaction is a list of `[r key nil]`, and of `[append key value]` over lists or of
//! `[w key value]` over registers. Keys are integers, strings or keywords, values integers. An
//! `ok` repeats the transaction with what was read; `nil` is what was never written. `info`, and
//! the end of the history, mean that nobody knows. Events of a nemesis are skipped.

use super::history::{Op, Transactions, Workload};
use super::recorder::{Answer, Recorder, Step};
use crate::history::read::{Event, Kind, Source, Term, each_event};
use crate::history::{Fault, ReadError};

/// Reads a history of transactions in any of the formats.
///
/// Errors name the line that is not an event, or that cannot follow the lines before it.
pub fn read(workload: Workload, text: &str) -> Result<Transactions, ReadError> {
    read_with(workload, text).map(|(history, _)| history)
}

/// As [`read`], and tells what the text was besides the history.
pub(super) fn read_with(
    workload: Workload,
    text: &str,
) -> Result<(Transactions, Source), ReadError> {
    let recorder = Recorder::new(workload);
    let mut reader = Reader { workload, recorder, steps: Vec::new(), values: Vec::new() };
    let source = each_event(text, |line, event| reader.event(line, event))?;
    Ok((reader.recorder.finish(), source))
}

struct Reader {
    workload: Workload,
    recorder: Recorder,
    /// The steps of the call at hand.
    steps: Vec<Step>,
    /// The elements of all lists of the answer at hand.
    values: Vec<i64>,
}

impl Reader {
    fn event(&mut self, line: u64, event: &Event) -> Result<(), ReadError> {
        let process = self.recorder.process(&event.process);
        let syntax = |what| ReadError { line, fault: Fault::Syntax(what) };
        if let Some(f) = event.f.as_deref().filter(|f| *f != "txn") {
            return Err(syntax(format!("expected a transaction, f txn, and found f {f}")));
        }
        match event.kind {
            Kind::Invoke => {
                self.call(&event.value).map_err(syntax)?;
                self.recorder.invoke(line, process, &self.steps)
            }
            Kind::Ok if self.recorder.pending(process).is_some() => {
                self.answer(line, process, event)
            }
            Kind::Ok => self.recorder.ok(line, process, &[]),
            Kind::Fail => self.recorder.fail(line, process),
            Kind::Info => self.recorder.info(line, process),
        }
    }

    fn call(&mut self, value: &Term) -> Result<(), String> {
        self.steps.clear();
        for operation in list(value)? {
            let (f, key, value) = operation_of(operation)?;
            let key = self.key(key)?;
            let step = match (f, self.workload) {
                ("r", _) => Step::Read(key),
                ("append", Workload::ListAppend) | ("w", Workload::RwRegister) => {
                    Step::Write(key, number(value)?)
                }
                (other, workload) => {
                    let name = workload.name();
                    return Err(format!("{name} has no operation {other:?}"));
                }
            };
            self.steps.push(step);
        }
        Ok(())
    }

    /// An `ok`, whose operations must be those of its call.
    fn answer(&mut self, line: u64, process: u64, event: &Event) -> Result<(), ReadError> {
        let fault = |what| ReadError { line, fault: Fault::Mismatch(what) };
        let operations = list(&event.value).map_err(fault)?;
        self.values.clear();
        let mut ends: Vec<Seen> = Vec::new();
        let asked = self.recorder.pending(process).unwrap_or(&[]);
        if asked.len() != operations.len() {
            let (asked, found) = (asked.len(), operations.len());
            let what = format!("{asked} operations were called, and {found} ended");
            return Err(fault(what));
        }
        for (&op, operation) in asked.iter().zip(operations) {
            let (f, key, value) = operation_of(operation).map_err(fault)?;
            if !is_name(key, self.recorder.name_of(op.key())) {
                return Err(fault("the keys are not those of the call".to_owned()));
            }
            match op {
                Op::Write { element, .. } => {
                    let written = self.recorder.value_of(element);
                    if f == "r" || number(value).map_err(fault)? != written {
                        return Err(fault("the writes are not those of the call".to_owned()));
                    }
                }
                _ if f != "r" => {
                    return Err(fault("the reads are not those of the call".to_owned()));
                }
                _ => ends.push(seen(self.workload, value, &mut self.values).map_err(fault)?),
            }
        }
        let mut start = 0;
        let answers: Vec<Answer> = ends
            .iter()
            .map(|end| match *end {
                Seen::Value(value) => Answer::Value(value),
                Seen::List { end } => {
                    Answer::List(&self.values[std::mem::replace(&mut start, end)..end])
                }
            })
            .collect();
        self.recorder.ok(line, process, &answers)
    }

    fn key(&mut self, key: &Term) -> Result<super::Key, String> {
        match key {
            Term::Int(number) => Ok(self.recorder.key(&number.to_string())),
            Term::Text(name) | Term::Word(name) => Ok(self.recorder.key(name)),
            Term::Nil | Term::List(_) => {
                Err("a key is an integer, a string or a keyword".to_owned())
            }
        }
    }
}

/// What a read saw.
enum Seen {
    Value(Option<i64>),
    /// The elements up to an end.
    List {
        end: usize,
    },
}

/// What a read saw; the elements of a list are added to `values`.
fn seen(workload: Workload, value: &Term, values: &mut Vec<i64>) -> Result<Seen, String> {
    match (workload, value) {
        (Workload::RwRegister, Term::Nil) => Ok(Seen::Value(None)),
        (Workload::RwRegister, value) => Ok(Seen::Value(Some(number(value)?))),
        (Workload::ListAppend, Term::Nil) => Ok(Seen::List { end: values.len() }),
        (Workload::ListAppend, value) => {
            for element in list(value)? {
                values.push(number(element)?);
            }
            Ok(Seen::List { end: values.len() })
        }
    }
}

fn is_name(key: &Term, name: &str) -> bool {
    match key {
        Term::Int(number) => name.parse() == Ok(*number),
        Term::Text(text) | Term::Word(text) => **text == *name,
        Term::Nil | Term::List(_) => false,
    }
}

fn operation_of(term: &Term) -> Result<(&str, &Term, &Term), String> {
    if let Term::List(parts) = term
        && let [Term::Word(f) | Term::Text(f), key, value] = &parts[..]
    {
        return Ok((f, key, value));
    }
    Err("an operation is [r key value], [append key value] or [w key value]".to_owned())
}

fn list(term: &Term) -> Result<&[Term], String> {
    match term {
        Term::List(list) => Ok(list),
        _ => Err("expected a list".to_owned()),
    }
}

fn number(term: &Term) -> Result<i64, String> {
    match term {
        Term::Int(number) => Ok(*number),
        _ => Err("values are integers, each written once to its key".to_owned()),
    }
}
