//! What a node knows of itself, for whoever asks: written by the drive loop, read by clients.

use std::sync::atomic::{AtomicU64, Ordering};

use model::NodeId;

/// Counters that are read without asking the drive loop. Each is right by itself; two of them may
/// be from different moments.
#[derive(Debug, Default)]
pub struct Status {
    term: AtomicU64,
    /// The leader's number and one, or 0 for nobody.
    leader: AtomicU64,
    applied: AtomicU64,
    last: AtomicU64,
    size: AtomicU64,
}

impl Status {
    /// The term, and its leader if the node knows it.
    pub fn set_leader(&self, term: u64, leader: Option<NodeId>) {
        self.term.store(term, Ordering::Relaxed);
        let leader = leader.map_or(0, |node| u64::from(node.0) + 1);
        self.leader.store(leader, Ordering::Relaxed);
    }

    /// The slot that was applied last, the last one in the log, and the machine's size in bytes.
    pub fn set_log(&self, applied: u64, last: u64, size: u64) {
        self.applied.store(applied, Ordering::Relaxed);
        self.last.store(last, Ordering::Relaxed);
        self.size.store(size, Ordering::Relaxed);
    }

    /// The term.
    pub fn term(&self) -> u64 {
        self.term.load(Ordering::Relaxed)
    }

    /// The leader of the term, if the node knows it.
    pub fn leader(&self) -> Option<NodeId> {
        let leader = self.leader.load(Ordering::Relaxed);
        leader.checked_sub(1).map(|number| NodeId(number as u16))
    }

    /// The slot that was applied last.
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Relaxed)
    }

    /// The last slot in the log, committed or not.
    pub fn last(&self) -> u64 {
        self.last.load(Ordering::Relaxed)
    }

    /// The machine's size in bytes.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }
}
