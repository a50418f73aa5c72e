//! Randomness that is the same on every machine.

use core::hash::{Hash, Hasher};
use core::ops::Range;
use core::time::Duration;

/// A small seeded generator (SplitMix64; Steele, Lea and Flood 2014). Not for secrets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A generator whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A generator for one component, independent of how much the others draw. The same
    /// parent seed and name always give the same child.
    pub fn child(seed: u64, name: &str) -> Random {
        let mut hasher = Fingerprint::default();
        hasher.write_u64(seed);
        hasher.write(name.as_bytes());
        Random::new(hasher.finish())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number below `bound`, nearly uniform (the bias is below 2^-32 for small bounds); 0 when
    /// `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// True `numerator` times in `denominator`.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// A span within the range; its start when the range is empty.
    pub fn span(&mut self, range: &Range<Duration>) -> Duration {
        let width = range.end.saturating_sub(range.start).as_nanos() as u64;
        range.start + Duration::from_nanos(self.below(width))
    }
}

/// A 64-bit hash that is the same on every machine and in every build, unlike the standard
/// library's: trace hashes and state fingerprints are made with it. Not for hostile input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    state: u64,
}

impl Fingerprint {
    /// The fingerprint of one value.
    pub fn of<T: Hash + ?Sized>(value: &T) -> u64 {
        let mut hasher = Fingerprint::default();
        value.hash(&mut hasher);
        hasher.finish()
    }

    fn add(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * 0xa076_1d64_78bd_642f;
        self.state = (product as u64 ^ (product >> 64) as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
}

impl Default for Fingerprint {
    /// An empty hash.
    fn default() -> Fingerprint {
        Fingerprint { state: 0x5359_4e4f_4421_0001 }
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        mix(self.state)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.add(u64::from_le_bytes(chunk.try_into().expect("a chunk has 8 bytes")));
        }
        let mut tail = [0; 8];
        tail[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        // The length keeps "ab" then "c" apart from "a" then "bc".
        self.add(u64::from_le_bytes(tail) ^ ((bytes.len() as u64) << 56));
    }

    // Numbers are hashed by value. Slices of numbers are hashed by the standard library as their
    // bytes in memory, so fingerprints are alike on machines of one byte order: little-endian.
    fn write_u8(&mut self, n: u8) {
        self.add(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.add(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.add(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
}

/// The finaliser of SplitMix64: every input bit moves every output bit.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
