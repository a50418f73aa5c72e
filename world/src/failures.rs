//! What may go wrong in the model that a protocol assumes.

use model::NodeSet;

/// The failures that a protocol promises to bear. A simulation stays within them: a protocol that
/// assumes reliable links is not blamed for a lost message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failures {
    /// How many nodes may be down at the same time while safety is judged.
    pub crashes: usize,
    /// Whether a node that crashed may come back, with what is on its disk.
    pub recovery: bool,
    /// Whether a disk may forget what it had said to be durable.
    pub amnesia: bool,
    /// How many nodes must be up, and able to reach each other, for promises to come true.
    pub core: usize,
    /// Whether messages may be lost, by bad luck or by a cut. A crash loses what is on its way to
    /// the node all the same.
    pub loss: bool,
    /// Whether faulty nodes may lose some of what they send or are sent.
    pub omission: bool,
    /// How many nodes may be traitors from the beginning.
    pub traitors: usize,
    /// Whether a message may arrive with the words of another.
    pub corruption: bool,
    /// Whether messages may arrive twice.
    pub duplication: bool,
    /// Whether a message may overtake another between the same two nodes.
    pub reordering: bool,
    /// Whether nodes, disks and links may be slow without bound: paused, stalled, clogged.
    pub asynchrony: bool,
    /// Whether clocks may run at other rates than time does.
    pub drift: bool,
}

impl Failures {
    /// Everything: all nodes may crash and come back, and a majority of them is a core. What
    /// consensus among `nodes` nodes with disks promises to bear.
    pub fn all(nodes: usize) -> Failures {
        Failures {
            crashes: nodes,
            recovery: true,
            amnesia: false,
            core: NodeSet::first(nodes).majority(),
            omission: false,
            traitors: 0,
            corruption: false,
            loss: true,
            duplication: true,
            reordering: true,
            asynchrony: true,
            drift: true,
        }
    }

    /// Nothing: nodes and links are perfect, but for delays of no great length.
    pub fn none(nodes: usize) -> Failures {
        Failures {
            crashes: 0,
            recovery: false,
            amnesia: false,
            core: nodes,
            omission: false,
            traitors: 0,
            corruption: false,
            loss: false,
            duplication: false,
            reordering: false,
            asynchrony: false,
            drift: false,
        }
    }

    /// Whether a node's log may be damaged: the node is then down for good, like one that crashed
    /// and never came back, so there must be nodes that progress does not need.
    pub fn may_rot(&self) -> bool {
        self.recovery && self.core < self.crashes
    }
}
