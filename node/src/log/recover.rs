//! Opening a log: every frame is read and checked, a torn tail is cut, and whatever a crash
//! cannot explain is refused. The rules are argued in docs/wal.md.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::format::{
    FRAME_HEADER, FrameHeader, SECTOR, SEGMENT_HEADER, Seal, SegmentHeader, extent,
};
use super::{Cut, Identity, LogError, MAX_FRAME, Opened, segment};

/// What recovery found: where the log goes on.
pub(super) struct Recovered {
    /// The number and the first sequence number of every segment, in order.
    pub segments: Vec<(u64, u64)>,
    /// The last segment, where the log goes on.
    pub header: SegmentHeader,
    pub file: File,
    /// Where in the last segment the next frame goes.
    pub end: usize,
    /// The next frame's sequence number.
    pub next: u64,
    pub opened: Opened,
}

/// Reads the log in `dir`, which this process has locked. `None` when there is none yet.
pub(super) fn recover(
    dir: &Path,
    identity: Identity,
    each: &mut dyn FnMut(&[u8]) -> Result<(), String>,
) -> Result<Option<Recovered>, LogError> {
    let Some(numbers) = survey(dir)? else {
        return Ok(None);
    };
    let mut opened = Opened { segments: numbers.len() as u64, ..Opened::default() };
    let mut segments = Vec::with_capacity(numbers.len());
    let mut next = None;
    for (index, number) in numbers.iter().enumerate() {
        let path = segment::log_path(dir, *number);
        let mut bytes = read(&path)?;
        let header = check_header(&path, &bytes, identity, *number, next)?;
        segments.push((header.number, header.first));
        let mut walk = Walk { path, seal: Seal::of(&header), size: header.size as usize };
        let mut sequence = header.first;
        let last = index + 1 == numbers.len();
        let end = walk.frames(&mut bytes, last, &mut sequence, &mut opened, each)?;
        next = Some(sequence);
        if last {
            let file = walk.mend(&bytes, end, sequence, &mut opened)?;
            return Ok(Some(Recovered { segments, header, file, end, next: sequence, opened }));
        }
        walk.zeros(&bytes, end, bytes.len(), "zeros up to the end: the log goes on elsewhere")?;
    }
    Ok(None)
}

/// Makes the log begin with segment `first`: the mark is durable before anything is removed.
pub(super) fn forget(dir: &Path, first: u64) -> Result<(), LogError> {
    let mark = mark_path(dir, first);
    File::create(&mark).map_err(LogError::io("create", &mark))?;
    segment::sync_dir(dir)?;
    sweep(dir, first)
}

fn mark_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:016}.first"))
}

/// Removes what stands before segment `first`: a forgetting that a crash may have interrupted.
fn sweep(dir: &Path, first: u64) -> Result<(), LogError> {
    let before = |numbers: Vec<u64>| numbers.into_iter().filter(move |number| *number < first);
    let segments = before(segment::numbers(dir, ".log")?).map(|n| segment::log_path(dir, n));
    let marks = before(segment::numbers(dir, ".first")?).map(|n| mark_path(dir, n));
    for path in segments.chain(marks) {
        fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
    }
    Ok(())
}

/// The numbers of the segments, gapless from where the log begins; `None` for an empty folder.
fn survey(dir: &Path) -> Result<Option<Vec<u64>>, LogError> {
    let mark = segment::numbers(dir, ".first")?.pop();
    let first = mark.unwrap_or(1);
    sweep(dir, first)?;
    let numbers = segment::numbers(dir, ".log")?;
    let missing = |number, because: String| {
        Err(LogError::Missing { file: segment::log_path(dir, number), because })
    };
    for (expected, found) in (first..).zip(&numbers) {
        if expected != *found {
            return missing(expected, format!("segment {found} is there"));
        }
    }
    let after = first + numbers.len() as u64;
    if numbers.is_empty() && mark.is_some() {
        return missing(first, "the folder says that the log begins with it".into());
    }
    for prepared in segment::numbers(dir, ".next")? {
        if prepared > after {
            return missing(after, format!("segment {prepared} was prepared to follow it"));
        }
        // Prepared files never held a frame; a new one is made in the background.
        let path = segment::next_path(dir, prepared);
        fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
    }
    Ok((!numbers.is_empty()).then_some(numbers))
}

fn read(path: &Path) -> Result<Vec<u8>, LogError> {
    let limit = (SEGMENT_HEADER + extent(MAX_FRAME)).next_multiple_of(super::PAGE) as u64;
    let length = fs::metadata(path).map_err(LogError::io("read", path))?.len();
    if length > limit {
        return Err(damaged(path, limit, format!("{length} bytes"), format!("at most {limit}")));
    }
    fs::read(path).map_err(LogError::io("read", path))
}

fn check_header(
    path: &Path,
    bytes: &[u8],
    identity: Identity,
    number: u64,
    next: Option<u64>,
) -> Result<SegmentHeader, LogError> {
    let Some(sector) = bytes.first_chunk() else {
        let expected = format!("a header of {SEGMENT_HEADER} bytes");
        return Err(damaged(path, bytes.len() as u64, "the end of the file".into(), expected));
    };
    let header = SegmentHeader::decode(sector)
        .map_err(|bad| damaged(path, 0, bad.to_string(), "a segment header".into()))?;
    if header.identity != identity {
        let (found, expected) = (header.identity, identity);
        return Err(LogError::Foreign { file: path.to_owned(), found, expected });
    }
    let found = format!("the header of segment {} from frame {}", header.number, header.first);
    if header.number != number {
        return Err(damaged(path, 0, found, format!("segment {number}: files were renamed")));
    }
    if let Some(next) = next.filter(|next| *next != header.first) {
        let expected = format!("frame {next} to follow the segment before");
        return Err(damaged(path, 0, found, expected));
    }
    if bytes.len() as u64 > header.size {
        let found = format!("{} more bytes", bytes.len() as u64 - header.size);
        return Err(damaged(path, header.size, found, "the end of the file".into()));
    }
    Ok(header)
}

fn damaged(path: &Path, offset: u64, found: String, expected: String) -> LogError {
    LogError::Damaged { file: path.to_owned(), offset, found, expected }
}

fn is_zero(bytes: &[u8]) -> bool {
    // Whole blocks without an early way out are compared many bytes at a time.
    bytes.chunks(256).all(|block| block.iter().fold(0, |all, byte| all | byte) == 0)
}

/// One segment being read.
struct Walk {
    path: PathBuf,
    seal: Seal,
    /// What the header says the file's size is, in bytes.
    size: usize,
}

impl Walk {
    fn damaged(&self, offset: usize, found: impl Into<String>, expected: &str) -> LogError {
        damaged(&self.path, offset as u64, found.into(), expected.to_owned())
    }

    /// Gives every good frame to `each` and returns where the first that is not good begins.
    /// `sequence` counts on. Frames are unmasked in place.
    fn frames(
        &mut self,
        bytes: &mut [u8],
        last: bool,
        sequence: &mut u64,
        opened: &mut Opened,
        each: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<usize, LogError> {
        let mut at = SEGMENT_HEADER;
        while at + FRAME_HEADER <= self.size {
            let Some(header) = self.header(bytes, at, *sequence)? else {
                return Ok(at);
            };
            let end = at + extent(header.length as usize);
            let body = &mut bytes[at + FRAME_HEADER..end];
            if crc32c::crc32c(body) != header.body {
                if last && lost_sector(&bytes[..end], at) {
                    return Ok(at);
                }
                let found = format!("frame {sequence} whose body does not fit its checksum");
                return Err(self.damaged(at, found, "an intact frame"));
            }
            self.seal.mask(body);
            each(&body[..header.length as usize]).map_err(|reason| LogError::Rejected {
                file: self.path.clone(),
                offset: at as u64,
                sequence: *sequence,
                reason,
            })?;
            opened.frames += 1;
            opened.bytes += u64::from(header.length);
            *sequence += 1;
            at = end;
        }
        Ok(at)
    }

    /// The header of frame `sequence` at `at`; `None` when zeros say that there is none.
    fn header(
        &self,
        bytes: &[u8],
        at: usize,
        sequence: u64,
    ) -> Result<Option<FrameHeader>, LogError> {
        // The size was durable before the first frame, so a crash cannot have shortened the
        // file; only zeros where the next frame would begin prove that nothing was cut off.
        let short = "more of the file: it was cut off where frames were";
        let Some(line) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
            return Err(self.damaged(bytes.len(), "the end of the file", short));
        };
        if is_zero(line) {
            return Ok(None);
        }
        // A header lies within one sector, so a torn write leaves it whole or leaves zeros.
        let Some(header) = self.seal.header(line) else {
            let found =
                "32 bytes that are neither zeros nor a frame header with a fitting checksum";
            return Err(self.damaged(at, found, &format!("frame {sequence} or zeros")));
        };
        if header.sequence != sequence || header.durable > sequence {
            let FrameHeader { sequence: found, durable, .. } = header;
            let found = format!("frame {found} written when {durable} was the first not durable");
            return Err(self.damaged(at, found, &format!("frame {sequence}")));
        }
        let length = header.length as usize;
        if length > MAX_FRAME || at + extent(length) > self.size {
            let found = format!("frame {sequence} of {length} bytes");
            return Err(self.damaged(at, found, "a frame that fits its segment"));
        }
        if at + extent(length) > bytes.len() {
            return Err(self.damaged(bytes.len(), "the end of the file", short));
        }
        Ok(Some(header))
    }

    /// Proves that what follows `end` in the last segment is the work of a crash, clears it,
    /// and makes everything that was read durable.
    fn mend(
        &self,
        bytes: &[u8],
        end: usize,
        sequence: u64,
        opened: &mut Opened,
    ) -> Result<File, LogError> {
        self.no_witness(bytes, end, sequence)?;
        let header_lost = bytes.get(end..end + FRAME_HEADER).is_none_or(is_zero);
        if header_lost {
            // What took the header from a crash took the rest of its sector as well.
            let sector = end.next_multiple_of(SECTOR).min(bytes.len());
            self.zeros(bytes, end, sector, "zeros up to the end of the sector")?;
        }
        let mut options = OpenOptions::new();
        let opening = options.read(true).write(true).open(&self.path);
        let file = opening.map_err(LogError::io("open", &self.path))?;
        let mut mend = || {
            if let Some(last) = bytes[end.min(bytes.len())..].iter().rposition(|byte| *byte != 0) {
                let zeros = vec![0; last + 1];
                opened.cut = Some(Cut {
                    file: self.path.clone(),
                    offset: end as u64,
                    bytes: zeros.len() as u64,
                    sequence,
                });
                file.write_all_at(&zeros, end as u64)?;
            }
            if bytes.len() < self.size {
                segment::write_zeros(&file, bytes.len() as u64, self.size as u64)?;
            }
            // Frames that a crashed process had written but not synced count as durable from here.
            file.sync_all()
        };
        mend().map_err(LogError::io("mend", &self.path))?;
        Ok(file)
    }

    /// Refuses when a later frame shows that the one missing at `end` had been durable. Headers
    /// have a checksum of their own, so that this pass is linear whatever the bytes are.
    fn no_witness(&self, bytes: &[u8], end: usize, sequence: u64) -> Result<(), LogError> {
        let rest = bytes.get(end..).unwrap_or_default();
        for (index, line) in rest.as_chunks().0.iter().enumerate().skip(1) {
            let Some(witness) = self.seal.header(line) else {
                continue;
            };
            if witness.durable > sequence {
                let at = end + index * FRAME_HEADER;
                let by = format!(
                    "frame {sequence}: it was durable when frame {} at byte {at} was written",
                    witness.sequence
                );
                return Err(self.damaged(end, "no intact frame", &by));
            }
        }
        Ok(())
    }

    /// Refuses when `from..to` is not all zeros.
    fn zeros(&self, bytes: &[u8], from: usize, to: usize, why: &str) -> Result<(), LogError> {
        let range = bytes.get(from..to).unwrap_or_default();
        match range.iter().position(|byte| *byte != 0) {
            None => Ok(()),
            Some(at) => {
                let found = format!("the byte {:#04x}", range[at]);
                Err(self.damaged(from + at, found, why))
            }
        }
    }
}

/// Whether a sector of the frame at `at`, which ends `bytes`, reads as zeros: it was lost. The
/// header's own sector is not asked: it arrived whole, since the header did.
fn lost_sector(bytes: &[u8], at: usize) -> bool {
    let second = (at + FRAME_HEADER).next_multiple_of(SECTOR);
    bytes.get(second..).is_some_and(|rest| rest.chunks(SECTOR).any(is_zero))
}
