//! One registry: a protocol joins the lab here, and every verb of the program works on it.
//!
//! A protocol joins by implementing [`Exhibit`] beside its [`Subject`](world::Subject), in a file
//! of its own, and by one line in [`REGISTRY`].

pub mod bare;
mod broadcast;
mod clock;
mod deadlock;
mod exhibit;
mod link;
mod mutex;
mod omega;
mod raft;
mod registry;
pub mod snapshot;
mod store;
pub mod theory;
mod verbs;
pub mod walk;

pub use broadcast::{Agreement, CausalLab, EagerLab, UniformLab};
pub use clock::VectorLab;
pub use deadlock::{Borrowers, ChandyMisraHaasAndLab};
pub use exhibit::{Card, Exhibit, Knob, Open, named, names, number};
pub use link::CausalLinkLab;
pub use mutex::{RicartAgrawalaLab, Visitors};
pub use omega::OmegaLab;
pub use raft::{Judged, RaftLab};
pub use registry::{Check, Entry, REGISTRY, Runs, Settings, Sim, Source, Watch, canon, find};
pub use snapshot::ChandyLamportLab;
pub use store::{Store, StoreClients, StoreLab};
pub use verbs::Heard;
