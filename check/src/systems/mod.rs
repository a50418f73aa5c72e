//! Abstract systems: algorithms as their papers specify them, without processes and messages.

mod two_phase;

pub use two_phase::{TwoPhase, TwoPhaseAction, TwoPhaseState};
