//! A crash of the machine keeps of the unsynced writes any subset of sectors. Whatever the
//! subset, everything synced comes back, and what comes back is a prefix of what was appended.

use std::fs;
use std::path::Path;

use super::{Dice, SECTOR, append, open, segment, segments, write_and_sync};

/// What a run of the log leaves for the crash to choose from.
struct Run {
    /// All payloads appended, in order.
    all: Vec<Vec<u8>>,
    /// How many of them were synced.
    synced: usize,
    /// The segments as the last sync left them, and as they stood when the machine crashed.
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

/// Appends random batches, some synced; the last is written in pieces and not synced.
fn run(dir: &Path, dice: &mut Dice, mut all: Vec<Vec<u8>>) -> Run {
    let (mut log, _, frames) = open(dir).unwrap();
    assert_eq!(frames, all);
    let batch = |log: &mut _, dice: &mut Dice, all: &mut Vec<Vec<u8>>| {
        for _ in 0..=dice.below(6) {
            let most = [60, 1500, 6000][dice.below(3) as usize];
            all.push(dice.payload(most));
            append(log, all.last().unwrap());
        }
    };
    for _ in 0..dice.below(4) {
        batch(&mut log, dice, &mut all);
        write_and_sync(&mut log);
    }
    let synced = all.len();
    let bytes = |dir| segments(dir).into_iter().map(|(_, bytes)| bytes).collect();
    let before = bytes(dir);
    for _ in 0..=dice.below(2) {
        batch(&mut log, dice, &mut all);
        log.write().unwrap();
    }
    let after = bytes(dir);
    Run { all, synced, before, after }
}

/// Leaves in `dir` what the crash kept. Only the segment that was last at the moment of the
/// crash can have lost sectors: a new one gets its name after the old one is durable.
fn crash(dir: &Path, dice: &mut Dice, run: &Run) {
    let last =
        run.before.len() - 1 + dice.below((run.after.len() - run.before.len()) as u64 + 1) as usize;
    for number in last + 1..run.after.len() {
        fs::remove_file(segment(dir, number as u64 + 1)).unwrap();
        // What had been prepared for later is not there yet either.
    }
    for prepared in run.after.len() + 1..=run.after.len() + 2 {
        let _ = fs::remove_file(dir.join(format!("{prepared:016}.next")));
    }
    let mut kept = run.after[last].clone();
    let nothing = [kept[..SECTOR].to_vec(), vec![0; kept.len() - SECTOR]].concat();
    let old = run.before.get(last).unwrap_or(&nothing);
    let loss = dice.below(11);
    for (new, old) in kept.chunks_mut(SECTOR).zip(old.chunks(SECTOR)) {
        if dice.below(10) < loss {
            new.copy_from_slice(old);
        }
    }
    fs::write(segment(dir, last as u64 + 1), kept).unwrap();
}

#[test]
fn everything_synced_survives_and_the_rest_is_a_prefix() {
    let mut torn = 0;
    for seed in 1..=80 {
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed * 0x9e37_79b9);
        let mut all = Vec::new();
        // A log that was mended once must be as good as new for the next crash.
        for _ in 0..3 {
            let run = run(dir.path(), &mut dice, all);
            crash(dir.path(), &mut dice, &run);
            let (log, opened, frames) =
                open(dir.path()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(frames.len() >= run.synced, "seed {seed}: synced frames are lost");
            assert_eq!(frames, run.all[..frames.len()], "seed {seed}: not a prefix");
            assert_eq!(log.next(), frames.len() as u64 + 1);
            torn += u64::from(opened.cut.is_some());
            drop(log);
            let (_, opened, again) = open(dir.path()).unwrap();
            assert_eq!((opened.cut, &again), (None, &frames), "seed {seed}: mending is final");
            all = frames;
        }
    }
    assert!(torn > 40, "only {torn} crashes tore anything");
}

#[test]
fn a_crash_while_mending_is_a_crash_like_any_other() {
    for seed in 1..=40 {
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed * 0x2545_f491);
        let run = run(dir.path(), &mut dice, Vec::new());
        crash(dir.path(), &mut dice, &run);
        let torn = segments(dir.path());
        let (_, _, frames) = open(dir.path()).unwrap();
        let (path, mended) = segments(dir.path()).pop().unwrap();
        let mut half = torn.last().unwrap().1.clone();
        for (old, new) in half.chunks_mut(SECTOR).zip(mended.chunks(SECTOR)) {
            if dice.below(2) == 0 {
                old.copy_from_slice(new);
            }
        }
        fs::write(path, half).unwrap();
        assert_eq!(open(dir.path()).unwrap().2, frames, "seed {seed}");
    }
}

#[test]
fn a_crash_while_creating_leaves_nothing_or_a_log() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("0000000000000001.next"), [0; 100]).unwrap();
    let (mut log, opened, _) = open(dir.path()).unwrap();
    assert!(opened.created);
    append(&mut log, b"one");
    write_and_sync(&mut log);
    drop(log);
    fs::write(dir.path().join("0000000000000002.next"), "").unwrap();
    let (_, opened, frames) = open(dir.path()).unwrap();
    assert_eq!((opened.created, frames), (false, vec![b"one".to_vec()]));
}
