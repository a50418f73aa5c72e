//! The write-ahead log: frames become durable in the order of appending, each whole or not at
//! all, and what was durable is read back or reported as damaged, never silently changed.
//!
//! The log is a folder of segments of fixed size, filled with zeros before use, so that a sync
//! moves bytes and no metadata. It knows nothing of what its frames mean. Layout, threat model
//! and the rules of recovery are in docs/wal.md.
//!
//! Appending fills a buffer, [`Log::write`] hands the buffer to the system, [`Log::sync`] makes
//! it durable. A failed write or sync leaves the state of the disk unknown, and trying again
//! would report success for pages the system has already dropped (Rebello et al., Can
//! applications recover from fsync failures?, 2020): the log refuses all further work.

mod error;
mod format;
mod recover;
mod segment;
pub mod wound;

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub use error::LogError;
use format::{FRAME_HEADER, SEGMENT_HEADER, Seal, SegmentHeader, extent};
use segment::Preparer;

/// The size of a segment in bytes. 16 MiB hold about 48,000 frames of 300 bytes, so that the
/// four syncs of a change of segments are a thousandth of the log's; the disk writes the zeros
/// of one in some 50 ms; and recovery needs no more memory than this.
pub const SEGMENT: u64 = 16 << 20;

/// The largest payload in bytes. A step saves at most what one client request or one peer's
/// append brought, and both are bounded well below; the limit is there so that recovery, which
/// reads a segment at once, is bounded too. A frame too large for a usual segment gets one of
/// its own size.
pub const MAX_FRAME: usize = 64 << 20;

/// The write buffer keeps at most this capacity, in bytes, from one write to the next: more
/// than any usual batch, and little beside a frame of [`MAX_FRAME`].
const BUFFER: usize = 4 << 20;

/// Sizes of segments are multiples of a page, in bytes.
const PAGE: usize = 4096;

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The cluster's random number.
    pub cluster: u64,
    /// The node's number in the cluster.
    pub node: u16,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{} of cluster {:016x}", self.node, self.cluster)
    }
}

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The folder held no log; it does now.
    pub created: bool,
    /// Segments that were read.
    pub segments: u64,
    /// Frames that were read.
    pub frames: u64,
    /// Their payloads' bytes.
    pub bytes: u64,
    /// What an unfinished write had left behind.
    pub cut: Option<Cut>,
}

/// An unfinished write, removed when the log was opened. Nothing in it had been durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub file: PathBuf,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How many bytes there are up to the last that was not zero.
    pub bytes: u64,
    /// The sequence number of the first frame that is lost; it will be given again.
    pub sequence: u64,
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.created {
            return write!(f, "a new log");
        }
        let Opened { frames, bytes, segments, .. } = self;
        write!(f, "{frames} frames of {bytes} bytes in {segments} segments")?;
        match &self.cut {
            None => Ok(()),
            Some(cut) => write!(
                f,
                "; an unfinished write of {} bytes from frame {} on was cut at byte {} of {}",
                cut.bytes,
                cut.sequence,
                cut.offset,
                cut.file.display()
            ),
        }
    }
}

/// An open log. Dropping it loses what was appended and not written.
///
/// Frames are numbered from 1. Three marks move over the numbers:
/// `durable <= written <= next`; frames below `durable` survive any crash.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    /// Holds the lock on the folder.
    _lock: File,
    preparer: Preparer,
    segment_size: u64,
    /// The number and first frame of every segment on disk, in order.
    segments: Vec<(u64, u64)>,
    /// The segment that writes go to.
    file: File,
    /// Where in it the next write goes.
    offset: u64,
    /// The segment that appends go to: the same one, or one that the next write will create.
    header: SegmentHeader,
    seal: Seal,
    /// Where in it the next append goes.
    end: usize,
    /// Appended and not written.
    buffer: Vec<u8>,
    /// Where in the buffer new segments begin.
    turns: Vec<(usize, SegmentHeader)>,
    next: u64,
    written: u64,
    durable: u64,
    poisoned: bool,
}

impl Log {
    /// Opens the log in `dir`, or creates both, and calls `each` with the payload of every
    /// durable frame in order. Everything that `each` has seen is durable when this returns.
    ///
    /// # Errors
    /// When the folder is in use, belongs to another node, or holds bytes that no crash
    /// explains; when `each` refuses a frame; when the disk fails. The log is then unchanged,
    /// but for an unfinished write that may have been cleared.
    pub fn open(
        dir: &Path,
        identity: Identity,
        each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(Log, Opened), LogError> {
        Log::open_with(dir, identity, SEGMENT, each)
    }

    /// Like [`Log::open`], with segments of `segment_size` bytes from now on.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_with(
        dir: &Path,
        identity: Identity,
        segment_size: u64,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(Log, Opened), LogError> {
        let segment_size = segment_size.max(1).next_multiple_of(PAGE as u64);
        create_dir(dir)?;
        let lock = lock(dir)?;
        let mut found = recover::recover(dir, identity, &mut each)?;
        let created = found.is_none();
        if created {
            let header = new_header(identity, 1, 1, segment_size);
            segment::prepare(dir, 1, segment_size)
                .map_err(LogError::io("create a segment in", dir))
                .and_then(|file| segment::establish(dir, &file, &header))?;
            found = recover::recover(dir, identity, &mut each)?;
        }
        let found = found.ok_or_else(|| LogError::Missing {
            file: segment::log_path(dir, 1),
            because: "it was created a moment ago".into(),
        })?;
        let preparer = Preparer::start(dir, found.header.number + 1, segment_size)
            .map_err(LogError::io("start a thread for", dir))?;
        let log = Log {
            dir: dir.to_owned(),
            _lock: lock,
            preparer,
            segment_size,
            segments: found.segments,
            file: found.file,
            offset: found.end as u64,
            seal: Seal::of(&found.header),
            header: found.header,
            end: found.end,
            buffer: Vec::new(),
            turns: Vec::new(),
            next: found.next,
            written: found.next,
            durable: found.next,
            poisoned: false,
        };
        Ok((log, Opened { created, ..found.opened }))
    }

    /// Appends one frame to the write buffer, without I/O, and returns its sequence number.
    /// `encode` appends the payload to the vector it is given and leaves the rest alone.
    ///
    /// # Errors
    /// When the payload is above [`MAX_FRAME`]; the log is then as it was.
    pub fn append(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Result<u64, LogError> {
        let start = self.buffer.len();
        self.buffer.resize(start + FRAME_HEADER, 0);
        encode(&mut self.buffer);
        let length = self.buffer.len().checked_sub(start + FRAME_HEADER);
        let length = length.expect("encoding appends and never takes away");
        if length > MAX_FRAME {
            self.buffer.truncate(start);
            return Err(LogError::TooLarge { bytes: length });
        }
        self.buffer.resize(start + extent(length), 0);
        if self.end + extent(length) > self.header.size as usize {
            self.turn(start, length);
        }
        let frame = &mut self.buffer[start..];
        self.seal.close(frame, length as u32, self.next, self.durable);
        self.end += extent(length);
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Hands everything appended to the system: one call, but when a segment is full. It is
    /// then safe from a crash of the process, not from one of the machine.
    ///
    /// # Errors
    /// When the system refuses; the log is then of no further use and the process should stop.
    pub fn write(&mut self) -> Result<(), LogError> {
        self.guard()?;
        self.poisoned = true;
        let mut from = 0;
        for index in 0..self.turns.len() {
            let (to, header) = self.turns[index].clone();
            self.put(from, to)?;
            self.enter(header)?;
            from = to;
        }
        self.put(from, self.buffer.len())?;
        self.turns.clear();
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER);
        self.written = self.next;
        self.poisoned = false;
        Ok(())
    }

    /// Makes everything written durable: one sync for all of it, none if there is nothing new.
    ///
    /// # Errors
    /// When the system refuses; the log is then of no further use and the process should stop.
    pub fn sync(&mut self) -> Result<(), LogError> {
        self.guard()?;
        if self.durable < self.written {
            self.poisoned = true;
            self.sync_file()?;
            self.durable = self.written;
            self.poisoned = false;
        }
        Ok(())
    }

    /// The sequence number of the next frame.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// All frames with smaller sequence numbers are durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The bytes appended and not written, headers and padding included.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Lets the next frame begin a new segment, and returns its sequence number: the beginning
    /// of a checkpoint that will make the frames before it superfluous.
    pub fn begin_segment(&mut self) -> u64 {
        if self.end > SEGMENT_HEADER {
            self.end = self.header.size as usize;
        }
        self.next
    }

    /// Removes the segments that hold only frames before `sequence`, and returns how many. The
    /// caller vouches that the frames from the first remaining one on recover its state.
    ///
    /// # Errors
    /// When the disk fails; the log is then of no further use.
    pub fn forget_before(&mut self, sequence: u64) -> Result<usize, LogError> {
        self.guard()?;
        let first = sequence.min(self.durable);
        let keep = self.segments.iter().rposition(|(_, begins)| *begins <= first).unwrap_or(0);
        if keep > 0 {
            self.poisoned = true;
            recover::forget(&self.dir, self.segments[keep].0)?;
            self.segments.drain(..keep);
            self.poisoned = false;
        }
        Ok(keep)
    }

    fn guard(&self) -> Result<(), LogError> {
        if self.poisoned { Err(LogError::Poisoned) } else { Ok(()) }
    }

    fn path(&self) -> PathBuf {
        let number = self.segments.last().map_or(1, |(number, _)| *number);
        segment::log_path(&self.dir, number)
    }

    /// Lets the frame at `start` of the buffer begin a segment that it fits into.
    fn turn(&mut self, start: usize, length: usize) {
        let least = (SEGMENT_HEADER + extent(length)).next_multiple_of(PAGE) as u64;
        let SegmentHeader { identity, number, .. } = self.header;
        let size = self.segment_size.max(least);
        self.header = new_header(identity, number + 1, self.next, size);
        self.seal = Seal::of(&self.header);
        self.end = SEGMENT_HEADER;
        self.turns.push((start, self.header.clone()));
    }

    /// Writes a part of the buffer to the current segment.
    fn put(&mut self, from: usize, to: usize) -> Result<(), LogError> {
        let part = &self.buffer[from..to];
        let written = self.file.write_all_at(part, self.offset);
        written.map_err(|source| LogError::io("write", &self.path())(source))?;
        self.offset += part.len() as u64;
        Ok(())
    }

    /// Goes on to a new segment. The old one is made durable first, so that only the last
    /// segment of a log can ever be torn.
    fn enter(&mut self, header: SegmentHeader) -> Result<(), LogError> {
        self.sync_file()?;
        let prepared = self.preparer.take();
        self.file = prepared.map_err(LogError::io("prepare a segment in", &self.dir))?;
        segment::establish(&self.dir, &self.file, &header)?;
        self.preparer.order(header.number + 1);
        self.segments.push((header.number, header.first));
        self.offset = SEGMENT_HEADER as u64;
        Ok(())
    }

    fn sync_file(&self) -> Result<(), LogError> {
        self.file.sync_data().map_err(|source| LogError::io("sync", &self.path())(source))
    }
}

fn new_header(identity: Identity, number: u64, first: u64, size: u64) -> SegmentHeader {
    // The standard library's hasher is keyed from the system's randomness.
    let salt = RandomState::new().build_hasher().finish();
    SegmentHeader { identity, number, first, size, salt }
}

/// Creates the folder and makes the names of all that it created durable.
fn create_dir(dir: &Path) -> Result<(), LogError> {
    let is_new = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let created: Vec<&Path> = dir.ancestors().take_while(is_new).collect();
    fs::create_dir_all(dir).map_err(LogError::io("create", dir))?;
    for parent in created.iter().filter_map(|dir| dir.parent()) {
        let here = parent.as_os_str().is_empty();
        segment::sync_dir(if here { Path::new(".") } else { parent })?;
    }
    Ok(())
}

fn lock(dir: &Path) -> Result<File, LogError> {
    let path = dir.join("LOCK");
    let opening = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = opening.map_err(LogError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(LogError::io("lock", &path)(source)),
    }
}
