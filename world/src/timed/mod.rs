//! Runs in virtual time: every node, network, disk and clock in one deterministic loop.

mod climate;
mod life;
mod network;
mod queue;
mod sea;
mod site;
mod strike;
mod treason;

use std::hash::Hasher;
use std::mem::take;

use model::{Choices, Host, NodeId, NodeSet, Out, Process, Random};
use spec::monitor::Monitor;

pub use climate::{Climate, FUSE, Fault, Fuse, MICROS, MILLIS, SECONDS, Spread, Tally};
use queue::Item;
use sea::{Flying, Sea};
use site::{Input, Site};

use crate::caught::caught;
use crate::story::Heard;
use crate::subject::{Invariant, Sometimes, Subject};
use crate::trace::{Clock, Trace, What};
pub use crate::violation::Violation;
pub use sea::Notes;
use treason::Treason;

/// What the layer above a node hears.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News<P: Process> {
    /// The node told something.
    Told(NodeId, P::Indication),
    /// The node stopped, and with it whatever it had been asked.
    Crashed(NodeId),
    /// The node is back.
    Restarted(NodeId),
}

/// Why [`World::run`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The time has come.
    Reached,
    /// There is news for the layer above, which listens.
    News,
    /// There is a violation; the world goes no further.
    Violated,
}

/// A world in virtual time, in nanoseconds from its beginning.
///
/// A node lives as it does on a server. What arrives wakes it; it takes everything at hand (its
/// messages to itself, due alarms, the network, the layer above), flushes, and begins to sync what
/// it saved; while it is busy, arrivals wait together. Equal seeds, climates and calls give equal
/// runs, on every machine: [`World::hash`] tells whether they are.
pub struct World<'a, S: Subject> {
    subject: &'a S,
    nodes: Vec<Node<S::Process>>,
    sea: Sea<S>,
    invariants: Vec<Invariant<S::Process>>,
    sometimes: Vec<Sometimes<S::Process>>,
    /// Those that have not been seen yet.
    unseen: Vec<usize>,
    /// Invariants are judged after every so many wakes.
    judge_every: u32,
    wakes: u32,
    events: u64,
    /// What ends when a fault ends; `None` when it has been healed.
    ends: Vec<Option<End>>,
}

struct Node<P: Process> {
    /// `None` while it is down.
    host: Option<Host<P>>,
    out: Out<P>,
    site: Site<P>,
}

enum End {
    Crash { node: NodeId },
    Fuse { node: NodeId, run: u32 },
    Cut { from: NodeSet, to: NodeSet, both: bool },
    Storm { loss_ppm: u32, duplicate_ppm: u32 },
    Omit { node: NodeId, sent_ppm: u32, received_ppm: u32 },
}

impl<'a, S: Subject> World<'a, S> {
    /// A world in which every node starts at its first chance. Invariants are judged after every
    /// `judge_every` wakes of nodes; the last `trace` events of a record are kept.
    pub fn new(
        subject: &'a S,
        seed: u64,
        climate: Climate,
        judge_every: u32,
        trace: usize,
    ) -> Self {
        let sometimes = subject.sometimes();
        let mut world = World {
            subject,
            nodes: Vec::new(),
            unseen: (0..sometimes.len()).collect(),
            sometimes,
            invariants: subject.invariants(),
            judge_every: judge_every.max(1),
            wakes: 0,
            events: 0,
            ends: Vec::new(),
            sea: Sea::new(subject, seed, climate, trace),
        };
        for node in NodeId::first(subject.nodes()) {
            let disk = subject.process(node);
            let site = Site::new(node, disk, seed, &world.sea.climate);
            let choices = Choices::Seeded(Random::child(seed, &format!("choices {node}")));
            world.nodes.push(Node { host: None, out: Out::new(choices), site });
            world.start(node.index());
        }
        world
    }

    /// Virtual time, in nanoseconds.
    pub fn now(&self) -> u64 {
        self.sea.now
    }

    /// How many events processes have taken; flushes are not counted.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// A hash of everything that has happened: equal for equal runs.
    pub fn hash(&self) -> u64 {
        self.sea.hash.finish()
    }

    /// What was broken, if anything was.
    pub fn violation(&self) -> Option<&Violation> {
        self.sea.violation.as_ref()
    }

    /// How often faults really happened.
    pub fn tally(&self) -> &Tally {
        &self.sea.tally
    }

    /// For each of the subject's `sometimes`, whether it has been seen.
    pub fn seen(&self) -> Vec<bool> {
        (0..self.sometimes.len()).map(|mark| !self.unseen.contains(&mark)).collect()
    }

    /// The nodes that are up.
    pub fn up(&self) -> NodeSet {
        let up = self.nodes.iter().filter(|node| node.host.is_some());
        up.map(|node| node.site.me).collect()
    }

    /// From now on, what happens is noted as steps of a story, too; to be said before anything
    /// happens.
    pub fn take_notes(&mut self) {
        self.sea.notes = Some(Notes::default());
    }

    /// From now on, disks can forget; to be said before anything happens. It costs memory.
    pub fn keep_logs(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.site.log = Some(Vec::new()));
    }

    /// The notes, if any were taken.
    pub fn notes(self) -> Option<Notes<S::Process>> {
        self.sea.notes
    }

    /// The node's process; what its disk would recover, while it is down.
    pub fn process(&self, node: NodeId) -> &S::Process {
        self.nodes[node.index()].seen()
    }

    /// The monitor, as it has judged so far.
    pub fn monitor(&self) -> &S::Monitor {
        &self.sea.monitor
    }

    /// From now on, news stops [`run`](World::run) and waits for [`news`](World::news).
    pub fn listen(&mut self) {
        self.sea.listening = true;
    }

    /// The news since the last call.
    pub fn news(&mut self) -> Vec<News<S::Process>> {
        take(&mut self.sea.news)
    }

    /// These nodes are Byzantine from the beginning; to be said before anything happens.
    pub fn betray(&mut self, seed: u64, traitors: NodeSet) {
        if traitors.is_empty() {
            return;
        }
        self.sea.tally.traitors = traitors.len() as u64;
        self.sea.treason = Some(Treason::new(self.subject, seed, traitors));
        for node in traitors.iter() {
            self.sea.monitor.faulty(node);
            self.sea.note_heard(|| Heard::Faulty(node));
        }
    }

    /// The record, if one was kept.
    pub fn trace(&self) -> Option<Trace> {
        let record = self.sea.record.as_ref()?;
        Some(record.trace(self.subject.name(), self.nodes.len(), Clock::Nanoseconds))
    }

    /// The layer above asks something at a node. It waits in the node's inbox; if the node is
    /// down, nobody hears it. Returns whether the node is up.
    pub fn request(&mut self, node: NodeId, request: <S::Process as Process>::Request) -> bool {
        let is_up = self.nodes[node.index()].host.is_some();
        if is_up {
            self.guarded(|world| world.arrive(node.index(), Input::Request(request)));
        }
        is_up
    }

    /// Lets the world run: everything happens that is to happen no later than `until`.
    pub fn run(&mut self, until: u64) -> Stop {
        if self.sea.news.is_empty() {
            self.guarded(|world| world.advance(until));
        }
        if self.sea.violation.is_some() {
            Stop::Violated
        } else if self.sea.news.is_empty() {
            self.sea.now = self.sea.now.max(until);
            Stop::Reached
        } else {
            Stop::News
        }
    }

    /// A fault strikes now.
    pub fn strike(&mut self, fault: &Fault) {
        self.guarded(|world| world.suffer(fault));
    }

    /// Faults are over: nodes outside of `core` stop for good, those within come back, every link
    /// works, and from now on the climate is this one.
    pub fn heal(&mut self, core: NodeSet, climate: Climate) {
        self.guarded(|world| {
            let what = format_args!("faults heal; {core} shall make progress");
            world.sea.happens(None, What::Fault, what);
            world.ends.iter_mut().for_each(|end| *end = None);
            world.sea.network.heal();
            world.sea.climate = climate;
            for index in 0..world.nodes.len() {
                world.nodes[index].site.fuse = None;
                let is_up = world.nodes[index].host.is_some();
                let node = NodeId(index as u16);
                // Traitors are promised nothing, and go on betraying.
                match core.contains(node) || world.sea.is_traitor(node) {
                    true if !is_up => world.start(index),
                    false if is_up => world.stop(index, 0, false),
                    _ => {}
                }
            }
            world.sea.monitor.healed();
            world.sea.note_heard(|| Heard::Healed);
        });
    }

    /// Judges whether everything has come that was promised, invariants included, long enough
    /// after [`heal`](World::heal).
    ///
    /// # Errors
    /// The promise that was not kept.
    pub fn settled(&mut self, core: NodeSet) -> Result<(), Violation> {
        self.guarded(World::judge);
        if let Some(violation) = &self.sea.violation {
            return Err(violation.clone());
        }
        self.sea.monitor.settled(core).map_err(Violation::Liveness)
    }

    fn guarded(&mut self, act: impl FnOnce(&mut Self)) {
        if self.sea.violation.is_some() {
            return;
        }
        if let Err(panic) = caught(|| act(self)) {
            self.sea.violation = Some(Violation::Panic(panic));
        }
        if let Some(violation) = &self.sea.violation {
            let violation = violation.to_string();
            self.sea.happens(None, What::Violation, format_args!("{violation}"));
        }
    }

    fn advance(&mut self, until: u64) {
        while let Some((at, item)) = self.sea.queue.pop(until) {
            self.sea.now = at;
            self.happen(item);
            if self.sea.violation.is_some() || !self.sea.news.is_empty() {
                return;
            }
        }
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Arrive { packet } => {
                let Flying { from, to, number, message, orphan } = self.sea.packets.take(packet);
                let is_cut = self.sea.network.is_cut(from, to);
                if orphan || is_cut || self.nodes[to.index()].host.is_none() {
                    self.sea.tally.orphans += u64::from(orphan);
                    self.sea.tally.cuts += u64::from(is_cut && !orphan);
                    let lost = What::Lost { message: number };
                    self.sea.happens(Some(to), lost, format_args!("{message}"));
                } else {
                    self.arrive(to.index(), Input::Message(from, number, message));
                }
            }
            Item::Alarm { node, run, slot } => self.ring(usize::from(node), run, slot),
            Item::Wake { node, run } => {
                let site = &mut self.nodes[usize::from(node)].site;
                if site.run == run {
                    site.wake_queued = false;
                    self.rouse(usize::from(node));
                }
            }
            Item::Synced { node, run, frames } => self.synced(usize::from(node), run, frames),
            Item::End { fault } => {
                if let Some(end) = self.ends[fault as usize].take() {
                    self.end(end);
                }
            }
        }
    }

    fn judge(&mut self) {
        self.wakes = 0;
        if self.invariants.is_empty() || self.sea.violation.is_some() {
            return;
        }
        // Nothing is demanded of traitors.
        let loyal = self.nodes.iter().filter(|node| !self.sea.is_traitor(node.site.me));
        let processes: Vec<&S::Process> = loyal.map(Node::seen).collect();
        for invariant in &self.invariants {
            if let Err(why) = (invariant.holds)(&processes) {
                let name = invariant.name.to_string();
                self.sea.violation = Some(Violation::Invariant(name, why));
                return;
            }
        }
    }
}

impl<P: Process> Node<P> {
    fn seen(&self) -> &P {
        self.host.as_ref().map_or(&self.site.disk, Host::process)
    }
}
