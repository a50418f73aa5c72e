//! A recorded history: who asked what, when, and what came of it.

use std::collections::HashMap;
use std::fmt;

use super::clients::{Client, Clients};

/// What came of an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<O> {
    /// It answered: its effect took place at one instant between its call and its return.
    Returned {
        /// The answer.
        output: O,
        /// The position of the return in the history.
        at: u64,
    },
    /// It certainly did not happen.
    Failed,
    /// Nobody knows: it may take effect at any time after its call, or never.
    Unknown,
}

/// One operation of one process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation<I, O> {
    /// The client that asked. One client has at most one operation open at a time.
    pub process: u64,
    /// What was asked.
    pub input: I,
    /// The position of the call in the history.
    pub called: u64,
    /// What came of it.
    pub outcome: Outcome<O>,
}

impl<I, O> Operation<I, O> {
    /// The answer, if one is known.
    pub fn output(&self) -> Option<&O> {
        match &self.outcome {
            Outcome::Returned { output, .. } => Some(output),
            Outcome::Failed | Outcome::Unknown => None,
        }
    }

    /// The position of the return, if it returned with an answer.
    pub fn returned(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Returned { at, .. } => Some(at),
            Outcome::Failed | Outcome::Unknown => None,
        }
    }
}

/// Operations in the order of their calls.
///
/// Invariants, kept by [`Recorder`]: positions are distinct, calls ascend, an operation returns
/// after its call, and the operations of one process do not overlap except those whose outcome is
/// unknown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History<I, O> {
    operations: Vec<Operation<I, O>>,
    clients: Clients,
}

impl<I, O> History<I, O> {
    /// The operations, in the order of their calls. Witnesses name them by their index here.
    pub fn operations(&self) -> &[Operation<I, O>] {
        &self.operations
    }

    /// The same operations, each told something new. What is told must not move them in time.
    pub(super) fn map(self, tell: impl FnMut(Operation<I, O>) -> Operation<I, O>) -> Self {
        History { operations: self.operations.into_iter().map(tell).collect(), ..self }
    }

    /// How many operations were called.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing was called.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The clients that have names.
    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }
}

/// Why a history cannot be read. Lines count from 1; for a history recorded by a program they are
/// the positions it gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// The line at fault, or 0 if it is the text as a whole.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a recorded history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A process calls while its earlier operation is still open.
    StillOpen {
        /// The process that calls, by name or number.
        process: String,
        /// Where its open operation was called.
        since: u64,
    },
    /// A process answers, fails or times out without an open operation.
    NothingOpen {
        /// The process of the event, by name or number.
        process: String,
    },
    /// A position that is not above the position before it.
    OutOfOrder {
        /// The position before it.
        after: u64,
    },
    /// The event does not fit the call that it ends.
    Mismatch(String),
    /// The line is not an event of the format, or of the model.
    Syntax(String),
    /// The history is not of the kind that the question needs.
    Unfit(String),
    /// The text is in none of the known formats, or has no events.
    UnknownFormat,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        match &self.fault {
            Fault::StillOpen { process, since } => write!(
                f,
                "process {process} calls, but its operation of line {since} is still open"
            ),
            Fault::NothingOpen { process } => {
                write!(f, "process {process} ends an operation, but has none open")
            }
            Fault::OutOfOrder { after } => {
                write!(f, "the position does not come after {after}, the one before it")
            }
            Fault::Mismatch(what) | Fault::Syntax(what) | Fault::Unfit(what) => f.write_str(what),
            Fault::UnknownFormat => f.write_str(
                "no event in a known format: expected a Jepsen log, or EDN maps or JSON objects, \
                 one a line or all in one array",
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// Builds a [`History`] from its events, and rejects events that cannot have been recorded.
///
/// Every event carries its position: a line number, or any number that grows with every event.
#[derive(Clone, Debug)]
pub struct Recorder<I, O> {
    operations: Vec<Operation<I, O>>,
    /// The index of the open operation of each process.
    open: HashMap<u64, usize>,
    last: Option<u64>,
    clients: Clients,
}

impl<I, O> Default for Recorder<I, O> {
    fn default() -> Self {
        Recorder {
            operations: Vec::new(),
            open: HashMap::new(),
            last: None,
            clients: Clients::default(),
        }
    }
}

impl<I, O> Recorder<I, O> {
    /// A recorder that has seen nothing.
    pub fn new() -> Self {
        Recorder::default()
    }

    /// The number of a process that a recorded history writes so.
    pub(crate) fn process(&mut self, client: &Client) -> u64 {
        self.clients.number(client)
    }

    /// A process in words: its name, or its number.
    pub(crate) fn word(&self, process: u64) -> String {
        self.clients.word(process)
    }

    /// `process` asks for `input`. Errors if it still waits for an earlier answer.
    pub fn invoke(&mut self, at: u64, process: u64, input: I) -> Result<(), ReadError> {
        self.advance(at)?;
        if let Some(&index) = self.open.get(&process) {
            let since = self.operations[index].called;
            let process = self.clients.word(process);
            return fault(at, Fault::StillOpen { process, since });
        }
        self.open.insert(process, self.operations.len());
        self.operations.push(Operation { process, input, called: at, outcome: Outcome::Unknown });
        Ok(())
    }

    /// The open operation of `process` answered `output`. Errors if there is none.
    pub fn ok(&mut self, at: u64, process: u64, output: O) -> Result<(), ReadError> {
        let index = self.close(at, process)?;
        self.operations[index].outcome = Outcome::Returned { output, at };
        Ok(())
    }

    /// The open operation of `process` certainly did not happen. Errors if there is none.
    pub fn fail(&mut self, at: u64, process: u64) -> Result<(), ReadError> {
        let index = self.close(at, process)?;
        self.operations[index].outcome = Outcome::Failed;
        Ok(())
    }

    /// `process` gave up on its open operation, which may take effect later or never. Errors if
    /// there is none. The process is free to call again.
    pub fn info(&mut self, at: u64, process: u64) -> Result<(), ReadError> {
        self.close(at, process).map(|_| ())
    }

    /// The call that `process` waits for, if any.
    pub fn pending(&self, process: u64) -> Option<&Operation<I, O>> {
        let index = *self.open.get(&process)?;
        Some(&self.operations[index])
    }

    /// The history. Operations that are still open have an unknown outcome.
    pub fn finish(self) -> History<I, O> {
        History { operations: self.operations, clients: self.clients }
    }

    fn close(&mut self, at: u64, process: u64) -> Result<usize, ReadError> {
        self.advance(at)?;
        match self.open.remove(&process) {
            Some(index) => Ok(index),
            None => fault(at, Fault::NothingOpen { process: self.clients.word(process) }),
        }
    }

    fn advance(&mut self, at: u64) -> Result<(), ReadError> {
        match self.last.replace(at) {
            Some(after) if at <= after => fault(at, Fault::OutOfOrder { after }),
            _ => Ok(()),
        }
    }
}

fn fault<T>(line: u64, fault: Fault) -> Result<T, ReadError> {
    Err(ReadError { line, fault })
}
