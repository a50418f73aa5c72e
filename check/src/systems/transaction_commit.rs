//! Transaction commit as Gray and Lamport specify it: what any commit protocol must achieve.
//!
//! Each resource manager (RM) prepares, and then commits or aborts; an atomic look at all of them
//! says which. An RM may commit once all are prepared, and may abort as long as none has
//! committed. Nothing is said of how they learn of each other: two-phase commit and Paxos Commit
//! are two ways.
//!
//! Source: J. Gray, L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 2
//! and its TLA+ module `TCommit`, whose action names are kept here; `Decide` is one action with
//! two alternatives there. TLC records 34 distinct states, 94 generated and depth 7 for 3 RMs.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use super::Specification;
use super::managers::{self, ABORTED, COMMITTED, PREPARED, WORKING};
use crate::{Judgement, Successors, System, Violation};

/// Transaction commit with a given number of resource managers.
#[derive(Clone, Debug)]
pub struct TransactionCommit {
    managers: u32,
    mutant: Option<TransactionCommitMutant>,
}

/// Two bits for each RM.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TransactionCommitState(u64);

/// An action of the TLA+ module; RMs are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionCommitAction {
    /// An RM prepares.
    Prepare(u32),
    /// An RM commits: every RM is prepared or has committed.
    DecideCommit(u32),
    /// An RM aborts: none has committed.
    DecideAbort(u32),
}

/// A breakage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionCommitMutant {
    /// An RM commits once it is prepared itself, whatever the others are.
    CommitAlone,
    /// A prepared RM aborts although another has committed.
    AbortLate,
}

/// Two bits for each RM must fit 64 bits.
const MOST_MANAGERS: u32 = 32;

impl TransactionCommit {
    /// A system with so many resource managers.
    ///
    /// # Panics
    /// If there are more than 32, whose state does not fit 64 bits.
    pub fn new(managers: u32) -> TransactionCommit {
        assert!(
            managers <= MOST_MANAGERS,
            "At most {MOST_MANAGERS} resource managers fit a state."
        );
        TransactionCommit { managers, mutant: None }
    }

    /// The same system, broken.
    pub fn broken(self, mutant: TransactionCommitMutant) -> TransactionCommit {
        TransactionCommit { mutant: Some(mutant), ..self }
    }
}

impl TransactionCommitState {
    fn manager(self, rm: u32) -> u64 {
        self.0 >> (2 * rm) & 3
    }

    fn with_manager(self, rm: u32, to: u64) -> TransactionCommitState {
        TransactionCommitState(self.0 & !(3 << (2 * rm)) | to << (2 * rm))
    }
}

impl System for TransactionCommit {
    type State = TransactionCommitState;
    type Move = TransactionCommitAction;
    type Action = TransactionCommitAction;
    /// Whether an RM has committed, and whether one has aborted, in some state; a bit each.
    type Worker = u64;

    fn name(&self) -> String {
        format!("transaction commit, {} resource managers", self.managers)
    }

    fn sometimes(&self) -> Vec<&'static str> {
        managers::SOMETIMES.to_vec()
    }

    fn worker(&self) -> u64 {
        0
    }

    fn initial(&self, _: &mut u64) -> Result<Vec<TransactionCommitState>, Violation> {
        Ok(vec![TransactionCommitState(0)])
    }

    fn next(
        &self,
        _: &mut u64,
        state: &TransactionCommitState,
        successors: &mut Successors<TransactionCommitAction, TransactionCommitState>,
    ) {
        use TransactionCommitAction as Action;
        use TransactionCommitMutant as Mutant;
        let state = *state;
        let all = |is: fn(u64) -> bool| (0..self.managers).all(|rm| is(state.manager(rm)));
        let can_commit =
            all(|at| at == PREPARED || at == COMMITTED) || self.mutant == Some(Mutant::CommitAlone);
        let none_committed = all(|at| at != COMMITTED) || self.mutant == Some(Mutant::AbortLate);
        for rm in 0..self.managers {
            let at = state.manager(rm);
            if at == WORKING {
                successors.add(Action::Prepare(rm), state.with_manager(rm, PREPARED));
            }
            if at == PREPARED && can_commit {
                successors.add(Action::DecideCommit(rm), state.with_manager(rm, COMMITTED));
            }
            if (at == WORKING || at == PREPARED) && none_committed {
                successors.add(Action::DecideAbort(rm), state.with_manager(rm, ABORTED));
            }
        }
    }

    fn judge(&self, seen: &mut u64, state: &TransactionCommitState) -> Judgement {
        managers::judge(state.0, seen)
    }

    fn reached(&self, seen: &u64) -> u64 {
        *seen
    }

    fn action(
        &self,
        _: &mut u64,
        _: &TransactionCommitState,
        taken: TransactionCommitAction,
    ) -> TransactionCommitAction {
        taken
    }
}

impl Specification for TransactionCommit {
    type Mutant = TransactionCommitMutant;

    const NAME: &'static str = "transaction-commit-spec";
    const WHAT: &'static str =
        "what any commit protocol must achieve; --size counts resource managers";
    const FAMILY: &'static str = "commit";
    const FILE: &'static str = "check/src/systems/transaction_commit.rs";
    const SOURCE: &'static str = "Gray, Lamport 2006, TCommit";
    const MODEL: &'static str = "no processes: steps see the states of all";
    const COUNTED: &'static str = "resource managers";
    const USUAL: usize = 3;
    const SIZES: RangeInclusive<usize> = 1..=MOST_MANAGERS as usize;
    const MUTANTS: &'static [TransactionCommitMutant] =
        &[TransactionCommitMutant::CommitAlone, TransactionCommitMutant::AbortLate];

    fn sized(size: usize, mutant: Option<TransactionCommitMutant>) -> TransactionCommit {
        TransactionCommit { mutant, ..TransactionCommit::new(size as u32) }
    }
}

impl Display for TransactionCommitAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Display for TransactionCommitMutant {
    /// The name on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TransactionCommitMutant::CommitAlone => "commit-alone",
            TransactionCommitMutant::AbortLate => "abort-late",
        })
    }
}
