//! The bytes between peers: the hello and the frame. Drawn in docs/peers.md.

use std::fmt;

use model::NodeId;

/// The bytes of a hello.
pub(super) const HELLO: usize = 32;

/// The bytes of a frame's header.
pub(super) const HEADER: usize = 8;

const MAGIC: [u8; 8] = *b"SYNODPER";
const VERSION: u32 = 1;

/// The first bytes on a connection in each direction: who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub cluster: u64,
    pub from: NodeId,
    pub to: NodeId,
}

/// Why a connection is not welcome, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The first bytes were not those of a peer.
    NotAPeer,
    /// A peer of another format version.
    Version(u32),
    /// A node of another cluster.
    Cluster(u64),
    /// A node that is not a member, or the wrong one.
    From(NodeId),
    /// The hello was meant for another node.
    To(NodeId),
    /// No complete hello in time.
    Silent,
    /// Displaced by newer connections that had not said hello either.
    Crowded,
    /// A frame longer than [`MAX_FRAME`](super::MAX_FRAME), in bytes.
    TooLarge(usize),
    /// A frame whose checksum does not fit.
    Checksum,
    /// Bytes where none are ever sent.
    Unexpected,
    /// The other side closed.
    Closed,
    /// The same peer has connected anew.
    Replaced,
    /// Queued bytes did not move in time.
    Stalled,
    /// The system's word.
    Io(String),
}

impl Hello {
    pub fn encode(&self) -> [u8; HELLO] {
        let mut bytes = [0; HELLO];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..14].copy_from_slice(&self.from.0.to_le_bytes());
        bytes[14..16].copy_from_slice(&self.to.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.cluster.to_le_bytes());
        let sum = crc32c::crc32c(&bytes[..HELLO - 4]);
        bytes[HELLO - 4..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; HELLO]) -> Result<Hello, Reason> {
        let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        if bytes[..8] != MAGIC || crc32c::crc32c(&bytes[..HELLO - 4]) != u32_at(bytes, HELLO - 4) {
            return Err(Reason::NotAPeer);
        }
        if u32_at(bytes, 8) != VERSION {
            return Err(Reason::Version(u32_at(bytes, 8)));
        }
        let cluster = u64::from_le_bytes(std::array::from_fn(|i| bytes[16 + i]));
        Ok(Hello { cluster, from: NodeId(u16_at(12)), to: NodeId(u16_at(14)) })
    }
}

/// Whether a hello could still begin with `bytes`: garbage is refused at its first wrong byte.
pub(super) fn may_be_hello(bytes: &[u8]) -> bool {
    bytes.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic)
}

/// Appends a frame to `out`; `encode` appends the payload. A payload above `limit` bytes is
/// taken back and `false` returned.
pub(super) fn put_frame(
    out: &mut Vec<u8>,
    limit: usize,
    encode: impl FnOnce(&mut Vec<u8>),
) -> bool {
    let start = out.len();
    out.resize(start + HEADER, 0);
    encode(out);
    let length = out.len().checked_sub(start + HEADER);
    let length = length.expect("encoding appends and never takes away");
    if length > limit {
        out.truncate(start);
        return false;
    }
    let frame = &mut out[start..];
    frame[4..8].copy_from_slice(&(length as u32).to_le_bytes());
    let sum = crc32c::crc32c(&frame[4..]);
    frame[..4].copy_from_slice(&sum.to_le_bytes());
    true
}

/// Gives every whole frame at the beginning of `bytes` to `deliver`; returns how many frames
/// and how many bytes were used.
pub(super) fn take_frames(
    bytes: &[u8],
    limit: usize,
    mut deliver: impl FnMut(&[u8]),
) -> Result<(u64, usize), Reason> {
    let (mut frames, mut at) = (0, 0);
    while let Some(header) = bytes[at..].first_chunk::<HEADER>() {
        let length = u32_at(header, 4) as usize;
        if length > limit {
            return Err(Reason::TooLarge(length));
        }
        let Some(frame) = bytes[at..].get(4..HEADER + length) else {
            break;
        };
        if crc32c::crc32c(frame) != u32_at(header, 0) {
            return Err(Reason::Checksum);
        }
        deliver(&frame[4..]);
        frames += 1;
        at += HEADER + length;
    }
    Ok((frames, at))
}

/// How many frames of `out` begin before `upto`, and where the last of them begins: `out` was
/// written by [`put_frame`].
pub(super) fn last_frame(out: &[u8], upto: usize) -> (u64, usize) {
    let (mut frames, mut at, mut begin) = (0, 0, 0);
    while at < upto {
        begin = at;
        frames += 1;
        at += HEADER + u32_at(out, at + 4) as usize;
    }
    // Cut between two frames, nothing of the last one remains to be kept.
    if at == upto { (frames, at) } else { (frames - 1, begin) }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotAPeer => write!(f, "it does not speak the peers' protocol"),
            Reason::Version(v) => write!(f, "it speaks version {v}, this program {VERSION}"),
            Reason::Cluster(cluster) => write!(f, "it belongs to cluster {cluster:016x}"),
            Reason::From(node) => write!(f, "it is {node}, which is not expected here"),
            Reason::To(node) => write!(f, "it looks for {node}: check the addresses of the peers"),
            Reason::Silent => write!(f, "it said no hello in time"),
            Reason::Crowded => write!(f, "too many connections had not said hello"),
            Reason::TooLarge(bytes) => write!(f, "it announced a frame of {bytes} bytes"),
            Reason::Checksum => write!(f, "a frame does not fit its checksum"),
            Reason::Unexpected => write!(f, "it sent bytes where none are expected"),
            Reason::Closed => write!(f, "it closed the connection"),
            Reason::Replaced => write!(f, "it connected anew"),
            Reason::Stalled => write!(f, "it took no bytes for too long"),
            Reason::Io(text) => write!(f, "{text}"),
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_comes_back_and_no_flipped_bit_does() {
        let hello = Hello { cluster: 0xfeed, from: NodeId(1), to: NodeId(2) };
        let bytes = hello.encode();
        assert_eq!(Hello::decode(&bytes), Ok(hello));
        for bit in 0..HELLO * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Hello::decode(&flipped), Err(Reason::NotAPeer), "bit {bit}");
        }
    }

    #[test]
    fn frames_come_back_however_they_are_cut() {
        let mut out = Vec::new();
        let payloads = [&b"one"[..], b"", b"three"];
        for payload in payloads {
            assert!(put_frame(&mut out, 5, |out| out.extend_from_slice(payload)));
        }
        assert!(!put_frame(&mut out, 5, |out| out.extend_from_slice(b"too long")));
        for cut in 0..=out.len() {
            let mut found = Vec::new();
            let (frames, used) =
                take_frames(&out[..cut], 5, |payload| found.push(payload.to_vec())).unwrap();
            assert_eq!(found, payloads[..frames as usize]);
            assert_eq!(last_frame(&out, cut), (frames, used));
        }
    }

    #[test]
    fn no_flipped_bit_is_delivered() {
        let mut out = Vec::new();
        assert!(put_frame(&mut out, 64, |out| out.extend_from_slice(b"payload")));
        for bit in 0..out.len() * 8 {
            let mut flipped = out.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let result = take_frames(&flipped, 64, |_| panic!("bit {bit} was delivered"));
            // A length that grew within the limit waits for more: the checksum follows later.
            assert!(matches!(result, Err(_) | Ok((0, 0))), "bit {bit}");
        }
    }
}
