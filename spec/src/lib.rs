//! What protocols promise: interface monitors and history checkers.

pub mod history;
pub mod monitor;
pub mod transactions;
