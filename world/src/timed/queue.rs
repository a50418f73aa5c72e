//! What is going to happen, by time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Something that is going to happen. Nodes are given by number; what belongs to a run of a node
/// between two crashes carries the number of that run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    /// A packet arrives.
    Arrive { packet: u32 },
    /// An alarm may be due.
    Alarm { node: u16, run: u32, slot: u32 },
    /// A node looks at its inbox.
    Wake { node: u16, run: u32 },
    /// The oldest frames of a node have become durable.
    Synced { node: u16, run: u32, frames: u32 },
    /// A fault ends.
    End { fault: u32 },
}

/// A queue whose order follows from what was pushed: by time, and at one time in the order of
/// pushing.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

struct Entry {
    at: u64,
    order: u64,
    item: Item,
}

impl Queue {
    pub(super) fn push(&mut self, at: u64, item: Item) {
        self.pushed += 1;
        self.heap.push(Reverse(Entry { at, order: self.pushed, item }));
    }

    /// The next item that happens no later than `until`, with its time.
    pub(super) fn pop(&mut self, until: u64) -> Option<(u64, Item)> {
        if self.heap.peek()?.0.at > until {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.item))
    }
}

impl Entry {
    fn key(&self) -> u128 {
        u128::from(self.at) << 64 | u128::from(self.order)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Values that are waiting, each at a number that is used again.
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    pub(super) fn put(&mut self, value: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = Some(value);
            return slot;
        }
        self.slots.push(Some(value));
        (self.slots.len() - 1) as u32
    }

    /// All that are waiting.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten()
    }

    pub(super) fn take(&mut self, slot: u32) -> T {
        self.free.push(slot);
        self.slots[slot as usize].take().expect("A slot is taken once.")
    }
}
