use canon::order::raft::Mutant;
use check::*;
use lab::*;
use std::time::Duration;
fn main() {
    let which = std::env::args().nth(1).unwrap();
    let (mutant, judged) = match which.as_str() {
        "sound" => (None, Judged::All),
        "early" => (Some(Mutant::EarlyRequestVote), Judged::LogMatching),
        "early-client" => (Some(Mutant::EarlyRequestVote), Judged::Interface),
        "own" => (Some(Mutant::EarlyRequestVoteOwnVoteDurable), Judged::LogMatching),
        _ => (Some(Mutant::EarlyRequestVoteOwnVoteDurable), Judged::Interface),
    };
    let crashes = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(1);
    let entries = std::env::args().nth(3).and_then(|s| s.parse().ok()).unwrap_or(2);
    let eager = std::env::args().nth(4).is_some();
    let terms = std::env::args().nth(5).and_then(|s| s.parse().ok()).unwrap_or(2);
    let lab = RaftLab { mutant, judged, entries, terms, ..RaftLab::new(3) };
    let bounds = Bounds {
        crashes,
        flushing: if eager { Flushing::Eager } else { Flushing::Free },
        ..Bounds::default()
    };
    let system = Explore::new(&lab, bounds);
    let report = Exploration::new(&system)
        .threads(1)
        .time(Duration::from_secs(240))
        .memory(4 << 30)
        .progress(|p| eprintln!("{p:?}"))
        .run();
    println!("{report}");
}
