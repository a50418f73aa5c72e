//! An exploration that ended early, in a file, and the same exploration going on from there.
//!
//! The file holds numbers of 64 bits, little-endian: what was counted, what the system remembers,
//! the fingerprints that were met, the ways back to parents, and the states that are still to be
//! left. It ends in a checksum of all that stands before. A system whose states are numbers of what
//! it has met says how to meet it again.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

use crc32c::crc32c_append;
use model::Fingerprint;
use world::caught;

use super::Search;
use crate::hand::Parent;
use crate::sleep::Sleepers;
use crate::system::System;

/// Bytes that are summed up at once: enough that a call of the system costs nothing beside them.
const BUFFER: usize = 1 << 16;

/// Begins every file; the number is the version of the layout.
const MAGIC: u64 = u64::from_le_bytes(*b"synod\0ck") ^ 3;

impl<S: System> Search<'_, S> {
    /// What the file belongs to: this system within these bounds.
    fn mark(&self) -> u64 {
        let system = self.system;
        Fingerprint::of(&(system.name(), system.identity(), system.bounds(), self.asked.liveness))
    }

    /// Writes everything that is needed to go on.
    pub(super) fn save(&self, path: &Path) -> Result<(), String> {
        let failed =
            |error: io::Error| format!("it cannot be saved to {}: {error}", path.display());
        let workers = self.hands.iter().map(|hand| &hand.worker).collect::<Vec<_>>();
        let Some(remembered) = self.system.remembered(&workers) else {
            return Err("it cannot be saved, because this system cannot".into());
        };
        let unfinished = path.with_extension("unfinished");
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(&unfinished)?);
            let mut summed = Summed { file: &mut file, sum: 0 };
            self.write(&mut summed, &remembered)?;
            let sum = summed.sum;
            put(&mut file, u64::from(sum))?;
            file.into_inner()?.sync_all()?;
            fs::rename(&unfinished, path)
        };
        write().map_err(failed)
    }

    fn write(&self, file: &mut impl Write, remembered: &[u8]) -> io::Result<()> {
        let seconds = (self.earlier + self.began.elapsed()).as_nanos() as u64;
        for number in [
            MAGIC,
            self.mark(),
            self.distinct as u64,
            self.generated,
            self.outside,
            self.depth,
            self.depth_within,
            self.before as u64,
            self.reached(),
            u64::from(self.base),
            seconds,
        ] {
            put(file, number)?;
        }
        put(file, self.levels.len() as u64)?;
        self.levels.iter().try_for_each(|level| put(file, *level))?;
        put(file, remembered.len() as u64)?;
        file.write_all(remembered)?;
        put(file, self.table.len() as u64)?;
        self.table.prints().try_for_each(|print| put(file, print))?;
        put(file, self.parents.len() as u64)?;
        for parent in &self.parents {
            put(file, u64::from(parent.number()) << 16 | u64::from(parent.via()))?;
        }
        put(file, self.waiting.len() as u64)?;
        for range in &self.waiting {
            put(file, range.start as u64)?;
            put(file, range.end as u64)?;
        }
        for rows in self.sleepers.iter().flat_map(Sleepers::rows) {
            put(file, rows.len() as u64)?;
            for row in rows {
                put(file, row.len() as u64)?;
                row.iter().try_for_each(|number| put(file, *number))?;
            }
        }
        let mut bytes = Vec::new();
        for states in [&self.frontier, &self.next] {
            put(file, states.len() as u64)?;
            for state in states {
                bytes.clear();
                self.system.save(state, &mut bytes);
                put(file, bytes.len() as u64)?;
                file.write_all(&bytes)?;
            }
        }
        Ok(())
    }

    /// Takes over what was saved; the search then goes on as if it had not ended.
    pub(super) fn load(&mut self, path: &Path) -> Result<(), String> {
        let open = || {
            let file = File::open(path);
            file.map_err(|error| format!("{} cannot be opened: {error}", path.display()))
        };
        let wrong = |why: String| format!("{} cannot be gone on from: {why}", path.display());
        check_sum(open()?).map_err(wrong)?;
        // What a system remembers is computed again: were the code another one, it could panic.
        let mut file = BufReader::new(open()?);
        caught(|| self.read(&mut file)).unwrap_or_else(Err).map_err(wrong)
    }

    fn read(&mut self, file: &mut impl Read) -> Result<(), String> {
        if get(file)? != MAGIC {
            return Err("it is no saved exploration of this version".into());
        }
        if get(file)? != self.mark() {
            return Err("it was saved of another system or within other bounds".into());
        }
        self.distinct = get(file)? as usize;
        self.generated = get(file)?;
        self.outside = get(file)?;
        self.depth = get(file)?;
        self.depth_within = get(file)?;
        self.before = get(file)? as usize;
        self.reached_before = get(file)?;
        self.base = get(file)? as u32;
        self.earlier = Duration::from_nanos(get(file)?);
        self.levels = (0..get(file)?).map(|_| get(file)).collect::<Result<_, _>>()?;
        let remembered = get_bytes(file)?;
        let system = self.system;
        system.recall(&mut self.hands[0].worker, &remembered)?;
        let prints = get(file)? as usize;
        if self.table.room() < prints && !self.table.grow(prints, self.asked.memory) {
            return Err("what was met does not fit the memory".into());
        }
        for _ in 0..prints {
            self.table.insert(get(file)?);
        }
        self.table.counted(prints);
        for _ in 0..get(file)? {
            let word = get(file)?;
            self.parents.push(Parent::new((word >> 16) as u32, word as u16));
        }
        for _ in 0..get(file)? {
            self.waiting.push_back(get(file)? as usize..get(file)? as usize);
        }
        if let Some(sleepers) = &mut self.sleepers {
            let frontier = get_rows(file)?;
            sleepers.recall([frontier, get_rows(file)?]);
        }
        self.frontier = self.get_states(file)?;
        self.next = self.get_states(file)?;
        let heap = |states: &[S::State]| states.iter().map(|s| system.heap_bytes(s)).sum();
        self.heap_bytes = [heap(&self.frontier), heap(&self.next)];
        Ok(())
    }

    fn get_states(&self, file: &mut impl Read) -> Result<Vec<S::State>, String> {
        let mut states = Vec::new();
        for _ in 0..get(file)? {
            let state = self.system.load(&get_bytes(file)?);
            states.push(state.ok_or("it holds a state that is none")?);
        }
        Ok(states)
    }
}

/// Sums up what is written.
struct Summed<'f, W: Write> {
    file: &'f mut W,
    sum: u32,
}

impl<W: Write> Write for Summed<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum = crc32c_append(self.sum, &bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether a file ends in the checksum of what stands before.
fn check_sum(mut file: File) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let length = file.metadata().map_err(unreadable)?.len();
    let mut left = length.checked_sub(8).ok_or("it ends too early")?;
    if get(&mut file)? != MAGIC {
        return Err("it is no saved exploration of this version".into());
    }
    let mut sum = crc32c_append(0, &MAGIC.to_le_bytes());
    left = left.checked_sub(8).ok_or("it ends too early")?;
    let mut buffer = vec![0; BUFFER];
    while left > 0 {
        let part = left.min(BUFFER as u64) as usize;
        file.read_exact(&mut buffer[..part]).map_err(unreadable)?;
        sum = crc32c_append(sum, &buffer[..part]);
        left -= part as u64;
    }
    match get(&mut file)? == u64::from(sum) {
        true => Ok(()),
        false => Err("it is damaged: its checksum is of something else".into()),
    }
}

fn put(file: &mut impl Write, number: u64) -> io::Result<()> {
    file.write_all(&number.to_le_bytes())
}

fn get(file: &mut impl Read) -> Result<u64, String> {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes).map_err(|error| format!("it ends too early: {error}"))?;
    Ok(u64::from_le_bytes(bytes))
}

fn get_rows(file: &mut impl Read) -> Result<Vec<Vec<u64>>, String> {
    (0..get(file)?).map(|_| (0..get(file)?).map(|_| get(file)).collect()).collect()
}

fn get_bytes(file: &mut impl Read) -> Result<Vec<u8>, String> {
    let length = get(file)?;
    let mut bytes = Vec::new();
    // A damaged length must not ask for all memory at once.
    let read = file.take(length).read_to_end(&mut bytes);
    match read {
        Ok(read) if read as u64 == length => Ok(bytes),
        _ => Err("it ends too early".into()),
    }
}
