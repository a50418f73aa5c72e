//! One node on its own: what it is, what it can do next, and what comes of that.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Display};
use std::ops::Range;
use std::time::Duration;

use model::{Choices, Event, Host, NodeId, Out, Outside, Process};
use world::{Sometimes, caught};

use crate::explore::timing::{Aging, Span};

/// One node with everything that its driver keeps for it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Local<P: Process> {
    pub me: NodeId,
    /// None while it is down.
    pub up: Option<Up<P>>,
    /// The disk, as the process recovered so far.
    pub disk: P,
}

/// What a crash takes away.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Up<P: Process> {
    pub host: Host<P>,
    /// The alarms that are armed.
    pub timers: BTreeMap<P::Timer, Span>,
    /// The frames that are not yet durable, oldest first.
    pub frames: VecDeque<Vec<P::Record>>,
}

/// How a node is driven.
#[derive(Clone, Copy)]
pub struct Manner {
    /// Whether it flushes right after each event.
    pub eager: bool,
    /// Whether the spans of alarms are kept.
    pub timed: bool,
}

/// What can happen to a node.
pub enum Input<P: Process> {
    Event(Event<P>),
    /// The oldest frame becomes durable.
    Sync,
    Crash,
    Restart,
}

impl<P: Process> Display for Input<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Event(Event::Start) | Input::Restart => write!(f, "its start"),
            Input::Event(Event::Request(request)) => write!(f, "the request {request}"),
            Input::Event(Event::Message(from, message)) => write!(f, "{message} from {from}"),
            Input::Event(Event::Timer(timer)) => write!(f, "the alarm {timer}"),
            Input::Event(Event::Flush) => write!(f, "a flush"),
            Input::Sync => write!(f, "a sync"),
            Input::Crash => write!(f, "a crash"),
        }
    }
}

/// What comes of it.
pub struct Outcome<P: Process> {
    pub node: Local<P>,
    pub posts: Vec<(NodeId, P::Message)>,
    pub told: Vec<P::Indication>,
    /// Which marks were seen, a bit each.
    pub marks: u64,
}

/// What comes of an input under one script of choices, or how it panicked.
pub struct Branch<P: Process> {
    pub script: Vec<u32>,
    pub outcome: Result<Outcome<P>, String>,
}

/// Steps that a node may owe itself after one event, flushes included. A protocol is expected to
/// come to rest after a handful; a thousand is never right, and found at once.
const REST_LIMIT: usize = 1_000;

impl<P: Process> Local<P> {
    /// A node that is down and has an empty disk.
    pub fn new(me: NodeId, process: P) -> Local<P> {
        Local { me, up: None, disk: process }
    }

    /// The process as invariants see it.
    pub fn seen(&self) -> &P {
        self.up.as_ref().map_or(&self.disk, |up| up.host.process())
    }

    /// The node after time has passed.
    pub fn aged(&self, aging: Aging) -> Local<P> {
        let mut node = self.clone();
        let spans = node.up.iter_mut().flat_map(|up| up.timers.values_mut());
        spans.for_each(|span| *span = aging.of(*span));
        node
    }

    /// Takes an input in every way in which its choices can be answered.
    pub fn branches(
        &self,
        marks: &[Sometimes<P>],
        input: &Input<P>,
        manner: Manner,
    ) -> Vec<Branch<P>> {
        let mut branches = Vec::new();
        let mut script = Vec::new();
        loop {
            let answers = script.clone();
            let mut out = Out::new(Choices::Scripted { script: answers, asked: Vec::new() });
            let outcome = caught(|| Doing::of(self, marks, manner).input(input, &mut out));
            let asked = match out.choices() {
                Choices::Scripted { asked, .. } => std::mem::take(asked),
                // A panic inside a child layer: what it had asked is not known any more.
                Choices::Seeded(_) => Vec::new(),
            };
            branches.push(Branch { script: script.clone(), outcome });
            if !advance(&mut script, &asked) {
                return branches;
            }
        }
    }
}

/// The next script in lexical order, over the questions that this one was asked; whether there is
/// one.
fn advance(script: &mut Vec<u32>, asked: &[u32]) -> bool {
    script.resize(asked.len(), 0);
    while let Some(answer) = script.pop() {
        if answer + 1 < asked[script.len()] {
            script.push(answer + 1);
            return true;
        }
    }
    false
}

/// A node in the middle of an input.
struct Doing<'m, P: Process> {
    outcome: Outcome<P>,
    sometimes: &'m [Sometimes<P>],
    manner: Manner,
    /// The event that marks are asked about: a message to oneself is judged as a part of the event
    /// that wrote it, unless it waited for the disk.
    latest: Option<Event<P>>,
    /// Messages to oneself that a sync has released and that are still to be taken.
    released: VecDeque<P::Message>,
}

impl<'m, P: Process> Doing<'m, P> {
    fn of(node: &Local<P>, sometimes: &'m [Sometimes<P>], manner: Manner) -> Doing<'m, P> {
        let node = node.clone();
        let outcome = Outcome { node, posts: Vec::new(), told: Vec::new(), marks: 0 };
        Doing { outcome, sometimes, manner, latest: None, released: VecDeque::new() }
    }

    fn input(mut self, input: &Input<P>, out: &mut Out<P>) -> Outcome<P> {
        match input {
            Input::Event(Event::Flush) => self.rest(true, out),
            Input::Event(event) => {
                if let (Event::Timer(timer), Some(up)) = (event, &mut self.outcome.node.up) {
                    up.timers.remove(timer);
                }
                self.event(event.clone(), out);
            }
            Input::Sync => self.sync(out),
            Input::Crash => self.outcome.node.up = None,
            Input::Restart => {
                let Local { me, disk, .. } = &self.outcome.node;
                let host = Host::new(*me, disk.clone());
                let up = Up { host, timers: BTreeMap::new(), frames: VecDeque::new() };
                self.outcome.node.up = Some(up);
                self.event(Event::Start, out);
            }
        }
        self.rest(self.manner.eager, out);
        self.outcome
    }

    fn event(&mut self, event: Event<P>, out: &mut Out<P>) -> bool {
        self.latest = Some(event.clone());
        let acted = self.with(|host, reach| host.step(event, out, reach)).unwrap_or(false);
        self.mark();
        acted
    }

    fn sync(&mut self, out: &mut Out<P>) {
        let Some(up) = &mut self.outcome.node.up else {
            return;
        };
        let records = up.frames.pop_front().expect("Only a frame that was saved is synced.");
        records.into_iter().for_each(|record| self.outcome.node.disk.recover(record));
        let held = up.host.held().next().unwrap_or_default();
        let me = self.outcome.node.me;
        self.released = held.iter().filter(|(to, _)| *to == me).map(|(_, m)| m.clone()).collect();
        self.with(|host, reach| host.synced(1, reach));
        self.rest(false, out);
    }

    /// Rules 1 and 2: the messages that the node owes itself, and flushes if that is wished, until
    /// nothing comes of them.
    fn rest(&mut self, flush: bool, out: &mut Out<P>) {
        for _ in 0..REST_LIMIT {
            if self.with(|host, reach| host.step_own(out, reach)).unwrap_or(false) {
                if let Some(message) = self.released.pop_front() {
                    self.latest = Some(Event::Message(self.outcome.node.me, message));
                }
                self.mark();
            } else if !(flush && self.event(Event::Flush, out)) {
                return;
            }
        }
        panic!("{} does not come to rest in {REST_LIMIT} steps.", self.outcome.node.me);
    }

    /// Lends out the host, if the node is up, with what it can reach.
    fn with<T>(&mut self, run: impl FnOnce(&mut Host<P>, &mut Reach<P>) -> T) -> Option<T> {
        let Outcome { node, posts, told, .. } = &mut self.outcome;
        let Up { host, timers, frames } = node.up.as_mut()?;
        let timed = self.manner.timed;
        Some(run(host, &mut Reach { posts, told, timers, timed, frames }))
    }

    fn mark(&mut self) {
        let (Some(up), Some(event)) = (&self.outcome.node.up, &self.latest) else {
            return;
        };
        for (bit, mark) in self.sometimes.iter().enumerate() {
            if (mark.seen)(event, up.host.process()) {
                self.outcome.marks |= 1 << bit;
            }
        }
    }
}

struct Reach<'r, P: Process> {
    posts: &'r mut Vec<(NodeId, P::Message)>,
    told: &'r mut Vec<P::Indication>,
    timers: &'r mut BTreeMap<P::Timer, Span>,
    timed: bool,
    frames: &'r mut VecDeque<Vec<P::Record>>,
}

impl<P: Process> Outside<P> for Reach<'_, P> {
    fn send(&mut self, to: NodeId, message: P::Message) {
        self.posts.push((to, message));
    }

    fn save(&mut self, records: &mut Vec<P::Record>) {
        self.frames.push_back(std::mem::take(records));
    }

    fn indicate(&mut self, indication: P::Indication) {
        self.told.push(indication);
    }

    /// Unless time is kept, an armed alarm rings at any time: the range is a matter of speed.
    fn set(&mut self, timer: P::Timer, range: Range<Duration>) {
        let span = if self.timed { Span::fresh(&range) } else { Span::ANY };
        self.timers.insert(timer, span);
    }

    fn cancel(&mut self, timer: P::Timer) {
        self.timers.remove(&timer);
    }
}

#[cfg(test)]
mod tests {
    use super::advance;

    #[test]
    fn scripts_are_tried_in_order_and_each_once() {
        // The first question has three answers; only after 1 there is a second one with two.
        let mut script = Vec::new();
        let mut tried = Vec::new();
        loop {
            let first = script.first().copied().unwrap_or(0);
            let asked: &[u32] = if first == 1 { &[3, 2] } else { &[3] };
            tried.push(script.clone());
            if !advance(&mut script, asked) {
                break;
            }
        }
        assert_eq!(tried, [vec![], vec![1], vec![1, 1], vec![2]]);
    }
}
