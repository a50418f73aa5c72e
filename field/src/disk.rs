//! A node's disk: a file of frames, a line each: a checksum, then JSON.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use model::Fingerprint;
use serde_json::Value as Json;

/// The frames of one node. A line that is cut off at the end of the file is a frame whose write a
/// crash tore: it was never durable, and is cut. A whole line that its checksum does not fit is
/// damaged, and so is everything that may have stood there: the node must not go on.
pub struct Disk {
    file: File,
}

impl Disk {
    /// Opens the file, and reads the records of all whole frames.
    ///
    /// # Errors
    /// The file cannot be read, or a frame is damaged.
    pub fn open(path: &Path) -> io::Result<(Disk, Vec<Json>)> {
        let mut file =
            OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut records = Vec::new();
        let mut whole = 0;
        for (number, frame) in (1..).zip(frames(&bytes)) {
            whole = frame.end;
            let read = read(&bytes[frame]).map_err(|what| {
                let what = format!("{}: frame {number} is damaged: {what}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            records.extend(read);
        }
        // What is left is torn, unless nothing is wrong with it but its very last byte.
        if bytes.split_last().is_some_and(|(_, line)| {
            line.len() > whole && read(&[&line[whole..], b"\n"].concat()).is_ok()
        }) {
            let what = format!("{}: the end of the last frame is damaged", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Disk { file }, records))
    }

    /// Writes one frame and waits until it is durable.
    ///
    /// # Errors
    /// The disk failed: the node must stop, for it cannot know what is durable.
    pub fn save(&mut self, records: &[Json]) -> io::Result<()> {
        let json = serde_json::to_vec(records)?;
        let mut line = format!("{} ", checksum(&json)).into_bytes();
        line.extend(json);
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

/// Damages a durable frame of a node that is down: one bit in its midst is turned. Returns which
/// frame, counted from 1; nothing if there is none.
///
/// # Errors
/// The file cannot be read or written.
pub fn rot(path: &Path, frame: u64) -> io::Result<Option<u64>> {
    let mut bytes = fs::read(path)?;
    let all: Vec<Range<usize>> = frames(&bytes).collect();
    let Some(place) = frame.checked_rem(all.len() as u64) else { return Ok(None) };
    let damaged = &all[place as usize];
    bytes[damaged.start + damaged.len() / 2] ^= 1;
    fs::write(path, bytes)?;
    Ok(Some(place + 1))
}

/// Makes the disk of a node that is down forget its last durable frames.
///
/// # Errors
/// The file cannot be read or written.
pub fn forget(path: &Path, frames_lost: u64) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let all: Vec<Range<usize>> = frames(&bytes).collect();
    let left = all.len().saturating_sub(usize::try_from(frames_lost).unwrap_or(usize::MAX));
    let end = left.checked_sub(1).map_or(0, |last| all[last].end);
    fs::write(path, &bytes[..end])
}

/// Where the whole lines stand, their ends included.
fn frames(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut begin = 0;
    bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")).map(
        move |line| {
            let frame = begin..begin + line.len();
            begin = frame.end;
            frame
        },
    )
}

/// The records of a line.
fn read(line: &[u8]) -> Result<Vec<Json>, String> {
    let text = std::str::from_utf8(line).map_err(|error| error.to_string())?;
    let (sum, json) = text.trim_end_matches('\n').split_once(' ').ok_or("it has no checksum")?;
    if sum != checksum(json.as_bytes()) {
        return Err("its checksum does not fit".to_string());
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

fn checksum(json: &[u8]) -> String {
    format!("{:016x}", Fingerprint::of(&json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("synod-field-{name}-{}", std::process::id()))
    }

    #[test]
    fn whole_frames_come_back_and_a_torn_one_is_cut() {
        let path = path("disk");
        let (mut disk, none) = Disk::open(&path).expect("A file can be made.");
        assert!(none.is_empty());
        disk.save(&[json!(1), json!("two")]).expect("The disk works.");
        disk.save(&[json!(3)]).expect("The disk works.");
        let length = disk.file.metadata().expect("The file is there.").len();
        disk.file.write_all(b"0123456789abcdef [4, ").expect("The disk works.");
        let (disk, records) = Disk::open(&path).expect("A torn tail is no damage.");
        assert_eq!(records, [json!(1), json!("two"), json!(3)]);
        assert_eq!(disk.file.metadata().expect("The file is there.").len(), length);
        forget(&path, 1).expect("The file can be written.");
        let (_, records) = Disk::open(&path).expect("A shorter log looks like any other.");
        assert_eq!(records, [json!(1), json!("two")]);
        fs::remove_file(&path).expect("The file can be removed.");
    }

    /// Whichever byte of whichever frame is another than was written: the disk is refused.
    #[test]
    fn every_damage_of_one_byte_is_noticed() {
        let path = path("rot");
        let (mut disk, _) = Disk::open(&path).expect("A file can be made.");
        for number in [10, 7, 123] {
            disk.save(&[json!(number)]).expect("The disk works.");
        }
        let sound = fs::read(&path).expect("The file is there.");
        for place in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[place] ^= 1 << bit;
                fs::write(&path, &bytes).expect("The file can be written.");
                assert!(Disk::open(&path).is_err(), "bit {bit} of byte {place}");
            }
        }
        fs::write(&path, &sound).expect("The file can be written.");
        assert_eq!(rot(&path, 4).expect("The file can be written."), Some(2));
        let why = Disk::open(&path).map(|_| ()).expect_err("It is damaged.");
        assert!(why.to_string().contains("frame 2 is damaged"), "{why}");
        fs::remove_file(&path).expect("The file can be removed.");
    }
}
