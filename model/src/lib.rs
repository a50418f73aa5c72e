//! What a protocol is.
//!
//! A protocol is a [`Process`]: a deterministic state machine whose handlers say what should
//! happen through [`Out`]. A [`Host`] keeps the rules that every driver of a process follows, so
//! the server, the simulator and the checker run the very same node.
#![no_std]
extern crate alloc;

mod host;
mod named;
mod nodes;
pub mod order;
mod out;
mod process;
mod random;
mod time;
mod value;

pub use host::{Event, Host, Outside};
pub use named::{Named, write_hyphenated};
pub use nodes::{ByNode, NodeSet};
pub use out::{Choices, Effect, Indications, Out};
pub use process::Process;
pub use random::{Fingerprint, Random};
pub use time::Moment;
pub use value::{Never, NodeId, Value};
