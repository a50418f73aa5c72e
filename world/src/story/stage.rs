//! A world driven by hand, one step at a time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Display};

use model::{Choices, Event, Host, Moment, NodeId, NodeSet, Out, Process};
use spec::monitor::Monitor;

use super::reach::Reach;
use super::{Heard, Step};
use crate::caught::caught;
use crate::subject::{Invariant, Subject};
use crate::timed::Violation;
use crate::trace::{Clock, Fate, Recorder, Trace, What};

/// Steps that `settle` takes before it gives up: far more than any story wants to print.
const SETTLE_LIMIT: usize = 10_000;

/// Events that the trace of a stage keeps: as many as a `settle` takes at most, several times over.
const RECORD_LIMIT: usize = 100_000;

/// Why a step was not taken, or what it broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// There is no such packet, alarm or node now; nothing has changed.
    Impossible(String),
    /// The protocol broke a promise or an invariant, or panicked. The stage is finished.
    Violation(String),
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Impossible(why) => write!(f, "{why}"),
            Trouble::Violation(what) => write!(f, "violation: {what}"),
        }
    }
}

/// A packet in flight.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Packet<P: Process> {
    /// Its sender.
    pub from: NodeId,
    /// Its addressee.
    pub to: NodeId,
    /// What it says.
    pub message: P::Message,
    /// Its number among all that were sent.
    pub number: u64,
}

/// A world driven by hand: every node of a subject, the packets in flight, the alarms that are
/// armed and the frames that are not yet durable. Monitor and invariants judge every step.
///
/// Time passes at a node only when one of its alarms rings: its clock then stands at the earliest
/// time at which the alarm could have rung.
pub struct Stage<'a, S: Subject> {
    pub(super) subject: &'a S,
    invariants: Vec<Invariant<S::Process>>,
    nodes: Vec<Place<S::Process>>,
    air: Air<S>,
    /// The answers for the next step's choices.
    answers: Vec<u32>,
    /// Whether nodes flush after every step.
    auto_flush: bool,
    finished: bool,
}

/// What is between the nodes, and what is written down about them.
pub(super) struct Air<S: Subject> {
    pub(super) monitor: S::Monitor,
    pub(super) packets: Vec<Packet<S::Process>>,
    /// How many messages have been sent.
    pub(super) sent: u64,
    /// Steps taken.
    steps: u64,
    /// Nothing, if nobody will read it: words cost more than steps do.
    pub(super) record: Option<Recorder>,
    groups: Option<Vec<NodeSet>>,
    pub(super) lines: Vec<String>,
    /// What the layer above did and was told.
    pub(super) heard: Vec<(u64, Heard<S::Process>)>,
    pub(super) violation: Option<Violation>,
}

/// One node and what its driver holds for it.
struct Place<P: Process> {
    /// `None` while it is down.
    host: Option<Host<P>>,
    around: Around<P>,
}

pub(super) struct Around<P: Process> {
    /// The disk, as the process recovered so far.
    disk: P,
    /// The frames that are not yet durable, oldest first.
    pub(super) frames: VecDeque<Vec<P::Record>>,
    pub(super) timers: BTreeMap<P::Timer, Moment>,
    pub(super) clock: Moment,
}

impl<'a, S: Subject> Stage<'a, S> {
    /// A world in which every node is yet to start.
    fn empty(subject: &'a S, auto_flush: bool, is_told: bool) -> Self {
        let place = |node| Place {
            host: None,
            around: Around {
                disk: subject.process(node),
                frames: VecDeque::new(),
                timers: BTreeMap::new(),
                clock: Moment::ZERO,
            },
        };
        Stage {
            subject,
            invariants: subject.invariants(),
            nodes: NodeId::first(subject.nodes()).map(place).collect(),
            air: Air {
                monitor: subject.told_monitor(),
                packets: Vec::new(),
                sent: 0,
                steps: 0,
                record: is_told.then(|| Recorder::new(RECORD_LIMIT)),
                groups: None,
                lines: Vec::new(),
                heard: subject.traitors().iter().map(|node| (0, Heard::Faulty(node))).collect(),
                violation: None,
            },
            answers: Vec::new(),
            auto_flush,
            finished: false,
        }
    }

    /// A world in which every node has started, in the order of their numbers; and the lines that
    /// tell what they did. With `auto_flush`, every node flushes after every step.
    ///
    /// # Errors
    /// A violation, if starting is enough for one.
    pub fn new(subject: &'a S, auto_flush: bool) -> Result<(Self, Vec<String>), Trouble> {
        let mut stage = Stage::empty(subject, auto_flush, true);
        stage.begin()?;
        let lines = std::mem::take(&mut stage.air.lines);
        Ok((stage, lines))
    }

    /// The same for somebody who only wants to know where it leads: no lines, and no trace.
    ///
    /// # Errors
    /// As [`new`](Stage::new).
    pub fn silent(subject: &'a S, auto_flush: bool) -> Result<Self, Trouble> {
        let mut stage = Stage::empty(subject, auto_flush, false);
        stage.begin().map(|()| stage)
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        let traitors = self.subject.traitors();
        NodeId::first(self.nodes.len())
            .filter(|node| !traitors.contains(*node))
            .try_for_each(|node| self.act(|stage| stage.restart(node)))
    }

    /// Takes one step; returns a line for each thing that the nodes did.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn apply(&mut self, step: &Step<S::Process>) -> Result<Vec<String>, Trouble> {
        if self.finished {
            return Err(Trouble::Impossible("the run ended with its violation".to_string()));
        }
        if let Step::Choose { answers } = step {
            self.answers.clone_from(answers);
            return Ok(Vec::new());
        }
        self.act(|stage| stage.take(step))?;
        Ok(std::mem::take(&mut self.air.lines))
    }

    /// What has happened so far, as data.
    pub fn trace(&self) -> Trace {
        let nothing = Recorder::new(1);
        let record = self.air.record.as_ref().unwrap_or(&nothing);
        record.trace(self.subject.name(), self.nodes.len(), Clock::Steps)
    }

    /// What the layer above did and was told so far, each with the number of its event.
    pub fn heard(&self) -> &[(u64, Heard<S::Process>)] {
        &self.air.heard
    }

    /// How many events the trace has so far.
    pub fn events(&self) -> usize {
        self.air.record.as_ref().map_or(0, Recorder::len)
    }

    /// What was broken, if anything was.
    pub fn violation(&self) -> Option<&Violation> {
        self.air.violation.as_ref()
    }

    /// The lines of a step that ended in a violation, up to the violation.
    pub fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.air.lines)
    }

    /// The packets in flight, oldest first.
    pub fn packets(&self) -> &[Packet<S::Process>] {
        &self.air.packets
    }

    /// The armed alarms of a node.
    pub fn timers(&self, node: NodeId) -> impl Iterator<Item = &<S::Process as Process>::Timer> {
        self.nodes.get(node.index()).into_iter().flat_map(|place| place.around.timers.keys())
    }

    /// How many frames of a node are not yet durable.
    pub fn frames(&self, node: NodeId) -> usize {
        self.nodes.get(node.index()).map_or(0, |place| place.around.frames.len())
    }

    /// The node's process; what its disk would recover, while it is down.
    pub fn process(&self, node: NodeId) -> Option<&S::Process> {
        self.nodes.get(node.index()).map(Place::seen)
    }

    /// Whether the node is up.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|place| place.host.is_some())
    }

    /// The monitor, as it has judged so far.
    pub fn monitor(&self) -> &S::Monitor {
        &self.air.monitor
    }

    /// Acts, with panics caught, flushes if that is wished, and judges.
    fn act(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Trouble>) -> Result<(), Trouble> {
        let result = caught(|| {
            act(self)?;
            if self.auto_flush {
                NodeId::first(self.nodes.len()).for_each(|node| drop(self.flush(node)));
            }
            self.judge()
        });
        let result = result.unwrap_or_else(|panic| {
            self.air.violation = Some(Violation::Panic(panic.clone()));
            Err(Trouble::Violation(panic))
        });
        if let Err(Trouble::Violation(what)) = &result {
            self.finished = true;
            self.air.happens(None, What::Violation, what);
        }
        result
    }

    fn judge(&mut self) -> Result<(), Trouble> {
        if let Some(Violation::Safety(what)) = &self.air.violation {
            return Err(Trouble::Violation(what.clone()));
        }
        // Nothing is demanded of traitors.
        let traitors = self.subject.traitors();
        let places = NodeId::first(self.nodes.len()).zip(&self.nodes);
        let loyal = places.filter(|(node, _)| !traitors.contains(*node));
        let processes: Vec<&S::Process> = loyal.map(|(_, place)| place.seen()).collect();
        for invariant in &self.invariants {
            if let Err(why) = (invariant.holds)(&processes) {
                let (name, what) = (invariant.name, format!("{}: {why}", invariant.name));
                self.air.violation = Some(Violation::Invariant(name.to_string(), why));
                return Err(Trouble::Violation(what));
            }
        }
        Ok(())
    }

    fn take(&mut self, step: &Step<S::Process>) -> Result<(), Trouble> {
        match step {
            Step::Request { node, request } => {
                self.up(*node)?;
                self.air.monitor.requested(*node, request);
                self.air.happens(Some(*node), What::Request, request);
                self.air.hear(Heard::Asked(*node, request.clone()));
                self.step(*node, Event::Request(request.clone()))
            }
            Step::Deliver { from, to, message } => {
                let packet = self.pick(*from, *to, message)?;
                let packet = self.air.packets.remove(packet);
                if self.is_up(packet.to) {
                    return self.arrive(packet);
                }
                self.air.lines.push(format!("{to} is down"));
                self.air.lose(&packet);
                Ok(())
            }
            Step::Drop { from, to, message } => {
                let packet = self.pick(*from, *to, message)?;
                let packet = self.air.packets.remove(packet);
                self.air.lose(&packet);
                Ok(())
            }
            Step::Duplicate { from, to, message } => {
                let packet = self.pick(*from, *to, message)?;
                let copy = self.air.packets[packet].clone();
                self.air.packets.push(copy);
                Ok(())
            }
            Step::Forge { from, to, message } => {
                let (from, to, message) = (*from, *to, message.clone());
                self.air.forge(from, to, message);
                Ok(())
            }
            Step::Fire { node, timer } => {
                self.up(*node)?;
                let around = &mut self.nodes[node.index()].around;
                let Some(due) = around.timers.remove(timer) else {
                    return impossible(format!("{node} has not set {timer}"));
                };
                around.clock = around.clock.max(due);
                self.air.happens(Some(*node), What::Timer, timer);
                self.step(*node, Event::Timer(timer.clone()))
            }
            Step::Flush { node } => self.flush(*node).map(|_| ()),
            Step::Sync { node } => self.sync(*node),
            Step::Crash { node } => self.crash(*node),
            Step::Restart { node } => self.restart(*node),
            Step::Partition { groups } => {
                self.air.happens(None, What::Fault, step);
                self.air.groups = Some(groups.clone());
                self.air.cut();
                Ok(())
            }
            Step::Heal => {
                self.air.happens(None, What::Fault, step);
                self.air.groups = None;
                Ok(())
            }
            Step::Settle => self.settle(),
            // The answers wait for the step after this one.
            Step::Choose { .. } => Ok(()),
        }
    }

    fn up(&self, node: NodeId) -> Result<(), Trouble> {
        match self.nodes.get(node.index()) {
            Some(place) if place.host.is_some() => Ok(()),
            Some(_) => impossible(format!("{node} is down")),
            None => impossible(format!("there is no {node}")),
        }
    }

    fn pick(
        &self,
        from: NodeId,
        to: NodeId,
        message: &<S::Process as Process>::Message,
    ) -> Result<usize, Trouble> {
        let is_it = |p: &Packet<_>| p.from == from && p.to == to && p.message == *message;
        let place = self.air.packets.iter().position(is_it);
        place.map_or_else(|| impossible("there is no such packet in flight".to_string()), Ok)
    }

    /// A packet arrives at a node that is up.
    fn arrive(&mut self, packet: Packet<S::Process>) -> Result<(), Trouble> {
        let Packet { from, to, message, number } = packet;
        self.air.happens(Some(to), What::Deliver { message: number, from }, &message);
        self.step(to, Event::Message(from, message))
    }

    /// Takes one event, then what the node wrote to itself.
    fn step(&mut self, node: NodeId, event: Event<S::Process>) -> Result<(), Trouble> {
        self.with(node, |host, out, reach| {
            reach.watch(host, |host, reach| host.step(event, out, reach));
            reach.own(host, out);
        })
    }

    /// Flushes until nothing comes of it; returns whether anything did.
    fn flush(&mut self, node: NodeId) -> Result<bool, Trouble> {
        let mut acted = false;
        self.with(node, |host, out, reach| {
            while reach.own(host, out) || reach.flush(host, out) {
                acted = true;
            }
        })?;
        Ok(acted)
    }

    fn sync(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.up(node)?;
        let around = &mut self.nodes[node.index()].around;
        let Some(records) = around.frames.pop_front() else {
            return impossible(format!("{node} has no frame that is not yet durable"));
        };
        records.into_iter().for_each(|record| around.disk.recover(record));
        self.air.happens(Some(node), What::Sync, "");
        self.with(node, |host, out, reach| {
            host.synced(1, reach);
            reach.note_epoch(host);
            reach.own(host, out);
        })
    }

    fn crash(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.up(node)?;
        let place = &mut self.nodes[node.index()];
        place.host = None;
        place.around.frames.clear();
        place.around.timers.clear();
        self.air.monitor.crashed(node);
        self.air.happens(Some(node), What::Crash, "");
        self.air.hear(Heard::Crashed(node));
        Ok(())
    }

    fn restart(&mut self, node: NodeId) -> Result<(), Trouble> {
        let Some(place) = self.nodes.get_mut(node.index()) else {
            return impossible(format!("there is no {node}"));
        };
        if place.host.is_some() {
            return impossible(format!("{node} is up"));
        }
        place.host = Some(Host::new(node, place.around.disk.clone()));
        self.air.happens(Some(node), What::Start, "");
        self.step(node, Event::Start)
    }

    fn settle(&mut self) -> Result<(), Trouble> {
        for _ in 0..SETTLE_LIMIT {
            if self.air.violation.is_some() || !self.settle_once()? {
                return Ok(());
            }
        }
        impossible(format!("the world did not come to rest within {SETTLE_LIMIT} steps"))
    }

    /// Takes the next step of `settle`; returns whether there was one.
    fn settle_once(&mut self) -> Result<bool, Trouble> {
        if !self.air.packets.is_empty() {
            let packet = self.air.packets.remove(0);
            if self.is_up(packet.to) {
                self.arrive(packet)?;
            } else {
                self.air.lose(&packet);
            }
            return Ok(true);
        }
        for node in NodeId::first(self.nodes.len()) {
            if self.is_up(node) && self.flush(node)? {
                return Ok(true);
            }
        }
        for node in NodeId::first(self.nodes.len()) {
            if self.frames(node) > 0 {
                return self.sync(node).map(|()| true);
            }
        }
        Ok(false)
    }

    /// Lends out one node that is up, with what it can reach.
    fn with(
        &mut self,
        node: NodeId,
        run: impl FnOnce(&mut Host<S::Process>, &mut Out<S::Process>, &mut Reach<'_, S>),
    ) -> Result<(), Trouble> {
        self.up(node)?;
        let script = std::mem::take(&mut self.answers);
        let mut out = Out::new(Choices::Scripted { script, asked: Vec::new() });
        let place = &mut self.nodes[node.index()];
        out.set_now(place.around.clock);
        let host = place.host.as_mut().expect("the node is up");
        let Place { around, .. } = place;
        let mut reach = Reach { subject: self.subject, me: node, around, air: &mut self.air };
        run(host, &mut out, &mut reach);
        Ok(())
    }
}

impl<P: Process> Place<P> {
    fn seen(&self) -> &P {
        self.host.as_ref().map_or(&self.around.disk, Host::process)
    }
}

impl<S: Subject> Air<S> {
    pub(super) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        let together = |group: &NodeSet| group.contains(from) && group.contains(to);
        from != to && self.groups.as_ref().is_some_and(|groups| !groups.iter().any(together))
    }

    fn cut(&mut self) {
        let packets = std::mem::take(&mut self.packets);
        for packet in packets {
            if self.is_cut(packet.from, packet.to) {
                self.lose(&packet);
            } else {
                self.packets.push(packet);
            }
        }
    }

    /// A traitor says something that no process said.
    fn forge(&mut self, from: NodeId, to: NodeId, message: <S::Process as Process>::Message) {
        self.sent += 1;
        let number = self.sent;
        self.happens(Some(from), What::Own, "a lie");
        if let Some(record) = &mut self.record {
            record.send(number, to, message.to_string(), Fate::Travels);
        }
        self.packets.push(Packet { from, to, message, number });
    }

    pub(super) fn happens(&mut self, node: Option<NodeId>, what: What, text: impl Display) {
        self.steps += 1;
        if let Some(record) = &mut self.record {
            record.begin(self.steps, node, what, text.to_string());
        }
    }

    /// Takes back the event begun last, of which nothing came: it is neither shown nor counted.
    pub(super) fn take_back(&mut self) {
        self.steps -= 1;
        if let Some(record) = &mut self.record {
            record.drop_if_idle();
        }
    }

    pub(super) fn hear(&mut self, heard: Heard<S::Process>) {
        self.heard.push((self.steps, heard));
    }

    fn lose(&mut self, packet: &Packet<S::Process>) {
        let what = What::Lost { message: packet.number };
        self.happens(Some(packet.to), what, &packet.message);
    }
}

fn impossible<T>(why: String) -> Result<T, Trouble> {
    Err(Trouble::Impossible(why))
}
