//! Every protocol, once. This page is the table of contents.
//!
//! - [`link`]: perfect links; messages in causal order.
//! - [`clock`]: vector clocks.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`broadcast`]: reliable broadcast, eager and uniform; causal; in batches.
//! - [`snapshot`]: the global state of what runs on: Chandy and Lamport's.
//! - [`mutex`]: mutual exclusion: a central server's, Ricart and Agrawala's.
//! - [`deadlock`]: who waits for itself: Chandy, Misra and Haas's edge chasing.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`consensus`]: one decision: Paxos, Ben-Or; and where there can be none.
//! - [`byzantine`]: agreement among liars: Phase King.
//! - [`register`]: one shared value: ABD.
//! - [`order`]: commands in one order: Raft.
#![no_std]
extern crate alloc;

pub mod broadcast;
pub mod byzantine;
pub mod clock;
pub mod consensus;
pub mod deadlock;
pub mod detector;
pub mod election;
pub mod link;
pub mod mutex;
mod numbers;
pub mod order;
pub mod register;
pub mod snapshot;
