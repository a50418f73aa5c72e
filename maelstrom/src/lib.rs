//! Maelstrom both ways (Kingsbury, <https://github.com/jepsen-io/maelstrom>): the served store as a
//! node of Maelstrom's, and a harness that runs anybody's nodes over the same protocol of JSON
//! lines, with our network, faults, checkers and diagrams.
//!
//! The harness runs foreign processes in real time. Its own choices come from a seed, but what a
//! foreign process does in the meantime does not, so a run can be repeated only as well as the
//! binary allows: replay is best effort.

pub mod harness;
mod message;
pub mod node;

pub use message::{Code, Envelope};
