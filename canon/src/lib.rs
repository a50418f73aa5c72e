//! Every protocol, once. This page is the table of contents.
//!
//! - [`link`]: perfect links; messages in causal order.
//! - [`broadcast`]: reliable broadcast, eager and uniform; causal broadcast.
//! - [`clock`]: vector clocks.
//! - [`byzantine`]: agreement among liars: Phase King.
//! - [`link`]: perfect links.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`deadlock`]: who waits for itself: Chandy, Misra and Haas's edge chasing.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`mutex`]: mutual exclusion: Ricart and Agrawala's.
//! - [`consensus`]: one decision: Ben-Or, Paxos; and the two generals.
//! - [`order`]: commands in one order: Raft.
//! - [`snapshot`]: the global state of what runs on: Chandy and Lamport's.
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
pub mod order;
pub mod snapshot;
