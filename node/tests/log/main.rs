//! The write-ahead log as its users meet it, and what crashes and rot do to it.

mod crash;
mod damage;
mod everyday;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use node::log::{Identity, Log, LogError, Opened};

/// A sector, as docs/wal.md has it.
const SECTOR: usize = 512;

/// Small segments, so that logs of several stay fast.
const SMALL: u64 = 4096;

const ME: Identity = Identity { cluster: 0xc0ffee, node: 1 };

/// Opens the log in `dir` and collects its payloads.
fn open(dir: &Path) -> Result<(Log, Opened, Vec<Vec<u8>>), LogError> {
    let mut frames = Vec::new();
    let each = |payload: &[u8]| {
        frames.push(payload.to_vec());
        Ok(())
    };
    let (log, opened) = Log::open_with(dir, ME, SMALL, each)?;
    Ok((log, opened, frames))
}

fn append(log: &mut Log, payload: &[u8]) {
    log.append(|buffer| buffer.extend_from_slice(payload)).expect("the frame is small");
}

fn write_and_sync(log: &mut Log) {
    log.write().expect("the disk works");
    log.sync().expect("the disk works");
}

fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:016}.log"))
}

/// The segments in `dir` and their bytes, in order.
fn segments(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    (1..)
        .map(|number| segment(dir, number))
        .take_while(|path| path.exists())
        .map(|path| (path.clone(), fs::read(&path).expect("a segment can be read")))
        .collect()
}

/// Replaces the bytes of a segment in place: file systems are slow to empty a file and fill it.
fn put(path: &Path, bytes: &[u8]) {
    let mut file = fs::File::options().write(true).open(path).expect("the segment exists");
    file.set_len(bytes.len() as u64).expect("the disk works");
    file.write_all(bytes).expect("the disk works");
}

/// A small source of randomness: xorshift64 (Marsaglia 2003). Each test names its seeds.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    /// A payload of varied length and texture: random, all zeros, or zeros with one bit set,
    /// which are the hardest to tell from sectors that were never written.
    fn payload(&mut self, most: u64) -> Vec<u8> {
        let length = self.below(most + 1) as usize;
        let mut payload = vec![0; length];
        match self.below(3) {
            0 => payload.iter_mut().for_each(|byte| *byte = self.below(256) as u8),
            1 if length > 0 => payload[length - 1] = 1,
            _ => {}
        }
        payload
    }
}
