//! The sequential specifications that come with the checker.

mod kv;
mod register;

pub use kv::{Kv, KvInput, KvOutput, KvState};
pub use register::{Register, RegisterInput, RegisterOutput};
