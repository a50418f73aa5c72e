//! Builds a history of transactions from its events.

use std::collections::HashMap;

use super::history::{Element, Fate, Key, NONE, Op, Transaction, Transactions, Workload};
use crate::history::{Client, Clients, Fault, ReadError};

/// What a transaction asks for, one operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Reads a key.
    Read(Key),
    /// Appends an element to a list, or writes a register.
    Write(Key, i64),
}

/// What a read was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    /// The elements of a list.
    List(&'a [i64]),
    /// The value of a register, or nothing if it was never written.
    Value(Option<i64>),
}

/// Builds [`Transactions`] from their events, and rejects events that cannot have been recorded.
///
/// Every event carries its position: a line number, or any number that grows with every event.
#[derive(Clone, Debug)]
pub struct Recorder {
    history: Transactions,
    /// The numbers of the keys.
    names: HashMap<String, u32>,
    /// The elements by key and value.
    known: HashMap<(u32, i64), u32>,
    /// For each key, the values of the longest list known.
    values: Vec<Vec<i64>>,
    /// For each key, the transaction that wrote it last, and what.
    written: Vec<(u32, u32)>,
    /// The open transaction of each process.
    open: HashMap<u64, u32>,
    last: Option<u64>,
}

impl Recorder {
    /// Operations are named by 32 bits, some of whose values mean nothing.
    const MOST: usize = (u32::MAX - 1) as usize;

    /// A recorder that has seen nothing.
    pub fn new(workload: Workload) -> Self {
        let history = Transactions {
            workload,
            transactions: Vec::new(),
            ops: Vec::new(),
            elements: Vec::new(),
            keys: Vec::new(),
            orders: Vec::new(),
            odd: Vec::new(),
            committed: Vec::new(),
            clients: Clients::default(),
        };
        Recorder {
            history,
            names: HashMap::new(),
            known: HashMap::new(),
            values: Vec::new(),
            written: Vec::new(),
            open: HashMap::new(),
            last: None,
        }
    }

    /// The key of a name.
    pub fn key(&mut self, name: &str) -> Key {
        if let Some(&number) = self.names.get(name) {
            return Key(number);
        }
        let number = self.history.keys.len() as u32;
        self.names.insert(name.to_owned(), number);
        self.history.keys.push(name.to_owned());
        self.history.orders.push(Vec::new());
        self.values.push(Vec::new());
        self.written.push((NONE, NONE));
        Key(number)
    }

    /// The number of a process that a recorded history writes so.
    pub(super) fn process(&mut self, client: &Client) -> u64 {
        self.history.clients.number(client)
    }

    /// `process` calls a transaction. Errors if it still waits for an earlier one, and if a value
    /// is written to a key a second time, for then its writer cannot be told.
    pub fn invoke(&mut self, at: u64, process: u64, steps: &[Step]) -> Result<(), ReadError> {
        self.advance(at)?;
        if let Some(&open) = self.open.get(&process) {
            let since = self.history.transactions[open as usize].called;
            let process = self.history.clients.word(process);
            return fault(at, Fault::StillOpen { process, since });
        }
        if self.history.ops.len() + steps.len() > Self::MOST {
            return fault(at, Fault::Syntax("the history has too many operations".to_owned()));
        }
        let number = self.history.transactions.len() as u32;
        let first = self.history.ops.len() as u32;
        for &step in steps {
            let op = match step {
                Step::Read(Key(key)) => Op::Unanswered { key },
                Step::Write(Key(key), value) => self.write(at, number, key, value)?,
            };
            self.history.ops.push(op);
        }
        self.open.insert(process, number);
        let fate = Fate::Unknown;
        let transaction = Transaction { process, called: at, ended: None, fate, first };
        self.history.transactions.push(transaction);
        Ok(())
    }

    fn write(&mut self, at: u64, by: u32, key: u32, value: i64) -> Result<Op, ReadError> {
        let element = self.element(key, value);
        if self.history.elements[element as usize].writer != NONE {
            let name = &self.history.keys[key as usize];
            let what = format!("{value} is written to key {name} a second time; let values differ");
            return fault(at, Fault::Syntax(what));
        }
        self.history.elements[element as usize].writer = by;
        let (writer, before) = std::mem::replace(&mut self.written[key as usize], (by, element));
        if writer == by {
            self.history.elements[before as usize].intermediate = true;
        }
        Ok(Op::Write { key, element })
    }

    /// The open transaction of `process` committed, and its reads saw `answers`, in order. Errors
    /// if there is none open, or if the answers are not those of its reads.
    pub fn ok(&mut self, at: u64, process: u64, answers: &[Answer]) -> Result<(), ReadError> {
        let number = self.close(at, process)?;
        let mut answers = answers.iter();
        for index in self.history.range(number) {
            let Op::Unanswered { key } = self.history.ops[index] else {
                continue;
            };
            let op = match (self.history.workload, answers.next()) {
                (Workload::ListAppend, Some(Answer::List(list))) => self.list(key, list),
                (Workload::RwRegister, Some(Answer::Value(value))) => self.version(key, *value),
                _ => return fault(at, mismatch("a read has no answer, or one of another kind")),
            };
            self.history.ops[index] = op;
        }
        if answers.next().is_some() {
            return fault(at, mismatch("there are more answers than reads"));
        }
        self.history.transactions[number as usize].fate = Fate::Committed;
        self.history.committed.push(number);
        Ok(())
    }

    /// The open transaction of `process` certainly did not happen. Errors if there is none.
    pub fn fail(&mut self, at: u64, process: u64) -> Result<(), ReadError> {
        let number = self.close(at, process)?;
        self.history.transactions[number as usize].fate = Fate::Aborted;
        Ok(())
    }

    /// `process` gave up on its open transaction, which may take effect later or never. Errors if
    /// there is none. The process is free to call again.
    pub fn info(&mut self, at: u64, process: u64) -> Result<(), ReadError> {
        let number = self.close(at, process)?;
        self.history.transactions[number as usize].ended = None;
        Ok(())
    }

    /// The open transaction of a process: what it asked for.
    pub(super) fn pending(&self, process: u64) -> Option<&[Op]> {
        self.open.get(&process).map(|&number| self.history.ops_of(number))
    }

    pub(super) fn value_of(&self, element: u32) -> i64 {
        self.history.elements[element as usize].value
    }

    pub(super) fn name_of(&self, key: u32) -> &str {
        &self.history.keys[key as usize]
    }

    /// The history. Transactions that are still open have an unknown fate.
    pub fn finish(self) -> Transactions {
        self.history
    }

    fn element(&mut self, key: u32, value: i64) -> u32 {
        *self.known.entry((key, value)).or_insert_with(|| {
            let number = self.history.elements.len() as u32;
            let (writer, position, intermediate) = (NONE, NONE, false);
            self.history.elements.push(Element { value, writer, position, intermediate });
            number
        })
    }

    fn version(&mut self, key: u32, value: Option<i64>) -> Op {
        let Some(value) = value else {
            return Op::Prefix { key, length: 0 };
        };
        let element = self.element(key, value);
        self.history.elements[element as usize].position = 0;
        Op::Version { key, element }
    }

    /// A read of a list: a beginning of what is known, more of it, or something else.
    fn list(&mut self, key: u32, list: &[i64]) -> Op {
        let known = &self.values[key as usize];
        let common = known.len().min(list.len());
        if list[..common] == known[..common] && self.extend(key, &list[common..]) {
            return Op::Prefix { key, length: list.len() as u32 };
        }
        let odd = list.iter().map(|&value| self.element(key, value)).collect();
        self.history.odd.push(odd);
        Op::Odd { key, list: self.history.odd.len() as u32 - 1 }
    }

    /// Makes the known list of a key longer, unless an element would then be in it twice.
    fn extend(&mut self, key: u32, more: &[i64]) -> bool {
        let start = self.history.orders[key as usize].len();
        for (position, &value) in (start..).zip(more) {
            let number = self.element(key, value);
            let element = &mut self.history.elements[number as usize];
            if element.position != NONE {
                for added in self.history.orders[key as usize].drain(start..) {
                    self.history.elements[added as usize].position = NONE;
                }
                return false;
            }
            element.position = position as u32;
            self.history.orders[key as usize].push(number);
        }
        self.values[key as usize].extend_from_slice(more);
        true
    }

    fn close(&mut self, at: u64, process: u64) -> Result<u32, ReadError> {
        self.advance(at)?;
        let Some(number) = self.open.remove(&process) else {
            let process = self.history.clients.word(process);
            return fault(at, Fault::NothingOpen { process });
        };
        self.history.transactions[number as usize].ended = Some(at);
        Ok(number)
    }

    fn advance(&mut self, at: u64) -> Result<(), ReadError> {
        match self.last.replace(at) {
            Some(after) if at <= after => fault(at, Fault::OutOfOrder { after }),
            _ => Ok(()),
        }
    }
}

fn mismatch(what: &str) -> Fault {
    Fault::Mismatch(what.to_owned())
}

fn fault<T>(line: u64, fault: Fault) -> Result<T, ReadError> {
    Err(ReadError { line, fault })
}
