//! Raft under the lab's tools: sound Raft holds, and every mutant is caught.

use crate::trial::{breaks_without_its_needs, is_caught_within, simulated};
use canon::order::raft::Mutant;
use check::{Bounds, Exploration, Explore, Flushing, Report, Verdict};
use lab::{Exhibit, Judged, RaftLab};

fn explored(lab: &RaftLab, bounds: Bounds) -> Report {
    Exploration::new(&Explore::new(lab, bounds)).run()
}

/// One crash, so many alarms.
fn bounds(alarms: u16, flushing: Flushing) -> Bounds {
    Bounds { crashes: 1, fires: Some(alarms), flushing, ..Bounds::default() }
}

/// The bounds in which the first hazard shows: one term, one crash, two elections.
fn first_hazard() -> (RaftLab, Bounds) {
    let lab = RaftLab { terms: 1, proposals: 2, ..RaftLab::new(3) };
    (lab, bounds(2, Flushing::Free))
}

/// The bounds in which the second hazard shows: two terms, one crash, three elections, and no
/// heartbeats or proposals.
fn second_hazard() -> (RaftLab, Bounds) {
    let lab = RaftLab { entries: 1, proposals: 0, rounds: 0, ..RaftLab::new(3) };
    (lab, bounds(3, Flushing::Eager))
}

#[test]
fn sound_raft_holds_in_every_world_of_a_small_space() {
    let lab = RaftLab { entries: 1, proposals: 0, ..RaftLab::new(3) };
    let report = explored(&lab, bounds(2, Flushing::Eager));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert_eq!((report.distinct, report.depth), (206_193, 31), "{report}");
}

#[test]
fn one_node_needs_no_special_case() {
    let lab = RaftLab { proposals: 2, entries: 4, ..RaftLab::new(1) };
    let report = explored(&lab, bounds(3, Flushing::Free));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    let reached = |name| report.marks.iter().any(|mark| mark.name == name && mark.reached);
    assert!(reached("a command is committed") && reached("a later term is begun"), "{report}");
}

#[test]
fn sound_raft_bears_long_runs_in_every_size() {
    for nodes in [1, 2, 3, 4, 5, 7] {
        let report = simulated(&RaftLab::new(nodes), 60, None);
        assert_eq!(report.failures, 0, "{report}");
    }
}

/// RequestVote reveals the term: sent before the term is on disk, its sender may lead the same
/// term twice.
#[test]
fn an_early_request_vote_is_caught() {
    let (lab, bounds) = first_hazard();
    let lab = lab.broken(Mutant::EarlyRequestVote);
    let inside = RaftLab { judged: Judged::LogMatching, ..lab.clone() };
    let report = explored(&inside, bounds.clone());
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 13), "{report}");
    let outside = RaftLab { judged: Judged::Interface, ..lab };
    let report = explored(&outside, bounds);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 20), "{report}");
}

/// RequestVote reveals the end of the log: a durable vote of one's own does not help if others
/// voted for a log that a crash then cut.
#[test]
fn an_early_request_vote_with_a_durable_vote_of_ones_own_is_caught() {
    let (lab, bounds) = second_hazard();
    let lab = lab.broken(Mutant::EarlyRequestVoteOwnVoteDurable);
    let report = explored(&lab, bounds);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 18), "{report}");
}

#[test]
fn a_vote_that_is_not_saved_is_caught() {
    let lab = RaftLab { terms: 1, entries: 1, proposals: 0, ..RaftLab::new(3) };
    let report = explored(&lab.broken(Mutant::VoteNotSaved), bounds(2, Flushing::Eager));
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 12), "{report}");
}

/// Each mutant with the runs of three nodes within which the simulator must catch it, about twice
/// what it takes.
const SIMULATED: [(Mutant, u64); 12] = [
    (Mutant::EarlyVote, 1_000),
    (Mutant::EarlyAppendReply, 60),
    (Mutant::FewerVotes, 30),
    (Mutant::FewerCopies, 10),
    (Mutant::VoteAgain, 80),
    (Mutant::VoteForOldLog, 60),
    (Mutant::TakeStaleTerm, 1_600),
    (Mutant::SkipBase, 2_000),
    (Mutant::KeepConflict, 40),
    (Mutant::CommitBeyondMatch, 200),
    (Mutant::ReadUnasked, 80),
    (Mutant::ReadBeforeNoOp, 700),
];

#[test]
fn every_other_mutant_is_caught_by_simulation() {
    for (mutant, runs) in SIMULATED {
        is_caught_within::<RaftLab>(mutant, runs);
    }
}

#[test]
fn it_breaks_on_disks_that_forget() {
    breaks_without_its_needs::<RaftLab>(3, 200);
}
