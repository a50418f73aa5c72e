//! What an exploration met, in the order of its numbers, so that a later run can meet it again.
//!
//! Values have no bytes of their own: a process need not be written by `serde`. But each came of
//! something that was computed, and computing the same in the same order gives the same numbers.

use model::NodeId;

use super::Explore;
use super::meaning::{Heard, Kind, MonitorKey, RenamedKey};
use super::memory::{Act, Memory};
use super::timing::Aging;

/// Something that was computed and may have given numbers to new values.
#[derive(Clone, Copy)]
pub enum Entry {
    Step(u32, u32),
    Heard(MonitorKey),
    Renamed(RenamedKey),
    Aged(u32, Aging),
}

/// Bytes of an entry in a file: four numbers.
const BYTES: usize = 32;

impl Entry {
    fn words(self) -> [u64; 4] {
        match self {
            Entry::Step(node, code) => [0, node.into(), code.into(), 0],
            Entry::Heard((monitor, node, heard)) => {
                let (kind, argument) = match heard {
                    Heard::Request(request) => (1, request),
                    Heard::Told(list) => (2, list),
                    Heard::Crash => (3, 0),
                };
                [kind, monitor.into(), node.0.into(), argument.into()]
            }
            Entry::Renamed((kind, by, number)) => {
                let kind = match kind {
                    Kind::Node => 4,
                    Kind::Monitor => 5,
                    Kind::Packet => 6,
                };
                [kind, by.into(), number.into(), 0]
            }
            Entry::Aged(node, Aging::Passed { least, most }) => [7, node.into(), least, most],
            Entry::Aged(node, Aging::Set { late }) => [8, node.into(), late, 0],
        }
    }

    fn of([kind, one, two, three]: [u64; 4]) -> Option<Entry> {
        let heard = |heard| Entry::Heard((one as u32, NodeId(two as u16), heard));
        let renamed = |kind| Entry::Renamed((kind, one as u16, two as u32));
        Some(match kind {
            0 => Entry::Step(one as u32, two as u32),
            1 => heard(Heard::Request(three as u32)),
            2 => heard(Heard::Told(three as u32)),
            3 => heard(Heard::Crash),
            4 => renamed(Kind::Node),
            5 => renamed(Kind::Monitor),
            6 => renamed(Kind::Packet),
            7 => Entry::Aged(one as u32, Aging::Passed { least: two, most: three }),
            8 => Entry::Aged(one as u32, Aging::Set { late: two }),
            _ => return None,
        })
    }
}

impl Explore<'_> {
    pub(super) fn logged(&self, memories: &[&Memory]) -> Vec<u8> {
        let refused: u64 = memories.iter().map(|memory| memory.refused).sum();
        let mut bytes = Vec::new();
        let mut put = |words: [u64; 4]| {
            words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        };
        put(self.meaning.sizes());
        put([refused, 0, 0, 0]);
        self.meaning.log().iter().for_each(|entry| put(entry.words()));
        bytes
    }

    pub(super) fn replay(&self, memory: &mut Memory, bytes: &[u8]) -> Result<(), String> {
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("a word has 8 bytes"));
        let words = |row: &[u8]| [0, 8, 16, 24].map(|at| word(&row[at..at + 8]));
        let mut rows = bytes.chunks_exact(BYTES).map(words);
        let other = || "the protocol is not the one that was saved".to_owned();
        let (sizes, [refused, ..]) =
            (rows.next().ok_or_else(other)?, rows.next().ok_or_else(other)?);
        for row in rows {
            let known = self.meaning.sizes();
            let is_met = |number: u32, kind: usize| u64::from(number) < known[kind];
            match Entry::of(row).ok_or_else(other)? {
                Entry::Step(node, code) if is_met(node, 0) => {
                    let act = Act::of(code).ok_or_else(other)?;
                    self.steps(memory, node, act);
                }
                Entry::Heard(key) if is_met(key.0, 2) => {
                    // A violation was met before, too, and gave no number.
                    let _ = self.hear(memory, key);
                }
                Entry::Renamed(key) if is_met(key.2, key.0.size()) => {
                    self.renamed(memory, key);
                }
                Entry::Aged(node, aging) if is_met(node, 0) => {
                    self.aged(memory, node, aging);
                }
                _ => return Err(other()),
            }
        }
        memory.refused += refused;
        if self.meaning.sizes() != sizes {
            return Err(other());
        }
        Ok(())
    }
}
