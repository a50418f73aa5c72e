//! A register that three servers agree on by single-decree Paxos, and clients that write to it
//! and then read it: one pure state machine, explored by both checkers.

mod machine;
pub mod ours;
pub mod theirs;

/// How many servers there are; clients are numbered after them.
pub const SERVERS: u8 = 3;
