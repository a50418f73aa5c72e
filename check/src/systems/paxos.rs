//! The Paxos consensus algorithm as Lamport specifies it, without leaders as processes.
//!
//! Acceptors choose one value. A leader opens a ballot (1a); acceptors promise to take part in no
//! lower one, and tell of their last vote (1b); with the promises of a majority the leader
//! proposes a value: that of the highest ballot it was told of, or any if there is none (2a); an
//! acceptor votes for it unless it has promised a higher ballot (2b). A value is chosen once a
//! majority has voted for it at one ballot. Messages are facts that stay: they arrive in any
//! order, repeatedly or never.
//!
//! Source: L. Lamport, The Part-Time Parliament, ACM TOCS 16(2), 1998, and the TLA+ module `Paxos`
//! of his lecture The Paxos Algorithm, or How to Win a Turing Award (2019), whose action names are
//! kept here. For 3 acceptors, 2 values and ballots 0 and 1 (`MCPaxosTiny`), TLC records 3,921
//! distinct states, 23,563 generated and depth 17.
//!
//! At a ballot one value is proposed, so a vote is known by its ballot; and an acceptor's state
//! (`maxBal`, `maxVBal`, `maxVal`) is the highest ballot that it has promised or voted at, and its
//! highest vote. The messages sent are therefore the whole state.

use model::named;

use super::consensus::{ACCEPTORS, MAJORITIES};
use super::saved::saved;
use super::{Card, Sometimes, Specification, consensus};
use crate::{Successors, Violation};

/// Paxos with 3 acceptors, 2 values and a given number of ballots.
#[derive(Clone, Debug)]
pub struct Paxos {
    ballots: u32,
    mutant: Option<PaxosMutant>,
}

/// The messages sent, 15 bits for each ballot: whether it is open (1a); the value proposed, 0 for
/// none (2a); a bit for each acceptor that has voted (2b); and for each acceptor what it has
/// promised (1b): 0 nothing, 1 without a vote to tell of, 2 and its ballot with one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PaxosState(u64);

/// An action of the TLA+ module; acceptors and values are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaxosAction {
    /// A leader opens a ballot.
    Phase1a {
        /// Its number.
        ballot: u32,
    },
    /// An acceptor promises to take part in no lower ballot, and tells of its last vote.
    Phase1b {
        /// Which acceptor.
        acceptor: u32,
        /// What it promises.
        ballot: u32,
    },
    /// A leader with the promises of a majority proposes a value.
    Phase2a {
        /// The ballot.
        ballot: u32,
        /// The value.
        value: u32,
    },
    /// An acceptor votes for what was proposed.
    Phase2b {
        /// Which acceptor.
        acceptor: u32,
        /// The ballot.
        ballot: u32,
    },
}

named! {
    /// A breakage.
    pub enum PaxosMutant {
        /// A leader proposes any value, whatever votes it is told of.
        IgnoreVotes,
        /// An acceptor votes at a ballot lower than it has promised.
        VoteBelowPromise,
    }
}

const VALUES: u32 = 2;

const OPENED: u32 = 0;
const PROPOSED: u32 = 1;
const VOTED: u32 = 3;
const PROMISED: u32 = 6;
/// What an acceptor has promised at a ballot.
const PROMISE_BITS: u32 = 3;
const BALLOT_BITS: u32 = PROMISED + ACCEPTORS * PROMISE_BITS;

/// 15 bits for each ballot must fit 64 bits, and 2 more than the highest ballot 3 bits.
const MOST_BALLOTS: u32 = 4;

impl Paxos {
    /// The ballots at which a value is chosen, and which.
    fn chosen(&self, state: PaxosState) -> impl Iterator<Item = (u32, u32)> + use<> {
        (0..self.ballots).filter_map(move |ballot| Some((ballot, state.chosen(ballot)?)))
    }

    /// How many ways there are to see that a value may be proposed at a ballot: a majority that
    /// has promised, and of it one that told of the highest vote, if any did.
    fn ways_to_propose(&self, state: PaxosState, ballot: u32, value: u32) -> usize {
        let ways = |quorum: u64| {
            let of_quorum = (0..ACCEPTORS).filter(|acceptor| quorum >> acceptor & 1 == 1);
            let promises = of_quorum.map(|acceptor| state.promised(ballot, acceptor));
            if promises.clone().any(|promise| promise == 0) {
                return 0;
            }
            let highest = promises.clone().max().unwrap_or(0);
            if highest == 1 || self.mutant == Some(PaxosMutant::IgnoreVotes) {
                return 1;
            }
            let voted = state.proposed((highest - 2) as u32);
            let tellers = promises.filter(|&promise| promise == highest).count();
            if voted == Some(value) { tellers } else { 0 }
        };
        MAJORITIES.into_iter().map(ways).sum()
    }

    /// The highest ballot that an acceptor has promised or voted at (`maxBal`).
    fn highest(&self, state: PaxosState, acceptor: u32) -> Option<u32> {
        let has_taken_part = |&ballot: &u32| {
            state.promised(ballot, acceptor) != 0 || state.has_voted(ballot, acceptor)
        };
        (0..self.ballots).rev().find(has_taken_part)
    }

    fn add_acceptor(&self, state: PaxosState, acceptor: u32, successors: &mut Added) {
        let highest = self.highest(state, acceptor);
        let can_vote_at_any = self.mutant == Some(PaxosMutant::VoteBelowPromise);
        for ballot in 0..self.ballots {
            if state.is_open(ballot) && highest.is_none_or(|highest| ballot > highest) {
                let vote = (0..self.ballots).rev().find(|&vote| state.has_voted(vote, acceptor));
                let promise = vote.map_or(1, |vote| 2 + u64::from(vote));
                let to = state.with(ballot, promise << (PROMISED + PROMISE_BITS * acceptor));
                successors.add(PaxosAction::Phase1b { acceptor, ballot }, to);
            }
            let can_vote = can_vote_at_any || highest.is_none_or(|highest| ballot >= highest);
            if state.proposed(ballot).is_some() && can_vote {
                let to = state.with(ballot, 1 << (VOTED + acceptor));
                successors.add(PaxosAction::Phase2b { acceptor, ballot }, to);
            }
        }
    }
}

type Added = Successors<PaxosAction, PaxosState>;

impl PaxosState {
    fn of(self, ballot: u32) -> u64 {
        self.0 >> (BALLOT_BITS * ballot) & ((1 << BALLOT_BITS) - 1)
    }

    fn with(self, ballot: u32, bits: u64) -> PaxosState {
        PaxosState(self.0 | bits << (BALLOT_BITS * ballot))
    }

    fn is_open(self, ballot: u32) -> bool {
        self.of(ballot) >> OPENED & 1 == 1
    }

    fn proposed(self, ballot: u32) -> Option<u32> {
        (self.of(ballot) >> PROPOSED & 3).checked_sub(1).map(|value| value as u32)
    }

    fn has_voted(self, ballot: u32, acceptor: u32) -> bool {
        self.of(ballot) >> (VOTED + acceptor) & 1 == 1
    }

    fn promised(self, ballot: u32, acceptor: u32) -> u64 {
        self.of(ballot) >> (PROMISED + PROMISE_BITS * acceptor) & ((1 << PROMISE_BITS) - 1)
    }

    /// The value that is chosen at a ballot.
    fn chosen(self, ballot: u32) -> Option<u32> {
        let voted = self.of(ballot) >> VOTED & ((1 << ACCEPTORS) - 1);
        let is_chosen = MAJORITIES.iter().any(|quorum| voted & quorum == *quorum);
        self.proposed(ballot).filter(|_| is_chosen)
    }
}

impl Specification for Paxos {
    type State = PaxosState;
    type Action = PaxosAction;
    type Mutant = PaxosMutant;

    const CARD: Card = Card {
        name: "paxos-spec",
        what: "Paxos consensus with its messages; --size counts ballots",
        family: "consensus",
        file: "check/src/systems/paxos.rs",
        source: "Lamport 1998, 2019, Paxos",
        model: "crash-stop, messages lost and repeated, asynchronous; majority",
        counted: "ballots",
        usual: 2,
        sizes: 1..=MOST_BALLOTS as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        (consensus::CHOSEN, |own, state| own.chosen(*state).next().is_some()),
        (consensus::CHOSEN_TWICE, |own, state| own.chosen(*state).nth(1).is_some()),
    ];

    fn sized(size: usize, mutant: Option<PaxosMutant>) -> Self {
        Paxos { ballots: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("Paxos, {} ballots", self.ballots)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("{ACCEPTORS} acceptors"), format!("{VALUES} values")]
    }

    fn initial(&self) -> Vec<PaxosState> {
        vec![PaxosState(0)]
    }

    fn next(&self, state: &PaxosState, successors: &mut Added) {
        for ballot in 0..self.ballots {
            successors.add(PaxosAction::Phase1a { ballot }, state.with(ballot, 1 << OPENED));
            if state.proposed(ballot).is_some() {
                continue;
            }
            for value in 0..VALUES {
                let to = state.with(ballot, u64::from(value + 1) << PROPOSED);
                for _ in 0..self.ways_to_propose(*state, ballot, value) {
                    successors.add(PaxosAction::Phase2a { ballot, value }, to);
                }
            }
        }
        for acceptor in 0..ACCEPTORS {
            self.add_acceptor(*state, acceptor, successors);
        }
    }

    fn fault(&self, state: &PaxosState) -> Option<Violation> {
        consensus::fault(self.chosen(*state))
    }
}

saved!(PaxosState { 0 });
