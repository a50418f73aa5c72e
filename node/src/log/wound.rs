//! What a bad disk does to a log behind its back, done on purpose, for whoever tries what a store
//! bears. The node must be down.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::LogError;
use super::format::{FRAME_HEADER, SEGMENT_HEADER, Seal, SegmentHeader, extent};
use super::segment::{log_path, numbers, sync_dir, write_zeros};

/// Where a frame stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The segment.
    pub file: PathBuf,
    /// Where its header begins, in bytes.
    pub offset: usize,
    /// The bytes of header, payload and padding.
    pub extent: usize,
}

/// Where the frames of the log in `dir` stand, in order, as far as their headers are sound. A
/// folder that is not there has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn frames(dir: &Path) -> Result<Vec<Place>, LogError> {
    let mut places = Vec::new();
    if !dir.exists() {
        return Ok(places);
    }
    for number in numbers(dir, ".log")? {
        let file = log_path(dir, number);
        let bytes = fs::read(&file).map_err(LogError::io("read", &file))?;
        let header = bytes.first_chunk::<SEGMENT_HEADER>();
        let Some(Ok(header)) = header.map(SegmentHeader::decode) else { continue };
        let seal = Seal::of(&header);
        let mut offset = SEGMENT_HEADER;
        let line = |at| bytes.get(at..).and_then(|rest| rest.first_chunk::<FRAME_HEADER>());
        while let Some(frame) = line(offset).and_then(|line| seal.header(line)) {
            let extent = extent(frame.length as usize);
            places.push(Place { file: file.clone(), offset, extent });
            offset += extent;
        }
    }
    Ok(places)
}

/// Turns one bit in the midst of a frame, counted round from the first: the log must be refused
/// from then on. Returns where; nothing if there is no frame.
///
/// # Errors
/// When the disk fails.
pub fn rot(dir: &Path, frame: u64) -> Result<Option<Place>, LogError> {
    let mut all = frames(dir)?;
    let Some(which) = frame.checked_rem(all.len() as u64) else { return Ok(None) };
    let place = all.swap_remove(which as usize);
    let flip = || {
        let file = OpenOptions::new().read(true).write(true).open(&place.file)?;
        let (at, mut byte) = ((place.offset + place.extent / 2) as u64, [0]);
        file.read_exact_at(&mut byte, at)?;
        file.write_all_at(&[byte[0] ^ 0x10], at)
    };
    flip().map_err(LogError::io("damage", &place.file))?;
    Ok(Some(place))
}

/// Makes the log forget its last frames, if it has so many, as if they had never been written; a
/// log that forgets all of them is an empty folder. No checksum tells. Returns how many.
///
/// # Errors
/// When the disk fails.
pub fn forget(dir: &Path, count: u64) -> Result<u64, LogError> {
    let all = frames(dir)?;
    let left = all.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    let forgotten = (all.len() - left) as u64;
    let Some(first) = all.get(left) else { return Ok(0) };
    // Prepared segments and marks would tell that there had been more.
    for entry in fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let path = entry.map_err(LogError::io("list", dir))?.path();
        let ends_in = |end: &str| path.extension().is_some_and(|extension| extension == end);
        if left == 0 || ends_in("next") || ends_in("log") && path > first.file {
            fs::remove_file(&path).map_err(LogError::io("remove", &path))?;
        }
    }
    if left > 0 {
        let clear = || {
            let file = OpenOptions::new().write(true).open(&first.file)?;
            let end = file.metadata()?.len();
            write_zeros(&file, first.offset as u64, end)
        };
        clear().map_err(LogError::io("clear", &first.file))?;
    }
    sync_dir(dir)?;
    Ok(forgotten)
}
