//! Every protocol, once. This page is the table of contents.
//!
//! - [`byzantine`]: agreement among liars: Phase King.
//! - [`link`]: perfect links.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`consensus`]: one decision: Ben-Or, Paxos; and the two generals.
//! - [`order`]: commands in one order: Raft.
#![no_std]
extern crate alloc;

pub mod byzantine;
pub mod consensus;
pub mod detector;
pub mod election;
pub mod link;
pub mod order;
