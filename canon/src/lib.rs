//! Every protocol, once. This page is the table of contents.
//!
//! - [`link`]: perfect links; messages in causal order.
//! - [`broadcast`]: reliable broadcast, eager and uniform; causal broadcast.
//! - [`clock`]: vector clocks.
//! - [`detector`]: the increasing-timeout failure detector, ◇P.
//! - [`election`]: the eventual leader detector, Ω.
//! - [`order`]: commands in one order: Raft.
#![no_std]
extern crate alloc;

pub mod broadcast;
pub mod clock;
pub mod detector;
pub mod election;
pub mod link;
pub mod order;
