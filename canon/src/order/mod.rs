//! Protocols that put commands into one order, with the interface of [`model::order`], where
//! requests, indications and named properties stand.
//!
//! | protocol | faults | quorum | messages an entry | delays to commit at the leader |
//! |---|---|---|---|---|
//! | [`raft`] | crash-recovery | majority | 2(n-1), less when batched | 2 |

pub mod raft;
