//! What lies between the nodes of a world: time, network, judgement, record.

use std::fmt::Arguments;
use std::hash::{Hash, Hasher};

use model::{Event, Fingerprint, NodeId, Process};
use spec::monitor::Monitor;

use super::climate::{Climate, Tally};
use super::network::Network;
use super::queue::{Item, Queue, Slab};
use super::trace::Trace;
use super::{News, Violation};
use crate::subject::Subject;

pub(super) struct Sea<S: Subject> {
    pub(super) now: u64,
    pub(super) queue: Queue,
    pub(super) network: Network,
    pub(super) climate: Climate,
    /// The packets in flight, with their senders.
    pub(super) packets: Slab<(NodeId, <S::Process as Process>::Message)>,
    pub(super) monitor: S::Monitor,
    pub(super) violation: Option<Violation>,
    /// What has been told since somebody last listened; empty unless somebody does.
    pub(super) news: Vec<News<S::Process>>,
    pub(super) listening: bool,
    pub(super) hash: Fingerprint,
    pub(super) trace: Option<Trace>,
    pub(super) tally: Tally,
}

impl<S: Subject> Sea<S> {
    pub(super) fn new(subject: &S, seed: u64, climate: Climate, trace: usize) -> Self {
        Sea {
            now: 0,
            queue: Queue::default(),
            network: Network::new(subject.nodes(), seed),
            climate,
            packets: Slab::new(),
            monitor: subject.monitor(),
            violation: None,
            news: Vec::new(),
            listening: false,
            hash: Fingerprint::new(),
            trace: (trace > 0).then(|| Trace::new(trace)),
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
        self.note(from, 2 + u64::from(to.0), &message);
        let Sea { network, climate, tally, .. } = self;
        let arrivals = network.send((from, to), self.now, climate, tally);
        if self.trace.is_some() {
            let fate = match (arrivals.first, arrivals.second) {
                (None, _) => " (lost)",
                (_, Some(_)) => " (doubled)",
                _ => "",
            };
            self.line(format_args!("{from} sends {to} {message}{fate}"));
        }
        if let Some(at) = arrivals.second {
            let packet = self.packets.put((from, message.clone()));
            self.queue.push(at, Item::Arrive { to: to.0, packet });
        }
        if let Some(at) = arrivals.first {
            let packet = self.packets.put((from, message));
            self.queue.push(at, Item::Arrive { to: to.0, packet });
        }
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
        self.line(format_args!("{node} crashes"));
        self.note(node, 0, &());
        self.monitor.crashed(node);
        if self.listening {
            self.news.push(News::Crashed(node));
        }
    }

    /// Adds a line for an event that a node is about to take.
    pub(super) fn event(&mut self, node: NodeId, event: &Event<S::Process>) {
        match event {
            Event::Start => self.line(format_args!("{node} starts")),
            Event::Request(request) => self.line(format_args!("{node} is asked {request}")),
            Event::Message(from, m) => self.line(format_args!("{node} gets from {from} {m}")),
            Event::Timer(timer) => self.line(format_args!("{node} hears the alarm {timer}")),
            Event::Flush => self.line(format_args!("{node} flushes")),
        }
    }

    /// Adds to the hash of the run that a node did something, of a kind that the caller numbers.
    pub(super) fn note(&mut self, node: NodeId, kind: u64, what: &impl Hash) {
        self.hash.write_u64(self.now);
        self.hash.write_u64(kind << 16 | u64::from(node.0));
        what.hash(&mut self.hash);
    }

    /// Adds a line to the readable record, if one is kept. Nothing is formatted otherwise.
    pub(super) fn line(&mut self, what: Arguments<'_>) {
        if let Some(trace) = &mut self.trace {
            trace.line(self.now, what);
        }
    }
}
