//! Interface monitors: what a protocol promises to the layer above, judged from outside.

mod attack;
mod broadcast;
mod causal;
mod causal_delivery;
mod clock;
mod consensus;
mod conservation;
mod detector;
mod leader;
mod linearizable;
mod link;
mod mutual_exclusion;
mod total_order;
mod waits_for;

use core::fmt::Debug;
use core::hash::Hash;

use model::{NodeId, NodeSet, Process};

pub use attack::CoordinatedAttack;
pub use broadcast::ReliableBroadcast;
pub use causal::CausalBroadcast;
pub use causal_delivery::CausalDelivery;
pub use clock::CausalStamps;
pub use consensus::Consensus;
pub use conservation::Conservation;
pub use detector::EventuallyPerfect;
pub use leader::EventualLeader;
pub use linearizable::{Linearizable, Object};
pub use link::PerfectLinks;
pub use mutual_exclusion::{MutualExclusion, Words};
pub use total_order::TotalOrder;
pub use waits_for::WaitsFor;

/// Sees the requests, indications and crashes of every node, and nothing else. Safety is judged
/// at every step, liveness by [`settled`](Monitor::settled) when faults have healed. A violation
/// is a sentence that names the facts that contradict each other.
///
/// A monitor is a part of the explored state, so it keeps no more than it needs, and forgets what
/// can no longer matter.
pub trait Monitor<P: Process>: Clone + Eq + Hash + Debug {
    /// The layer above asked something at `node`.
    fn requested(&mut self, node: NodeId, request: &P::Request) {
        let _ = (node, request);
    }

    /// `node` told the layer above something.
    fn indicated(&mut self, node: NodeId, indication: &P::Indication) -> Result<(), String>;

    /// What is promised, as a name and a sentence without its full stop, that `node` would break by
    /// telling this now. Asked only of what [`indicated`](Monitor::indicated) refuses.
    fn promise(&self, node: NodeId, indication: &P::Indication) -> Option<&'static str> {
        let _ = (node, indication);
        None
    }

    /// `node` lost its volatile state; if it restarts, it begins anew.
    fn crashed(&mut self, node: NodeId) {
        let _ = node;
    }

    /// `node` is Byzantine from the beginning: it is promised nothing, and what it tells is not
    /// heard.
    fn faulty(&mut self, node: NodeId) {
        let _ = node;
    }

    /// Faults have just healed: what is promised of the time after them counts from now.
    fn healed(&mut self) {}

    /// Faults have healed and `correct` nodes have run undisturbed for long enough: is everything
    /// there that was promised to come?
    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        let _ = correct;
        Ok(())
    }
}
