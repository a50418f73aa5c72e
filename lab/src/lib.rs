//! One registry: a protocol joins the lab here, and every verb of the program works on it.
//!
//! A protocol joins by implementing [`Exhibit`] beside its [`Subject`](world::Subject), in a file
//! of its own, and by one line in [`REGISTRY`].

mod abd;
pub mod bare;
mod ben_or;
mod broadcast;
pub mod cap;
mod clock;
mod closed;
mod deadlock;
mod deterministic;
mod exhibit;
pub mod flp;
mod increasing_timeout;
mod link;
mod mutex;
mod omega;
mod paxos;
mod perfect_link;
mod phase_king;
mod raft;
mod register_users;
mod registry;
pub mod snapshot;
mod store;
pub mod theory;
mod together;
mod turns;
mod two_generals;
mod verbs;
pub mod walk;

pub use abd::{AbdLab, Register, Writers};
pub use ben_or::BenOrLab;
pub use broadcast::{Agreement, BatchedLab, Broadcasters, CausalLab, EagerLab, UniformLab};
pub use clock::VectorLab;
pub use closed::{OneByOne, Users};
pub use deadlock::{Borrowers, ChandyMisraHaasAndLab};
pub use deterministic::DeterministicLab;
pub use exhibit::{Card, Dial, Exhibit, Knob, Open};
pub use increasing_timeout::IncreasingTimeoutLab;
pub use link::CausalLinkLab;
pub use mutex::{CentralLab, RicartAgrawalaLab, Visitors};
pub use omega::OmegaLab;
pub use paxos::PaxosLab;
pub use perfect_link::PerfectLinkLab;
pub use phase_king::PhaseKingLab;
pub use raft::{Judged, RaftLab};
pub use register_users::{Recorded, RegisterUsers};
pub use registry::{Check, Entry, REGISTRY, Runs, Settings, Sim, Source, Watch, canon, find};
pub use snapshot::ChandyLamportLab;
pub use store::{Store, StoreClients, StoreLab};
pub use together::{Crowd, TOGETHER, Together};
pub use two_generals::{TwoGeneralsLab, disagreement};
pub use verbs::Heard;
