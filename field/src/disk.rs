//! A node's disk: a file of frames, a line of JSON each.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value as Json;

/// The frames of one node. A line that is cut off at the end of the file is a frame whose write a
/// crash tore: it was never durable, and is cut.
pub struct Disk {
    file: File,
}

impl Disk {
    /// Opens the file, and reads the records of all whole frames.
    ///
    /// # Errors
    /// The file cannot be read, or a frame that is not the last is no JSON.
    pub fn open(path: &Path) -> io::Result<(Disk, Vec<Json>)> {
        let mut file =
            OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut records = Vec::new();
        for (number, line) in text[..whole].lines().enumerate() {
            let frame: Vec<Json> = serde_json::from_str(line).map_err(|error| {
                let what = format!("{}: frame {} is damaged: {error}", path.display(), number + 1);
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            records.extend(frame);
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
        let mut line = serde_json::to_vec(records)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_frames_come_back_and_a_torn_one_is_cut() {
        let path = std::env::temp_dir().join(format!("synod-field-disk-{}", std::process::id()));
        let (mut disk, none) = Disk::open(&path).expect("A file can be made.");
        assert!(none.is_empty());
        disk.save(&[json!(1), json!("two")]).expect("The disk works.");
        disk.save(&[json!(3)]).expect("The disk works.");
        let length = disk.file.metadata().expect("The file is there.").len();
        disk.file.write_all(b"[4, ").expect("The disk works.");
        let (disk, records) = Disk::open(&path).expect("A torn tail is no damage.");
        assert_eq!(records, [json!(1), json!("two"), json!(3)]);
        assert_eq!(disk.file.metadata().expect("The file is there.").len(), length);
        std::fs::write(&path, "[1]\nnonsense\n[2]\n").expect("A file can be written.");
        let why = Disk::open(&path).map(|_| ()).expect_err("Damage is no torn tail.");
        assert!(why.to_string().contains("frame 2 is damaged"), "{why}");
        std::fs::remove_file(&path).expect("The file can be removed.");
    }
}
