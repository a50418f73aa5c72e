//! Mutual exclusion in the lab: what is common to its protocols.

mod central;
mod ricart_agrawala;
mod visitors;

use canon::mutex::{Indication, Request};
use model::{NodeId, Random};
use spec::monitor::{MutualExclusion, Words};
use world::trace::{Causality, Trace};

pub use central::CentralLab;
pub use ricart_agrawala::RicartAgrawalaLab;
pub use visitors::Visitors;

/// The judge of every protocol with the interface of [`canon::mutex`].
pub(crate) type Judge = MutualExclusion<Request, Indication>;

pub(crate) fn judge() -> Judge {
    let (enter, entered) = (Request::Enter, Indication::Entered);
    MutualExclusion::new(Words { enter, entered, leave: Request::Leave, left: Indication::Left })
}

/// So many stays, each a request to enter and one to leave.
pub(crate) fn stays(count: usize) -> Vec<Request> {
    [Request::Enter, Request::Leave].repeat(count)
}

/// A request for drivers that have no clients: whichever makes sense is taken, the other is not.
pub(crate) fn either(_: NodeId, count: u64, _: &mut Random) -> Option<Request> {
    Some(if count.is_multiple_of(2) { Request::Enter } else { Request::Leave })
}

/// Message delays between a leave and the entry after it: the most of all in the trace.
pub(crate) fn handover(trace: &Trace) -> u32 {
    let order = Causality::of(trace);
    let when = |told: String| {
        let tells = |index: &usize| trace.events[*index].tells.contains(&told);
        (0..trace.events.len()).filter(tells).collect::<Vec<usize>>()
    };
    let left = when(Indication::Left.to_string());
    let entered = when(Indication::Entered.to_string());
    let pairs = left.iter().zip(entered.iter().skip(1));
    pairs.map(|(&left, &entered)| order.delays(entered) - order.delays(left)).max().unwrap_or(0)
}
