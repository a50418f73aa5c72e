//! The real world: the drive loop, log, peers, clients, timers.
//!
//! A request's way: [`clients`] (bytes to a command) → [`drive`] (`request`, `flush`) → [`log`]
//! beside [`peers`] → [`drive`] (sync done, applied) → [`clients`] (a reply to bytes).

pub mod clients;
mod config;
pub mod drive;
mod error;
pub mod log;
pub mod peers;
mod serve;
mod status;

pub use config::{Config, Member};
pub use error::{Error, News};
pub use serve::serve;
pub use status::Status;
