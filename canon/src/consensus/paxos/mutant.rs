//! One-line breakages of Paxos, each of which the checker or the simulator must catch.

use core::fmt::{self, Display};

use serde::{Deserialize, Serialize};

/// A breakage. A sound node has none; the places that ask for one show what each rule is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
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

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 9] = [
        Mutant::FewerPromises,
        Mutant::FewerVotes,
        Mutant::EarlyPromise,
        Mutant::EarlyAccepted,
        Mutant::EarlyAccept,
        Mutant::OwnValue,
        Mutant::LowestVote,
        Mutant::VoteBelowPromise,
        Mutant::TakeStalePromise,
    ];
}

impl Display for Mutant {
    /// The name on the command line: `fewer-promises`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mutant::FewerPromises => "fewer-promises",
            Mutant::FewerVotes => "fewer-votes",
            Mutant::EarlyPromise => "early-promise",
            Mutant::EarlyAccepted => "early-accepted",
            Mutant::EarlyAccept => "early-accept",
            Mutant::OwnValue => "own-value",
            Mutant::LowestVote => "lowest-vote",
            Mutant::VoteBelowPromise => "vote-below-promise",
            Mutant::TakeStalePromise => "take-stale-promise",
        })
    }
}
