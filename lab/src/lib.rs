//! One registry: a protocol joins the lab here, and every verb of the program works on it.
//!
//! A protocol joins by implementing [`Exhibit`] beside its [`Subject`](world::Subject), in a file
//! of its own, and by one line in [`REGISTRY`].

mod abd;
mod abstract_specs;
pub mod bare;
pub mod cap;
mod closed;
mod exhibit;
pub mod flp;
mod increasing_timeout;
mod omega;
mod perfect_link;
mod raft;
mod register_users;
mod registry;
mod store;
pub mod theory;
mod verbs;
pub mod walk;

pub use abd::{AbdLab, Register, Writers};
pub use closed::{OneByOne, Users};
pub use exhibit::{Abstract, Card, Exhibit, Knob, Open, named, names, number};
pub use increasing_timeout::IncreasingTimeoutLab;
pub use omega::OmegaLab;
pub use perfect_link::PerfectLinkLab;
pub use raft::{Judged, RaftLab};
pub use register_users::{Recorded, RegisterUsers};
pub use registry::{Check, Entry, REGISTRY, Runs, Settings, Sim, Source, Watch, canon, find};
pub use store::{Store, StoreClients, StoreLab};
pub use verbs::Heard;
