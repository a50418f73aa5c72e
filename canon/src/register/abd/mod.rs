//! ABD: an atomic register on a majority (Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in
//! Message-Passing Systems", 1995; for many writers Lynch and Shvartsman, "Robust Emulation of
//! Shared Memory Using Dynamic Quorum-Acknowledged Broadcasts", 1997; cited as `ABD` and `LS`).
//!
//! Every node holds a copy of the value with its stamp: a number, and the writer that chose it. A
//! copy only ever gives way to one of a later stamp. A write propagates its value, with a stamp
//! later than any before, until a majority holds it. A read queries a majority and takes the
//! latest copy; any two majorities share a node, so that is no older than the last write that
//! returned. The read then *writes back*: it propagates what it found until a majority holds it,
//! for otherwise the next read might ask other nodes and find something older, although nothing
//! but a half-finished write is to blame for the difference (the *new-old inversion*).
//!
//! A single writer knows the last stamp, since it chose it. Among many writers a write begins with
//! a query like a read's, and equal numbers are told apart by the writer.
//!
//! Model: asynchronous, crash-recovery of any number of nodes, fair-loss links that may lose,
//! repeat and reorder; safety always, termination while a majority is up. Quorum: any majority.
//!
//! What differs from the papers, which let nodes stop for good, and why:
//! - An Ack leaves when the copy is on disk: a majority that holds the value must go on holding it.
//! - A Propagate leaves when its stamp is on disk at the writer, and so does a Value: a stamp that
//!   was heard of and then forgotten would be given to a second value.
//! - A query is named by the number of this node's life, which is on disk before the query leaves,
//!   and a count within that life: a Value may be older than the query of another life. An Ack
//!   needs no such name: that a copy as late as its stamp is on disk never ceases to be true.
//! - *Self is a peer*: the node's own copy is one of the majority's by messages to itself.
//!
//! Left out: leaving out the write-back when a majority already agrees (in `values`, before
//! `propagate`), and quorums that are not majorities (`is_quorum` is the only place that counts).

mod invariants;
mod message;
mod mutant;

use alloc::vec::Vec;
use core::time::Duration;

use model::{NodeId, NodeSet, Out, Process, Value};
use serde::{Deserialize, Serialize};

pub use invariants::one_value_a_stamp;
pub use message::{Copy, Message, QueryId, Record, Repeat, Stamp};
pub use mutant::Mutant;

use super::{Indication, Request};

/// What never changes at a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// This node.
    pub me: NodeId,
    /// All nodes that hold a copy, this one among them.
    pub members: NodeSet,
    /// The only node that may write, or nothing if all may.
    pub writer: Option<NodeId>,
    /// After how long what was not answered is sent again.
    pub every: Duration,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

impl Setup {
    /// The nodes `n0` to `n(nodes-1)`, seen from `me`; all may write. What was not answered is sent
    /// again after 50 ms: several round trips of a data centre with their syncs.
    pub fn new(me: NodeId, nodes: usize) -> Setup {
        Setup {
            me,
            members: NodeSet::first(nodes),
            writer: None,
            every: Duration::from_millis(50),
            mutant: None,
        }
    }
}

/// The register at one node.
///
/// Invariants: the stamp of `copy` never falls, and `copy` and `life` are saved in the step that
/// changes them; a stamp has one value; the alarm is armed exactly while an operation is under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Abd<V> {
    setup: Setup,
    copy: Copy<V>,
    /// How many lives of this node have queried, this one included if it has.
    life: u64,
    /// How many queries this life has begun.
    queries: u64,
    phase: Phase<V>,
}

/// Where this node's own operation stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Phase<V> {
    /// None is under way.
    Idle,
    /// Asks a majority for its copies (LS, query phase).
    Query {
        /// Which query.
        id: QueryId,
        /// The operation it is for.
        operation: Request<V>,
        /// Who has answered.
        values: NodeSet,
        /// The latest copy among the answers.
        latest: Copy<V>,
    },
    /// Gives a majority this copy (LS, propagation phase).
    Propagate {
        /// The copy.
        copy: Copy<V>,
        /// Who holds it on disk, or a later one.
        acks: NodeSet,
        /// What is then told.
        answer: Indication<V>,
    },
}

impl<V: Value> Process for Abd<V> {
    type Request = Request<V>;
    type Indication = Indication<V>;
    type Message = Message<V>;
    type Timer = Repeat;
    type Record = Record<V>;

    fn recover(&mut self, record: Record<V>) {
        match record {
            Record::Life(life) => self.life = life,
            Record::Copy(copy) => self.copy = copy,
        }
    }

    fn records(&self) -> Vec<Record<V>> {
        let life = (self.life > 0).then_some(Record::Life(self.life));
        let copy = (self.copy.stamp > Stamp::default()).then(|| Record::Copy(self.copy.clone()));
        life.into_iter().chain(copy).collect()
    }

    fn request(&mut self, request: Request<V>, out: &mut Out<Self>) {
        if self.phase != Phase::Idle {
            return;
        }
        let Setup { me, writer, .. } = self.setup;
        match request {
            // ABD, write: the single writer holds the last stamp.
            Request::Write(value) if writer == Some(me) => {
                self.write(self.copy.stamp, value, out);
            }
            Request::Write(_) if writer.is_some() => {}
            Request::Write(_) | Request::Read => self.query(request, out),
        }
    }

    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        match message {
            // LS, query phase: a member answers with its copy.
            Message::Query { id } => {
                let value = Message::Value { id, copy: self.copy.clone() };
                self.send(from, value, Mutant::EarlyValue, out);
            }
            // LS, query phase: the latest copy of a majority.
            Message::Value { id, copy } => self.value(from, id, copy, out),
            // LS, propagation phase: a member takes what is later than its copy.
            Message::Propagate { copy } => {
                self.adopt(&copy, out);
                // Even if this copy came before: the first Ack may be lost.
                self.send(from, Message::Ack { stamp: copy.stamp }, Mutant::EarlyAck, out);
            }
            // LS, propagation phase: a majority holds the copy.
            Message::Ack { stamp } => self.ack(from, stamp, out),
        }
    }

    fn timer(&mut self, Repeat: Repeat, out: &mut Out<Self>) {
        if !self.is_broken(Mutant::NeverRepeat) {
            self.say_again(out);
        }
    }
}

impl<V: Value> Abd<V> {
    /// A register that nobody has written.
    pub fn new(setup: Setup) -> Abd<V> {
        Abd { setup, copy: Copy::default(), life: 0, queries: 0, phase: Phase::Idle }
    }

    /// This node's copy.
    pub fn copy(&self) -> &Copy<V> {
        &self.copy
    }

    /// Where this node's own operation stands.
    pub fn phase(&self) -> &Phase<V> {
        &self.phase
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    /// Whether these are a majority of the members; the breakage counts one less.
    fn is_quorum(&self, nodes: NodeSet, one_less: Mutant) -> bool {
        let members = self.setup.members;
        let missing = usize::from(self.is_broken(one_less));
        nodes.intersection(members).len() + missing >= members.majority()
    }

    /// Sends when everything saved is on disk, or at once under this breakage.
    fn send(&self, to: NodeId, message: Message<V>, early: Mutant, out: &mut Out<Self>) {
        match self.is_broken(early) {
            true => out.send(to, message),
            false => out.send_durable(to, message),
        }
    }

    /// Takes over a copy of a later stamp.
    fn adopt(&mut self, copy: &Copy<V>, out: &mut Out<Self>) {
        if copy.stamp > self.copy.stamp || self.is_broken(Mutant::TakeOlder) {
            self.copy = copy.clone();
            out.save(Record::Copy(copy.clone()));
        }
    }

    /// LS, query phase: begins.
    fn query(&mut self, operation: Request<V>, out: &mut Out<Self>) {
        if self.queries == 0 {
            self.life += 1;
            out.save(Record::Life(self.life));
        }
        self.queries += 1;
        let id = QueryId { life: self.life, number: self.queries };
        let values = NodeSet::EMPTY;
        self.phase = Phase::Query { id, operation, values, latest: Copy::default() };
        self.say_again(out);
    }

    /// LS, query phase: an answer. A majority of them ends it.
    fn value(&mut self, from: NodeId, of: QueryId, copy: Copy<V>, out: &mut Out<Self>) {
        let Phase::Query { id, operation, values, latest } = &mut self.phase else {
            return;
        };
        if *id != of {
            return;
        }
        values.insert(from);
        if copy.stamp > latest.stamp {
            *latest = copy;
        }
        let (values, latest, operation) = (*values, latest.clone(), operation.clone());
        if self.is_quorum(values, Mutant::FewerValues) {
            self.values(operation, latest, out);
        }
    }

    /// A majority has answered: the latest copy is no older than what any operation that ended
    /// before the query has returned.
    fn values(&mut self, operation: Request<V>, latest: Copy<V>, out: &mut Out<Self>) {
        match operation {
            Request::Write(value) => self.write(latest.stamp, value, out),
            Request::Read if self.is_broken(Mutant::NoWriteBack) => {
                self.finish(Indication::ReadReturns(latest.value), out);
            }
            // ABD, read: the write-back.
            Request::Read => {
                let answer = Indication::ReadReturns(latest.value.clone());
                self.propagate(latest, answer, out);
            }
        }
    }

    /// Gives the value a stamp that is later than `known` and than this node's own: it holds every
    /// stamp that it chose, so it never chooses one twice, in any of its lives.
    fn write(&mut self, known: Stamp, value: V, out: &mut Out<Self>) {
        let Some(number) = known.number.max(self.copy.stamp.number).checked_add(1) else {
            // A broken peer has used up the numbers. A write that cannot be told from the one
            // before gets no answer.
            self.phase = Phase::Idle;
            return out.cancel(Repeat);
        };
        let stamp = Stamp { number, writer: self.setup.me };
        let copy = Copy { stamp, value: Some(value) };
        self.adopt(&copy, out);
        self.propagate(copy, Indication::WriteReturns, out);
    }

    /// LS, propagation phase: begins.
    fn propagate(&mut self, copy: Copy<V>, answer: Indication<V>, out: &mut Out<Self>) {
        self.phase = Phase::Propagate { copy, acks: NodeSet::EMPTY, answer };
        self.say_again(out);
    }

    /// LS, propagation phase: an answer. A majority of them ends it, and the operation.
    fn ack(&mut self, from: NodeId, stamp: Stamp, out: &mut Out<Self>) {
        let Phase::Propagate { copy, acks, answer } = &mut self.phase else {
            return;
        };
        if copy.stamp != stamp {
            return;
        }
        acks.insert(from);
        let (acks, answer) = (*acks, answer.clone());
        if self.is_quorum(acks, Mutant::FewerAcks) {
            self.finish(answer, out);
        }
    }

    fn finish(&mut self, answer: Indication<V>, out: &mut Out<Self>) {
        self.phase = Phase::Idle;
        out.cancel(Repeat);
        out.indicate(answer);
    }

    /// Says the message of the phase to all that have not answered it.
    fn say_again(&self, out: &mut Out<Self>) {
        let (message, answered, early) = match &self.phase {
            Phase::Idle => return,
            Phase::Query { id, values, .. } => {
                (Message::Query { id: *id }, *values, Mutant::EarlyQuery)
            }
            Phase::Propagate { copy, acks, .. } => {
                (Message::Propagate { copy: copy.clone() }, *acks, Mutant::EarlyPropagate)
            }
        };
        for node in self.setup.members.iter().filter(|&node| !answered.contains(node)) {
            self.send(node, message.clone(), early, out);
        }
        out.set(Repeat, self.setup.every..self.setup.every);
    }
}
