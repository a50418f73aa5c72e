//! One-line breakages of Raft, each of which the checker or the simulator must catch.

use model::named;

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
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
        /// A follower keeps its own entries where the leader's differ (Raft fig. 2, AppendEntries
        /// 3).
        KeepConflict,
        /// A leader tells a follower its whole commit index, beyond where their logs are known to
        /// match.
        CommitBeyondMatch,
        /// A leader answers reads without asking whether it still leads.
        ReadUnasked,
        /// A new leader answers reads before an entry of its own term is committed.
        ReadBeforeNoOp,
    }
}
