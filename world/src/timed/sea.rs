//! What lies between the nodes of a world: time, network, judgement, record.

use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::hash::{Hash, Hasher};

use model::{Event, Fingerprint, NodeId, Process, Random};
use spec::monitor::Monitor;

use super::climate::{Climate, Tally};
use super::network::Network;
use super::queue::{Item, Queue, Slab};
use super::treason::Treason;
use super::{News, Violation};
use crate::story::{Heard, Step};
use crate::subject::Subject;
use crate::trace::{Fate, Recorder, What};

pub(super) struct Sea<S: Subject> {
    pub(super) now: u64,
    pub(super) queue: Queue,
    pub(super) network: Network,
    pub(super) climate: Climate,
    /// The packets in flight.
    pub(super) packets: Slab<Flying<S::Process>>,
    /// How many messages have been sent.
    sent: u64,
    pub(super) treason: Option<Treason<S::Process>>,
    /// The words of the last message, which a corrupted one carries instead of its own.
    lately: Option<<S::Process as Process>::Message>,
    corruption: Random,
    /// How much of what a node has on its way dies with it.
    orphanage: Random,
    pub(super) monitor: S::Monitor,
    pub(super) violation: Option<Violation>,
    /// What has been told since somebody last listened; empty unless somebody does.
    pub(super) news: Vec<News<S::Process>>,
    pub(super) listening: bool,
    pub(super) hash: Fingerprint,
    pub(super) record: Option<Recorder>,
    pub(super) notes: Option<Notes<S::Process>>,
    pub(super) tally: Tally,
}

/// What happened in a run, told as somebody would who drives the world by hand: no times, and
/// nothing of what never arrived.
#[derive(Clone, Debug)]
pub struct Notes<P: Process> {
    /// The steps that a story would need to lead to the same end.
    pub steps: Vec<Step<P>>,
    /// What the layer above did and was told, each with its time in nanoseconds.
    pub heard: Vec<(u64, Heard<P>)>,
}

impl<P: Process> Default for Notes<P> {
    fn default() -> Self {
        Notes { steps: Vec::new(), heard: Vec::new() }
    }
}

impl<S: Subject> Sea<S> {
    pub(super) fn new(subject: &S, seed: u64, climate: Climate, trace: usize) -> Self {
        Sea {
            now: 0,
            queue: Queue::default(),
            network: Network::new(subject.nodes(), seed),
            climate,
            packets: Slab::new(),
            sent: 0,
            treason: None,
            lately: None,
            corruption: Random::child(seed, "corruption"),
            orphanage: Random::child(seed, "orphans"),
            monitor: subject.monitor(),
            violation: None,
            news: Vec::new(),
            listening: false,
            hash: Fingerprint::default(),
            record: (trace > 0).then(|| Recorder::new(trace)),
            notes: None,
            tally: Tally::default(),
        }
    }

    /// Gives a packet to the network.
    pub(super) fn send(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: <S::Process as Process>::Message,
    ) {
        if !self.network.reaches(to) {
            let what = format!("{from} writes to {to}, which does not exist: {message}");
            self.violation.get_or_insert(Violation::Safety(what));
            return;
        }
        let message = self.garbled(message);
        self.note(from, 2 + u64::from(to.0), &message);
        self.sent += 1;
        let number = self.sent;
        let Sea { network, climate, tally, .. } = self;
        let arrivals = network.send((from, to), self.now, climate, tally);
        if let Some(record) = &mut self.record {
            let fate = match (arrivals.first, arrivals.second) {
                (None, _) => Fate::Lost,
                (_, Some(_)) => Fate::Doubled,
                _ => Fate::Travels,
            };
            record.send(number, to, message.to_string(), fate);
        }
        if let Some(at) = arrivals.second {
            self.note_step(|| Step::Duplicate { from, to, message: message.clone() });
            let message = message.clone();
            self.fly(at, Flying { from, to, number, message, orphan: false });
        }
        if let Some(at) = arrivals.first {
            self.fly(at, Flying { from, to, number, message, orphan: false });
        }
    }

    /// The packet arrives then, unless something comes in between.
    fn fly(&mut self, at: u64, flying: Flying<S::Process>) {
        let packet = self.packets.put(flying);
        self.queue.push(at, Item::Arrive { packet });
    }

    /// Of what a node that has just crashed has on its way to each other, only the first so many
    /// arrive: it stopped in the midst of sending, or its links went down with it.
    fn orphan(&mut self, node: NodeId) {
        let mut sent: BTreeMap<NodeId, Vec<&mut Flying<S::Process>>> = BTreeMap::new();
        for flying in self.packets.iter_mut().filter(|flying| flying.from == node) {
            sent.entry(flying.to).or_default().push(flying);
        }
        for flying in sent.values_mut() {
            flying.sort_by_key(|flying| flying.number);
            let arrive = self.orphanage.below(flying.len() as u64 + 1) as usize;
            flying.iter_mut().skip(arrive).for_each(|flying| flying.orphan = true);
        }
    }

    /// What the network makes of the words of a message.
    fn garbled(
        &mut self,
        message: <S::Process as Process>::Message,
    ) -> <S::Process as Process>::Message {
        if self.climate.corrupt_ppm == 0 {
            return message;
        }
        let strikes = self.corruption.chance(u64::from(self.climate.corrupt_ppm), 1_000_000);
        match self.lately.replace(message.clone()) {
            Some(other) if strikes => {
                self.tally.corruptions += 1;
                other
            }
            _ => message,
        }
    }

    /// Whether the node is Byzantine.
    pub(super) fn is_traitor(&self, node: NodeId) -> bool {
        self.treason.as_ref().is_some_and(|treason| treason.is_by(node))
    }

    /// Tells the layer above, if it listens.
    pub(super) fn tell(&mut self, node: NodeId, told: <S::Process as Process>::Indication) {
        if self.listening {
            self.news.push(News::Told(node, told));
        }
    }

    /// A node has lost its volatile state.
    pub(super) fn crashed(&mut self, node: NodeId) {
        self.tally.crashes += 1;
        self.happens(Some(node), What::Crash, format_args!(""));
        self.note(node, 0, &());
        self.monitor.crashed(node);
        self.note_step(|| Step::Crash { node });
        self.note_heard(|| Heard::Crashed(node));
        if self.climate.orphans {
            self.orphan(node);
        }
        if self.listening {
            self.news.push(News::Crashed(node));
        }
    }

    /// Records an event that a node is about to take.
    pub(super) fn event(&mut self, node: NodeId, event: &Event<S::Process>, number: u64) {
        let (what, text) = match event {
            Event::Start => (What::Start, String::new()),
            Event::Request(request) => (What::Request, request.to_string()),
            Event::Message(from, message) if *from == node => (What::Own, message.to_string()),
            Event::Message(from, message) => {
                (What::Deliver { message: number, from: *from }, message.to_string())
            }
            Event::Timer(timer) => (What::Timer, timer.to_string()),
            Event::Flush => (What::Flush, String::new()),
        };
        self.happens(Some(node), what, format_args!("{text}"));
    }

    /// Adds to the hash of the run that a node did something, of a kind that the caller numbers.
    pub(super) fn note(&mut self, node: NodeId, kind: u64, what: &impl Hash) {
        self.hash.write_u64(self.now);
        self.hash.write_u64(kind << 16 | u64::from(node.0));
        what.hash(&mut self.hash);
    }

    /// Notes a step, if notes are taken.
    pub(super) fn note_step(&mut self, step: impl FnOnce() -> Step<S::Process>) {
        if let Some(notes) = &mut self.notes {
            notes.steps.push(step());
        }
    }

    /// Notes what the layer above did or was told, if notes are taken.
    pub(super) fn note_heard(&mut self, heard: impl FnOnce() -> Heard<S::Process>) {
        if let Some(notes) = &mut self.notes {
            notes.heard.push((self.now, heard()));
        }
    }

    /// Notes an event that a node is about to take. What it wrote to itself it takes by itself, and
    /// on a stage every node has started before the first step.
    pub(super) fn note_event(&mut self, node: NodeId, event: &Event<S::Process>, is_first: bool) {
        if is_first && matches!(event, Event::Start) {
            return;
        }
        self.note_step(|| match event.clone() {
            Event::Start => Step::Restart { node },
            Event::Request(request) => Step::Request { node, request },
            Event::Message(from, message) => Step::Deliver { from, to: node, message },
            Event::Timer(timer) => Step::Fire { node, timer },
            Event::Flush => Step::Flush { node },
        });
    }

    /// Records that something happened, if a record is kept. Nothing is formatted otherwise.
    pub(super) fn happens(&mut self, node: Option<NodeId>, what: What, text: Arguments<'_>) {
        if let Some(record) = &mut self.record {
            record.begin(self.now, node, what, text.to_string());
        }
    }
}

/// A packet in flight.
pub(super) struct Flying<P: Process> {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    /// Its number among all that were sent.
    pub(super) number: u64,
    pub(super) message: P::Message,
    /// Whether its sender has crashed and took it along.
    pub(super) orphan: bool,
}
