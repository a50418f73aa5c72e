//! One registry: a protocol joins the lab here, and every verb of the program works on it.

mod omega;
mod raft;
mod registry;
mod store;

pub use omega::OmegaLab;
pub use raft::{Judged, RaftLab};
pub use registry::{Check, Entry, REGISTRY, Sim, Watch, canon, find};
pub use store::{Store, StoreClients, StoreLab};
