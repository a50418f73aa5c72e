//! The driver's rules, written once for the server, the simulator and the checker.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Effect, NodeId, Out, Process};

/// Messages to oneself that may wait at once. A handler that keeps writing to itself without end
/// is a mistake in the protocol, which this bound makes visible instead of a loop. The most that
/// is ever legal is one message for each held reply that one sync releases; a driver syncs at the
/// latest after a few thousand steps, so a million is never reached by a sound protocol.
const OWN_LIMIT: usize = 1 << 20;

/// One input of a process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event<P: Process> {
    /// The process begins, after recovery.
    Start,
    /// The layer above asks.
    Request(P::Request),
    /// A message has come from a node, perhaps this one.
    Message(NodeId, P::Message),
    /// An alarm is due.
    Timer(P::Timer),
    /// Nothing more is at hand.
    Flush,
}

/// Where the effects of a node go: the network, disk, clock and client of its driver.
pub trait Outside<P: Process> {
    /// Gives the message to the network.
    fn send(&mut self, to: NodeId, message: P::Message);
    /// Writes one frame: these records become durable together or not at all, after all earlier
    /// frames. The records may be taken; what is left is thrown away.
    fn save(&mut self, records: &mut Vec<P::Record>);
    /// Tells the layer above.
    fn indicate(&mut self, indication: P::Indication);
    /// (Re)arms an alarm.
    fn set(&mut self, timer: P::Timer, range: Range<Duration>);
    /// Disarms an alarm.
    fn cancel(&mut self, timer: P::Timer);
}

/// One node as every driver runs it: the process, its messages to itself, and what waits for the
/// disk. These are the rules it keeps:
///
/// 1. One event at a time. A message to oneself is the next event, before timers and network:
///    first in first out, lost only by a crash, bounded in number.
/// 2. Then due timers and the network, in either order; when nothing is at hand, `flush`, until it
///    emits nothing. A flush is a step of its own, with a frame of its own.
/// 3. All `save`s of one step are one frame: durable together or not at all; frames become durable
///    in order.
/// 4. `send`, `indicate`, `set` and `cancel` happen at once, in program order. `send_durable`
///    leaves when the frame of its own step (saves written after it included) and all earlier
///    frames are durable; with nothing pending it leaves at the end of the step.
/// 5. After a crash: a new process, `recover` for each durable record, `start`. Timers, held
///    messages, messages to oneself and frames that were not durable are gone.
///
/// Its driver must see to the order of rule 2, to the writing of frames, and must call
/// [`synced`](Host::synced) when frames are durable. A failed write or sync is a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "P: Serialize", deserialize = "P: DeserializeOwned"))]
pub struct Host<P: Process> {
    me: NodeId,
    process: P,
    /// Messages to oneself, each the next event.
    own: VecDeque<P::Message>,
    /// For each frame that is not yet durable, oldest first, the messages that wait for it.
    frames: VecDeque<Held<P>>,
}

/// The messages that wait for one frame, in program order, with their addressees.
type Held<P> = Vec<(NodeId, <P as Process>::Message)>;

impl<P: Process> Host<P> {
    /// A node that has neither recovered nor started.
    pub fn new(me: NodeId, process: P) -> Host<P> {
        Host { me, process, own: VecDeque::new(), frames: VecDeque::new() }
    }

    /// This node's name.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// The process, to look at.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// For drivers: puts back into the process what cannot be written down, such as a function.
    pub fn restore(&mut self, restore: impl FnOnce(&mut P)) {
        restore(&mut self.process);
    }

    /// Rule 5: gives back one durable record, before the event [`Event::Start`].
    pub fn recover(&mut self, record: P::Record) {
        self.process.recover(record);
    }

    /// How many frames are not yet durable.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// The next message to oneself, if one is waiting: it is the next event.
    pub fn owed(&self) -> Option<&P::Message> {
        self.own.front()
    }

    /// For drivers that compare states: messages that wait for one frame are put in the order of
    /// their addressees, each one's in program order. They leave together, so only the order of
    /// those to one addressee can ever be seen.
    pub fn sort_held(&mut self) {
        self.frames.iter_mut().for_each(|held| held.sort_by_key(|(to, _)| *to));
    }

    /// The messages that wait for the frames that are not yet durable, oldest frame first.
    pub fn held(&self) -> impl Iterator<Item = &[(NodeId, P::Message)]> {
        self.frames.iter().map(Vec::as_slice)
    }

    /// Takes one event and sends its effects outside. Returns whether it had any. `out` must be
    /// empty; it is passed in so that its capacity is reused.
    pub fn step(&mut self, event: Event<P>, out: &mut Out<P>, to: &mut impl Outside<P>) -> bool {
        debug_assert!(out.is_empty(), "Effects of an earlier step were not carried out.");
        match event {
            Event::Start => self.process.start(out),
            Event::Request(request) => self.process.request(request, out),
            Event::Message(from, message) => self.process.message(from, message, out),
            Event::Timer(timer) => self.process.timer(timer, out),
            Event::Flush => self.process.flush(out),
        }
        let acted = !out.is_empty();
        self.carry_out(out, to);
        acted
    }

    /// Rule 1: takes the next message to oneself, if there is one. Returns whether there was.
    pub fn step_own(&mut self, out: &mut Out<P>, to: &mut impl Outside<P>) -> bool {
        let Some(message) = self.own.pop_front() else {
            return false;
        };
        self.step(Event::Message(self.me, message), out, to);
        true
    }

    /// Rules 1 and 2, for when nothing else is at hand: messages to oneself, then `flush`, until
    /// neither does anything.
    pub fn settle(&mut self, out: &mut Out<P>, to: &mut impl Outside<P>) {
        while self.step_own(out, to) || self.step(Event::Flush, out, to) {}
    }

    /// Rule 4: the `count` oldest frames have become durable; what waited for them leaves.
    pub fn synced(&mut self, count: usize, to: &mut impl Outside<P>) {
        for _ in 0..count {
            let held = self.frames.pop_front().expect("Only frames that were saved are synced.");
            for (node, message) in held {
                self.post(node, message, to);
            }
        }
    }

    /// Rules 3 and 4.
    fn carry_out(&mut self, out: &mut Out<P>, to: &mut impl Outside<P>) {
        let mut records = Vec::new();
        let mut held = Vec::new();
        for effect in out.drain() {
            match effect {
                Effect::Send(node, message) => self.post(node, message, to),
                Effect::SendDurable(node, message) => held.push((node, message)),
                Effect::Save(record) => records.push(record),
                Effect::Indicate(indication) => to.indicate(indication),
                Effect::Set(timer, range) => to.set(timer, range),
                Effect::Cancel(timer) => to.cancel(timer),
            }
        }
        if !records.is_empty() {
            to.save(&mut records);
            self.frames.push_back(held);
        } else if let Some(last) = self.frames.back_mut() {
            last.append(&mut held);
        } else {
            for (node, message) in held {
                self.post(node, message, to);
            }
        }
    }

    fn post(&mut self, node: NodeId, message: P::Message, to: &mut impl Outside<P>) {
        if node != self.me {
            return to.send(node, message);
        }
        self.own.push_back(message);
        assert!(self.own.len() < OWN_LIMIT, "A process may not write to itself without end.");
    }
}
