//! The bytes of the log: the header of a segment, the header of a frame, and the seal that ties
//! a frame to its segment. The layout is drawn in docs/wal.md.

use std::fmt;

use super::Identity;

/// The unit, in bytes, that a disk writes wholly or not at all. Every rule about torn writes
/// rests on this number and on nothing finer.
pub(super) const SECTOR: usize = 512;

/// The bytes of a segment's header: a sector of its own.
pub(super) const SEGMENT_HEADER: usize = SECTOR;

/// The bytes of a frame's header, and the alignment of frames: 32 divides a sector, so that a
/// header never lies across two sectors and is, after a crash, either whole or zeros.
pub(super) const FRAME_HEADER: usize = 32;

const MAGIC: [u8; 8] = *b"SYNODWAL";
const VERSION: u32 = 1;
const MARK: u32 = u32::from_le_bytes(*b"FRAM");

/// What stands at the beginning of every segment. It is written and synced before the segment
/// gets its name, so no crash explains a bad one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub identity: Identity,
    /// Segments are numbered from 1 without gaps.
    pub number: u64,
    /// The sequence number of the first frame.
    pub first: u64,
    /// The bytes of the whole file, this header included.
    pub size: u64,
    /// Drawn at random for every segment, so that no bytes from elsewhere pass for its frames.
    pub salt: u64,
}

/// Why a sector is not a segment's header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    Magic,
    Checksum,
    Version(u32),
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..14].copy_from_slice(&self.identity.node.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.identity.cluster.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.size.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.salt.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..SEGMENT_HEADER - 4]);
        bytes[SEGMENT_HEADER - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; SEGMENT_HEADER]) -> Result<SegmentHeader, BadHeader> {
        if bytes[..8] != MAGIC {
            return Err(BadHeader::Magic);
        }
        // Every version keeps magic, version and checksum in their places, so that a rotten
        // version field is not mistaken for a newer program's file.
        if crc32c::crc32c(&bytes[..SEGMENT_HEADER - 4]) != u32_at(bytes, SEGMENT_HEADER - 4) {
            return Err(BadHeader::Checksum);
        }
        if u32_at(bytes, 8) != VERSION {
            return Err(BadHeader::Version(u32_at(bytes, 8)));
        }
        Ok(SegmentHeader {
            identity: Identity {
                cluster: u64_at(bytes, 16),
                node: u16::from_le_bytes([bytes[12], bytes[13]]),
            },
            number: u64_at(bytes, 24),
            first: u64_at(bytes, 32),
            size: u64_at(bytes, 40),
            salt: u64_at(bytes, 48),
        })
    }
}

impl fmt::Display for BadHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadHeader::Magic => write!(f, "no segment header (its first 8 bytes are not SYNODWAL)"),
            BadHeader::Checksum => write!(f, "a segment header whose checksum does not fit"),
            BadHeader::Version(v) => write!(f, "format version {v} (this program knows {VERSION})"),
        }
    }
}

/// The header of a frame whose checksum was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The bytes of the payload, without padding.
    pub length: u32,
    /// The CRC32C of the body as it lies on disk, padding included.
    pub body: u32,
    pub sequence: u64,
    /// All frames with smaller sequence numbers were durable when this one was written.
    pub durable: u64,
}

/// The bytes that a frame with a payload of `length` bytes takes: header, payload and padding.
pub(super) const fn extent(length: usize) -> usize {
    FRAME_HEADER + length.next_multiple_of(FRAME_HEADER)
}

/// What ties frames to one segment: the checksum's first value, and the pattern that bodies are
/// masked with.
///
/// The mask makes every stored body look random, so that a sector which reads as zeros was lost
/// and not written so, and one flipped byte cannot turn a written sector into zeros.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    seed: u32,
    pattern: [u64; SECTOR / 8],
}

impl Seal {
    pub fn of(header: &SegmentHeader) -> Seal {
        let seed = u32_at(&header.encode(), SEGMENT_HEADER - 4);
        let mut state = header.salt;
        let pattern = std::array::from_fn(|_| splitmix64(&mut state));
        Seal { seed, pattern }
    }

    /// Masks a body, or unmasks it: the same operation.
    ///
    /// # Panics
    /// When the length is not a multiple of the frame alignment; bodies are padded.
    pub fn mask(&self, body: &mut [u8]) {
        assert!(body.len().is_multiple_of(FRAME_HEADER), "a body is padded to whole lines");
        for sector in body.chunks_mut(SECTOR) {
            for (word, pattern) in sector.chunks_exact_mut(8).zip(self.pattern) {
                for (byte, mask) in word.iter_mut().zip(pattern.to_le_bytes()) {
                    *byte ^= mask;
                }
            }
        }
    }

    /// Masks the padded body of `frame` and writes its header.
    pub fn close(&self, frame: &mut [u8], length: u32, sequence: u64, durable: u64) {
        let (header, body) = frame.split_at_mut(FRAME_HEADER);
        self.mask(body);
        header[4..8].copy_from_slice(&crc32c::crc32c(body).to_le_bytes());
        header[8..12].copy_from_slice(&length.to_le_bytes());
        header[12..16].copy_from_slice(&MARK.to_le_bytes());
        header[16..24].copy_from_slice(&sequence.to_le_bytes());
        header[24..32].copy_from_slice(&durable.to_le_bytes());
        let sum = crc32c::crc32c_append(self.seed, &header[4..]);
        header[..4].copy_from_slice(&sum.to_le_bytes());
    }

    /// The header in `line`, if it is one of this segment and intact.
    pub fn header(&self, line: &[u8; FRAME_HEADER]) -> Option<FrameHeader> {
        if u32_at(line, 12) != MARK {
            return None;
        }
        if crc32c::crc32c_append(self.seed, &line[4..]) != u32_at(line, 0) {
            return None;
        }
        Some(FrameHeader {
            length: u32_at(line, 8),
            body: u32_at(line, 4),
            sequence: u64_at(line, 16),
            durable: u64_at(line, 24),
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014). Good enough to
/// look unlike zeros; it keeps no secret.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        let identity = Identity { cluster: 0xfeed, node: 3 };
        SegmentHeader { identity, number: 7, first: 41, size: 8192, salt: 9 }
    }

    #[test]
    fn segment_header_comes_back_and_no_flipped_bit_does() {
        let bytes = header().encode();
        assert_eq!(SegmentHeader::decode(&bytes), Ok(header()));
        for at in 0..bytes.len() * 8 {
            let mut flipped = bytes;
            flipped[at / 8] ^= 1 << (at % 8);
            assert!(SegmentHeader::decode(&flipped).is_err(), "bit {at} was not noticed");
        }
    }

    #[test]
    fn a_frame_belongs_to_its_segment_only() {
        let seal = Seal::of(&header());
        let mut frame = vec![0; extent(5)];
        frame[FRAME_HEADER..FRAME_HEADER + 5].copy_from_slice(b"hello");
        seal.close(&mut frame, 5, 41, 40);
        let line = frame.first_chunk().expect("a frame has a header");
        let found = seal.header(line).expect("the seal fits");
        assert_eq!((found.length, found.sequence, found.durable), (5, 41, 40));
        assert_eq!(found.body, crc32c::crc32c(&frame[FRAME_HEADER..]));
        for other in
            [SegmentHeader { number: 8, ..header() }, SegmentHeader { salt: 10, ..header() }]
        {
            assert_eq!(Seal::of(&other).header(line), None);
        }
    }

    #[test]
    fn zeros_are_not_stored_as_zeros() {
        let mut body = vec![0; 4 * SECTOR];
        Seal::of(&header()).mask(&mut body);
        assert!(body.chunks(8).all(|word| word.iter().any(|byte| *byte != 0)));
    }
}
