//! Paxos Commit as Gray and Lamport specify it: a commit protocol that no single crash blocks.
//!
//! Whether a resource manager (RM) is prepared is decided by an instance of Paxos of its own. The
//! RM itself proposes at ballot 0, which needs no promises: it asks the acceptors to vote for
//! "prepared" or "aborted". If it falls silent, a leader opens a higher ballot and, unless some
//! acceptor of a majority tells of a vote, proposes "aborted". The transaction commits once every
//! instance has chosen "prepared", and aborts once some instance has chosen "aborted". Messages
//! are facts that stay, as in two-phase commit; which leader acts is left open.
//!
//! Source: J. Gray, L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 4
//! and its TLA+ module `PaxosCommit`, whose action names are kept here. For 2 RMs, 3 acceptors and
//! ballots 0 and 1, TLC records 1,321,761 distinct states, 16,959,159 generated and depth 28.
//!
//! At a ballot one value is proposed, so a vote is known by its ballot; and an acceptor's state
//! (the highest ballot that it takes part in, and its last vote) follows from what it has said.
//! The messages sent are therefore the whole state, beside the states of the RMs.

use model::named;

use super::consensus::{ACCEPTORS, MAJORITIES};
use super::saved::saved;
use super::{Card, Sometimes, Specification, managers};
use crate::{Successors, Violation};

/// Paxos Commit with a given number of resource managers.
#[derive(Clone, Debug)]
pub struct PaxosCommit {
    count: u32,
    mutant: Option<PaxosCommitMutant>,
}

/// A state in 64 bits: for each RM two bits of its own state; one bit each for whether Commit and
/// Abort were sent; and for each RM's instance of Paxos 17 bits, the messages that were sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PaxosCommitState(u64);

/// An action of the TLA+ module; RMs and acceptors are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaxosCommitAction {
    /// An RM prepares, and asks the acceptors of its instance to vote for that at ballot 0.
    RMPrepare(u32),
    /// An RM aborts of its own accord, and asks the acceptors to vote for that at ballot 0.
    RMChooseToAbort(u32),
    /// An RM learns of Commit.
    RMRcvCommitMsg(u32),
    /// An RM learns of Abort.
    RMRcvAbortMsg(u32),
    /// A leader opens ballot 1 of an RM's instance.
    Phase1a {
        /// Whose instance.
        rm: u32,
    },
    /// A leader with the promises of a majority proposes at ballot 1.
    Phase2a {
        /// Whose instance.
        rm: u32,
    },
    /// A leader knows that every instance has chosen "prepared", and sends Commit.
    DecideCommit,
    /// A leader knows that an instance has chosen "aborted", and sends Abort.
    DecideAbort,
    /// An acceptor promises ballot 1, and tells of its vote at ballot 0.
    Phase1b {
        /// Whose instance.
        rm: u32,
        /// Which acceptor.
        acceptor: u32,
    },
    /// An acceptor votes for what was proposed at a ballot.
    Phase2b {
        /// Whose instance.
        rm: u32,
        /// Which acceptor.
        acceptor: u32,
        /// The ballot.
        ballot: u32,
    },
}

named! {
    /// A breakage.
    pub enum PaxosCommitMutant {
        /// A leader proposes "aborted" whatever votes it is told of.
        IgnoreVotes,
        /// A leader proposes with the promise of one acceptor, which need not have seen the vote of
        /// a majority.
        PromiseOfOne,
    }
}

/// Some bits of each instance.
#[derive(Clone, Copy)]
struct Field {
    at: u32,
    bits: u32,
}

/// The state of the RM: two bits each, side by side, as [`managers`] wants them.
const MANAGER_BITS: u32 = 2 * MOST_MANAGERS;
const COMMIT_SENT: u64 = 1 << MANAGER_BITS;
const ABORT_SENT: u64 = 1 << (MANAGER_BITS + 1);
const INSTANCES: u32 = MANAGER_BITS + 2;

/// Whether a leader has opened ballot 1 (phase 1a).
const OPENED: Field = Field { at: 0, bits: 1 };
/// What was proposed at ballot 0 and at ballot 1 (phase 2a): none, prepared, aborted.
const PROPOSED: [Field; 2] = [Field { at: 1, bits: 2 }, Field { at: 3, bits: 2 }];
/// The acceptors that have promised ballot 1 (phase 1b).
const PROMISED: Field = Field { at: 5, bits: ACCEPTORS };
/// Those of them that told of a vote at ballot 0.
const TOLD: Field = Field { at: 8, bits: ACCEPTORS };
/// The acceptors that have voted at ballot 0 and at ballot 1 (phase 2b).
const VOTED: [Field; 2] = [Field { at: 11, bits: ACCEPTORS }, Field { at: 14, bits: ACCEPTORS }];
const INSTANCE_BITS: u32 = 17;

/// 2 + 17 bits for each RM and 2 for the decision must fit 64 bits.
const MOST_MANAGERS: u32 = 3;

const NONE: u64 = 0;
const PREPARED: u64 = 1;
const ABORTED: u64 = 2;

impl PaxosCommit {
    fn managers(&self, state: PaxosCommitState) -> u64 {
        state.0 & ((1 << MANAGER_BITS) - 1)
    }

    /// The value that a leader proposes at ballot 1, for each set of acceptors whose promises
    /// allow it to.
    fn proposals(&self, state: PaxosCommitState, rm: u32) -> impl Iterator<Item = u64> + use<> {
        let quorums = match self.mutant {
            Some(PaxosCommitMutant::PromiseOfOne) => [0b001, 0b010, 0b100],
            _ => MAJORITIES,
        };
        let (promised, told) = (state.get(rm, PROMISED), state.get(rm, TOLD));
        let first = state.get(rm, PROPOSED[0]);
        let told = if self.mutant == Some(PaxosCommitMutant::IgnoreVotes) { 0 } else { told };
        quorums
            .into_iter()
            .filter(move |quorum| quorum & promised == *quorum)
            .map(move |quorum| if quorum & told == 0 { ABORTED } else { first })
    }

    fn add_resource_managers(&self, state: PaxosCommitState, successors: &mut Added) {
        use PaxosCommitAction as Action;
        for rm in 0..self.count {
            if state.manager(rm) == managers::WORKING {
                let prepared = state.with_manager(rm, managers::PREPARED);
                successors.add(Action::RMPrepare(rm), prepared.with(rm, PROPOSED[0], PREPARED));
                let aborted = state.with_manager(rm, managers::ABORTED);
                let aborted = aborted.with(rm, PROPOSED[0], ABORTED);
                successors.add(Action::RMChooseToAbort(rm), aborted);
            }
            if state.0 & COMMIT_SENT != 0 {
                let to = state.with_manager(rm, managers::COMMITTED);
                successors.add(Action::RMRcvCommitMsg(rm), to);
            }
            if state.0 & ABORT_SENT != 0 {
                let to = state.with_manager(rm, managers::ABORTED);
                successors.add(Action::RMRcvAbortMsg(rm), to);
            }
        }
    }

    fn add_leaders(&self, state: PaxosCommitState, successors: &mut Added) {
        use PaxosCommitAction as Action;
        for rm in 0..self.count {
            successors.add(Action::Phase1a { rm }, state.with(rm, OPENED, 1));
            if state.get(rm, PROPOSED[1]) == NONE {
                for value in self.proposals(state, rm) {
                    successors.add(Action::Phase2a { rm }, state.with(rm, PROPOSED[1], value));
                }
            }
        }
        // Every choice of a witness for each instance is a way to decide.
        let ways: usize = (0..self.count).map(|rm| state.chosen(rm, PREPARED)).product();
        for _ in 0..ways {
            successors.add(Action::DecideCommit, PaxosCommitState(state.0 | COMMIT_SENT));
        }
        let ways: usize = (0..self.count).map(|rm| state.chosen(rm, ABORTED)).sum();
        for _ in 0..ways {
            successors.add(Action::DecideAbort, PaxosCommitState(state.0 | ABORT_SENT));
        }
    }

    fn add_acceptors(&self, state: PaxosCommitState, successors: &mut Added) {
        use PaxosCommitAction as Action;
        for acceptor in 0..ACCEPTORS {
            let own = 1 << acceptor;
            for rm in 0..self.count {
                let is_at_one = (state.get(rm, PROMISED) | state.get(rm, VOTED[1])) & own != 0;
                if state.get(rm, OPENED) == 1 && !is_at_one {
                    let told = state.get(rm, VOTED[0]) & own;
                    let to = state.including(rm, PROMISED, own).including(rm, TOLD, told);
                    successors.add(Action::Phase1b { rm, acceptor }, to);
                }
                for ballot in 0..2 {
                    let is_proposed = state.get(rm, PROPOSED[ballot]) != NONE;
                    if is_proposed && (ballot == 1 || !is_at_one) {
                        let vote = Action::Phase2b { rm, acceptor, ballot: ballot as u32 };
                        successors.add(vote, state.including(rm, VOTED[ballot], own));
                    }
                }
            }
        }
    }
}

type Added = Successors<PaxosCommitAction, PaxosCommitState>;

impl PaxosCommitState {
    fn manager(self, rm: u32) -> u64 {
        self.0 >> (2 * rm) & 3
    }

    fn with_manager(self, rm: u32, to: u64) -> PaxosCommitState {
        PaxosCommitState(self.0 & !(3 << (2 * rm)) | to << (2 * rm))
    }

    fn get(self, rm: u32, field: Field) -> u64 {
        self.0 >> (INSTANCES + rm * INSTANCE_BITS + field.at) & ((1 << field.bits) - 1)
    }

    fn with(self, rm: u32, field: Field, to: u64) -> PaxosCommitState {
        let at = INSTANCES + rm * INSTANCE_BITS + field.at;
        PaxosCommitState(self.0 & !(((1 << field.bits) - 1) << at) | to << at)
    }

    fn including(self, rm: u32, field: Field, acceptors: u64) -> PaxosCommitState {
        PaxosCommitState(self.0 | acceptors << (INSTANCES + rm * INSTANCE_BITS + field.at))
    }

    /// How many pairs of a ballot and a majority show that an instance has chosen a value.
    fn chosen(self, rm: u32, value: u64) -> usize {
        let at = |ballot: usize| {
            let voted = self.get(rm, VOTED[ballot]);
            let is_proposed = self.get(rm, PROPOSED[ballot]) == value;
            MAJORITIES.iter().filter(|&&quorum| is_proposed && quorum & voted == quorum).count()
        };
        at(0) + at(1)
    }
}

impl Specification for PaxosCommit {
    type State = PaxosCommitState;
    type Action = PaxosCommitAction;
    type Mutant = PaxosCommitMutant;

    const CARD: Card = Card {
        name: "paxos-commit-spec",
        what: "commit with an instance of Paxos for each resource manager; --size counts them",
        family: "commit",
        file: "check/src/systems/paxos_commit.rs",
        source: "Gray, Lamport 2006, PaxosCommit",
        model: "crash-stop, messages lost and repeated, asynchronous; majority",
        counted: "resource managers",
        usual: 2,
        sizes: 1..=MOST_MANAGERS as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        (managers::SOME_COMMITTED, |own, state| managers::committed(own.managers(*state)) != 0),
        (managers::SOME_ABORTED, |own, state| managers::aborted(own.managers(*state)) != 0),
    ];

    fn sized(size: usize, mutant: Option<PaxosCommitMutant>) -> Self {
        PaxosCommit { count: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("Paxos Commit, {} resource managers", self.count)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("{ACCEPTORS} acceptors"), "ballots 0 and 1".into()]
    }

    fn initial(&self) -> Vec<PaxosCommitState> {
        vec![PaxosCommitState(0)]
    }

    fn next(&self, state: &PaxosCommitState, successors: &mut Added) {
        self.add_resource_managers(*state, successors);
        self.add_leaders(*state, successors);
        self.add_acceptors(*state, successors);
    }

    fn fault(&self, state: &PaxosCommitState) -> Option<Violation> {
        managers::fault(self.managers(*state))
    }
}

saved!(PaxosCommitState { 0 });
