//! One-line breakages of Paxos, each of which the checker or the simulator must catch.

use model::named;

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A proposer goes on to phase 2 with one promise less than a majority.
        FewerPromises,
        /// A value counts as chosen with one vote less than a majority.
        FewerVotes,
        /// A promise leaves before it is on disk: a crash forgets it.
        EarlyPromise,
        /// The word that a value is accepted leaves before the vote is on disk.
        EarlyAccepted,
        /// A value is put to the vote before its ballot is on disk: a crash uses the ballot again.
        EarlyAccept,
        /// A proposer puts its own value to the vote, whatever acceptors report.
        OwnValue,
        /// A proposer takes the reported vote of the lowest ballot, not of the highest.
        LowestVote,
        /// An acceptor votes in a ballot below the one that it promised.
        VoteBelowPromise,
        /// A promise for an earlier ballot counts for the present one.
        TakeStalePromise,
    }
}
