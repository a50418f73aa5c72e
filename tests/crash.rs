//! The served store while its nodes are killed and their disks are damaged: nothing that was
//! acknowledged is lost, and to its clients it stays one store.

mod load;
mod town;

use std::fs::{self, File, OpenOptions};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use load::Load;
use town::Town;

/// Writes acknowledged between two faults: enough for every client to be in the midst of it.
const BETWEEN: usize = 150;

#[test]
fn ten_leaders_are_killed_and_nothing_acknowledged_is_lost() {
    let mut town = Town::new(3);
    let load = Load::start(&town, 0);
    let mut term = 0;
    let mut pauses = Vec::new();
    for _ in 0..10 {
        load.wait_for_writes(BETWEEN);
        town.catch_up();
        let leader = town.leader_after(term);
        term = leader.term;
        let struck = Instant::now();
        town.kill(leader.node);
        pauses.push(load.next_write_after(struck).as_millis());
        town.restart(leader.node).unwrap_or_else(|ending| panic!("{ending}"));
    }
    load.wait_for_writes(BETWEEN);
    println!("milliseconds from a leader's end to the next write: {pauses:?}");
    load::judge(&town, load.finish());
}

#[test]
fn a_whole_town_is_killed_and_a_log_cut_short() {
    let mut town = Town::new(3);
    let mut records = Vec::new();
    for (round, cut) in (0..).zip([1, 2, 31, 100, 200]) {
        let load = Load::start(&town, round);
        load.wait_for_writes(BETWEEN);
        town.kill_all();
        records.extend(load.finish());
        let segment = town.newest_segment((round % 3) as u16);
        let file = OpenOptions::new().write(true).open(segment).unwrap();
        let size = file.metadata().unwrap().len();
        file.set_len(size - cut).unwrap();
        town.up().unwrap_or_else(|ending| panic!("{cut} bytes less, and it ends: {ending}"));
    }
    load::judge(&town, records);
}

#[test]
fn a_node_with_a_damaged_log_does_not_start_and_the_others_go_on() {
    let mut town = Town::new(3);
    let load = Load::start(&town, 0);
    load.wait_for_writes(BETWEEN);
    let struck = town.leader_after(0).node;
    town.kill(struck);
    let segment = town.newest_segment(struck);
    let sound = fs::read(&segment).unwrap();
    let bodies = frame_bodies(&sound);
    let last = bodies.last().expect("Much was written.").clone();

    let middle = bodies[bodies.len() / 2].clone();
    flip(&segment, (middle.start + middle.end) / 2);
    let offset = refused_offset(&mut town, struck);
    assert!((middle.start - HEADER..middle.end).contains(&offset), "{middle:?} {offset}");
    fs::write(&segment, &sound).unwrap();

    File::options().write(true).open(&segment).unwrap().set_len(last.end as u64 - 1).unwrap();
    let offset = refused_offset(&mut town, struck);
    assert!((last.start - HEADER..=last.end).contains(&offset), "{last:?} {offset}");

    // All the while the others serve; and with its own bytes back, so does the third.
    let count = town.nodes().filter(|node| town.pids().contains_key(node)).count();
    assert_eq!(count, 2);
    let pause = load.next_write_after(Instant::now());
    println!("the others acknowledge a write within {pause:?}");
    fs::write(&segment, &sound).unwrap();
    town.restart(struck).unwrap_or_else(|ending| panic!("The log is sound again: {ending}"));
    load.wait_for_writes(BETWEEN);
    load::judge(&town, load.finish());
}

/// Bytes of a frame's header in the log.
const HEADER: usize = 32;

/// Where a segment's frames have their payloads, as docs/wal.md lays them out.
fn frame_bodies(segment: &[u8]) -> Vec<Range<usize>> {
    let mut bodies = Vec::new();
    let mut at = 512;
    while segment.get(at + 12..at + 16) == Some(b"FRAM") {
        let length = segment[at + 8..at + 12].try_into().map_or(0, u32::from_le_bytes) as usize;
        let body = at + HEADER..at + HEADER + length;
        at = body.end.next_multiple_of(HEADER);
        bodies.push(body);
    }
    bodies
}

fn flip(file: &Path, offset: usize) {
    let file = OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset as u64).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], offset as u64).unwrap();
}

/// Where the node finds its newest segment damaged, as it says when it refuses to start.
fn refused_offset(town: &mut Town, node: u16) -> usize {
    let segment = town.newest_segment(node);
    let ending = town.restart(node).expect_err("A damaged log is not served from.");
    assert_eq!(ending.code, Some(3), "{ending}");
    let place = format!("{} is damaged at byte ", segment.display());
    let (_, rest) = ending.said.split_once(&place).unwrap_or_else(|| panic!("{place}: {ending}"));
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_else(|_| panic!("An offset is told: {ending}"))
}
