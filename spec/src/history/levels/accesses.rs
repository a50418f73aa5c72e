//! A history as reads and writes of registers, where every read names its write.

use std::collections::HashMap;

use crate::history::budget::{Budget, Stop};
use crate::history::model::Model;
use crate::history::operation::{Fault, History, Outcome, ReadError};
use crate::history::rules::{Conflict, Fact};

/// One read or write, as recorded. The value is a number of its own in its register; 0 is what the
/// register held at first.
#[derive(Clone, Debug)]
struct Visit {
    operation: usize,
    session: u32,
    key: u32,
    writes: bool,
    value: u32,
    called: u64,
    returned: Option<u64>,
}

/// All reads and writes of a history that may have happened, by call.
#[derive(Clone, Debug)]
pub(crate) struct Visits {
    visits: Vec<Visit>,
    sessions: usize,
    /// The value that each visit of the same place writes or reads, in words of its own.
    values: HashMap<(u32, String), u32>,
}

/// A read that was answered, or a write that certainly happened: it was answered, or somebody read
/// what it wrote.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its index in the history.
    pub(crate) operation: usize,
    pub(crate) session: u32,
    pub(crate) key: u32,
    pub(crate) writes: bool,
    /// Of a read: the node whose value it returned; nothing is the initial value.
    pub(crate) source: Option<u32>,
    /// Whether it was answered. A write that was not may have taken effect at any time after what
    /// its client did before, so that nothing its client did later comes after it.
    pub(crate) answered: bool,
}

/// What certainly happened up to some return.
#[derive(Clone, Debug)]
pub(crate) struct Accesses {
    pub(crate) nodes: Vec<Node>,
    /// The nodes of each client, in its order.
    pub(crate) sessions: Vec<Vec<u32>>,
}

/// Another answer than the one recorded: the operation and the value read.
pub(crate) type Instead = Option<(usize, u32)>;

impl Visits {
    /// The bytes held for each operation, with what is made of it: two records of six words, an
    /// entry of a hash table with a short text, and the places in lists.
    pub(crate) const BYTES: usize = 400;

    /// Errors if some operation is neither a read nor a write, or if it is not clear from what a
    /// read returned which write that was.
    pub(crate) fn new<M: Model>(
        model: &M,
        history: &History<M::Input, M::Output>,
        level: &str,
    ) -> Result<Visits, ReadError> {
        let unfit = |line, what| Err(ReadError { line, fault: Fault::Unfit(what) });
        let (mut keys, mut sessions) = (HashMap::new(), HashMap::new());
        let mut values: HashMap<(u32, String), u32> = HashMap::new();
        let mut written: HashMap<(u32, u32), u64> = HashMap::new();
        let mut visits = Vec::with_capacity(history.len());
        for (index, operation) in history.operations().iter().enumerate() {
            if operation.outcome == Outcome::Failed {
                continue;
            }
            let Some(access) = model.access(&operation.input, operation.output()) else {
                let asked = model.describe_input(&operation.input);
                let what = format!(
                    "the level {level} is judged by who read whose write, and {asked} is not \
                     just a read or a write of one register"
                );
                return unfit(operation.called, what);
            };
            let known = keys.len() as u32;
            let key = *keys.entry(access.key).or_insert(known);
            let known = sessions.len() as u32;
            let session = *sessions.entry(operation.process).or_insert(known);
            let known = values.len() as u32 + 1;
            let value = access.value.map_or(0, |text| *values.entry((key, text)).or_insert(known));
            if access.writes {
                let asked = model.describe_input(&operation.input);
                if value == 0 {
                    let what = format!(
                        "the level {level} needs to know whose value was read, and {asked} writes \
                         the value that was there at first"
                    );
                    return unfit(operation.called, what);
                }
                if let Some(before) = written.insert((key, value), operation.called) {
                    let what = format!(
                        "the level {level} needs every value to be written once, and {asked} \
                         writes what was written in line {before} already"
                    );
                    return unfit(operation.called, what);
                }
            }
            let (called, returned) = (operation.called, operation.returned());
            let (operation, writes) = (index, access.writes);
            visits.push(Visit { operation, session, key, writes, value, called, returned });
        }
        Ok(Visits { visits, sessions: sessions.len(), values })
    }

    /// Where reads and writes returned, ascending.
    pub(crate) fn returns(&self) -> Vec<u64> {
        let mut returns: Vec<u64> = self.visits.iter().filter_map(|visit| visit.returned).collect();
        returns.sort_unstable();
        returns
    }

    /// The operation that returned at a position.
    pub(crate) fn returned_at(&self, at: u64) -> Option<usize> {
        let visit = self.visits.iter().find(|visit| visit.returned == Some(at))?;
        Some(visit.operation)
    }

    /// The values that a read may have returned instead, those written last first; nothing if the
    /// operation is no read.
    pub(crate) fn alternatives(&self, operation: usize) -> Vec<u32> {
        let same = |visit: &&Visit| visit.operation == operation;
        let Some(read) = self.visits.iter().find(same).filter(|visit| !visit.writes) else {
            return Vec::new();
        };
        let writes = self.visits.iter().rev().filter(|visit| visit.writes && visit.key == read.key);
        let near = |visit: &&Visit| read.returned.is_none_or(|at| visit.called < at);
        let written = writes.filter(near).map(|visit| visit.value);
        written.chain([0]).filter(|&value| value != read.value).collect()
    }

    /// A value in words.
    pub(crate) fn word(&self, value: u32) -> &str {
        let known = self.values.iter().find(|(_, number)| **number == value);
        known.map_or("the initial value", |((_, text), _)| text)
    }

    /// What certainly happened if answers after a position had not come. Without an answer later
    /// operations may still have happened, and those that somebody saw did. An error tells of a
    /// read that nobody can have written the value of.
    pub(crate) fn until(&self, until: u64, instead: Instead) -> Result<Accesses, Conflict> {
        let answered = |visit: &Visit| visit.returned.is_some_and(|at| at <= until);
        let value_of = |visit: &Visit| match instead {
            Some((operation, value)) if operation == visit.operation => value,
            _ => visit.value,
        };
        let reads = |visit: &&Visit| !visit.writes && answered(visit);
        let read: HashMap<(u32, u32), usize> = self
            .visits
            .iter()
            .filter(reads)
            .map(|visit| ((visit.key, value_of(visit)), visit.operation))
            .collect();
        let mut nodes = Vec::new();
        let mut sessions = vec![Vec::new(); self.sessions];
        let mut writes = HashMap::new();
        let mut places = Vec::new();
        for (place, visit) in self.visits.iter().enumerate() {
            let answered = answered(visit);
            let shown = visit.writes && read.contains_key(&(visit.key, visit.value));
            if !answered && !shown {
                continue;
            }
            let Visit { operation, session, key, writes: writing, .. } = *visit;
            let number = nodes.len() as u32;
            sessions[session as usize].push(number);
            if writing {
                writes.insert((key, visit.value), number);
            }
            nodes.push(Node { operation, session, key, writes: writing, source: None, answered });
            places.push(place);
        }
        for (node, &place) in nodes.iter_mut().zip(&places).filter(|(node, _)| !node.writes) {
            let visit = &self.visits[place];
            let value = value_of(visit);
            node.source = writes.get(&(visit.key, value)).copied();
            if value != 0 && node.source.is_none() {
                let fact = Fact::Noted("Nobody had been asked to write that".to_owned(), vec![]);
                let first = Fact::Answered(node.operation);
                return Err(Conflict::new("a read returns what was written", first, fact));
            }
        }
        Ok(Accesses { nodes, sessions })
    }
}

impl Accesses {
    /// A read of what its own client wrote only later: no level allows that. Nodes are numbered by
    /// call, so those of one session are in its order.
    pub(crate) fn foresight(&self, budget: &mut Budget) -> Result<Option<Conflict>, Stop> {
        for (read, node) in (0..).zip(&self.nodes) {
            budget.work(1)?;
            let later = node.source.filter(|&source| source > read);
            let own = |source: &u32| self.nodes[*source as usize].session == node.session;
            if let Some(source) = later.filter(own) {
                let [write, read] = [source, read].map(|node| self.operation(node));
                return Ok(Some(Conflict::new(
                    "a client does not read what it writes only later",
                    Fact::ReadFrom(write, read),
                    Fact::InSession(read, write),
                )));
            }
        }
        Ok(None)
    }

    /// The index of a node's operation in the history.
    pub(crate) fn operation(&self, node: u32) -> usize {
        self.nodes[node as usize].operation
    }
}
