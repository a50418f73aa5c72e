//! Snapshots by markers (Chandy and Lamport, "Distributed Snapshots: Determining Global States of
//! Distributed Systems", 1985; cited as `CL`).
//!
//! Whoever begins a snapshot records its state and sends a marker into every channel, before
//! anything else goes there. Who gets a marker for the first time does the same at once. A
//! channel's recorded state is what came out of it between the recording of the node's own state
//! and the marker: the sender sent it before it recorded its state, the receiver got it after.
//! Since channels keep their order, nothing that was sent after a marker arrives before it, so no
//! recorded state knows of anything that is not recorded.
//!
//! Model: no faults, perfect first-in-first-out links, asynchronous; everybody has a channel to
//! everybody, so that a marker reaches all. No quorum.
//! Beyond the paper: snapshots have numbers, so that any number of them, begun anywhere, may be
//! under way at the same time, each with its own markers.
//! Left out: collecting the parts at one place (any broadcast does), and graphs with fewer
//! channels.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display};

use model::{NodeId, NodeSet, Out, Process, named};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Application, Indication, Part, Request};

/// What goes through a channel.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message<M> {
    /// The application's.
    Application(M),
    /// All that I sent before this I sent before I recorded my state for the snapshot of this
    /// number, and all that I send after it, after.
    Marker(u64),
}

/// Chandy and Lamport's algorithm at one node, around its part of the application.
///
/// Invariants: a snapshot is in `recordings` from when this node records its state until all
/// markers have come, and in `finished` from then on; markers are sent in the step that records
/// the state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "A: Serialize", deserialize = "A: DeserializeOwned"))]
pub struct ChandyLamport<A: Application> {
    others: NodeSet,
    me: NodeId,
    application: A,
    /// The snapshots that this node has begun to record, by number.
    recordings: BTreeMap<u64, Recording<A::State, A::Message>>,
    /// The snapshots whose part this node has told.
    finished: BTreeSet<u64>,
    mutant: Option<Mutant>,
}

/// One snapshot at one node, until all markers have come.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Recording<S, M> {
    state: S,
    /// The senders whose marker has not come.
    open: NodeSet,
    /// What has come out of each channel since the state was recorded, until its marker.
    channels: BTreeMap<NodeId, Vec<M>>,
}

impl<A: Application> Process for ChandyLamport<A> {
    type Request = Request<A::Request>;
    type Indication = Indication<A::Indication, A::State, A::Message>;
    type Message = Message<A::Message>;
    type Timer = A::Timer;
    type Record = A::Record;

    fn recover(&mut self, record: A::Record) {
        self.application.recover(record);
    }

    fn records(&self) -> Vec<A::Record> {
        self.application.records()
    }

    fn start(&mut self, out: &mut Out<Self>) {
        self.with_application(out, |application, below| application.start(below));
    }

    fn request(&mut self, request: Self::Request, out: &mut Out<Self>) {
        match request {
            Request::Application(request) => {
                self.with_application(out, |application, below| {
                    application.request(request, below);
                });
            }
            // CL §3.2: some process records its state spontaneously.
            Request::Record(snapshot) => self.record(snapshot, None, out),
        }
    }

    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>) {
        match message {
            Message::Application(message) => self.receive(from, message, out),
            // CL §3.2, marker-receiving rule.
            Message::Marker(snapshot) => self.take_marker(from, snapshot, out),
        }
    }

    fn timer(&mut self, timer: A::Timer, out: &mut Out<Self>) {
        self.with_application(out, |application, below| application.timer(timer, below));
    }

    fn flush(&mut self, out: &mut Out<Self>) {
        self.with_application(out, |application, below| application.flush(below));
    }
}

impl<A: Application> ChandyLamport<A> {
    /// The node `me` of `n0` to `n(nodes-1)`, around its part of the application; with a breakage,
    /// if one is named.
    pub fn new(me: NodeId, nodes: usize, application: A, mutant: Option<Mutant>) -> Self {
        let mut others = NodeSet::first(nodes);
        assert!(others.remove(me), "A node is one of its group.");
        let (recordings, finished) = (BTreeMap::new(), BTreeSet::new());
        ChandyLamport { others, me, application, recordings, finished, mutant }
    }

    /// The node's part of the application.
    pub fn application(&self) -> &A {
        &self.application
    }

    /// How many snapshots this node is recording now.
    pub fn recording(&self) -> usize {
        self.recordings.len()
    }

    /// How many snapshots this node has told its part of.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// Whether a message is recorded in a channel of a snapshot that is under way.
    pub fn has_caught(&self) -> bool {
        let recorded = self.recordings.values().flat_map(|recording| recording.channels.values());
        recorded.into_iter().any(|messages| !messages.is_empty())
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The seam to the application: runs one of its handlers and passes on what it tells.
    fn with_application(&mut self, out: &mut Out<Self>, run: impl FnOnce(&mut A, &mut Out<A>)) {
        let lift = (Message::Application, |timer| timer, |record| record);
        for told in out.below(lift, |below| run(&mut self.application, below)) {
            out.indicate(Indication::Application(told));
        }
    }

    /// A message of the application comes out of a channel. One from this node to itself is taken
    /// before anything else can happen here, so it never is under way when a state is recorded.
    fn receive(&mut self, from: NodeId, message: A::Message, out: &mut Out<Self>) {
        let goes_on = self.is_broken(Mutant::RecordBeyondMarker);
        let is_forgotten = self.is_broken(Mutant::ForgetChannels);
        for recording in self.recordings.values_mut() {
            let is_open = recording.open.contains(from) || goes_on;
            if is_open && !is_forgotten {
                recording.channels.entry(from).or_default().push(message.clone());
            }
        }
        self.with_application(out, |application, below| {
            application.message(from, message, below);
        });
    }

    /// CL §3.2, marker-receiving rule: record the state with the channel empty, if this is the
    /// first marker; else the channel's state is what came since the state was recorded.
    fn take_marker(&mut self, from: NodeId, snapshot: u64, out: &mut Out<Self>) {
        if !self.others.contains(from) {
            return;
        }
        self.record(snapshot, Some(from), out);
        if let Some(recording) = self.recordings.get_mut(&snapshot) {
            recording.open.remove(from);
            self.tell_if_complete(snapshot, out);
        }
    }

    /// CL §3.2, marker-sending rule: record the state, and send a marker into every channel before
    /// anything else.
    fn record(&mut self, snapshot: u64, first: Option<NodeId>, out: &mut Out<Self>) {
        if self.finished.contains(&snapshot) || self.recordings.contains_key(&snapshot) {
            return;
        }
        let (open, state) = (self.others, self.application.state());
        let channels = open.iter().map(|from| (from, Vec::new())).collect();
        self.recordings.insert(snapshot, Recording { state, open, channels });
        let spared = first.filter(|_| self.is_broken(Mutant::NoMarkerBack));
        for node in self.others.iter().filter(|&node| Some(node) != spared) {
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Marker(snapshot));
        }
        self.tell_if_complete(snapshot, out);
    }

    /// All markers have come, one out of every channel.
    fn tell_if_complete(&mut self, snapshot: u64, out: &mut Out<Self>) {
        let is_complete = |recording: &Recording<_, _>| recording.open.is_empty();
        if !self.recordings.get(&snapshot).is_some_and(is_complete) {
            return;
        }
        if let Some(Recording { mut state, channels, .. }) = self.recordings.remove(&snapshot) {
            if self.is_broken(Mutant::LateState) {
                state = self.application.state();
            }
            self.finished.insert(snapshot);
            out.indicate(Indication::Recorded(Part { snapshot, state, channels }));
        }
    }
}

/// A channel's state is complete only once its sender has recorded its own.
///
/// # Errors
/// The channel and its sender.
pub fn closed_by_who_recorded<A: Application>(nodes: &[&ChandyLamport<A>]) -> Result<(), String> {
    for receiver in nodes {
        let finished = receiver.finished.iter().map(|&snapshot| (snapshot, NodeSet::EMPTY));
        let under_way = receiver.recordings.iter().map(|(&snapshot, one)| (snapshot, one.open));
        for (snapshot, open) in finished.chain(under_way) {
            let knows = |node: &ChandyLamport<A>| {
                node.finished.contains(&snapshot) || node.recordings.contains_key(&snapshot)
            };
            let is_closed = |node: NodeId| receiver.others.contains(node) && !open.contains(node);
            if let Some(sender) = nodes.iter().find(|node| is_closed(node.me) && !knows(node)) {
                return Err(format!(
                    "{} has the state of the channel from {} for #{snapshot}, but {} has not \
                     recorded its own.",
                    receiver.me, sender.me, sender.me
                ));
            }
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// What comes out of channels while a snapshot is under way is not recorded.
        ForgetChannels,
        /// What comes out of a channel is recorded to the end of the snapshot, not to the marker.
        RecordBeyondMarker,
        /// The state that is told is that at the end of the snapshot, not that at its beginning.
        LateState,
        /// Who gets its first marker sends none back into the channel that it came from.
        NoMarkerBack,
    }
}

impl<M: Display> Display for Message<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Application(message) => write!(f, "{message}"),
            Message::Marker(snapshot) => write!(f, "Marker #{snapshot}"),
        }
    }
}
