//! Users of a register whose whole history is judged at the end of a run: a second judge beside
//! the monitor, which may go blind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use canon::register::{Indication, Request};
use model::{NodeId, NodeSet};
use sim::{Clients, Plan, Workload};
use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{Limits, Model, Recorder, Verdict, check};
use world::timed::News;

use crate::abd::AbdLab;
use crate::closed::{OneByOne, Users};

/// What judging one run's history may take; a run has some hundred operations a key.
const JUDGED_WITHIN: Duration = Duration::from_secs(20);

/// One user a node, one operation at a time, each written down.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegisterUsers;

impl Workload<AbdLab> for RegisterUsers {
    type Clients<'s> = Recorded<'s>;

    fn clients<'s>(&self, subject: &'s AbdLab, plan: &Plan) -> Recorded<'s> {
        Recorded {
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

    fn judge(&self) -> Result<(), String> {
        linearizable(&Register, &self.recorder)
    }
}

/// Judges a whole history.
///
/// # Errors
/// Why it is not linearizable; or what was judged of it, if time was too short for the rest.
pub(crate) fn linearizable<M: Model>(
    model: &M,
    recorder: &Recorder<M::Input, M::Output>,
) -> Result<(), String> {
    let history = recorder.clone().finish();
    let limits = Limits { time: Some(JUDGED_WITHIN), ..Limits::default() };
    match check(model, &history, &limits, Instant::now()).verdict {
        Verdict::Linearizable { .. } => Ok(()),
        Verdict::NotLinearizable { explanation } => {
            Err(format!("The history is not linearizable. {}", explanation.join(" ")))
        }
        Verdict::Unknown { covered, .. } => {
            Err(format!("The history could not be judged in time: {covered}"))
        }
    }
}
