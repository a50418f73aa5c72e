//! Segment files: their names, how they come into being, and the thread that prepares the next.
//!
//! A file is filled with zeros and synced as `N.next`; it gets its header, is synced again, and
//! only then is renamed to `N.log` and the folder synced. So an `N.log` always has its full
//! size and a good header, and no frame was ever written to an `N.next`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::LogError;
use super::format::SegmentHeader;

/// Zeros go out in pieces of this many bytes, each synced before the next, so that a sync of
/// the log on the same disk never waits behind a whole segment of them.
const ZEROS: usize = 1 << 20;

/// The path of segment `number`.
pub(super) fn log_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:016}.log"))
}

/// The path of segment `number` while it is prepared.
pub(super) fn next_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:016}.next"))
}

/// The numbers of the files in `dir` that end in `suffix`, in order. Other files are not ours.
pub(super) fn numbers(dir: &Path, suffix: &str) -> Result<Vec<u64>, LogError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir).map_err(LogError::io("list", dir))? {
        let name = entry.map_err(LogError::io("list", dir))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(suffix));
        if let Some(number) = number.filter(|digits| digits.len() == 16) {
            numbers.extend(number.parse::<u64>());
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes names in `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), LogError> {
    let sync = || File::open(dir)?.sync_all();
    sync().map_err(LogError::io("sync the folder", dir))
}

/// Writes real zeros over `from..to`. Asking the file system for the space alone would leave it
/// marked as unwritten, and then every first write to a block changes metadata too, which its
/// sync has to commit (docs/wal.md has figures for files that grow).
pub(super) fn write_zeros(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS.min((to - from) as usize)];
    let mut at = from;
    while at < to {
        if at > from {
            file.sync_data()?;
        }
        let count = (to - at).min(zeros.len() as u64);
        file.write_all_at(&zeros[..count as usize], at)?;
        at += count;
    }
    file.sync_all()
}

/// Makes the file of segment `number`, `size` bytes of zeros, under its preparatory name.
pub(super) fn prepare(dir: &Path, number: u64, size: u64) -> io::Result<File> {
    let path = next_path(dir, number);
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(true).open(path)?;
    write_zeros(&file, 0, size)?;
    Ok(file)
}

/// Turns a prepared file into a segment: header, sync, name, sync of the folder.
pub(super) fn establish(dir: &Path, file: &File, header: &SegmentHeader) -> Result<(), LogError> {
    let next = next_path(dir, header.number);
    let establish = || {
        let prepared = file.metadata()?.len();
        if prepared < header.size {
            write_zeros(file, prepared, header.size)?;
        }
        file.write_all_at(&header.encode(), 0)?;
        file.sync_data()?;
        fs::rename(&next, log_path(dir, header.number))
    };
    establish().map_err(LogError::io("create a segment from", &next))?;
    sync_dir(dir)
}

/// The thread that prepares one segment ahead.
#[derive(Debug)]
pub(super) struct Preparer {
    orders: Option<Sender<u64>>,
    made: Receiver<io::Result<File>>,
    thread: Option<JoinHandle<()>>,
}

impl Preparer {
    /// Starts the thread; it begins with segment `number` at once.
    pub fn start(dir: &Path, number: u64, size: u64) -> io::Result<Preparer> {
        let (orders, wanted) = mpsc::channel();
        let (done, made) = mpsc::channel();
        let dir = dir.to_owned();
        let work = move || {
            for number in wanted {
                if done.send(prepare(&dir, number, size)).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("log-prepare".into()).spawn(work)?;
        let preparer = Preparer { orders: Some(orders), made, thread: Some(thread) };
        preparer.order(number);
        Ok(preparer)
    }

    /// Asks for the next segment. A thread that is gone shows in the following [`Self::take`].
    pub fn order(&self, number: u64) {
        let _ = self.orders.as_ref().map(|orders| orders.send(number));
    }

    /// The segment ordered last; waits only when the log outran the preparation.
    pub fn take(&self) -> io::Result<File> {
        let gone = |_| io::Error::other("the thread that prepares segments has ended");
        self.made.recv().map_err(gone)?
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        self.orders = None;
        // Whoever opens the folder next must not meet a thread that still writes to it.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
