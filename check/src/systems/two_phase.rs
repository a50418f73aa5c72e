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

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use super::Specification;
use super::managers::{self, ABORTED, COMMITTED, PREPARED, WORKING};
use crate::{Judgement, Successors, System, Violation};

/// Two-phase commit with a given number of resource managers.
#[derive(Clone, Debug)]
pub struct TwoPhase {
    managers: u32,
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

/// A breakage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TwoPhaseMutant {
    /// The TM commits without knowing that every RM is prepared.
    CommitUnasked,
    /// A prepared RM aborts of its own accord.
    AbortPrepared,
}

/// 4 bits for each RM and 4 for the rest must fit 64 bits.
const MOST_MANAGERS: u32 = 14;

const KNOWN: u32 = 2 * MOST_MANAGERS;
const SAID: u32 = 3 * MOST_MANAGERS;
const TM_STATE: u32 = 4 * MOST_MANAGERS;
const COMMIT_SENT: u64 = 1 << (TM_STATE + 2);
const ABORT_SENT: u64 = 1 << (TM_STATE + 3);

impl TwoPhase {
    /// A system with so many resource managers.
    ///
    /// # Panics
    /// If there are more than 14, whose state does not fit 64 bits.
    pub fn new(managers: u32) -> TwoPhase {
        assert!(
            managers <= MOST_MANAGERS,
            "At most {MOST_MANAGERS} resource managers fit a state."
        );
        TwoPhase { managers, mutant: None }
    }

    /// The same system, broken.
    pub fn broken(self, mutant: TwoPhaseMutant) -> TwoPhase {
        TwoPhase { mutant: Some(mutant), ..self }
    }

    /// A bit of every RM.
    fn all(&self) -> u64 {
        (1 << self.managers) - 1
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

impl System for TwoPhase {
    type State = TwoPhaseState;
    type Move = TwoPhaseAction;
    type Action = TwoPhaseAction;
    /// Whether an RM has committed, and whether one has aborted, in some state; a bit each.
    type Worker = u64;

    fn name(&self) -> String {
        format!("two-phase commit, {} resource managers", self.managers)
    }

    fn sometimes(&self) -> Vec<&'static str> {
        managers::SOMETIMES.to_vec()
    }

    fn worker(&self) -> u64 {
        0
    }

    fn initial(&self, _: &mut u64) -> Result<Vec<TwoPhaseState>, Violation> {
        Ok(vec![TwoPhaseState(0)])
    }

    fn next(
        &self,
        _: &mut u64,
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
        for rm in 0..self.managers {
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

    fn judge(&self, seen: &mut u64, state: &TwoPhaseState) -> Judgement {
        managers::judge(state.0 & ((1 << (2 * self.managers)) - 1), seen)
    }

    fn reached(&self, seen: &u64) -> u64 {
        *seen
    }

    fn action(&self, _: &mut u64, _: &TwoPhaseState, taken: TwoPhaseAction) -> TwoPhaseAction {
        taken
    }
}

impl Specification for TwoPhase {
    type Mutant = TwoPhaseMutant;

    const NAME: &'static str = "two-phase-spec";
    const WHAT: &'static str =
        "two-phase commit as an abstract specification; --size counts resource managers";
    const FAMILY: &'static str = "commit";
    const FILE: &'static str = "check/src/systems/two_phase.rs";
    const SOURCE: &'static str = "Gray, Lamport 2006, TwoPhase";
    const MODEL: &'static str = "no faults; messages are never lost";
    const COUNTED: &'static str = "resource managers";
    const USUAL: usize = 3;
    const SIZES: RangeInclusive<usize> = 1..=MOST_MANAGERS as usize;
    const MUTANTS: &'static [TwoPhaseMutant] =
        &[TwoPhaseMutant::CommitUnasked, TwoPhaseMutant::AbortPrepared];

    fn sized(size: usize, mutant: Option<TwoPhaseMutant>) -> TwoPhase {
        TwoPhase { mutant, ..TwoPhase::new(size as u32) }
    }
}

impl Display for TwoPhaseAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Display for TwoPhaseMutant {
    /// The name on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TwoPhaseMutant::CommitUnasked => "commit-unasked",
            TwoPhaseMutant::AbortPrepared => "abort-prepared",
        })
    }
}
