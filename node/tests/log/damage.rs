//! Rot, cuts and misplaced bytes: a log never gives wrong bytes, and never gives up a synced
//! frame without an error that says where.

use std::fs;
use std::path::Path;

use node::log::{LogError, wound};

use super::{Dice, SECTOR, append, open, put, segment, segments, write_and_sync};

/// A log of two segments, all synced; the last batch has nothing after it that vouches for it.
fn small_log(dir: &Path) -> Vec<Vec<u8>> {
    let (mut log, ..) = open(dir).unwrap();
    let mut dice = Dice(99);
    let mut all: Vec<Vec<u8>> = Vec::new();
    for batch in [[900, 31, 0], [1200, 700, 513], [64, 1600, 33]] {
        for length in batch {
            let mut payload = vec![0; length];
            if dice.below(2) == 0 {
                payload.iter_mut().for_each(|byte| *byte = dice.below(256) as u8);
            } else if let Some(last) = payload.last_mut() {
                *last = 1;
            }
            append(&mut log, &payload);
            all.push(payload);
        }
        write_and_sync(&mut log);
    }
    drop(log);
    assert_eq!(segments(dir).len(), 2);
    all
}

/// Where the frames of a segment end, for a segment whose tail is zeros.
fn end_of_frames(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[test]
fn every_flipped_byte_is_noticed_or_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let all = small_log(dir.path());
    let files = segments(dir.path());
    for (index, (path, bytes)) in files.iter().enumerate() {
        let end = end_of_frames(bytes);
        for at in 0..bytes.len() {
            let in_padding = index + 1 == files.len() && at >= end.next_multiple_of(SECTOR);
            // One bit, the whole byte, and the byte turned to zero.
            let flips = if in_padding { vec![0xff] } else { vec![1 << (at % 8), 0xff, bytes[at]] };
            for flip in flips.into_iter().filter(|flip| *flip != 0) {
                let mut flipped = bytes.clone();
                flipped[at] ^= flip;
                put(path, &flipped);
                match open(dir.path()) {
                    Ok((_, opened, frames)) if in_padding => {
                        assert_eq!(frames, all);
                        assert!(opened.cut.is_some(), "byte {at} was cleared and not reported");
                    }
                    Ok((_, opened, _)) => panic!("byte {at} of {}: {opened}", path.display()),
                    Err(LogError::Damaged { file, offset, .. }) => {
                        assert_eq!(&file, path);
                        assert!(offset <= at as u64, "byte {at} reported at {offset}");
                    }
                    Err(error) => panic!("byte {at} of {}: {error}", path.display()),
                }
            }
        }
        put(path, bytes);
    }
    assert_eq!(open(dir.path()).unwrap().2, all);
}

#[test]
fn a_cut_file_is_whole_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let all = small_log(dir.path());
    for (index, (path, bytes)) in segments(dir.path()).iter().enumerate() {
        let end = end_of_frames(bytes).next_multiple_of(32);
        for length in (0..bytes.len()).rev() {
            put(path, &bytes[..length]);
            match open(dir.path()) {
                Ok((_, opened, frames)) => {
                    assert!(length >= end + 32, "cut to {length} unnoticed in segment {index}");
                    assert_eq!((frames, opened.cut), (all.clone(), None));
                }
                Err(LogError::Damaged { file, .. }) => {
                    assert_eq!(&file, path);
                    assert!(length < end + 32, "cut to {length} is harmless");
                }
                Err(error) => panic!("cut to {length}: {error}"),
            }
        }
        put(path, bytes);
    }
}

#[test]
fn a_cut_tail_is_filled_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = small_log(dir.path());
    let (path, bytes) = segments(dir.path()).pop().unwrap();
    put(&path, &bytes[..bytes.len() - 200]);
    let (mut log, ..) = open(dir.path()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    all.push(b"goes on".to_vec());
    append(&mut log, b"goes on");
    write_and_sync(&mut log);
    drop(log);
    assert_eq!(open(dir.path()).unwrap().2, all);
}

#[test]
fn a_lost_sector_is_refused_when_a_later_frame_vouches_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    for number in 1..=6_u8 {
        append(&mut log, &[number; 400]);
        write_and_sync(&mut log);
    }
    drop(log);
    let (path, bytes) = segments(dir.path()).pop().unwrap();
    let last = end_of_frames(&bytes) / SECTOR;
    for sector in 1..last {
        let mut lost = bytes.clone();
        lost[sector * SECTOR..(sector + 1) * SECTOR].fill(0);
        put(&path, &lost);
        // The last frame begins in the sector before the last: no later header speaks for it.
        let vouched = lost[sector * SECTOR + SECTOR..].windows(4).any(|word| word == b"FRAM");
        let result = open(dir.path());
        if vouched {
            let error = result.expect_err("a later frame says that it was durable").to_string();
            assert!(error.contains("durable when frame"), "{error}");
        }
    }
}

#[test]
fn frames_of_another_place_or_time_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    for number in 1..=6_u8 {
        append(&mut log, &[number; 480]);
        write_and_sync(&mut log);
    }
    drop(log);
    let path = segment(dir.path(), 1);
    let bytes = fs::read(&path).unwrap();
    for (from, to) in [(1, 2), (2, 1), (3, 5), (1, 6), (2, 7)] {
        let mut moved = bytes.clone();
        moved.copy_within(from * SECTOR..(from + 1) * SECTOR, to * SECTOR);
        put(&path, &moved);
        let error = open(dir.path()).expect_err("a sector was misdirected");
        let LogError::Damaged { offset, .. } = error else { panic!("{error}") };
        assert_eq!(offset, (to * SECTOR) as u64);
    }
    // The same frames from another log of the same node.
    let other = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(other.path()).unwrap();
    append(&mut log, &[1; 480]);
    write_and_sync(&mut log);
    drop(log);
    let foreign = fs::read(segment(other.path(), 1)).unwrap();
    let mut replayed = bytes.clone();
    replayed[SECTOR..2 * SECTOR].copy_from_slice(&foreign[SECTOR..2 * SECTOR]);
    put(&path, &replayed);
    assert!(matches!(open(dir.path()), Err(LogError::Damaged { offset: 512, .. })));
}

#[test]
fn missing_and_renamed_segments_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    for number in 1..=30_u8 {
        append(&mut log, &[number; 400]);
        write_and_sync(&mut log);
    }
    drop(log);
    let files = segments(dir.path());
    assert!(files.len() >= 4);
    for (path, bytes) in &files {
        fs::remove_file(path).unwrap();
        let error = open(dir.path()).expect_err("a segment is missing");
        assert!(matches!(&error, LogError::Missing { file, .. } if file == path), "{error}");
        fs::write(path, bytes).unwrap();
    }
    fs::write(&files[1].0, &files[2].1).unwrap();
    let error = open(dir.path()).expect_err("a segment stands in for another");
    assert!(error.to_string().contains("renamed"), "{error}");
    fs::write(&files[1].0, &files[1].1).unwrap();
    fs::write(&files[3].0, [files[3].1.clone(), vec![0]].concat()).unwrap();
    let error = open(dir.path()).expect_err("a file has grown");
    assert!(error.to_string().contains("more bytes"), "{error}");
}

#[test]
fn another_format_version_is_named() {
    let dir = tempfile::tempdir().unwrap();
    small_log(dir.path());
    let (path, mut bytes) = segments(dir.path()).swap_remove(0);
    bytes[8] = 2;
    let sum = crc32c::crc32c(&bytes[..508]);
    bytes[508..512].copy_from_slice(&sum.to_le_bytes());
    put(&path, &bytes);
    let error = open(dir.path()).expect_err("the version is unknown").to_string();
    assert!(error.contains("format version 2") && error.contains("knows 1"), "{error}");
}

/// Damage that is done on purpose: whichever frame rots, the log is refused there; however many are
/// forgotten, what is left is a shorter log like any other, which can be written on.
#[test]
fn wounds_are_those_of_bad_disks() {
    let dir = tempfile::tempdir().unwrap();
    let all = small_log(dir.path());
    let places = wound::frames(dir.path()).unwrap();
    assert_eq!(places.len(), all.len());
    for frame in 0..2 * all.len() as u64 {
        let sound = segments(dir.path());
        let place = wound::rot(dir.path(), frame).unwrap();
        assert_eq!(place.as_ref(), Some(&places[frame as usize % all.len()]));
        match open(dir.path()) {
            Err(LogError::Damaged { file, offset, .. }) => {
                let place = place.unwrap();
                assert_eq!((file, offset as usize), (place.file, place.offset), "frame {frame}");
            }
            other => panic!("frame {frame}: {:?}", other.map(|(_, opened, _)| opened)),
        }
        sound.iter().for_each(|(path, bytes)| put(path, bytes));
    }
    for (forgotten, left) in [(1, 8), (2, 6), (5, 1), (u64::MAX, 0)] {
        wound::forget(dir.path(), forgotten).unwrap();
        let (mut log, opened, frames) = open(dir.path()).unwrap();
        assert_eq!((frames.as_slice(), opened.cut), (&all[..left as usize], None));
        assert_eq!(opened.created, left == 0);
        assert_eq!(log.next(), left + 1);
        append(&mut log, b"more");
        write_and_sync(&mut log);
        drop(log);
        wound::forget(dir.path(), 1).unwrap();
    }
}
