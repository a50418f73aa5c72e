//! Voting as Lamport specifies it: how Paxos chooses a value, without its messages.
//!
//! Acceptors vote at numbered ballots, and see each other's votes. An acceptor votes for a value
//! at a ballot only if nobody has voted for another value there, and if a quorum shows that the
//! value is safe: all of the quorum have reached the ballot, and at the highest lower ballot at
//! which one of them has voted it was for that value. Then no other value has been chosen at a
//! lower ballot, nor ever will be.
//!
//! Source: the TLA+ module `Voting` of L. Lamport's lecture The Paxos Algorithm, or How to Win a
//! Turing Award (2019), whose action names are kept here. For 3 acceptors, 2 values and ballots 0
//! to 2 (`MCVoting`), TLC records 6,752 distinct states, 41,017 generated and depth 16.

use model::named;

use super::consensus::ACCEPTORS;
use super::saved::saved;
use super::{Card, Sometimes, Specification, consensus};
use crate::{Successors, Violation};

/// Voting with 3 acceptors, 2 values and a given number of ballots.
#[derive(Clone, Debug)]
pub struct Voting {
    ballots: u32,
    mutant: Option<VotingMutant>,
}

/// A state in 64 bits, 16 for each acceptor: the ballot that it has reached and one more, 0 for
/// none; and from bit 4 its vote at each ballot in two bits: 0 for none, else the value and one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VotingState(u64);

/// An action of the TLA+ module; acceptors and values are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VotingAction {
    /// An acceptor reaches a ballot, and votes at no lower one any more.
    IncreaseMaxBal {
        /// Which acceptor.
        acceptor: u32,
        /// The ballot.
        ballot: u32,
    },
    /// An acceptor votes.
    VoteFor {
        /// Which acceptor.
        acceptor: u32,
        /// The ballot.
        ballot: u32,
        /// For which value.
        value: u32,
    },
}

named! {
    /// A breakage.
    pub enum VotingMutant {
        /// A value counts as safe once a quorum has reached the ballot, whatever it voted for
        /// before.
        IgnoreVotes,
        /// A value counts as safe although some of the quorum may still vote at lower ballots.
        QuorumBehind,
    }
}

/// Every set of two acceptors of three; larger ones are not listed in the module's model.
const MAJORITIES: [[u32; 2]; 3] = [[0, 1], [0, 2], [1, 2]];
const VALUES: u32 = 2;

const ACCEPTOR_BITS: u32 = 16;
const REACHED_BITS: u32 = 4;
/// 2 bits for each vote must fit the 12 that the ballot reached leaves.
const MOST_BALLOTS: u32 = (ACCEPTOR_BITS - REACHED_BITS) / 2;

impl Voting {
    /// How many ways there are to show that a value is safe at a ballot (`ShowsSafeAt`): a quorum,
    /// and either one of it that voted for the value at a lower ballot, above which none of it has
    /// voted; or that none of it has voted at any lower ballot.
    fn ways_to_show_safe(&self, state: VotingState, ballot: u32, value: u32) -> usize {
        let ways = |quorum: &[u32; 2]| {
            let has_reached = quorum.iter().all(|&acceptor| state.reached(acceptor) > ballot);
            if !has_reached && self.mutant != Some(VotingMutant::QuorumBehind) {
                return 0;
            }
            if self.mutant == Some(VotingMutant::IgnoreVotes) {
                return 1;
            }
            for lower in (0..ballot).rev() {
                let votes = quorum.map(|acceptor| state.vote(acceptor, lower)).into_iter();
                if votes.clone().any(|vote| vote.is_some()) {
                    return votes.filter(|&vote| vote == Some(value)).count();
                }
            }
            1
        };
        MAJORITIES.iter().map(ways).sum()
    }

    /// The ballots at which a value is chosen, and which.
    fn chosen(&self, state: VotingState) -> impl Iterator<Item = (u32, u32)> + use<> {
        (0..self.ballots).filter_map(move |ballot| Some((ballot, state.chosen(ballot)?)))
    }

    /// Whether nobody has voted for another value at a ballot.
    fn is_unopposed(&self, state: VotingState, ballot: u32, value: u32) -> bool {
        (0..ACCEPTORS).all(|other| state.vote(other, ballot).is_none_or(|vote| vote == value))
    }
}

impl VotingState {
    /// The ballot that an acceptor has reached and one more, 0 for none.
    fn reached(self, acceptor: u32) -> u32 {
        (self.0 >> (ACCEPTOR_BITS * acceptor)) as u32 & ((1 << REACHED_BITS) - 1)
    }

    fn with_reached(self, acceptor: u32, ballot: u32) -> VotingState {
        let at = ACCEPTOR_BITS * acceptor;
        let others = self.0 & !(((1 << REACHED_BITS) - 1) << at);
        VotingState(others | u64::from(ballot + 1) << at)
    }

    fn vote(self, acceptor: u32, ballot: u32) -> Option<u32> {
        let vote = self.0 >> (ACCEPTOR_BITS * acceptor + REACHED_BITS + 2 * ballot) & 3;
        vote.checked_sub(1).map(|value| value as u32)
    }

    fn with_vote(self, acceptor: u32, ballot: u32, value: u32) -> VotingState {
        let at = ACCEPTOR_BITS * acceptor + REACHED_BITS + 2 * ballot;
        VotingState(self.0 | u64::from(value + 1) << at)
    }

    /// The value that is chosen at a ballot.
    fn chosen(self, ballot: u32) -> Option<u32> {
        MAJORITIES.iter().find_map(|[one, other]| {
            let vote = self.vote(*one, ballot)?;
            (self.vote(*other, ballot) == Some(vote)).then_some(vote)
        })
    }
}

impl Specification for Voting {
    type State = VotingState;
    type Action = VotingAction;
    type Mutant = VotingMutant;

    const CARD: Card = Card {
        name: "voting-spec",
        what: "how Paxos chooses, without its messages; --size counts ballots",
        family: "consensus",
        file: "check/src/systems/voting.rs",
        source: "Lamport 2019, Voting",
        model: "no processes: votes are seen by all; majority",
        counted: "ballots",
        usual: 3,
        sizes: 1..=MOST_BALLOTS as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        (consensus::CHOSEN, |own, state| own.chosen(*state).next().is_some()),
        (consensus::CHOSEN_TWICE, |own, state| own.chosen(*state).nth(1).is_some()),
    ];

    fn sized(size: usize, mutant: Option<VotingMutant>) -> Self {
        Voting { ballots: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("voting, {} ballots", self.ballots)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("{ACCEPTORS} acceptors"), format!("{VALUES} values")]
    }

    fn initial(&self) -> Vec<VotingState> {
        vec![VotingState(0)]
    }

    fn next(&self, state: &VotingState, successors: &mut Successors<VotingAction, VotingState>) {
        use VotingAction as Action;
        for acceptor in 0..ACCEPTORS {
            for ballot in 0..self.ballots {
                if ballot + 1 > state.reached(acceptor) {
                    let to = state.with_reached(acceptor, ballot);
                    successors.add(Action::IncreaseMaxBal { acceptor, ballot }, to);
                }
                let can_vote =
                    state.reached(acceptor) <= ballot + 1 && state.vote(acceptor, ballot).is_none();
                for value in (0..VALUES).filter(|_| can_vote) {
                    if !self.is_unopposed(*state, ballot, value) {
                        continue;
                    }
                    let to = state.with_vote(acceptor, ballot, value);
                    let to = to.with_reached(acceptor, ballot);
                    for _ in 0..self.ways_to_show_safe(*state, ballot, value) {
                        successors.add(Action::VoteFor { acceptor, ballot, value }, to);
                    }
                }
            }
        }
    }

    fn fault(&self, state: &VotingState) -> Option<Violation> {
        consensus::fault(self.chosen(*state))
    }
}

saved!(VotingState { 0 });
