//! An open-addressing hash index of records that are stored elsewhere and compared there.

use super::budget::{Budget, Stop};

/// The slot of no record.
const EMPTY: u32 = u32::MAX;

/// Maps hashes to record numbers. Records of equal hashes are told apart by their owner, so a
/// collision costs a comparison and never a wrong answer.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Half of the hash, from which the place follows, and the record's number.
    slots: Vec<(u32, u32)>,
    records: usize,
}

impl Index {
    /// The record of this hash that `same` recognises.
    pub(crate) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let half = half(hash);
        let mut place = self.home(half);
        loop {
            let (other, record) = self.slots[place];
            if record == EMPTY {
                return None;
            }
            if other == half && same(record) {
                return Some(record);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// Adds a record that is not in the index.
    pub(crate) fn insert(
        &mut self,
        hash: u64,
        record: u32,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if record == EMPTY {
            // Record numbers have run out, after at least 64 GiB of records.
            return Err(Stop::Memory);
        }
        // At most three quarters full: then a search looks at a few neighbours.
        if (self.records + 1) * 4 > self.slots.len() * 3 {
            self.grow(budget)?;
        }
        self.records += 1;
        self.put(half(hash), record);
        Ok(())
    }

    /// Makes `new` stand where `old` stood.
    pub(crate) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        let mut place = self.home(half(hash));
        while self.slots[place].1 != old {
            assert!(self.slots[place].1 != EMPTY, "a record that is replaced is in the index");
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.slots[place].1 = new;
    }

    fn put(&mut self, half: u32, record: u32) {
        let mut place = self.home(half);
        while self.slots[place].1 != EMPTY {
            place = (place + 1) & (self.slots.len() - 1);
        }
        self.slots[place] = (half, record);
    }

    fn grow(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        let size = (self.slots.len() * 2).max(16);
        let mut slots = Vec::new();
        budget.room(&mut slots, size)?;
        slots.resize(size, (0, EMPTY));
        let old = std::mem::replace(&mut self.slots, slots);
        for &(half, record) in old.iter().filter(|slot| slot.1 != EMPTY) {
            self.put(half, record);
        }
        budget.give(old.capacity() * size_of::<(u32, u32)>());
        Ok(())
    }

    fn home(&self, half: u32) -> usize {
        half as usize & (self.slots.len() - 1)
    }
}

fn half(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Folds a word into a hash: xor, then a multiplication whose high half is folded back.
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (product as u64) ^ (product >> 64) as u64
}
