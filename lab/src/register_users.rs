//! Users of a register whose whole history is judged at the end of a run: a second judge beside
//! the monitor, which may go blind.

use std::collections::BTreeMap;
use std::time::Instant;

use canon::register::{Indication, Request};
use model::{NodeId, NodeSet};
use sim::{Clients, Judgement, Plan, Workload};
use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{Limits, Model, Recorder, Verdict, check};
use world::timed::News;

use crate::abd::AbdLab;
use crate::closed::{OneByOne, Users};

/// The work that judging one run's history may take. A unit is some 0.2 µs and visits one
/// configuration of 40 bytes at the most, so this is two seconds and 400 MB. The hardest of 400
/// runs of the store and 600 of ABD took 4,096 units at the most.
pub(crate) const JUDGED_WITHIN: u64 = 10_000_000;

/// One user a node, one operation at a time, each written down.
#[derive(Clone, Copy, Debug)]
pub struct RegisterUsers {
    /// The work that judging a history may take, as in [`Limits::work`].
    pub work: u64,
}

impl Default for RegisterUsers {
    fn default() -> Self {
        RegisterUsers { work: JUDGED_WITHIN }
    }
}

impl Workload<AbdLab> for RegisterUsers {
    type Clients<'s> = Recorded<'s>;

    fn clients<'s>(&self, subject: &'s AbdLab, plan: &Plan) -> Recorded<'s> {
        Recorded {
            work: self.work,
            users: OneByOne.clients(subject, plan),
            recorder: Recorder::new(),
            open: BTreeMap::new(),
            operations: 0,
            at: 0,
        }
    }
}

/// The users of one run, and what they were told.
pub struct Recorded<'s> {
    work: u64,
    users: Users<'s, AbdLab>,
    recorder: Recorder<RegisterInput, RegisterOutput>,
    /// The number of the operation that is under way at each node.
    open: BTreeMap<NodeId, u64>,
    operations: u64,
    /// Positions of the history.
    at: u64,
}

impl Clients<<AbdLab as world::Subject>::Process> for Recorded<'_> {
    fn next(&self) -> Option<u64> {
        self.users.next()
    }

    fn act(&mut self, now: u64, up: NodeSet) -> Option<(NodeId, Request<u64>)> {
        let (node, request) = self.users.act(now, up)?;
        self.at += 1;
        self.operations += 1;
        let input = match &request {
            Request::Read => RegisterInput::Read,
            Request::Write(value) => RegisterInput::Write(Some(*value as i64)),
        };
        self.recorder.invoke(self.at, self.operations, input).expect("each number is used once");
        self.open.insert(node, self.operations);
        Some((node, request))
    }

    fn listens(&self) -> bool {
        true
    }

    fn hear(&mut self, now: u64, news: News<<AbdLab as world::Subject>::Process>) {
        if let News::Told(node, told) = &news
            && let Some(operation) = self.open.remove(node)
        {
            let output = match told {
                Indication::ReadReturns(value) => {
                    RegisterOutput::Value(value.map(|value| value as i64))
                }
                Indication::WriteReturns => RegisterOutput::Written,
            };
            self.at += 1;
            self.recorder.ok(self.at, operation, output).expect("it is under way");
        }
        // What a crash cut off stays without an end: it may take effect at any time, or never.
        if let News::Crashed(node) = &news {
            self.open.remove(node);
        }
        self.users.hear(now, news);
    }

    fn healed(&mut self, now: u64, core: NodeSet) {
        self.users.healed(now, core);
    }

    fn judge(&self) -> Judgement {
        linearizable(&Register, &self.recorder, self.work)
    }
}

/// Judges a whole history, with no more than this work: equal histories are judged alike, however
/// slow the machine.
pub(crate) fn linearizable<M: Model>(
    model: &M,
    recorder: &Recorder<M::Input, M::Output>,
    work: u64,
) -> Judgement {
    match verdict(model, recorder, work) {
        Verdict::Linearizable { .. } => Judgement::Holds,
        Verdict::NotLinearizable { explanation } => Judgement::Violated(format!(
            "The history is not linearizable. {}",
            explanation.join(" ")
        )),
        Verdict::Unknown { covered, .. } => Judgement::Undecided(covered),
    }
}

/// As [`linearizable`], in the words of the checker.
pub(crate) fn verdict<M: Model>(
    model: &M,
    recorder: &Recorder<M::Input, M::Output>,
    work: u64,
) -> Verdict {
    let limits = Limits { time: None, work: Some(work), ..Limits::default() };
    check(model, &recorder.clone().finish(), &limits, Instant::now()).verdict
}
