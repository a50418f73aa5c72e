//! Appending, reopening, growing, forgetting, and the errors of daily life.

use std::fs;

use node::log::{Identity, Log, LogError, MAX_FRAME};

use super::{Dice, ME, SMALL, append, open, segment, write_and_sync};

#[test]
fn what_was_appended_comes_back_in_order_over_many_segments() {
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice(7);
    let mut all = Vec::new();
    for round in 0..4 {
        let (mut log, opened, frames) = open(dir.path()).unwrap();
        assert_eq!(frames, all);
        assert_eq!(opened.created, round == 0);
        assert_eq!((opened.frames, opened.cut), (all.len() as u64, None));
        for _ in 0..20 {
            for _ in 0..dice.below(5) {
                all.push(dice.payload(900));
                append(&mut log, all.last().unwrap());
            }
            write_and_sync(&mut log);
            assert_eq!(log.durable(), all.len() as u64 + 1);
        }
    }
    assert!(segment(dir.path(), 5).exists(), "the test is meant to fill segments");
}

#[test]
fn a_batch_may_span_segments_and_a_frame_may_exceed_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    let all: Vec<Vec<u8>> = [100, 3000, 3000, 20 * SMALL as usize, 0, 10]
        .map(|length| vec![length as u8; length])
        .into();
    all.iter().for_each(|payload| append(&mut log, payload));
    assert!(log.buffered() > 20 * SMALL as usize);
    write_and_sync(&mut log);
    assert_eq!(log.buffered(), 0);
    drop(log);
    assert_eq!(open(dir.path()).unwrap().2, all);
}

#[test]
fn a_frame_may_have_the_largest_size_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    let error = log.append(|buffer| buffer.resize(buffer.len() + MAX_FRAME + 1, 7)).unwrap_err();
    assert!(matches!(error, LogError::TooLarge { bytes } if bytes == MAX_FRAME + 1), "{error}");
    assert_eq!(log.buffered(), 0);
    log.append(|buffer| buffer.resize(buffer.len() + MAX_FRAME, 7)).unwrap();
    write_and_sync(&mut log);
    append(&mut log, b"after");
    write_and_sync(&mut log);
    drop(log);
    let (_, opened, frames) = open(dir.path()).unwrap();
    assert_eq!(opened.frames, 2);
    assert!(frames[0].len() == MAX_FRAME && frames[0].iter().all(|byte| *byte == 7));
    assert_eq!(frames[1], b"after");
}

#[test]
fn what_was_not_written_is_gone_and_its_number_is_given_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    append(&mut log, b"kept");
    write_and_sync(&mut log);
    append(&mut log, b"lost");
    assert_eq!((log.durable(), log.next()), (2, 3));
    drop(log);
    let (log, opened, frames) = open(dir.path()).unwrap();
    assert_eq!(frames, [b"kept"]);
    assert_eq!((log.next(), opened.cut), (2, None));
}

#[test]
fn a_folder_serves_one_process_and_one_node() {
    let dir = tempfile::tempdir().unwrap();
    let (log, ..) = open(dir.path()).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(error, LogError::Locked { .. }), "{error}");
    drop(log);
    for other in [Identity { cluster: 0xdecaf, ..ME }, Identity { node: 2, ..ME }] {
        let error = Log::open(dir.path(), other, |_| Ok(())).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, LogError::Foreign { .. }), "{text}");
        assert!(text.contains(&ME.to_string()) && text.contains(&other.to_string()), "{text}");
    }
    open(dir.path()).unwrap();
}

#[test]
fn a_frame_that_the_caller_cannot_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    append(&mut log, b"one");
    append(&mut log, b"two");
    write_and_sync(&mut log);
    drop(log);
    let refuse =
        |payload: &[u8]| if payload == b"two" { Err("no such verb".into()) } else { Ok(()) };
    let error = Log::open(dir.path(), ME, refuse).unwrap_err();
    assert!(matches!(error, LogError::Rejected { sequence: 2, offset: 576, .. }), "{error}");
    assert!(error.to_string().contains("no such verb"), "{error}");
}

#[test]
fn a_checkpoint_lets_old_segments_go() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    for number in 0..35_u8 {
        append(&mut log, &[number; 400]);
        write_and_sync(&mut log);
    }
    let begin = log.begin_segment();
    append(&mut log, b"checkpoint");
    assert_eq!(log.forget_before(begin).unwrap(), 4, "all but the one that is still written");
    write_and_sync(&mut log);
    assert_eq!(log.forget_before(begin).unwrap(), 1);
    append(&mut log, b"after");
    write_and_sync(&mut log);
    drop(log);
    let (log, opened, frames) = open(dir.path()).unwrap();
    assert_eq!(frames, [&b"checkpoint"[..], b"after"]);
    assert_eq!((opened.segments, log.next()), (1, begin + 2));
}

#[test]
fn forgetting_may_be_interrupted_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    for number in 0..35_u8 {
        append(&mut log, &[number; 400]);
        write_and_sync(&mut log);
    }
    drop(log);
    // The mark is durable and some of the segments before it are gone.
    fs::write(dir.path().join("0000000000000004.first"), "").unwrap();
    fs::remove_file(segment(dir.path(), 2)).unwrap();
    let (_, opened, frames) = open(dir.path()).unwrap();
    assert_eq!(opened.segments, 2);
    assert!(!frames.is_empty() && frames[0][0] > 0);
    assert!(!segment(dir.path(), 1).exists() && !segment(dir.path(), 3).exists());
}

#[test]
fn a_failed_write_is_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, ..) = open(dir.path()).unwrap();
    append(&mut log, b"one");
    write_and_sync(&mut log);
    // The folder vanishes: the next segment cannot get its name.
    fs::remove_dir_all(dir.path()).unwrap();
    append(&mut log, &[0; 2 * SMALL as usize]);
    let error = log.write().unwrap_err();
    assert!(matches!(error, LogError::Io { .. }), "{error}");
    assert!(matches!(log.write(), Err(LogError::Poisoned)));
    assert!(matches!(log.sync(), Err(LogError::Poisoned)));
}
