//! The set of visited states: their fingerprints.

use std::sync::atomic::{AtomicU64, Ordering};

/// Visited states as fingerprints of eight bytes, by open addressing with linear probes. Threads
/// insert at the same time; growing needs the table alone.
///
/// A fingerprint is put at its proportion of the table (0 at the start, the greatest at the end),
/// so the length is free to fit the memory, and growing reads and writes from start to end.
pub struct Table {
    /// 0 marks a free slot.
    slots: Vec<AtomicU64>,
    len: usize,
}

/// Of 100 slots, those that may be taken. At 75 a search for something new looks at 8 slots on
/// average, which are one line of the cache.
const LOAD: usize = 75;

/// The number of slots at first: 32 KiB, which is little beside the process itself. Growing reads
/// what is there, so that all growth together costs as much as the last.
const FIRST: usize = 1 << 12;

impl Table {
    /// An empty table.
    pub fn new() -> Table {
        Table { slots: free_slots(FIRST), len: 0 }
    }

    /// Bytes of the table.
    pub fn bytes(&self) -> usize {
        self.slots.len() * size_of::<u64>()
    }

    /// How many more fingerprints it takes before it must grow.
    pub fn room(&self) -> usize {
        (self.slots.len() / 100 * LOAD).saturating_sub(self.len)
    }

    /// Adds a fingerprint; returns whether it is new. The caller keeps within [`Table::room`] and
    /// tells how many were new by [`Table::counted`].
    pub fn insert(&self, print: u64) -> bool {
        let print = print.max(1);
        let mut at = self.place(print);
        loop {
            let mut found = self.slots[at].load(Ordering::Relaxed);
            if found == 0 {
                // Nothing but the fingerprint itself is published, so no order is needed.
                match self.slots[at].compare_exchange(
                    0,
                    print,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => return true,
                    Err(other) => found = other,
                }
            }
            if found == print {
                return false;
            }
            at += 1;
            if at == self.slots.len() {
                at = 0;
            }
        }
    }

    /// Reads the slot where a search for this fingerprint begins, which brings it into the cache:
    /// a row of such reads waits for memory once and not once each.
    pub fn touch(&self, print: u64) -> u64 {
        self.slots[self.place(print.max(1))].load(Ordering::Relaxed)
    }

    /// How many fingerprints it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// All fingerprints.
    pub fn prints(&self) -> impl Iterator<Item = u64> {
        let prints = self.slots.iter().map(|slot| slot.load(Ordering::Relaxed));
        prints.filter(|&print| print != 0)
    }

    /// So many fingerprints were new.
    pub fn counted(&mut self, new: usize) {
        self.len += new;
    }

    /// Makes room for `wanted` more fingerprints, by doubling if `budget` bytes allow the old and
    /// the new table side by side, and by less if they do not. Returns whether there is room now.
    pub fn grow(&mut self, wanted: usize, budget: usize) -> bool {
        let enough = (self.len + wanted) / LOAD * 100 + 200;
        let affordable = budget.saturating_sub(self.bytes()) / size_of::<u64>();
        let length = affordable.min(enough.max(self.slots.len() * 2));
        // A small gain is not worth reading the whole table.
        if length < enough || length < self.slots.len() / 8 * 9 {
            return false;
        }
        let old = std::mem::replace(&mut self.slots, free_slots(length));
        for slot in old {
            let print = slot.into_inner();
            if print != 0 {
                self.insert(print);
            }
        }
        true
    }

    fn place(&self, print: u64) -> usize {
        ((u128::from(print) * self.slots.len() as u128) >> 64) as usize
    }
}

fn free_slots(count: usize) -> Vec<AtomicU64> {
    std::iter::repeat_with(|| AtomicU64::new(0)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Random;

    #[test]
    fn what_was_inserted_stays_through_growth() {
        let mut table = Table::new();
        let mut random = Random::new(5);
        let prints: Vec<u64> = (0..200_000).map(|_| random.bits()).collect();
        for (count, &print) in prints.iter().enumerate() {
            if table.room() == 0 {
                assert!(table.grow(1, usize::MAX), "no room after {count}");
            }
            assert!(table.insert(print));
            table.counted(1);
        }
        assert!(prints.iter().all(|&print| !table.insert(print)));
    }

    #[test]
    fn the_extreme_fingerprints_are_kept_too() {
        let table = Table::new();
        for print in [0, u64::MAX, u64::MAX - 1, 2] {
            assert!(table.insert(print), "{print}");
            assert!(!table.insert(print), "{print}");
        }
    }

    #[test]
    fn it_grows_within_its_budget_or_not_at_all() {
        let mut table = Table::new();
        let bytes = table.bytes();
        assert!(!table.grow(1, bytes * 2), "the old and the new one do not both fit");
        assert!(table.grow(1, bytes * 5 / 2), "half as much again fits");
        assert!(table.bytes() <= bytes * 3 / 2);
    }
}
