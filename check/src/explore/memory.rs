//! What one thread remembers of what numbers mean: what comes of a local step, what a monitor makes
//! of what it hears, and the judgement of a combination of processes.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use model::{Fingerprint, NodeId, NodeSet};

use super::Explore;
use super::meaning::{Facts, MonitorKey, RenamedKey, Step};
use super::reduction::Reducing;
use super::timing::Aging;
use super::world::Channel;
use crate::{Judgement, Violation};

/// A map whose hashes are the same in every run.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fingerprint>>;

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
    /// A packet is lost because its sender has crashed, by its number.
    Drop(u32),
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
            Act::Drop(packet) => (7, packet),
        };
        argument << 3 | kind
    }

    /// The act of this number, if it is one that a node takes.
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
    /// What a monitor misses if nothing more happens at these nodes.
    pub(super) missed: Map<(u32, NodeSet), Option<Arc<str>>>,
    /// What faulty nodes may send, once it was looked up: addressee and packet.
    pub(super) forged: Option<Arc<[(NodeId, u32)]>>,
    /// A world that is being built, and a combination of processes that is being judged.
    pub(super) words: Vec<u32>,
    pub(super) seen: Vec<u32>,
    pub(super) reducing: Reducing,
    /// Whether requests matter that change nothing but what is owed. Where orders of steps are
    /// reduced, safety alone is judged.
    pub(super) heeds_debts: bool,
    pub(super) reached: u64,
    /// Packets that the cap on copies has refused.
    pub(super) refused: u64,
}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory {
            facts: Vec::new(),
            channels: Vec::new(),
            steps: Map::default(),
            idle: Idle::new(),
            heard: Map::default(),
            aged: Map::default(),
            renamed: Map::default(),
            judged: Map::default(),
            missed: Map::default(),
            forged: None,
            words: Vec::new(),
            seen: Vec::new(),
            reducing: Reducing::default(),
            heeds_debts: false,
            reached: 0,
            refused: 0,
        }
    }

    /// What is known of a node that was met.
    pub(super) fn facts(&self, number: u32) -> Facts {
        self.facts[number as usize]
    }

    /// Bytes of what is remembered of so many nodes.
    pub(super) fn bytes(&self, nodes: usize) -> usize {
        let step = size_of::<(u32, u32)>() + 2 * size_of::<Step>();
        let heard = size_of::<(MonitorKey, Result<u32, Violation>)>();
        let judged = size_of::<(Box<[u32]>, bool)>() + 4 * nodes + 16;
        self.facts.capacity() * size_of::<Facts>()
            + self.idle.bytes()
            + self.channels.capacity() * size_of::<Channel>()
            + self.steps.capacity() * step
            + self.heard.capacity() * heard
            + self.judged.capacity() * judged
            + self.missed.capacity() * size_of::<((u32, NodeSet), Option<Arc<str>>)>()
            + self.aged.capacity() * size_of::<((u32, Aging), u32)>()
            + self.renamed.capacity() * size_of::<(RenamedKey, u32)>()
    }
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
    /// No act that is kept here has this code: the loss of a packet is no act of a node.
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

impl Explore<'_> {
    /// Brings the memory up to date with nodes and packets that other threads have met.
    pub(super) fn learn(&self, memory: &mut Memory, world: &[u32]) {
        let nodes = &world[..self.shape.nodes];
        let packets = &world[self.shape.packets()..];
        let is_known = nodes.iter().all(|&node| (node as usize) < memory.facts.len())
            && packets.iter().all(|&packet| (packet as usize) < memory.channels.len());
        if !is_known {
            self.meaning.learn(memory);
        }
    }

    /// What comes of an act at a node.
    pub(super) fn steps(&self, memory: &mut Memory, number: u32, act: Act) -> Arc<[Step]> {
        let key = (number, act.code());
        if let Some(steps) = memory.steps.get(&key) {
            return Arc::clone(steps);
        }
        let steps = self.meaning.steps(memory, number, act);
        memory.steps.insert(key, Arc::clone(&steps));
        steps
    }

    /// The monitor after it has heard something.
    pub(super) fn hear(&self, memory: &mut Memory, key: MonitorKey) -> Result<u32, Violation> {
        if let Some(result) = memory.heard.get(&key) {
            return result.clone();
        }
        let result = self.meaning.heard(key);
        memory.heard.insert(key, result.clone());
        result
    }

    /// A number after a renaming.
    pub(super) fn renamed(&self, memory: &mut Memory, key: RenamedKey) -> u32 {
        if key.1 == 0 {
            return key.2;
        }
        if let Some(&number) = memory.renamed.get(&key) {
            return number;
        }
        let number = self.meaning.renamed(memory, key);
        memory.renamed.insert(key, number);
        number
    }

    /// A node after time has passed.
    pub(super) fn aged(&self, memory: &mut Memory, number: u32, aging: Aging) -> u32 {
        if let Some(&number) = memory.aged.get(&(number, aging)) {
            return number;
        }
        let aged = self.meaning.aged(memory, number, aging);
        memory.aged.insert((number, aging), aged);
        aged
    }

    /// What a monitor misses if nothing more happens at these nodes.
    pub(super) fn missed(&self, memory: &mut Memory, key: (u32, NodeSet)) -> Option<Arc<str>> {
        let missed = memory.missed.entry(key);
        missed.or_insert_with(|| self.meaning.missed(key.0, key.1).map(Arc::from)).clone()
    }

    /// Judges the combination of processes that stands in the memory.
    pub(super) fn judge_memoised(&self, memory: &mut Memory) -> Judgement {
        if let Some(&is_within) = memory.judged.get(memory.seen.as_slice()) {
            return if is_within { Judgement::Within } else { Judgement::Outside };
        }
        let judgement = self.meaning.judged(&memory.seen);
        // A violation ends the exploration, so it need not be remembered.
        if !matches!(judgement, Judgement::Broken(_)) {
            let is_within = judgement == Judgement::Within;
            memory.judged.insert(memory.seen.as_slice().into(), is_within);
        }
        judgement
    }
}
