//! Users who all ask at one time, at the beginning: rounds in lock-step begin with what every node
//! was asked.

use model::{NodeId, NodeSet, Process};
use sim::{Clients, Plan, Workload, operation_random};
use world::Subject;
use world::timed::MILLIS;

/// Every node is asked once, as soon as all have started; what it is asked is drawn by
/// [`Subject::request`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Together;

/// When all are asked, in nanoseconds: nodes start within a millisecond.
pub const TOGETHER: u64 = 2 * MILLIS;

/// The clients of [`Together`].
pub struct Crowd<P: Process> {
    /// Who is still to be asked what.
    left: Vec<(NodeId, P::Request)>,
}

impl<S: Subject> Workload<S> for Together {
    type Clients<'s>
        = Crowd<S::Process>
    where
        S: 's;

    fn clients(&self, subject: &S, plan: &Plan) -> Crowd<S::Process> {
        let draw = |node: NodeId| {
            let count = u64::from(node.0);
            let random = &mut operation_random(plan.seed, count);
            subject.request(node, count, random).map(|request| (node, request))
        };
        Crowd { left: NodeId::first(plan.nodes).rev().filter_map(draw).collect() }
    }
}

impl<P: Process> Clients<P> for Crowd<P> {
    fn next(&self) -> Option<u64> {
        (!self.left.is_empty()).then_some(TOGETHER)
    }

    fn act(&mut self, now: u64, _: NodeSet) -> Option<(NodeId, P::Request)> {
        if now < TOGETHER { None } else { self.left.pop() }
    }
}
