//! A replicated machine over any total order (Schneider, "Implementing Fault-Tolerant Services
//! Using the State Machine Approach", 1990). It is a `Process` itself: the store that is served is
//! the store that is simulated.
//!
//! Every node takes requests. An update goes to the leader, through the order, and is applied by
//! every node; the node that was asked answers its client when it applies the command itself. A
//! read asks the order from which slot on the state is new enough, waits until that much is
//! applied here, and is answered here.
//!
//! **Exactly once.** A forwarded command may get lost, so its node sends it again, and then it may
//! stand in the order twice. Each command carries its origin: the node, which of its lives, and
//! a number. A machine applies a node's commands only in rising order of life and number, so the
//! second copy is passed over. A command that was overtaken by a later one of the same node is
//! passed over too; its node sees that happen, knows that it took no effect, and sends it under a
//! new number. The number of the life is on disk before the first command of that life leaves.
//!
//! Model: that of the order below. Left out: clients' own sessions across nodes (a client that
//! asks again at another node is not recognised), and snapshots (the log is the whole state).

mod interface;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use model::order::{Ask, Order, Tell};
use model::{NodeId, Out, Process};

pub use interface::{Command, Indication, Message, Operation, Origin, Record, Request, Timer};

use crate::Machine;

/// How often what was not answered is asked again. Longer than an election, after which all is
/// asked again anyway: this is for messages that got lost under a leader that stayed.
const RETRY: Duration = Duration::from_secs(2);

/// Reads are numbered within a life below this; numbers of reads are never used again, so the
/// life makes their high bits. 2^40 reads at a million a second last 12 days for one batch each,
/// and a batch holds all reads at hand.
const READS_A_LIFE: u64 = 1 << 40;

/// Batches of reads that may be open at once. With no answer coming, further reads wait for the
/// next batch, so that an unreachable leader costs a bounded number of messages.
const OPEN_BATCHES: usize = 64;

/// The weight at which a message of forwarded commands is full, like an Append of Raft; the command
/// that reaches it still goes along.
const FORWARD_WEIGHT: usize = 1 << 20;

/// A machine and the order that feeds it, at one node.
///
/// Invariants: the machine has taken exactly the commands up to `applied`; no number that was
/// answered is in `updates`, and those in `queue` that are not are passed over; nothing leaves
/// before `has_begun`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Replica<O: Process, M: Machine> {
    me: NodeId,
    order: O,
    machine: M,
    /// The slot up to which the machine has taken commands.
    applied: u64,
    /// The newest life and number applied, by node.
    sessions: BTreeMap<NodeId, (u64, u64)>,
    /// Which of this node's lives this is, counted from 1, and whether that is on disk.
    life: u64,
    has_begun: bool,
    term: u64,
    leader: Option<NodeId>,
    /// The newest number given to an update.
    number: u64,
    /// Updates of our clients that were not yet applied, by number.
    updates: BTreeMap<u64, Update<M::Command>>,
    /// Numbers of updates that are still to be sent to the leader.
    queue: Vec<u64>,
    /// Reads that wait for the next batch.
    waiting: Vec<(u64, M::Query)>,
    /// Batches that the order was asked for, by number.
    batches: BTreeMap<u64, Batch<M::Query>>,
    /// The newest number given to a batch in this life.
    batch: u64,
    /// Reads that may be answered when the slot is applied.
    parked: BTreeMap<u64, Vec<(u64, M::Query)>>,
    /// Whether the retry alarm is armed.
    is_armed: bool,
}

/// An update that was not yet applied.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Update<C> {
    id: u64,
    body: C,
    is_old: bool,
}

/// Reads that wait together for the order's answer.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Batch<Q> {
    reads: Vec<(u64, Q)>,
    is_old: bool,
}

impl<M: Machine, O: Order<Command = Command<M::Command>>> Replica<O, M> {
    /// A replica that has neither recovered nor started, over an order that has not either.
    pub fn new(me: NodeId, order: O) -> Self {
        Replica {
            me,
            order,
            machine: M::default(),
            applied: 0,
            sessions: BTreeMap::new(),
            life: 0,
            has_begun: false,
            term: 0,
            leader: None,
            number: 0,
            updates: BTreeMap::new(),
            queue: Vec::new(),
            waiting: Vec::new(),
            batches: BTreeMap::new(),
            batch: 0,
            parked: BTreeMap::new(),
            is_armed: false,
        }
    }

    /// The order below.
    pub fn order(&self) -> &O {
        &self.order
    }

    /// The machine, as it stands after the last command applied here.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The slot up to which the machine has taken commands.
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// The term, and its leader if this node knows it.
    pub fn leader(&self) -> (u64, Option<NodeId>) {
        (self.term, self.leader)
    }

    /// The seam to the order: runs one of its handlers and takes what it tells.
    fn with_order(&mut self, out: &mut Out<Self>, run: impl FnOnce(&mut O, &mut Out<O>)) {
        let lift = (Message::Order, Timer::Order, Record::Order);
        for told in out.below(lift, |below| run(&mut self.order, below)) {
            match told {
                Tell::Deliver { slot, command } => self.deliver(slot, command, out),
                Tell::Leader { term, leader } => self.turn_to(term, leader, out),
                Tell::Readable { read, slot } => self.release(read, slot, out),
            }
        }
    }

    /// A client asks.
    fn ask(&mut self, id: u64, operation: Operation<M::Command, M::Query>, out: &mut Out<Self>) {
        match operation {
            Operation::Peek(query) => {
                let reply = self.machine.query(&query);
                return out.indicate(Indication::Answer { id, reply });
            }
            Operation::Read(query) => self.waiting.push((id, query)),
            Operation::Update(body) => self.enqueue(id, body),
        }
        if !self.is_armed {
            self.is_armed = true;
            out.set(Timer::Retry, RETRY..RETRY);
        }
    }

    fn enqueue(&mut self, id: u64, body: M::Command) {
        self.number += 1;
        self.updates.insert(self.number, Update { id, body, is_old: false });
        self.queue.push(self.number);
    }

    /// Applies the command at the next slot, unless its origin says that it was applied already or
    /// overtaken; then answers whoever waits for it or for that slot.
    fn deliver(&mut self, slot: u64, command: Option<Command<M::Command>>, out: &mut Out<Self>) {
        assert!(slot == self.applied + 1, "The order tells slots without a gap.");
        self.applied = slot;
        if let Some(Command { origin, body }) = command {
            let session = self.sessions.entry(origin.node).or_default();
            let is_next = (origin.life, origin.number) > *session;
            let is_ours = origin.node == self.me && origin.life == self.life;
            let update = if is_ours { self.updates.remove(&origin.number) } else { None };
            if is_next {
                *session = (origin.life, origin.number);
                let reply = self.machine.apply(body);
                if let Some(Update { id, .. }) = update {
                    out.indicate(Indication::Answer { id, reply });
                }
            } else if let Some(Update { id, body, .. }) = update {
                self.enqueue(id, body); // Overtaken, so it took no effect.
            }
        }
        if let Some(reads) = self.parked.remove(&slot) {
            self.answer(reads, out);
        }
    }

    /// A new term or leader: what was asked of an earlier one may be lost.
    fn turn_to(&mut self, term: u64, leader: Option<NodeId>, out: &mut Out<Self>) {
        (self.term, self.leader) = (term, leader);
        out.indicate(Indication::Leader { term, leader });
        if leader.is_some() {
            self.queue = self.updates.keys().copied().collect();
            for (_, batch) in mem::take(&mut self.batches) {
                self.waiting.extend(batch.reads);
            }
        }
    }

    /// The order says from which slot on a batch of reads may be answered.
    fn release(&mut self, batch: u64, slot: u64, out: &mut Out<Self>) {
        let Some(Batch { reads, .. }) = self.batches.remove(&batch) else {
            return; // Asked again under another number in the meantime.
        };
        match slot <= self.applied {
            true => self.answer(reads, out),
            false => self.parked.entry(slot).or_default().extend(reads),
        }
    }

    fn answer(&mut self, reads: Vec<(u64, M::Query)>, out: &mut Out<Self>) {
        for (id, query) in reads {
            let reply = self.machine.query(&query);
            out.indicate(Indication::Answer { id, reply });
        }
    }

    /// Sends what is queued to the leader, or proposes it if that is this node.
    fn send_updates(&mut self, leader: NodeId, out: &mut Out<Self>) {
        let (node, life) = (self.me, self.life);
        let updates = &self.updates;
        let commands: Vec<_> = mem::take(&mut self.queue)
            .into_iter()
            .filter_map(|number| {
                let body = updates.get(&number)?.body.clone();
                Some(Command { origin: Origin { node, life, number }, body })
            })
            .collect();
        if leader == self.me {
            for command in commands {
                self.with_order(out, |order, below| order.request(Ask::Propose(command), below));
            }
        } else {
            for commands in cut::<M>(commands) {
                // Harmless to forget: it is applied once, and nobody waits for the answer.
                out.send(leader, Message::Forward(commands));
            }
        }
    }

    /// Asks the order about all waiting reads together.
    fn send_reads(&mut self, out: &mut Out<Self>) {
        if self.waiting.is_empty() || self.batches.len() >= OPEN_BATCHES {
            return;
        }
        self.batch += 1;
        let number = self.life * READS_A_LIFE + self.batch;
        let reads = mem::take(&mut self.waiting);
        self.batches.insert(number, Batch { reads, is_old: false });
        self.with_order(out, |order, below| order.request(Ask::Read(number), below));
    }

    /// Asks again for what was asked before the last alarm. Our own proposals at ourselves stand
    /// in our log as long as we lead, so they are not repeated.
    fn retry(&mut self, out: &mut Out<Self>) {
        let leads = self.leader == Some(self.me);
        for (&number, update) in &mut self.updates {
            // What is sent again is young again: an order that is slow, not deaf, must not be
            // given more work with each alarm.
            if update.is_old && !leads {
                self.queue.push(number);
            }
            update.is_old = !update.is_old;
        }
        self.queue.sort_unstable();
        self.queue.dedup();
        let old: Vec<u64> =
            self.batches.iter().filter(|(_, batch)| batch.is_old).map(|(&n, _)| n).collect();
        for number in old {
            if let Some(batch) = self.batches.remove(&number) {
                self.waiting.extend(batch.reads);
            }
        }
        self.batches.values_mut().for_each(|batch| batch.is_old = true);
        self.is_armed = self.is_owing();
        if self.is_armed {
            out.set(Timer::Retry, RETRY..RETRY);
        }
    }

    fn is_owing(&self) -> bool {
        !(self.updates.is_empty() && self.batches.is_empty() && self.waiting.is_empty())
    }

    fn forget(&mut self, before: u64) {
        self.updates.retain(|_, update| update.id >= before);
        self.queue.retain(|number| self.updates.contains_key(number));
        self.waiting.retain(|(id, _)| *id >= before);
        for batch in self.batches.values_mut() {
            batch.reads.retain(|(id, _)| *id >= before);
        }
        for reads in self.parked.values_mut() {
            reads.retain(|(id, _)| *id >= before);
        }
    }
}

/// Cuts a list of commands into messages that weigh little more than [`FORWARD_WEIGHT`].
fn cut<M: Machine>(commands: Vec<Command<M::Command>>) -> Vec<Vec<Command<M::Command>>> {
    let mut messages: Vec<Vec<_>> = Vec::new();
    let mut weight = FORWARD_WEIGHT;
    for command in commands {
        if weight >= FORWARD_WEIGHT {
            messages.push(Vec::new());
            weight = 0;
        }
        weight += M::weight(&command.body);
        messages.last_mut().expect("One was just begun.").push(command);
    }
    messages
}

impl<M, O> Process for Replica<O, M>
where
    M: Machine,
    O: Order<Command = Command<M::Command>>,
{
    type Request = Request<M::Command, M::Query>;
    type Indication = Indication<M::Reply>;
    type Message = Message<O::Message, M::Command>;
    type Timer = Timer<O::Timer>;
    type Record = Record<O::Record>;

    fn recover(&mut self, record: Self::Record) {
        match record {
            Record::Order(record) => self.order.recover(record),
            Record::Life(life) => self.life = life,
        }
    }

    fn records(&self) -> Vec<Self::Record> {
        let order = self.order.records().into_iter().map(Record::Order);
        core::iter::once(Record::Life(self.life)).chain(order).collect()
    }

    fn start(&mut self, out: &mut Out<Self>) {
        self.life += 1;
        out.save(Record::Life(self.life));
        // Durable: commands of this life must not leave before, or the next life could have the
        // same number and its commands would pass for copies.
        out.send_durable(self.me, Message::Begin);
        self.with_order(out, |order, below| order.start(below));
    }

    fn request(&mut self, request: Self::Request, out: &mut Out<Self>) {
        match request {
            Request::Ask { id, operation } => self.ask(id, operation, out),
            Request::Forget { before } => self.forget(before),
        }
    }

    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>) {
        match message {
            Message::Order(message) => {
                self.with_order(out, |order, below| order.message(from, message, below));
            }
            Message::Forward(commands) => {
                for command in commands {
                    self.with_order(out, |order, below| {
                        order.request(Ask::Propose(command), below)
                    });
                }
            }
            Message::Begin if from == self.me => self.has_begun = true,
            Message::Begin => {}
        }
    }

    fn timer(&mut self, timer: Self::Timer, out: &mut Out<Self>) {
        match timer {
            Timer::Order(timer) => self.with_order(out, |order, below| order.timer(timer, below)),
            Timer::Retry => self.retry(out),
        }
    }

    fn flush(&mut self, out: &mut Out<Self>) {
        if let Some(leader) = self.leader.filter(|_| self.has_begun) {
            self.send_updates(leader, out);
            self.send_reads(out);
        }
        self.with_order(out, |order, below| order.flush(below));
    }
}
