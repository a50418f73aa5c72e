//! Who uses the protocol in a run.

use std::collections::VecDeque;

use model::{NodeId, NodeSet, Process};
use world::story::Heard;
use world::timed::News;
use world::{Subject, operation_random};

use crate::plan::{Operation, Plan};

/// What a judge says of the history of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub enum Judgement {
    /// It keeps the promise to clients.
    Holds,
    /// It does not: what contradicts the promise, as a sentence.
    Violated(String),
    /// It was too hard to judge: how far the judge came, as a phrase. That is no fault of the
    /// protocol's. Judges must not depend on the clock, so that a seed always has one outcome.
    Undecided(String),
}

/// The clients of one run. Times are virtual, in nanoseconds.
///
/// Clients are a part of the run, so they must be deterministic: whatever they draw comes from the
/// plan's seed and the number of the operation at hand, never from how many operations went
/// before, so that shrinking can take operations away.
pub trait Clients<P: Process> {
    /// When the clients next want to [`act`](Clients::act), if nothing happens before.
    fn next(&self) -> Option<u64>;

    /// It is time: what is asked now, and where. Called again until it asks nothing; if
    /// [`next`](Clients::next) then does not lie in the future, the next call comes a millisecond
    /// later.
    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, P::Request)>;

    /// Whether [`hear`](Clients::hear) is to be called at all: worlds are faster without.
    fn listens(&self) -> bool {
        false
    }

    /// A node told something, crashed or came back.
    fn hear(&mut self, now: u64, news: News<P>) {
        let _ = (now, news);
    }

    /// Faults have healed, and `core` is who is left. From now until the run ends, clients should
    /// go on trying something, operations or not: promises are about those who ask. In the last
    /// tenth of the span for settling they are not called to [`act`](Clients::act).
    fn healed(&mut self, now: u64, core: NodeSet) {
        let _ = (now, core);
    }

    /// Judges the history of the whole run, at its end.
    fn judge(&self) -> Judgement {
        Judgement::Holds
    }

    /// Judges whether clients got through, some time after faults healed.
    ///
    /// # Errors
    /// Who did not, as a sentence.
    fn settled(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A way of using a subject.
pub trait Workload<S: Subject>: Sync {
    /// Its clients.
    type Clients<'s>: Clients<S::Process>
    where
        S: 's;

    /// The clients of one run.
    fn clients<'s>(&self, subject: &'s S, plan: &Plan) -> Self::Clients<'s>;

    /// Judges what clients asked and were told in a run that somebody drove by hand, as
    /// [`Clients::judge`] does for a run of theirs. Needed only by workloads whose clients judge.
    fn judge(&self, subject: &S, heard: &[(u64, Heard<S::Process>)]) -> Judgement {
        let _ = (subject, heard);
        Judgement::Holds
    }
}

/// Requests at the times of the plan, whatever comes of earlier ones: each operation asks its node
/// for what [`Subject::request`] draws.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenLoop;

impl<S: Subject> Workload<S> for OpenLoop {
    type Clients<'s>
        = OpenClients<'s, S>
    where
        S: 's;

    fn clients<'s>(&self, subject: &'s S, plan: &Plan) -> OpenClients<'s, S> {
        OpenClients {
            subject,
            seed: plan.seed,
            nodes: plan.nodes,
            operations: plan.operations.iter().copied().collect(),
            probes: None,
            settle: plan.settle,
        }
    }
}

/// The clients of [`OpenLoop`].
pub struct OpenClients<'s, S> {
    subject: &'s S,
    seed: u64,
    nodes: usize,
    operations: VecDeque<Operation>,
    /// Once faults have healed: every correct node is asked something now and then.
    probes: Option<Probes>,
    settle: u64,
}

/// Once faults have healed: every node of the core is asked something now and then.
pub struct Probes {
    core: NodeSet,
    /// The nodes that are still to be asked in this round.
    left: NodeSet,
    count: u64,
    next: u64,
    pause: u64,
}

impl Probes {
    /// Operations of a plan are numbered from 0 and are fewer; probes are numbered behind this.
    pub const FIRST: u64 = 1 << 32;

    /// Rounds of probes in the time in which promises have to come true.
    const ROUNDS: u64 = 20;

    /// Probes from `now` on, when faults have healed; promises come true within `settle`.
    pub fn new(now: u64, core: NodeSet, settle: u64) -> Probes {
        let pause = (settle / Probes::ROUNDS).max(1);
        Probes { core, left: core, count: Probes::FIRST, next: now + pause, pause }
    }

    /// Who is asked.
    pub fn core(&self) -> NodeSet {
        self.core
    }

    /// When the next round is due.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The next probe of a round that is due: where, and its number.
    pub fn due(&mut self, now: u64) -> Option<(NodeId, u64)> {
        if now < self.next {
            return None;
        }
        let Some(node) = self.left.iter().next() else {
            (self.left, self.next) = (self.core, now + self.pause);
            return None;
        };
        self.left.remove(node);
        self.count += 1;
        Some((node, self.count))
    }
}

impl<S: Subject> OpenClients<'_, S> {
    fn draw(&self, node: NodeId, count: u64) -> Option<<S::Process as Process>::Request> {
        self.subject.request(node, count, &mut operation_random(self.seed, count))
    }
}

impl<S: Subject> Clients<S::Process> for OpenClients<'_, S> {
    fn next(&self) -> Option<u64> {
        let operation = self.operations.front().map(|operation| operation.at);
        let probe = self.probes.as_ref().map(Probes::next);
        operation.into_iter().chain(probe).min()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, <S::Process as Process>::Request)> {
        while let Some(operation) = self.operations.pop_front_if(|next| next.at <= now) {
            let node = NodeId(operation.client % self.nodes as u16);
            if up.contains(node)
                && let Some(request) = self.draw(node, operation.count)
            {
                return Some((node, request));
            }
        }
        while let Some((node, count)) = self.probes.as_mut()?.due(now) {
            if let Some(request) = self.draw(node, count) {
                return Some((node, request));
            }
        }
        None
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.probes = Some(Probes::new(now, core, self.settle));
    }
}
