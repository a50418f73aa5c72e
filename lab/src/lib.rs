//! One registry: a protocol joins the lab here, and every verb of the program works on it.
//!
//! A protocol joins by implementing [`Exhibit`] beside its [`Subject`](world::Subject), in a file
//! of its own, and by one line in [`REGISTRY`].

mod abstract_specs;
pub mod bare;
mod broadcast;
mod clock;
mod exhibit;
mod link;
mod omega;
mod raft;
mod registry;
mod store;
pub mod theory;
mod verbs;
pub mod walk;

pub use broadcast::{Agreement, CausalLab, EagerLab, UniformLab};
pub use clock::VectorLab;
pub use exhibit::{Abstract, Card, Exhibit, Knob, Open, named, names, number};
pub use link::CausalLinkLab;
pub use omega::OmegaLab;
pub use raft::{Judged, RaftLab};
pub use registry::{Check, Entry, REGISTRY, Runs, Settings, Sim, Source, Watch, canon, find};
pub use store::{Store, StoreClients, StoreLab};
pub use verbs::Heard;
