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

use model::named;

use super::managers::{self, ABORTED, COMMITTED, PREPARED, WORKING};
use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// Transaction commit with a given number of resource managers.
#[derive(Clone, Debug)]
pub struct TransactionCommit {
    count: u32,
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

named! {
    /// A breakage.
    pub enum TransactionCommitMutant {
        /// An RM commits once it is prepared itself, whatever the others are.
        CommitAlone,
        /// A prepared RM aborts although another has committed.
        AbortLate,
    }
}

/// Two bits for each RM must fit 64 bits.
const MOST_MANAGERS: u32 = 32;

impl TransactionCommitState {
    fn manager(self, rm: u32) -> u64 {
        self.0 >> (2 * rm) & 3
    }

    fn with_manager(self, rm: u32, to: u64) -> TransactionCommitState {
        TransactionCommitState(self.0 & !(3 << (2 * rm)) | to << (2 * rm))
    }
}

impl Specification for TransactionCommit {
    type State = TransactionCommitState;
    type Action = TransactionCommitAction;
    type Mutant = TransactionCommitMutant;

    const CARD: Card = Card {
        name: "transaction-commit-spec",
        what: "what any commit protocol must achieve; --size counts resource managers",
        family: "commit",
        file: "check/src/systems/transaction_commit.rs",
        source: "Gray, Lamport 2006, TCommit",
        model: "no processes: steps see the states of all",
        counted: "resource managers",
        usual: 3,
        sizes: 1..=MOST_MANAGERS as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        (managers::SOME_COMMITTED, |_, state| managers::committed(state.0) != 0),
        (managers::SOME_ABORTED, |_, state| managers::aborted(state.0) != 0),
    ];

    fn sized(size: usize, mutant: Option<TransactionCommitMutant>) -> Self {
        TransactionCommit { count: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("transaction commit, {} resource managers", self.count)
    }

    fn initial(&self) -> Vec<TransactionCommitState> {
        vec![TransactionCommitState(0)]
    }

    fn next(
        &self,
        state: &TransactionCommitState,
        successors: &mut Successors<TransactionCommitAction, TransactionCommitState>,
    ) {
        use TransactionCommitAction as Action;
        use TransactionCommitMutant as Mutant;
        let state = *state;
        let all = |is: fn(u64) -> bool| (0..self.count).all(|rm| is(state.manager(rm)));
        let can_commit =
            all(|at| at == PREPARED || at == COMMITTED) || self.mutant == Some(Mutant::CommitAlone);
        let none_committed = all(|at| at != COMMITTED) || self.mutant == Some(Mutant::AbortLate);
        for rm in 0..self.count {
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

    fn fault(&self, state: &TransactionCommitState) -> Option<Violation> {
        managers::fault(state.0)
    }
}

saved!(TransactionCommitState { 0 });
