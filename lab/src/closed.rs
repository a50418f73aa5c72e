//! Users that wait: at each node one operation at a time, until it returns.

use std::collections::{BTreeMap, VecDeque};

use model::{NodeId, NodeSet, Process};
use sim::{Clients, Operation, Plan, Probes, Workload, operation_random};
use world::Subject;
use world::timed::News;

/// One user a node, who asks for what [`Subject::request`] draws and waits for the answer. Every
/// indication of a node is the answer to what was asked there.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneByOne;

impl<S: Subject> Workload<S> for OneByOne {
    type Clients<'s>
        = Users<'s, S>
    where
        S: 's;

    fn clients<'s>(&self, subject: &'s S, plan: &Plan) -> Users<'s, S> {
        let mut waiting: BTreeMap<NodeId, VecDeque<Operation>> = BTreeMap::new();
        for operation in &plan.operations {
            let node = NodeId(operation.client % plan.nodes as u16);
            waiting.entry(node).or_default().push_back(*operation);
        }
        Users {
            subject,
            seed: plan.seed,
            settle: plan.settle,
            waiting,
            busy: NodeSet::EMPTY,
            probes: None,
        }
    }
}

/// The users of one run.
pub struct Users<'s, S> {
    subject: &'s S,
    seed: u64,
    settle: u64,
    /// What is still to be asked at each node, by time.
    waiting: BTreeMap<NodeId, VecDeque<Operation>>,
    /// The nodes whose user waits for an answer.
    busy: NodeSet,
    /// Once faults have healed.
    probes: Option<Probes>,
}

/// What the operation of this number asks.
fn draw<S: Subject>(
    subject: &S,
    seed: u64,
    node: NodeId,
    count: u64,
) -> Option<<S::Process as Process>::Request> {
    subject.request(node, count, &mut operation_random(seed, count))
}

impl<S: Subject> Users<'_, S> {
    fn probe(&mut self, now: u64) -> Option<(NodeId, <S::Process as Process>::Request)> {
        while let Some((node, count)) = self.probes.as_mut()?.due(now) {
            if !self.busy.contains(node)
                && let Some(request) = draw(self.subject, self.seed, node, count)
            {
                self.busy.insert(node);
                return Some((node, request));
            }
        }
        None
    }
}

impl<S: Subject> Clients<S::Process> for Users<'_, S> {
    fn next(&self) -> Option<u64> {
        let free = self.waiting.iter().filter(|(node, _)| !self.busy.contains(**node));
        let operations = free.filter_map(|(_, list)| list.front()).map(|operation| operation.at);
        operations.chain(self.probes.as_ref().map(Probes::next)).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, <S::Process as Process>::Request)> {
        let nodes: Vec<NodeId> = self.waiting.keys().copied().collect();
        for node in nodes.into_iter().filter(|&node| !self.busy.contains(node)) {
            let list = self.waiting.get_mut(&node).expect("it is one of the keys");
            while let Some(operation) = list.pop_front_if(|next| next.at <= now) {
                // Nobody hears a user whose node is down.
                if up.contains(node)
                    && let Some(request) = draw(self.subject, self.seed, node, operation.count)
                {
                    self.busy.insert(node);
                    return Some((node, request));
                }
            }
        }
        self.probe(now)
    }

    fn listens(&self) -> bool {
        true
    }

    fn hear(&mut self, _: u64, news: News<S::Process>) {
        match news {
            News::Told(node, _) | News::Crashed(node) => {
                self.busy.remove(node);
            }
            News::Restarted(_) => {}
        }
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        // What the plan still wanted belongs to the time before: now there are probes alone.
        self.waiting.clear();
        self.probes = Some(Probes::new(now, core, self.settle));
    }
}
