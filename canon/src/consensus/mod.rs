//! Consensus: nodes that propose values decide one of them.

pub mod deterministic;
