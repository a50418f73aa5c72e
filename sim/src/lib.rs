//! Many long random runs: swarm configurations, workloads, shrinking.
//!
//! A run is a [`Plan`], drawn from a seed and then data: what clients do, what goes wrong, and
//! when. Faults strike while safety is judged at every step; then they heal, a core of nodes is
//! left, and it must keep its promises. A [`campaign`] makes many runs, and shrinks the first that
//! fails.

mod campaign;
mod members;
mod plan;
mod retell;
mod run;
mod shrink;
mod workload;

pub use campaign::{Campaign, Mark, Progress, Report, campaign};
pub use plan::{Operation, Plan, Scale, Strike};
pub use run::{Options, Outcome, draw, perform, run};
pub use shrink::{Events, Failure, Variant, shrink};
pub use workload::{Clients, Judgement, OpenClients, OpenLoop, Probes, Workload};
pub use world::operation_random;
