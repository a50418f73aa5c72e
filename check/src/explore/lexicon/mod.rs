//! What the numbers of one subject mean: the only place that knows its types.

mod compute;
mod local;
mod symmetric;
mod tables;

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::world::story::{self, Cast, Step as Line};
use ::world::{Invariant, Sometimes, Subject};
use model::{Fingerprint, NodeId, NodeSet, Process};
use spec::monitor::Monitor;

use super::bounds::{Bounds, Flushing, Shareable, Timing};
use super::fold::Folding;
use super::log;
use super::meaning::{Facts, Kind, Meaning, MonitorKey, RenamedKey, Step};
use super::memory::{Act, Memory};
use super::story::Scene;
use super::timing::{Aging, Span};
use crate::{Judgement, Violation};

use self::local::{Local, Manner};
use self::symmetric::Symmetric;
use self::tables::{Packet, Tables};

/// The nodes, packets and monitors of a subject under numbers, and what comes of them.
pub struct Lexicon<'a, S: Subject> {
    subject: &'a S,
    manner: Manner,
    requests: Vec<Vec<<S::Process as Process>::Request>>,
    invariants: Vec<Invariant<S::Process>>,
    sometimes: Vec<Sometimes<S::Process>>,
    /// The nodes that take no steps of their own.
    traitors: NodeSet,
    symmetric: Option<Symmetric<S>>,
    tables: Mutex<Tables<S>>,
}

impl<'a, S: Shareable> Lexicon<'a, S> {
    /// Nothing is met yet.
    pub fn new(subject: &'a S, bounds: &Bounds) -> Lexicon<'a, S> {
        let nodes = NodeId::first(subject.nodes());
        let requests: Vec<_> = nodes.map(|node| subject.requests(node)).collect();
        let wanted = bounds.symmetry;
        Lexicon {
            manner: Manner {
                eager: bounds.flushing == Flushing::Eager,
                timed: bounds.timing != Timing::Free,
            },
            symmetric: wanted.then(|| Symmetric::of(subject, &requests)).flatten(),
            requests,
            invariants: subject.invariants(),
            sometimes: subject.sometimes(),
            traitors: subject.traitors(),
            tables: Mutex::new(Tables::new()),
            subject,
        }
    }

    /// How many requests each node may be asked.
    pub fn requests(&self) -> impl Iterator<Item = u32> {
        self.requests.iter().map(|list| list.len() as u32)
    }

    /// What should happen sometimes.
    pub fn sometimes(&self) -> Vec<&'static str> {
        self.sometimes.iter().map(|mark| mark.name).collect()
    }

    /// The renamings of the subject's symmetry, if it has one and it is wanted.
    pub fn folding(&self) -> Option<Arc<Folding>> {
        self.symmetric.as_ref().map(|symmetric| Arc::clone(&symmetric.folding))
    }

    fn tables(&self) -> MutexGuard<'_, Tables<S>> {
        // A panic leaves the tables whole: a value is complete before it is added.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a node.
    fn number(&self, tables: &mut Tables<S>, node: Local<S::Process>) -> u32 {
        match tables.nodes.find(&node) {
            Some(number) => number,
            None => {
                let print = self.symmetric.as_ref().map_or(0, |symmetric| symmetric.print(&node));
                tables.node(node, print)
            }
        }
    }

    /// One act at a node.
    fn line(&self, tables: &Tables<S>, number: u32, act: Act) -> Line<S::Process> {
        let entry = &tables.entries[number as usize];
        let node = entry.node.me;
        match act {
            Act::Deliver(packet) | Act::Forge(packet) => {
                let Packet { from, to, message } = (**tables.packets.value(packet)).clone();
                Line::Deliver { from, to, message }
            }
            Act::Drop(packet) => {
                let Packet { from, to, message } = (**tables.packets.value(packet)).clone();
                Line::Drop { from, to, message }
            }
            Act::Fire(place) => Line::Fire { node, timer: entry.timers[place as usize].clone() },
            Act::Request(place) => {
                let request = self.requests[node.index()][place as usize].clone();
                Line::Request { node, request }
            }
            Act::Flush => Line::Flush { node },
            Act::Sync => Line::Sync { node },
            Act::Crash => Line::Crash { node },
            Act::Restart => Line::Restart { node },
        }
    }
}

impl<S: Shareable> Meaning for Lexicon<'_, S> {
    fn identity(&self) -> u64 {
        let nodes = NodeId::first(self.subject.nodes());
        let processes = nodes.map(|node| self.subject.process(node)).collect::<Vec<_>>();
        let monitor = self.subject.told_monitor();
        let invariants: Vec<&str> = self.invariants.iter().map(|one| one.name).collect();
        let (sometimes, requests) = (self.sometimes(), &self.requests);
        Fingerprint::of(&format!(
            "{processes:?} {monitor:?} {requests:?} {invariants:?} {sometimes:?}"
        ))
    }

    fn fresh(&self) -> (Vec<u32>, u32) {
        let mut tables = self.tables();
        let nodes = NodeId::first(self.subject.nodes());
        let locals = nodes.map(|node| Local::new(node, self.subject.process(node)));
        let nodes = locals.map(|local| self.number(&mut tables, local)).collect();
        (nodes, tables.monitors.number(self.subject.told_monitor()).0)
    }

    fn forged(&self) -> Arc<[(NodeId, u32)]> {
        let mut tables = self.tables();
        let mut list = Vec::new();
        let all = NodeId::first(self.subject.nodes());
        for from in self.traitors.iter() {
            for to in all.clone().filter(|to| !self.traitors.contains(*to)) {
                for message in self.subject.forgeries(from, to) {
                    let packet = tables.packets.number(Packet { from, to, message }).0;
                    list.push((to, packet));
                }
            }
        }
        list.into()
    }

    fn learn(&self, memory: &mut Memory) {
        learn_from(&self.tables(), memory);
    }

    fn steps(&self, memory: &mut Memory, number: u32, act: Act) -> Arc<[Step]> {
        let key = (number, act.code());
        let mut tables = self.tables();
        if !tables.steps.contains_key(&key) {
            let steps = self.compute(&mut tables, number, act);
            tables.steps.insert(key, steps);
            tables.log.push(log::Entry::Step(number, key.1));
        }
        learn_from(&tables, memory);
        // Each thread has its own copy, so that the threads do not wait for one count of uses.
        tables.steps[&key].to_vec().into()
    }

    fn heard(&self, key: MonitorKey) -> Result<u32, Violation> {
        let mut tables = self.tables();
        if !tables.heard.contains_key(&key) {
            let result = self.judge_heard(&mut tables, key);
            tables.heard.insert(key, result);
            tables.log.push(log::Entry::Heard(key));
        }
        tables.heard[&key].clone()
    }

    fn renamed(&self, memory: &mut Memory, key: RenamedKey) -> u32 {
        let symmetric = self.symmetric.as_ref().expect("Who renames has asked for the folding.");
        let mut tables = self.tables();
        let number = match tables.renamed.get(&key) {
            Some(&number) => number,
            None => {
                let number = symmetric.renamed(&mut tables, key);
                tables.renamed.insert(key, number);
                tables.log.push(log::Entry::Renamed(key));
                number
            }
        };
        learn_from(&tables, memory);
        number
    }

    fn aged(&self, memory: &mut Memory, number: u32, aging: Aging) -> u32 {
        let mut tables = self.tables();
        let node = tables.entries[number as usize].node.aged(aging);
        let aged = self.number(&mut tables, node);
        tables.log.push(log::Entry::Aged(number, aging));
        learn_from(&tables, memory);
        aged
    }

    fn judged(&self, seen: &[u32]) -> Judgement {
        self.judge_seen(seen)
    }

    fn missed(&self, monitor: u32, up: NodeSet) -> Option<String> {
        let monitor = Arc::clone(self.tables().monitors.value(monitor));
        monitor.settled(up).err()
    }

    fn alarms(&self, number: u32) -> Vec<u64> {
        self.tables().entries[number as usize].timers.iter().map(Fingerprint::of).collect()
    }

    fn spans(&self, number: u32) -> Vec<Span> {
        self.tables().entries[number as usize].spans.clone()
    }

    fn lines(&self, number: u32, act: Act, script: &[u32], doubled: bool) -> Vec<String> {
        let tables = self.tables();
        let line = self.line(&tables, number, act);
        let mut lines = Vec::new();
        match (act, line.clone()) {
            (Act::Forge(_), Line::Deliver { from, to, message }) => {
                lines.push(Line::Forge { from, to, message });
            }
            (Act::Deliver(_), Line::Deliver { from, to, message }) if doubled => {
                lines.push(Line::Duplicate { from, to, message });
            }
            _ => {}
        }
        if !script.is_empty() {
            lines.push(Line::Choose { answers: script.to_vec() });
        }
        lines.push(line);
        lines.iter().map(Line::to_string).collect()
    }

    /// The commands are replayed on a stage. If the stage cannot follow, they stand alone.
    fn told(&self, scenes: &[Scene], violation: &Violation) -> String {
        let cast = Cast {
            subject: self.subject.name().to_owned(),
            nodes: self.subject.nodes(),
            auto_flush: self.manner.eager,
            variant: Vec::new(),
        };
        let mut text = story::text::<S::Process>(&cast, &violation.to_string(), &[]);
        text.push_str("---\n\n");
        for scene in scenes {
            let _ = write!(text, "{scene}\n---\n\n");
        }
        match story::replay(self.subject, &text) {
            Ok(text) => text,
            Err(error) => {
                format!("# The stage cannot follow this story: {error}\n{text}")
            }
        }
    }

    fn bytes(&self) -> usize {
        self.tables().bytes()
    }

    fn met(&self) -> Vec<(&'static str, u64)> {
        self.tables().met()
    }

    fn sizes(&self) -> [u64; 4] {
        let tables = self.tables();
        let mut sizes = [0; 4];
        sizes[Kind::Node.size()] = tables.nodes.len() as u64;
        sizes[Kind::Packet.size()] = tables.packets.len() as u64;
        sizes[Kind::Monitor.size()] = tables.monitors.len() as u64;
        sizes[3] = tables.told.len() as u64;
        sizes
    }

    fn log(&self) -> Vec<log::Entry> {
        self.tables().log.clone()
    }
}

fn learn_from<S: Subject>(tables: &Tables<S>, memory: &mut Memory) {
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
