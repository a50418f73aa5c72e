//! Stories of Raft, replayed: what they tell is what happens. `SYNOD_BLESS=1` writes them anew.

use crate::trial::told;
use canon::order::raft::Mutant;
use lab::{Exhibit, Judged, RaftLab};

fn hazard(mutant: Mutant, judged: Judged) -> RaftLab {
    RaftLab { judged, proposals: 2, ..RaftLab::new(3).broken(mutant) }
}

#[test]
fn an_election_and_a_commit() {
    told(&RaftLab::new(3), "raft/election-and-commit");
}

#[test]
fn a_lost_append_is_sent_again() {
    let lab = RaftLab { proposals: 2, ..RaftLab::new(3) };
    let told = told(&lab, "raft/lost-append");
    let lost = "n0 sends n1 Append term=1 base=2@1 [3@1=6]";
    assert_eq!(told.matches(lost).count(), 2, "{told}");
}

#[test]
fn an_early_request_vote() {
    let lab = hazard(Mutant::EarlyRequestVote, Judged::LogMatching);
    told(&lab, "raft/early-request-vote");
}

#[test]
fn an_early_request_vote_seen_by_a_client() {
    let lab = hazard(Mutant::EarlyRequestVote, Judged::Interface);
    told(&lab, "raft/early-request-vote-seen-by-a-client");
}

#[test]
fn an_early_request_vote_with_a_durable_vote_of_ones_own() {
    let lab = hazard(Mutant::EarlyRequestVoteOwnVoteDurable, Judged::All);
    told(&lab, "raft/early-request-vote-own-vote-durable");
}

/// Too deep for a search within a test's time, so this mutant is caught by its story.
#[test]
fn an_entry_of_an_earlier_term_is_not_committed_by_counting() {
    let told = told(&RaftLab::new(3).broken(Mutant::CommitOldTerm), "raft/commit-old-term");
    assert!(told.contains("violation: leader completeness to come"), "{told}");
}
