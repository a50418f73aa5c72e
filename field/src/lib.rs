//! Any protocol of the lab as real processes on this machine: one operating-system process a
//! node, TCP between them, files under them, and the faults of a simulated run done to them.
//!
//! The parent ([`trial`]) starts the nodes, asks them, kills, stops and cuts them off as its plan
//! says, gathers what they print, and judges it with the protocol's own monitor. A node ([`node`])
//! is the very process that is simulated, behind [`lab::bare::Bare`]. Its disk and its links are
//! made for trials: plain, legible, one line of JSON for everything; what is served to clients
//! runs on the crate `node` instead.
//!
//! What any real process under a plan needs stands apart: [`process`] holds one, [`schedule`] puts
//! a plan in the order of its times, [`Weather`] counts what is wrong with the links. The crate
//! `chaos` does the same faults to the served store with them.
//!
//! All nodes read one clock, the machine's monotonic one, so the parent can put what they did into
//! an order in which every cause stands before its effect.

mod clock;
mod disk;
mod mesh;
pub mod node;
pub mod process;
pub mod schedule;
pub mod trial;
mod weather;
mod wire;

pub use trial::{Report, Trial, User};
pub use weather::Weather;
pub use wire::Quality;
