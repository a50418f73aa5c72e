//! The served store while its nodes are killed and their disks are damaged: nothing that was
//! acknowledged is lost, and to its clients it stays one store.

mod town;

use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chaos::{Habits, Recording};
use model::NodeSet;
use node::log::wound;
use town::{DEADLINE, PATIENCE, Town};

/// Writes acknowledged between two faults: enough for every client to be in the midst of it.
const BETWEEN: usize = 150;

/// Clients that never rest.
const HABITS: Habits = Habits { clients: 9, pause: Duration::ZERO, patience: PATIENCE, seed: 1 };

#[test]
fn ten_leaders_are_killed_and_nothing_acknowledged_is_lost() {
    let mut town = Town::new(3);
    let recording = Recording::default();
    let load = Load::start(&town, &recording, 0);
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
    load.finish();
    judge(&town, &recording);
}

#[test]
fn a_whole_town_is_killed_and_a_log_cut_short() {
    let mut town = Town::new(3);
    let recording = Recording::default();
    for (round, cut) in (0..).zip([1, 2, 31, 100, 200]) {
        let load = Load::start(&town, &recording, round);
        load.wait_for_writes(BETWEEN);
        town.kill_all();
        load.finish();
        let segment = town.newest_segment((round % 3) as u16);
        let file = OpenOptions::new().write(true).open(segment).unwrap();
        let size = file.metadata().unwrap().len();
        file.set_len(size - cut).unwrap();
        town.up().unwrap_or_else(|ending| panic!("{cut} bytes less, and it ends: {ending}"));
    }
    judge(&town, &recording);
}

#[test]
fn a_node_with_a_damaged_log_does_not_start_and_the_others_go_on() {
    let mut town = Town::new(3);
    let recording = Recording::default();
    let load = Load::start(&town, &recording, 0);
    load.wait_for_writes(BETWEEN);
    let struck = town.leader_after(0).node;
    town.kill(struck);
    let segment = town.newest_segment(struck);
    let sound = fs::read(&segment).unwrap();
    let frames = wound::frames(&town.node_data(struck)).unwrap();
    let last = frames.last().expect("Much was written.").clone();

    let rotten = wound::rot(&town.node_data(struck), frames.len() as u64 / 2).unwrap();
    let offset = refused_offset(&mut town, struck);
    assert_eq!(rotten.map(|place| place.offset), Some(offset));
    fs::write(&segment, &sound).unwrap();

    let end = last.offset + last.extent;
    File::options().write(true).open(&segment).unwrap().set_len(end as u64 - 1).unwrap();
    let offset = refused_offset(&mut town, struck);
    assert!((last.offset..=end).contains(&offset), "{last:?} {offset}");

    // All the while the others serve; and with its own bytes back, so does the third.
    let count = town.nodes().filter(|node| town.pids().contains_key(node)).count();
    assert_eq!(count, 2);
    let pause = load.next_write_after(Instant::now());
    println!("the others acknowledge a write within {pause:?}");
    fs::write(&segment, &sound).unwrap();
    town.restart(struck).unwrap_or_else(|ending| panic!("The log is sound again: {ending}"));
    load.wait_for_writes(BETWEEN);
    load.finish();
    judge(&town, &recording);
}

/// Clients at work at all nodes of a town.
struct Load(chaos::Load);

impl Load {
    fn start(town: &Town, recording: &Recording, number: u64) -> Load {
        let load = chaos::Load::start(&endpoints(town), recording, &HABITS, number);
        Load(load.expect("There is room for two threads."))
    }

    fn wait_for_writes(&self, count: usize) {
        let all = NodeSet::first(3);
        self.0.wait_for_writes(all, count, DEADLINE).unwrap_or_else(|why| panic!("{why}"));
    }

    fn next_write_after(&self, then: Instant) -> Duration {
        self.0.next_write_after(then, DEADLINE).unwrap_or_else(|why| panic!("{why}"))
    }

    fn finish(self) {
        self.0.finish();
    }
}

fn endpoints(town: &Town) -> Vec<SocketAddr> {
    town.nodes().map(|node| town.endpoint(node).parse().unwrap()).collect()
}

/// Reads everything once more at every node, and then judges all that was recorded.
fn judge(town: &Town, recording: &Recording) {
    let nodes = endpoints(town);
    let all = NodeSet::first(nodes.len());
    let wrong = chaos::read_everything(&nodes, all, recording, &HABITS).unwrap();
    assert_eq!(wrong, [], "the whole town is well");
    let judged = chaos::judge(&recording.events());
    println!("{}", judged.verdict);
    assert_eq!(judged.violation, None);
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
