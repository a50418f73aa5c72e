//! One-line breakages of Raft, each of which the checker or the simulator must catch.

use core::fmt::{self, Display};
use serde::{Deserialize, Serialize};

/// A breakage. A sound node has none; the places that ask for one show what each rule is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Mutant {
    /// RequestVote and the candidate's own vote leave before the new term is on disk.
    EarlyRequestVote,
    /// RequestVote leaves before the new term is on disk, though the candidate counts its own
    /// vote only when that is durable.
    EarlyRequestVoteOwnVoteDurable,
    /// A vote leaves before it is on disk.
    EarlyVote,
    /// The vote is not saved at all.
    VoteNotSaved,
    /// AppendReply leaves before the entries are on disk.
    EarlyAppendReply,
    /// A candidate leads with one vote less than a majority.
    FewerVotes,
    /// An entry counts as committed with one copy less than a majority.
    FewerCopies,
    /// A node votes for any candidate of its term, however often it has voted.
    VoteAgain,
    /// A node votes for candidates with an older log.
    VoteForOldLog,
    /// Entries of earlier terms are committed by counting copies (Raft §5.4.2 forbids it).
    CommitOldTerm,
    /// A message of an earlier term is taken for one of the current term.
    TakeStaleTerm,
    /// A follower appends without having the entry before (Raft fig. 2, AppendEntries 2).
    SkipBase,
    /// A follower keeps its own entries where the leader's differ (Raft fig. 2, AppendEntries 3).
    KeepConflict,
    /// A leader tells a follower its whole commit index, beyond where their logs are known to
    /// match.
    CommitBeyondMatch,
    /// A leader answers reads without asking whether it still leads.
    ReadUnasked,
    /// A new leader answers reads before an entry of its own term is committed.
    ReadBeforeNoOp,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 16] = [
        Mutant::EarlyRequestVote,
        Mutant::EarlyRequestVoteOwnVoteDurable,
        Mutant::EarlyVote,
        Mutant::VoteNotSaved,
        Mutant::EarlyAppendReply,
        Mutant::FewerVotes,
        Mutant::FewerCopies,
        Mutant::VoteAgain,
        Mutant::VoteForOldLog,
        Mutant::CommitOldTerm,
        Mutant::TakeStaleTerm,
        Mutant::SkipBase,
        Mutant::KeepConflict,
        Mutant::CommitBeyondMatch,
        Mutant::ReadUnasked,
        Mutant::ReadBeforeNoOp,
    ];
}

impl Display for Mutant {
    /// The name on the command line: `early-request-vote`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mutant::EarlyRequestVote => "early-request-vote",
            Mutant::EarlyRequestVoteOwnVoteDurable => "early-request-vote-own-vote-durable",
            Mutant::EarlyVote => "early-vote",
            Mutant::VoteNotSaved => "vote-not-saved",
            Mutant::EarlyAppendReply => "early-append-reply",
            Mutant::FewerVotes => "fewer-votes",
            Mutant::FewerCopies => "fewer-copies",
            Mutant::VoteAgain => "vote-again",
            Mutant::VoteForOldLog => "vote-for-old-log",
            Mutant::CommitOldTerm => "commit-old-term",
            Mutant::TakeStaleTerm => "take-stale-term",
            Mutant::SkipBase => "skip-base",
            Mutant::KeepConflict => "keep-conflict",
            Mutant::CommitBeyondMatch => "commit-beyond-match",
            Mutant::ReadUnasked => "read-unasked",
            Mutant::ReadBeforeNoOp => "read-before-no-op",
        })
    }
}
