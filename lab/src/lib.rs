//! One registry: a protocol joins the lab here, and every verb of the program works on it.
//!
//! A protocol joins by implementing [`Exhibit`] beside its [`Subject`](world::Subject), in a file
//! of its own, and by one line in [`REGISTRY`].

pub mod bare;
mod ben_or;
mod broadcast;
mod clock;
mod deadlock;
mod exhibit;
mod link;
mod mutex;
mod omega;
mod paxos;
mod phase_king;
mod raft;
mod registry;
pub mod snapshot;
mod store;
pub mod theory;
mod together;
mod two_generals;
mod verbs;
pub mod walk;

pub use ben_or::BenOrLab;
pub use broadcast::{Agreement, CausalLab, EagerLab, UniformLab};
pub use clock::VectorLab;
pub use deadlock::{Borrowers, ChandyMisraHaasAndLab};
pub use exhibit::{Card, Exhibit, Knob, Open, named, names, number};
pub use link::CausalLinkLab;
pub use mutex::{RicartAgrawalaLab, Visitors};
pub use omega::OmegaLab;
pub use paxos::PaxosLab;
pub use phase_king::PhaseKingLab;
pub use raft::{Judged, RaftLab};
pub use registry::{Check, Entry, REGISTRY, Runs, Settings, Sim, Source, Watch, canon, find};
pub use snapshot::ChandyLamportLab;
pub use store::{Store, StoreClients, StoreLab};
pub use together::{Crowd, TOGETHER, Together};
pub use two_generals::TwoGeneralsLab;
pub use verbs::Heard;
