//! Two-phase commit as Gray and Lamport specify it.
//!
//! A transaction manager (TM) asks resource managers (RM) whether to commit. Each RM prepares or
//! aborts by itself; the TM commits once every RM has said that it is prepared, and may abort at
//! any time before. Messages are facts that stay: they arrive in any order, repeatedly or never,
//! so a set of those ever sent is the whole network.
//!
//! Source: J. Gray, L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 3
//! and its TLA+ module `TwoPhase`, whose action names are kept here. The counts of states for a
//! given number of RMs are those that TLC and other explorers report for that module.

use model::named;

use super::managers::{self, ABORTED, COMMITTED, PREPARED, WORKING};
use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// Two-phase commit with a given number of resource managers.
#[derive(Clone, Debug)]
pub struct TwoPhase {
    count: u32,
    mutant: Option<TwoPhaseMutant>,
}

/// A state in 64 bits: for each RM two bits of its own state, one for whether the TM knows that it
/// is prepared, one for whether it has said so; then two bits for the TM, and one each for
/// whether Commit and Abort were sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TwoPhaseState(u64);

/// An action of the TLA+ module; RMs are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TwoPhaseAction {
    /// The TM learns that an RM is prepared.
    TMRcvPrepared(u32),
    /// The TM commits: every RM is prepared.
    TMCommit,
    /// The TM aborts of its own accord.
    TMAbort,
    /// An RM prepares and says so.
    RMPrepare(u32),
    /// An RM aborts of its own accord, before it is prepared.
    RMChooseToAbort(u32),
    /// An RM learns that the TM has committed.
    RMRcvCommitMsg(u32),
    /// An RM learns that the TM has aborted.
    RMRcvAbortMsg(u32),
}

named! {
    /// A breakage.
    pub enum TwoPhaseMutant {
        /// The TM commits without knowing that every RM is prepared.
        CommitUnasked,
        /// A prepared RM aborts of its own accord.
        AbortPrepared,
    }
}

/// 4 bits for each RM and 4 for the rest must fit 64 bits.
const MOST_MANAGERS: u32 = 14;

const KNOWN: u32 = 2 * MOST_MANAGERS;
const SAID: u32 = 3 * MOST_MANAGERS;
const TM_STATE: u32 = 4 * MOST_MANAGERS;
const COMMIT_SENT: u64 = 1 << (TM_STATE + 2);
const ABORT_SENT: u64 = 1 << (TM_STATE + 3);

impl TwoPhase {
    fn managers(&self, state: TwoPhaseState) -> u64 {
        state.0 & ((1 << (2 * self.count)) - 1)
    }

    /// A bit of every RM.
    fn all(&self) -> u64 {
        (1 << self.count) - 1
    }
}

impl TwoPhaseState {
    fn manager(self, rm: u32) -> u64 {
        self.0 >> (2 * rm) & 3
    }

    fn with_manager(self, rm: u32, to: u64) -> TwoPhaseState {
        TwoPhaseState(self.0 & !(3 << (2 * rm)) | to << (2 * rm))
    }

    /// Whether the TM has not yet decided.
    fn is_open(self) -> bool {
        self.0 >> TM_STATE & 3 == WORKING
    }

    fn decided(self, to: u64, sent: u64) -> TwoPhaseState {
        TwoPhaseState(self.0 | to << TM_STATE | sent)
    }

    fn has(self, bits: u64) -> bool {
        self.0 & bits == bits
    }

    fn with(self, bits: u64) -> TwoPhaseState {
        TwoPhaseState(self.0 | bits)
    }
}

impl Specification for TwoPhase {
    type State = TwoPhaseState;
    type Action = TwoPhaseAction;
    type Mutant = TwoPhaseMutant;

    const CARD: Card = Card {
        name: "two-phase-spec",
        what: "two-phase commit as an abstract specification; --size counts resource managers",
        family: "commit",
        file: "check/src/systems/two_phase.rs",
        source: "Gray, Lamport 2006, TwoPhase",
        model: "no faults; messages are never lost",
        counted: "resource managers",
        usual: 3,
        sizes: 1..=MOST_MANAGERS as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        (managers::SOME_COMMITTED, |own, state| managers::committed(own.managers(*state)) != 0),
        (managers::SOME_ABORTED, |own, state| managers::aborted(own.managers(*state)) != 0),
    ];

    fn sized(size: usize, mutant: Option<TwoPhaseMutant>) -> Self {
        TwoPhase { count: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("two-phase commit, {} resource managers", self.count)
    }

    fn initial(&self) -> Vec<TwoPhaseState> {
        vec![TwoPhaseState(0)]
    }

    fn next(
        &self,
        state: &TwoPhaseState,
        successors: &mut Successors<TwoPhaseAction, TwoPhaseState>,
    ) {
        use TwoPhaseAction as Action;
        let state = *state;
        if state.is_open() {
            let is_unasked = self.mutant == Some(TwoPhaseMutant::CommitUnasked);
            if is_unasked || state.has(self.all() << KNOWN) {
                successors.add(Action::TMCommit, state.decided(COMMITTED, COMMIT_SENT));
            }
            successors.add(Action::TMAbort, state.decided(ABORTED, ABORT_SENT));
        }
        for rm in 0..self.count {
            if state.is_open() && state.has(1 << (SAID + rm)) {
                successors.add(Action::TMRcvPrepared(rm), state.with(1 << (KNOWN + rm)));
            }
            if state.manager(rm) == WORKING {
                let prepared = state.with_manager(rm, PREPARED).with(1 << (SAID + rm));
                successors.add(Action::RMPrepare(rm), prepared);
            }
            let can_abort = state.manager(rm) == WORKING
                || state.manager(rm) == PREPARED
                    && self.mutant == Some(TwoPhaseMutant::AbortPrepared);
            if can_abort {
                successors.add(Action::RMChooseToAbort(rm), state.with_manager(rm, ABORTED));
            }
            if state.has(COMMIT_SENT) {
                successors.add(Action::RMRcvCommitMsg(rm), state.with_manager(rm, COMMITTED));
            }
            if state.has(ABORT_SENT) {
                successors.add(Action::RMRcvAbortMsg(rm), state.with_manager(rm, ABORTED));
            }
        }
    }

    fn fault(&self, state: &TwoPhaseState) -> Option<Violation> {
        managers::fault(self.managers(*state))
    }
}

saved!(TwoPhaseState { 0 });
