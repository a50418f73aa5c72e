//! Who uses mutual exclusion: at each node a visitor who asks, is let in, stays, leaves.

use std::collections::{BTreeMap, VecDeque};

use canon::mutex::{Indication, Request};
use model::{NodeId, NodeSet, Process};
use sim::{Clients, Operation, Plan, Workload, operation_random};
use world::Subject;
use world::timed::{MILLIS, News};

/// The longest stay, in nanoseconds of virtual time: longer than most messages take, so that
/// others come to wait, and short enough for dozens of stays in the time for settling.
const STAY: u64 = 50 * MILLIS;

/// How often each visitor asks again in the time in which promises have to come true, if it is let
/// in at once.
const VISITS: u64 = 20;

/// The visits after healing are numbered from here; operations of a plan are fewer.
const FIRST_RETURN: u64 = 1 << 32;

/// Visitors ask at the times of the plan, unless they are inside or wait already, and leave after
/// a drawn span. Once faults have healed, every node of the core asks again and again; each must
/// get in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visitors;

impl<S> Workload<S> for Visitors
where
    S: Subject<Process: Process<Request = Request, Indication = Indication>>,
{
    type Clients<'s>
        = Crowd
    where
        S: 's;

    fn clients(&self, _: &S, plan: &Plan) -> Crowd {
        Crowd {
            seed: plan.seed,
            nodes: plan.nodes,
            operations: plan.operations.iter().copied().collect(),
            pause: (plan.settle / VISITS).max(1),
            people: BTreeMap::new(),
            returns: BTreeMap::new(),
            visits: 0,
            core: None,
            admitted: NodeSet::EMPTY,
        }
    }
}

/// All visitors of one run.
pub struct Crowd {
    seed: u64,
    nodes: usize,
    operations: VecDeque<Operation>,
    /// From leaving to asking again, once faults have healed.
    pause: u64,
    /// Who has asked and has not been told that it left.
    people: BTreeMap<NodeId, Person>,
    /// When nodes ask again, once faults have healed.
    returns: BTreeMap<NodeId, u64>,
    visits: u64,
    core: Option<NodeSet>,
    /// Who has entered since faults healed.
    admitted: NodeSet,
}

/// A visitor on its way in or out.
struct Person {
    /// The number of the visit, which decides its length.
    count: u64,
    /// When it leaves; nothing before it is inside, and after it has asked to leave.
    leaves: Option<u64>,
}

impl Crowd {
    fn ask(&mut self, node: NodeId, count: u64) -> Option<(NodeId, Request)> {
        if self.people.contains_key(&node) {
            return None;
        }
        self.people.insert(node, Person { count, leaves: None });
        Some((node, Request::Enter))
    }

    fn leave(&mut self, now: u64) -> Option<(NodeId, Request)> {
        let is_due = |person: &Person| person.leaves.is_some_and(|at| at <= now);
        let (&node, person) = self.people.iter_mut().find(|(_, person)| is_due(person))?;
        person.leaves = None;
        Some((node, Request::Leave))
    }

    fn come_back(&mut self, now: u64) -> Option<(NodeId, Request)> {
        let (&node, _) = self.returns.iter().find(|(_, at)| **at <= now)?;
        self.returns.remove(&node);
        self.visits += 1;
        self.ask(node, FIRST_RETURN + self.visits)
    }
}

impl<P: Process<Request = Request, Indication = Indication>> Clients<P> for Crowd {
    fn next(&self) -> Option<u64> {
        let operation = self.operations.front().map(|operation| operation.at);
        let leave = self.people.values().filter_map(|person| person.leaves).min();
        let back = self.returns.values().copied().min();
        operation.into_iter().chain(leave).chain(back).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Request)> {
        if let Some(asked) = self.leave(now) {
            return Some(asked);
        }
        while let Some(operation) = self.operations.pop_front_if(|next| next.at <= now) {
            let node = NodeId(operation.client % self.nodes as u16);
            if up.contains(node)
                && let Some(asked) = self.ask(node, operation.count)
            {
                return Some(asked);
            }
        }
        self.come_back(now)
    }

    fn listens(&self) -> bool {
        true
    }

    fn hear(&mut self, now: u64, news: News<P>) {
        match news {
            News::Told(node, Indication::Entered) => {
                if let Some(person) = self.people.get_mut(&node) {
                    let stay = operation_random(self.seed, person.count).below(STAY);
                    person.leaves = Some(now + stay);
                }
                self.admitted.insert(node);
            }
            News::Told(node, Indication::Left) => {
                self.people.remove(&node);
                if self.core.is_some_and(|core| core.contains(node)) {
                    self.returns.insert(node, now + self.pause);
                }
            }
            News::Crashed(node) => {
                self.people.remove(&node);
            }
            News::Restarted(_) => {}
        }
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.core = Some(core);
        self.admitted = NodeSet::EMPTY;
        let idle = core.iter().filter(|node| !self.people.contains_key(node));
        self.returns = idle.map(|node| (node, now + self.pause)).collect();
    }

    fn settled(&self) -> Result<(), String> {
        let core = self.core.unwrap_or(NodeSet::EMPTY);
        match core.iter().find(|&node| !self.admitted.contains(node)) {
            None => Ok(()),
            Some(node) => Err(format!("{node} has not been let in since faults healed.")),
        }
    }
}
