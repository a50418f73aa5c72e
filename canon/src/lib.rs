//! Every protocol, once. This page is the table of contents.
//!
//! - [`link`]: perfect links.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`consensus`]: one decision: Paxos.
//! - [`order`]: commands in one order: Raft.
#![no_std]
extern crate alloc;

pub mod consensus;
pub mod detector;
pub mod election;
pub mod link;
pub mod order;
