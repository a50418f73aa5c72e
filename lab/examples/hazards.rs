//! Explores Raft or a mutant of it. Arguments: mutant (or `sound`), judged, crashes, alarms, terms, entries,
//! proposals, flushing.

use std::time::Duration;

use canon::order::raft::Mutant;
use check::{Bounds, Exploration, Explore, Flushing};
use lab::{Judged, RaftLab};

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n = |i: usize| a[i].parse::<u64>().unwrap();
    let mutant = Mutant::ALL.into_iter().find(|m| m.to_string() == a[1]);
    let judged = match a[2].as_str() {
        "all" => Judged::All,
        "log" => Judged::LogMatching,
        _ => Judged::Interface,
    };
    let lab = RaftLab {
        mutant,
        judged,
        terms: n(5),
        entries: n(6),
        proposals: n(7),
        asked: n(9) as usize,
        rounds: n(10),
        reads: a.get(11).is_some(),
        ..RaftLab::new(3)
    };
    let flushing = if a[8] == "free" { Flushing::Free } else { Flushing::Eager };
    let bounds =
        Bounds { crashes: n(3) as u16, fires: Some(n(4) as u16), flushing, ..Bounds::default() };
    let system = Explore::new(&lab, bounds);
    let report = Exploration::new(&system).time(Duration::from_secs(100)).memory(6 << 30).run();
    println!("{report}");
}
