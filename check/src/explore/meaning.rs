//! What the numbers in a world mean: everything that is asked of a subject while its worlds, which
//! are rows of numbers, are explored. Who answers knows the subject's types; who asks does not, so
//! that worlds, searches and reductions are compiled once for all subjects.
//!
//! Whoever asks remembers the answer (see [`Memory`]), so what is asked here is asked once for each
//! number and thread.

use std::sync::Arc;

use model::{NodeId, NodeSet};

use super::log;
use super::memory::{Act, Memory};
use super::story::Scene;
use super::timing::{Aging, Span};
use crate::{Judgement, Violation};

/// Answers for the numbers of one exploration. The same questions in the same order give the same
/// numbers.
pub trait Meaning: Sync {
    /// A hash of what the subject says of itself, as far as it shows before anything happens.
    fn identity(&self) -> u64;

    /// The numbers of all nodes, each down with an empty disk, and of the fresh monitor.
    fn fresh(&self) -> (Vec<u32>, u32);

    /// Every packet that a faulty node may forge, with its addressee.
    fn forged(&self) -> Arc<[(NodeId, u32)]>;

    /// Brings a memory up to date with the nodes and packets that were met.
    fn learn(&self, memory: &mut Memory);

    /// What comes of an act at a node. The memory learns of what it leads to.
    fn steps(&self, memory: &mut Memory, number: u32, act: Act) -> Arc<[Step]>;

    /// The monitor after it has heard something.
    ///
    /// # Errors
    /// The promise that this breaks.
    fn heard(&self, key: MonitorKey) -> Result<u32, Violation>;

    /// What a number becomes when nodes are renamed. The memory learns of it.
    fn renamed(&self, memory: &mut Memory, key: RenamedKey) -> u32;

    /// A node after time has passed. The memory learns of it.
    fn aged(&self, memory: &mut Memory, number: u32, aging: Aging) -> u32;

    /// Judges the processes of all nodes together, as invariants see them.
    fn judged(&self, seen: &[u32]) -> Judgement;

    /// What a monitor misses, as a sentence, if nothing more happens at these nodes.
    fn missed(&self, monitor: u32, up: NodeSet) -> Option<String>;

    /// For each armed alarm of a node, in order, a hash of its name.
    fn alarms(&self, number: u32) -> Vec<u64>;

    /// For each armed alarm of a node, in order, when it rings.
    fn spans(&self, number: u32) -> Vec<Span>;

    /// One act at a node as the lines of a story, with the answers to its choices; a packet that
    /// stays in flight is doubled first.
    fn lines(&self, number: u32, act: Act, script: &[u32], doubled: bool) -> Vec<String>;

    /// The story of these scenes, with its effects.
    fn told(&self, scenes: &[Scene], violation: &Violation) -> String;

    /// Bytes of everything that was met, as far as they can be known.
    fn bytes(&self) -> usize;

    /// How many of everything were met, by name.
    fn met(&self) -> Vec<(&'static str, u64)>;

    /// How many nodes, packets, monitors and lists of indications have numbers.
    fn sizes(&self) -> [u64; 4];

    /// Everything that was computed, in its order.
    fn log(&self) -> Vec<log::Entry>;
}

/// What comes of a local step, in numbers.
#[derive(Clone)]
pub enum Step {
    Led {
        /// The answers to its choices.
        script: Box<[u32]>,
        node: u32,
        posts: Box<[u32]>,
        /// The number of the list of indications; 0 is the empty list.
        told: u32,
        marks: u64,
    },
    Broken {
        script: Box<[u32]>,
        violation: Violation,
    },
}

impl Step {
    /// Whether nothing comes of it at a node that had this number.
    pub fn is_idle(&self, number: u32) -> bool {
        match self {
            Step::Led { node, posts, told, .. } => {
                *node == number && posts.is_empty() && *told == 0
            }
            Step::Broken { .. } => false,
        }
    }

    pub fn script(&self) -> &[u32] {
        match self {
            Step::Led { script, .. } | Step::Broken { script, .. } => script,
        }
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
    /// The same for all nodes that differ by a renaming only.
    pub print: u64,
}

/// What a monitor hears of: a request by its number at the node, a list of indications, a crash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heard {
    Request(u32),
    Told(u32),
    Crash,
}

/// A memoised step of a monitor: from its number, the node and what it hears.
pub type MonitorKey = (u32, NodeId, Heard);

/// What is renamed, as a part of a key of what is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Node,
    Monitor,
    Packet,
}

impl Kind {
    /// Its place among the [`sizes`](Meaning::sizes).
    pub fn size(self) -> usize {
        match self {
            Kind::Node => 0,
            Kind::Packet => 1,
            Kind::Monitor => 2,
        }
    }
}

/// A renamed number: what it is, which one, and by which renaming.
pub type RenamedKey = (Kind, u16, u32);
