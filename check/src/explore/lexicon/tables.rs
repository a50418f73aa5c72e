//! What the threads of an exploration share: everything that was met, once, under a number; and
//! what comes of each local step, computed once.

use std::hash::Hash;
use std::sync::Arc;

use model::{NodeId, Process};
use world::Subject;

use super::local::Local;
use crate::Violation;
use crate::explore::log;
use crate::explore::meaning::{MonitorKey, RenamedKey, Step};
use crate::explore::memory::Map;
use crate::explore::timing::Span;

/// Values under numbers: equal values have the same number.
pub struct Interner<T> {
    numbers: Map<Arc<T>, u32>,
    values: Vec<Arc<T>>,
}

impl<T: Hash + Eq> Interner<T> {
    pub fn new() -> Interner<T> {
        Interner { numbers: Map::default(), values: Vec::new() }
    }

    /// The number of a value, and whether it is new.
    pub fn number(&mut self, value: T) -> (u32, bool) {
        if let Some(&number) = self.numbers.get(&value) {
            return (number, false);
        }
        // Each value belongs to at least one distinct local step, so 2^32 of them do not fit any
        // memory.
        let number = u32::try_from(self.values.len()).expect("Fewer than 2^32 values are met.");
        let value = Arc::new(value);
        self.values.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        (number, true)
    }

    /// The number of a value that was met.
    pub fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    pub fn value(&self, number: u32) -> &Arc<T> {
        &self.values[number as usize]
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }
}

/// A message between two nodes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Packet<P: Process> {
    pub from: NodeId,
    pub to: NodeId,
    pub message: P::Message,
}

/// A node as the tables keep it.
pub struct Entry<P: Process> {
    pub node: Local<P>,
    /// Its alarms that are armed, in order.
    pub timers: Vec<P::Timer>,
    /// When each of them rings.
    pub spans: Vec<Span>,
    /// The number of the process as invariants see it.
    pub seen: u32,
    /// The same for all nodes that differ by a renaming only.
    pub print: u64,
}

/// Everything that an exploration has met.
pub struct Tables<S: Subject> {
    pub nodes: Interner<Local<S::Process>>,
    pub entries: Vec<Arc<Entry<S::Process>>>,
    /// Processes as invariants see them. The node is kept beside the process, because equal
    /// processes of different nodes may still know who they are.
    pub seen: Interner<(NodeId, S::Process)>,
    pub packets: Interner<Packet<S::Process>>,
    pub told: Interner<Vec<<S::Process as Process>::Indication>>,
    pub monitors: Interner<S::Monitor>,
    pub steps: Map<(u32, u32), Arc<[Step]>>,
    pub heard: Map<MonitorKey, Result<u32, Violation>>,
    /// What numbers become by renamings.
    pub renamed: Map<RenamedKey, u32>,
    /// Everything that was computed, in its order.
    pub log: Vec<log::Entry>,
    /// What symmetry was or could have been tested on.
    pub tested: u64,
}

impl<S: Subject> Tables<S> {
    pub fn new() -> Tables<S> {
        let mut told = Interner::new();
        told.number(Vec::new());
        Tables {
            nodes: Interner::new(),
            entries: Vec::new(),
            seen: Interner::new(),
            packets: Interner::new(),
            told,
            monitors: Interner::new(),
            steps: Map::default(),
            heard: Map::default(),
            renamed: Map::default(),
            log: Vec::new(),
            tested: 0,
        }
    }

    pub fn node(&mut self, node: Local<S::Process>, print: u64) -> u32 {
        let (number, is_new) = self.nodes.number(node.clone());
        if is_new {
            let (seen, _) = self.seen.number((node.me, node.seen().clone()));
            let up = node.up.as_ref();
            let timers = up.map(|up| up.timers.keys().cloned().collect()).unwrap_or_default();
            let spans = up.map(|up| up.timers.values().copied().collect()).unwrap_or_default();
            self.entries.push(Arc::new(Entry { node, timers, spans, seen, print }));
        }
        number
    }

    /// How many of everything there are.
    pub fn met(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("nodes", self.nodes.len() as u64),
            ("processes", self.seen.len() as u64),
            ("packets", self.packets.len() as u64),
            ("monitors", self.monitors.len() as u64),
            ("lists of indications", self.told.len() as u64),
            ("local steps", self.steps.len() as u64),
        ]
    }

    /// Bytes of everything in the tables, as far as they can be known: what a process allocates
    /// itself is not seen, so each value is taken for [`ALLOCATED`] bytes more than its own size.
    pub fn bytes(&self) -> usize {
        let each = |count: usize, size: usize| count * (size + ALLOCATED);
        each(self.nodes.len(), 2 * size_of::<Local<S::Process>>())
            + each(self.seen.len(), size_of::<S::Process>())
            + each(self.packets.len(), size_of::<Packet<S::Process>>())
            + each(self.told.len(), size_of::<<S::Process as Process>::Indication>())
            + each(self.monitors.len(), size_of::<S::Monitor>())
            + each(self.steps.len(), size_of::<Step>())
            + self.heard.capacity() * size_of::<(MonitorKey, Result<u32, Violation>)>()
            + self.log.capacity() * size_of::<log::Entry>()
            + self.renamed.capacity() * size_of::<(RenamedKey, u32)>()
    }
}

/// What an interned value is taken to allocate, with its place in the tables: a map of a few
/// entries and a few short lists.
const ALLOCATED: usize = 512;
