//! Who uses mutual exclusion: at each node a visitor who asks, is let in, stays, leaves.

use std::collections::BTreeMap;

use canon::mutex::{Indication, Request};
use model::{NodeId, NodeSet, Process};
use sim::{Clients, Plan, Workload, operation_random};
use world::Subject;
use world::timed::{MILLIS, News};

use crate::turns::Turns;

/// The longest stay, in nanoseconds of virtual time: longer than most messages take, so that
/// others come to wait, and short enough for dozens of stays in the time for settling.
const STAY: u64 = 50 * MILLIS;

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
            turns: Turns::new(plan),
            people: BTreeMap::new(),
            admitted: NodeSet::EMPTY,
        }
    }
}

/// All visitors of one run.
pub struct Crowd {
    seed: u64,
    turns: Turns,
    /// Who has asked and has not been told that it left.
    people: BTreeMap<NodeId, Person>,
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
}

impl<P: Process<Request = Request, Indication = Indication>> Clients<P> for Crowd {
    fn next(&self) -> Option<u64> {
        let leave = self.people.values().filter_map(|person| person.leaves);
        leave.chain(self.turns.next()).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Request)> {
        if let Some(asked) = self.leave(now) {
            return Some(asked);
        }
        while let Some((node, count)) = self.turns.take(now, up) {
            if let Some(asked) = self.ask(node, count) {
                return Some(asked);
            }
        }
        None
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
                self.turns.served(now, node);
            }
            News::Crashed(node) => {
                self.people.remove(&node);
            }
            News::Restarted(_) => {}
        }
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.admitted = NodeSet::EMPTY;
        let idle = core.iter().filter(|node| !self.people.contains_key(node));
        self.turns.healed(now, core, idle);
    }

    fn settled(&self) -> Result<(), String> {
        match self.turns.core().iter().find(|&node| !self.admitted.contains(node)) {
            None => Ok(()),
            Some(node) => Err(format!("{node} has not been let in since faults healed.")),
        }
    }
}
