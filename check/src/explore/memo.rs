//! What is computed once and remembered: what comes of a local step, what a monitor makes of what
//! it hears, and the judgement of a combination of processes.

use std::sync::{Arc, MutexGuard, PoisonError};

use ::world::{Subject, caught};
use model::{Event, NodeId};
use spec::monitor::Monitor;

use super::fold::RenamedKey;
use super::local::{Branch, Input, Local, Manner};
use super::log;
use super::reduction::Reducing;
use super::tables::{Heard, Map, MonitorKey, Packet, Step, Tables};
use super::timing::Aging;
use super::world::Channel;
use super::{Explore, Flushing, Shareable, Timing};
use crate::hand::no_panic;
use crate::{Judgement, Violation};

/// What happens at a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// A packet arrives, by its number.
    Deliver(u32),
    /// A forged packet arrives that was never in flight, by its number.
    Forge(u32),
    /// An alarm rings, by its place among those that are armed.
    Fire(u32),
    /// A request is made, by its place among those of the node.
    Request(u32),
    Flush,
    Sync,
    Crash,
    Restart,
}

impl Act {
    /// A number for each; a packet does the same whether or not it is forged.
    pub fn code(self) -> u32 {
        let (kind, argument) = match self {
            Act::Deliver(packet) | Act::Forge(packet) => (0, packet),
            Act::Fire(timer) => (1, timer),
            Act::Request(request) => (2, request),
            Act::Flush => (3, 0),
            Act::Sync => (4, 0),
            Act::Crash => (5, 0),
            Act::Restart => (6, 0),
        };
        argument << 3 | kind
    }

    /// The act of this number, if it is one.
    pub fn of(code: u32) -> Option<Act> {
        let argument = code >> 3;
        Some(match code & 7 {
            0 => Act::Deliver(argument),
            1 => Act::Fire(argument),
            2 => Act::Request(argument),
            3 => Act::Flush,
            4 => Act::Sync,
            5 => Act::Crash,
            6 => Act::Restart,
            _ => return None,
        })
    }
}

/// What one thread remembers of the tables, so that it need not ask for them.
pub struct Memory {
    pub(super) facts: Vec<Facts>,
    pub(super) channels: Vec<Channel>,
    pub(super) steps: Map<(u32, u32), Arc<[Step]>>,
    pub(super) idle: Idle,
    pub(super) heard: Map<MonitorKey, Result<u32, Violation>>,
    pub(super) aged: Map<(u32, Aging), u32>,
    pub(super) renamed: Map<RenamedKey, u32>,
    /// For each combination of processes that broke nothing, whether it lies within the bounds.
    pub(super) judged: Map<Box<[u32]>, bool>,
    /// What faulty nodes may send, once it was looked up: addressee and packet.
    pub(super) forged: Option<Arc<[(NodeId, u32)]>>,
    /// A world that is being built, and a combination of processes that is being judged.
    pub(super) words: Vec<u32>,
    pub(super) seen: Vec<u32>,
    pub(super) reducing: Reducing,
    pub(super) reached: u64,
    /// Packets that the cap on copies has refused.
    pub(super) refused: u64,
}

/// Acts that change nothing at a node, as far as this thread has seen: most packets that wait for
/// ever are such, and every flush of a node at rest. Each is kept at one place only, where it
/// displaces another: what is not found here is looked up.
pub(super) struct Idle {
    /// The number of a node above the code of an act; [`Idle::NONE`] where there is none.
    kept: Box<[u64]>,
    /// How many were displaced since there are so many places.
    displaced: usize,
}

impl Idle {
    /// Places at first, for small systems: 4 KiB.
    const FEWEST: usize = 1 << 9;
    /// As many as fit, at eight bytes each, half of a second-level cache of 512 KiB.
    const MOST: usize = 1 << 15;
    /// No act has this code: the kinds of acts end before 7.
    const NONE: u64 = u64::MAX;

    pub(super) fn new() -> Idle {
        Idle { kept: vec![Idle::NONE; Idle::FEWEST].into(), displaced: 0 }
    }

    /// Whether an act is known to change nothing at the node of this number.
    pub(super) fn has(&self, node: u32, act: Act) -> bool {
        let key = Idle::key(node, act);
        self.kept[self.place(key)] == key
    }

    pub(super) fn add(&mut self, node: u32, act: Act) {
        let key = Idle::key(node, act);
        let place = self.place(key);
        self.displaced += usize::from(![Idle::NONE, key].contains(&self.kept[place]));
        self.kept[place] = key;
        if self.displaced > self.kept.len() / 4 && self.kept.len() < Idle::MOST {
            self.grow();
        }
    }

    /// Twice as many places; none that is kept displaces another there.
    fn grow(&mut self) {
        let wider = vec![Idle::NONE; 2 * self.kept.len()];
        let old = std::mem::replace(&mut self.kept, wider.into());
        self.displaced = 0;
        for key in old.into_iter().filter(|key| *key != Idle::NONE) {
            self.kept[self.place(key)] = key;
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.kept)
    }

    fn key(node: u32, act: Act) -> u64 {
        u64::from(node) << 32 | u64::from(act.code())
    }

    fn place(&self, key: u64) -> usize {
        // The upper bits of a product by 2^64 divided by the golden ratio depend on all of the key.
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (u64::BITS - self.kept.len().ilog2())) as usize
    }
}

/// What must be known of a node to see what can happen to it.
#[derive(Clone, Copy)]
pub struct Facts {
    pub is_up: bool,
    pub timers: u32,
    /// By when one of its alarms has rung.
    pub first_due: u64,
    pub frames: u32,
    pub seen: u32,
    /// See [`Folding::print`].
    pub print: u64,
}

impl<S: Shareable> Explore<'_, S> {
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables<S>> {
        // A panic leaves the tables whole: a value is complete before it is added.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the memory up to date with nodes and packets that other threads have met.
    pub(super) fn learn(&self, memory: &mut Memory, world: &[u32]) {
        let nodes = &world[..self.shape.nodes];
        let packets = &world[self.shape.packets()..];
        let is_known = nodes.iter().all(|&node| (node as usize) < memory.facts.len())
            && packets.iter().all(|&packet| (packet as usize) < memory.channels.len());
        if !is_known {
            learn_from(&self.tables(), memory);
        }
    }

    /// What comes of an act at a node, from memory if it was met before.
    pub(super) fn steps(&self, memory: &mut Memory, number: u32, act: Act) -> Arc<[Step]> {
        let key = (number, act.code());
        if let Some(steps) = memory.steps.get(&key) {
            return Arc::clone(steps);
        }
        let mut tables = self.tables();
        if !tables.steps.contains_key(&key) {
            let steps = self.compute(&mut tables, number, act);
            tables.steps.insert(key, steps);
            tables.log.push(log::Entry::Step(number, key.1));
        }
        // Each thread has its own copy, so that the threads do not wait for one count of uses.
        let steps: Arc<[Step]> = tables.steps[&key].to_vec().into();
        learn_from(&tables, memory);
        drop(tables);
        memory.steps.insert(key, Arc::clone(&steps));
        steps
    }

    pub(super) fn compute(&self, tables: &mut Tables<S>, number: u32, act: Act) -> Arc<[Step]> {
        let entry = Arc::clone(&tables.entries[number as usize]);
        let me = entry.node.me;
        let input = match act {
            Act::Deliver(packet) | Act::Forge(packet) => {
                let packet = tables.packets.value(packet);
                Input::Event(Event::Message(packet.from, packet.message.clone()))
            }
            Act::Fire(place) => Input::Event(Event::Timer(entry.timers[place as usize].clone())),
            Act::Request(place) => {
                let request = &self.requests[me.index()][place as usize];
                Input::Event(Event::Request(request.clone()))
            }
            Act::Flush => Input::Event(Event::Flush),
            Act::Sync => Input::Sync,
            Act::Crash => Input::Crash,
            Act::Restart => Input::Restart,
        };
        let branches = self.branches(&entry.node, &input);
        let fault = self.test_step(tables, &entry.node, &input, &branches);
        let fault = fault.map(|violation| Step::Broken { script: [].into(), violation });
        let steps = branches.into_iter().map(|branch| {
            let script = branch.script.into();
            let outcome = match branch.outcome {
                Ok(outcome) => outcome,
                Err(text) => return Step::Broken { script, violation: no_panic(text) },
            };
            let survives = !matches!(act, Act::Crash | Act::Restart);
            let (before, after) = (entry.node.seen(), outcome.node.seen());
            if let Err(text) = self.subject.step(before, after)
                && survives
            {
                let property = "a step of a node".to_owned();
                return Step::Broken { script, violation: Violation { property, text } };
            }
            // What is sent to a faulty node is known to it: its forgeries are listed without.
            let traitors = self.traitors;
            let posts = outcome.posts.into_iter().filter(|(to, _)| !traitors.contains(*to));
            let posts = posts.map(|(to, message)| Packet { from: me, to, message });
            Step::Led {
                script,
                posts: posts.map(|packet| tables.packets.number(packet).0).collect(),
                node: self.number(tables, outcome.node),
                told: tables.told.number(outcome.told).0,
                marks: outcome.marks,
            }
        });
        fault.into_iter().chain(steps.collect::<Vec<_>>()).collect()
    }

    /// Everything that comes of an input at a node.
    pub(super) fn branches(
        &self,
        node: &Local<S::Process>,
        input: &Input<S::Process>,
    ) -> Vec<Branch<S::Process>> {
        let manner = Manner {
            eager: self.bounds.flushing == Flushing::Eager,
            timed: self.bounds.timing != Timing::Free,
        };
        let mut branches = node.branches(&self.sometimes, input, manner);
        if self.folding.is_some() {
            // Names decide in which order a loop over nodes writes; renamed hosts are sorted too.
            let outcomes = branches.iter_mut().filter_map(|branch| branch.outcome.as_mut().ok());
            let hosts = outcomes.filter_map(|outcome| outcome.node.up.as_mut());
            hosts.for_each(|up| up.host.sort_held());
        }
        branches
    }

    /// The number of a node.
    pub(super) fn number(&self, tables: &mut Tables<S>, node: Local<S::Process>) -> u32 {
        match tables.nodes.find(&node) {
            Some(number) => number,
            None => {
                let print = self.folding.as_ref().map_or(0, |folding| folding.print(&node));
                tables.node(node, print)
            }
        }
    }

    /// The monitor after it has heard something.
    pub(super) fn hear(&self, memory: &mut Memory, key: MonitorKey) -> Result<u32, Violation> {
        if let Some(result) = memory.heard.get(&key) {
            return result.clone();
        }
        let mut tables = self.tables();
        if !tables.heard.contains_key(&key) {
            let result = self.judge_heard(&mut tables, key);
            tables.heard.insert(key, result);
            tables.log.push(log::Entry::Heard(key));
        }
        let result = tables.heard[&key].clone();
        memory.heard.insert(key, result.clone());
        result
    }

    pub(super) fn judge_heard(
        &self,
        tables: &mut Tables<S>,
        key: MonitorKey,
    ) -> Result<u32, Violation> {
        let (monitor, node, heard) = key;
        let mut monitor = S::Monitor::clone(tables.monitors.value(monitor));
        let told = match heard {
            Heard::Told(list) => tables.told.value(list).as_slice(),
            _ => &[],
        };
        let judged = caught(|| {
            match heard {
                Heard::Request(place) => {
                    monitor.requested(node, &self.requests[node.index()][place as usize]);
                }
                Heard::Crash => monitor.crashed(node),
                Heard::Told(_) => {}
            }
            told.iter().try_for_each(|indication| monitor.indicated(node, indication))
        });
        let judged = judged.map_err(no_panic)?.map(|()| monitor);
        if let Some(violation) = self.test_heard(tables, key, &judged) {
            return Err(violation);
        }
        let promised = |text| Violation { property: "promise to the layer above".into(), text };
        Ok(tables.monitors.number(judged.map_err(promised)?).0)
    }

    /// Judges the combination of processes that stands in the memory.
    pub(super) fn judge_memoised(&self, memory: &mut Memory) -> Judgement {
        if let Some(&is_within) = memory.judged.get(memory.seen.as_slice()) {
            return if is_within { Judgement::Within } else { Judgement::Outside };
        }
        let judgement = self.judge_seen(&memory.seen);
        // A violation ends the exploration, so it need not be remembered.
        if !matches!(judgement, Judgement::Broken(_)) {
            let is_within = judgement == Judgement::Within;
            memory.judged.insert(memory.seen.as_slice().into(), is_within);
        }
        judgement
    }

    pub(super) fn judge_seen(&self, seen: &[u32]) -> Judgement {
        let tables = self.tables();
        let processes: Vec<_> = seen.iter().map(|&n| Arc::clone(tables.seen.value(n))).collect();
        drop(tables);
        let processes: Vec<&S::Process> = processes.iter().map(|seen| &seen.1).collect();
        let judgement = self.judge_processes(&processes);
        self.test_judged(&processes, &judgement).map_or(judgement, Judgement::Broken)
    }

    /// Judges the processes of all nodes; nothing is demanded of traitors.
    pub(super) fn judge_processes(&self, processes: &[&S::Process]) -> Judgement {
        let places = NodeId::first(processes.len()).zip(processes);
        let loyal = places.filter(|(node, _)| !self.traitors.contains(*node));
        let processes: Vec<&S::Process> = loyal.map(|(_, &process)| process).collect();
        let judged = caught(|| {
            for invariant in &self.invariants {
                if let Err(text) = (invariant.holds)(&processes) {
                    let property = invariant.name.to_owned();
                    return Judgement::Broken(Violation { property, text });
                }
            }
            if self.subject.within(&processes) { Judgement::Within } else { Judgement::Outside }
        });
        judged.unwrap_or_else(|text| Judgement::Broken(no_panic(text)))
    }
}

pub(super) fn learn_from<S: Subject>(tables: &Tables<S>, memory: &mut Memory) {
    memory.facts.extend(tables.entries[memory.facts.len()..].iter().map(|entry| Facts {
        is_up: entry.node.up.is_some(),
        timers: entry.timers.len() as u32,
        first_due: entry.spans.iter().map(|span| span.latest).min().unwrap_or(u64::MAX),
        frames: entry.node.up.as_ref().map_or(0, |up| up.frames.len() as u32),
        seen: entry.seen,
        print: entry.print,
    }));
    let packets = memory.channels.len() as u32..tables.packets.len() as u32;
    memory.channels.extend(packets.map(|number| {
        let packet = tables.packets.value(number);
        (packet.from, packet.to)
    }));
}
