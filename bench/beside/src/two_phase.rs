//! Two-phase commit as a model of stateright: the same abstract specification as
//! `check::systems::TwoPhase`, with a state of 64 bits as there.
//!
//! Source: J. Gray, L. Lamport, Consensus on Transaction Commit, ACM TODS 31(1), 2006, section 3
//! and its TLA+ module `TwoPhase`.

use stateright::{Model, Property};

/// Two-phase commit with so many resource managers.
#[derive(Clone)]
pub struct TwoPhase {
    pub managers: u32,
}

/// For each manager two bits of its state, one for whether the transaction manager knows that it
/// is prepared, and one for whether it has said so; two bits for the transaction manager, and one
/// each for whether Commit and Abort were sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State(u64);

/// The actions of the TLA+ module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    LearnPrepared(u32),
    Commit,
    Abort,
    Prepare(u32),
    ChooseToAbort(u32),
    LearnCommit(u32),
    LearnAbort(u32),
}

const WORKING: u64 = 0;
const PREPARED: u64 = 1;
const COMMITTED: u64 = 2;
const ABORTED: u64 = 3;

/// 4 bits for each manager and 4 for the rest fit 64 bits with at most 15; room is left for 14, as
/// in the specification beside which this one runs.
const MOST: u32 = 14;
const KNOWN: u32 = 2 * MOST;
const SAID: u32 = 3 * MOST;
const DECISION: u32 = 4 * MOST;
const COMMIT_SENT: u64 = 1 << (DECISION + 2);
const ABORT_SENT: u64 = 1 << (DECISION + 3);

/// The lower bit of each manager's two.
const LOW: u64 = 0x5555_5555_5555_5555;

impl State {
    fn manager(self, manager: u32) -> u64 {
        self.0 >> (2 * manager) & 3
    }

    fn with_manager(self, manager: u32, to: u64) -> State {
        State(self.0 & !(3 << (2 * manager)) | to << (2 * manager))
    }

    fn has(self, bits: u64) -> bool {
        self.0 & bits == bits
    }

    fn is_open(self) -> bool {
        self.0 >> DECISION & 3 == WORKING
    }
}

impl TwoPhase {
    fn committed(&self, state: State) -> u64 {
        let states = state.0 & ((1 << (2 * self.managers)) - 1);
        states >> 1 & !states & LOW
    }

    fn aborted(&self, state: State) -> u64 {
        let states = state.0 & ((1 << (2 * self.managers)) - 1);
        states >> 1 & states & LOW
    }
}

impl Model for TwoPhase {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State(0)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let state = *state;
        let is_open = state.is_open();
        if is_open {
            if state.has(((1 << self.managers) - 1) << KNOWN) {
                actions.push(Action::Commit);
            }
            actions.push(Action::Abort);
        }
        for manager in 0..self.managers {
            if is_open && state.has(1 << (SAID + manager)) {
                actions.push(Action::LearnPrepared(manager));
            }
            if state.manager(manager) == WORKING {
                actions.push(Action::Prepare(manager));
                actions.push(Action::ChooseToAbort(manager));
            }
            if state.has(COMMIT_SENT) {
                actions.push(Action::LearnCommit(manager));
            }
            if state.has(ABORT_SENT) {
                actions.push(Action::LearnAbort(manager));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let state = *state;
        Some(match action {
            Action::LearnPrepared(manager) => State(state.0 | 1 << (KNOWN + manager)),
            Action::Commit => State(state.0 | COMMITTED << DECISION | COMMIT_SENT),
            Action::Abort => State(state.0 | ABORTED << DECISION | ABORT_SENT),
            Action::Prepare(manager) => {
                State(state.with_manager(manager, PREPARED).0 | 1 << (SAID + manager))
            }
            Action::ChooseToAbort(manager) | Action::LearnAbort(manager) => {
                state.with_manager(manager, ABORTED)
            }
            Action::LearnCommit(manager) => state.with_manager(manager, COMMITTED),
        })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("consistency", |model: &TwoPhase, state: &State| {
                model.committed(*state) == 0 || model.aborted(*state) == 0
            }),
            Property::sometimes("a resource manager committed", |model: &TwoPhase, state| {
                model.committed(*state) != 0
            }),
            Property::sometimes("a resource manager aborted", |model: &TwoPhase, state| {
                model.aborted(*state) != 0
            }),
        ]
    }
}
