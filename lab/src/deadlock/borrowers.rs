//! Who uses deadlock detection: at each node a borrower who now and then cannot go on without
//! others, and lends what it has when it can.

use std::collections::BTreeMap;

use canon::deadlock::{Indication, Request};
use model::{NodeId, NodeSet, Process};
use sim::{Clients, Plan, Workload, operation_random};
use world::Subject;
use world::timed::{MILLIS, News};

use crate::turns::Turns;

/// The longest that a borrower waits before it detects, and a lender before it grants, in
/// nanoseconds of virtual time: about as long as messages take, so that each overtakes the other.
const LONGEST: u64 = 50 * MILLIS;

/// Borrowers block on one node or two at the times of the plan, unless they are blocked, and detect
/// once after a drawn span: whoever closes a cycle detects it, so every cycle is detected. Who is
/// active grants what it was asked for, after a drawn span. Once faults have healed, every node of
/// the core goes on borrowing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Borrowers;

impl<S> Workload<S> for Borrowers
where
    S: Subject<Process: Process<Request = Request, Indication = Indication>>,
{
    type Clients<'s>
        = Market
    where
        S: 's;

    fn clients(&self, _: &S, plan: &Plan) -> Market {
        Market {
            seed: plan.seed,
            nodes: plan.nodes,
            turns: Turns::new(plan),
            loans: BTreeMap::new(),
            askers: BTreeMap::new(),
            errands: BTreeMap::new(),
        }
    }
}

/// All borrowers of one run.
pub struct Market {
    seed: u64,
    nodes: usize,
    turns: Turns,
    /// Who is blocked, with the number of the loan, which decides all that is drawn for it.
    loans: BTreeMap<NodeId, u64>,
    /// Whom each node owes a grant.
    askers: BTreeMap<NodeId, NodeSet>,
    /// What each node is to ask, and when.
    errands: BTreeMap<(u64, NodeId), Vec<Request>>,
}

impl Market {
    fn borrow(&mut self, now: u64, node: NodeId, count: u64) -> Option<(NodeId, Request)> {
        if self.nodes == 1 || self.loans.contains_key(&node) {
            return None;
        }
        self.loans.insert(node, count);
        let mut random = operation_random(self.seed, count);
        let mut other = || {
            let further = 1 + random.below(self.nodes as u64 - 1);
            NodeId(((u64::from(node.0) + further) % self.nodes as u64) as u16)
        };
        let (one, two) = (other(), other());
        let from = if random.chance(1, 2) { vec![one] } else { vec![one, two] };
        let at = now + random.below(LONGEST);
        self.errands.entry((at, node)).or_default().push(Request::Detect);
        Some((node, Request::Block(from.into_iter().collect())))
    }

    /// The node grants what it owes, each after a span of its own.
    fn lend(&mut self, now: u64, node: NodeId, to: NodeSet) {
        for asker in to.iter() {
            let loan = self.loans.get(&asker).copied().unwrap_or(0);
            let draw = loan ^ u64::from(node.0) << 48;
            let at = now + operation_random(self.seed, draw).below(LONGEST);
            self.errands.entry((at, node)).or_default().push(Request::Grant(asker));
        }
    }

    /// What is due. A node that is blocked by now is asked to grant all the same: it must not, and
    /// is asked again when it goes on.
    fn errand(&mut self, now: u64) -> Option<(NodeId, Request)> {
        loop {
            let mut due = self.errands.first_entry().filter(|entry| entry.key().0 <= now)?;
            let (_, node) = *due.key();
            if let Some(request) = due.get_mut().pop() {
                return Some((node, request));
            }
            due.remove();
        }
    }

    fn told(&mut self, now: u64, node: NodeId, indication: Indication) {
        match indication {
            Indication::Asked(asker) => {
                self.askers.entry(node).or_default().insert(asker);
                if !self.loans.contains_key(&node) {
                    self.lend(now, node, NodeSet::from_iter([asker]));
                }
            }
            Indication::Granted(asker) => {
                self.askers.entry(node).or_default().remove(asker);
            }
            Indication::Active => {
                self.loans.remove(&node);
                let owed = self.askers.get(&node).copied().unwrap_or(NodeSet::EMPTY);
                self.lend(now, node, owed);
                self.turns.served(now, node);
            }
            Indication::Blocked(_) | Indication::Deadlock => {}
        }
    }
}

impl<P: Process<Request = Request, Indication = Indication>> Clients<P> for Market {
    fn next(&self) -> Option<u64> {
        let errand = self.errands.keys().next().map(|(at, _)| *at);
        errand.into_iter().chain(self.turns.next()).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Request)> {
        if let Some(asked) = self.errand(now) {
            return Some(asked);
        }
        while let Some((node, count)) = self.turns.take(now, up) {
            if let Some(asked) = self.borrow(now, node, count) {
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
            News::Told(node, indication) => self.told(now, node, indication),
            News::Crashed(node) => {
                self.loans.remove(&node);
                self.askers.remove(&node);
            }
            News::Restarted(_) => {}
        }
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.turns.healed(now, core, core.iter());
    }
}
