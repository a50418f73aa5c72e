//! Every protocol, once. This page is the table of contents.
//!
//! - [`link`]: perfect links.
//! - [`consensus`]: a deterministic consensus, for the impossibility of it.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`order`]: commands in one order: Raft.
//! - [`register`]: one shared value: ABD.
#![no_std]
extern crate alloc;

pub mod consensus;
pub mod detector;
pub mod election;
pub mod link;
pub mod order;
pub mod register;
