//! One run: faults, then healing, then judgement.

use serde::{Deserialize, Serialize};
use world::timed::{Climate, Fault, MILLIS, Notes, Stop, Tally, World};
use world::trace::Trace;
use world::{Failures, Subject, SystemModel, Violation};

use crate::plan::{Plan, Scale, Strike};
use crate::workload::{Clients, Judgement, Workload};

/// How often the span for settling is granted before a promise is called broken. Most runs settle
/// in the first; a false alarm costs a person's hour, and the others only failing runs.
const PATIENCE: u64 = 5;

/// The last part of the span for settling, as a fraction of it, in which nobody asks any more:
/// what was asked just before judgement cannot have been answered.
const QUIET: u64 = 10;

/// How runs are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long, and how much happens.
    pub scale: Scale,
    /// Invariants are judged after every so many wakes of nodes: they cost more than steps do. Runs
    /// that are shrunk judge after every one.
    pub judge_every: u32,
    /// Simulate in this model instead of the one that the subject claims.
    pub model: Option<SystemModel>,
    /// How many events of a failing run are kept.
    pub trace: usize,
    /// The most runs that shrinking makes.
    pub shrink_runs: u64,
    /// The longest that shrinking takes, in milliseconds of real time.
    pub shrink_millis: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            scale: Scale::default(),
            model: None,
            judge_every: 16,
            trace: 60,
            shrink_runs: 2_000,
            shrink_millis: 20_000,
        }
    }
}

/// What came of one run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The seed of its plan.
    pub seed: u64,
    /// What it broke.
    pub violation: Option<Violation>,
    /// If the history of its clients was too hard to judge, how far the judge came. That breaks
    /// nothing.
    #[serde(default)]
    pub undecided: Option<String>,
    /// When it ended, in virtual nanoseconds: with the violation, or settled.
    pub ended: u64,
    /// A hash of everything that happened.
    pub hash: u64,
    /// Events that processes took; flushes are not counted.
    pub events: u64,
    /// How often faults really happened.
    pub tally: Tally,
    /// Which of the subject's `sometimes` were seen.
    pub seen: Vec<bool>,
    /// The last events of the run, if a record was wished.
    pub trace: Option<Trace>,
}

/// Draws the plan of a seed and performs it.
pub fn run<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    seed: u64,
    options: &Options,
) -> Outcome {
    let plan = draw(subject, seed, options);
    perform(subject, workload, &plan, options.judge_every, 0)
}

/// The plan of a seed.
pub fn draw<S: Subject>(subject: &S, seed: u64, options: &Options) -> Plan {
    Plan::draw(seed, subject.nodes(), &failures(subject, options), &options.scale)
}

/// What may go wrong in a run that is made with these options.
pub(crate) fn failures<S: Subject>(subject: &S, options: &Options) -> Failures {
    match &options.model {
        Some(model) => model.failures(),
        None => subject.failures(),
    }
}

/// Performs a plan. Invariants are judged after every `judge_every` wakes; the last `trace` events
/// of a record are kept. Equal arguments give equal outcomes.
///
/// # Panics
/// The plan is for another number of nodes than the subject has.
pub fn perform<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    plan: &Plan,
    judge_every: u32,
    trace: usize,
) -> Outcome {
    play(subject, workload, plan, judge_every, trace, false).0
}

/// As [`perform`]; with `notes` also what happened, as steps of a story.
pub(crate) fn play<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    plan: &Plan,
    judge_every: u32,
    trace: usize,
    notes: bool,
) -> (Outcome, Notes<S::Process>) {
    assert_eq!(plan.nodes, subject.nodes(), "A plan is performed with its own number of nodes.");
    let mut world = World::new(subject, plan.seed, plan.climate.clone(), judge_every, trace);
    if notes {
        world.take_notes();
    }
    if plan.faults.iter().any(|strike| matches!(strike.fault, Fault::Forget { .. })) {
        world.keep_logs();
    }
    world.betray(plan.seed, plan.traitors);
    let clients = workload.clients(subject, plan);
    let mut course = Course { world, clients, faults: &plan.faults, acted_at: None };
    if course.clients.listens() {
        course.world.listen();
    }
    course.until(plan.heal);
    let (violation, undecided) = course.finish(plan);
    let world = course.world;
    let outcome = Outcome {
        seed: plan.seed,
        violation,
        undecided,
        ended: world.now(),
        hash: world.hash(),
        events: world.events(),
        tally: *world.tally(),
        seen: world.seen(),
        trace: world.trace(),
    };
    (outcome, world.notes().unwrap_or_default())
}

struct Course<'p, S: Subject, C> {
    world: World<'p, S>,
    clients: C,
    /// The faults that are still to strike.
    faults: &'p [Strike],
    /// When the clients last acted. Whoever then asked nothing, though it was time, is asked again
    /// a millisecond later.
    acted_at: Option<u64>,
}

impl<S: Subject, C: Clients<S::Process>> Course<'_, S, C> {
    /// Lets world, faults and clients run until this time, unless something breaks.
    fn until(&mut self, end: u64) {
        loop {
            let fault = self.faults.first().map(|strike| strike.at);
            let client = self.client_next();
            let next = fault.into_iter().chain(client).fold(end, u64::min);
            let stop = self.world.run(next.max(self.world.now()));
            self.listen();
            if stop == Stop::Violated {
                return;
            }
            let now = self.world.now();
            let is_due = |at: Option<u64>| at.is_some_and(|at| at <= now);
            let faults_due = is_due(self.faults.first().map(|strike| strike.at));
            let clients_due = is_due(self.client_next());
            if faults_due {
                let (strike, rest) = self.faults.split_first().expect("one is due");
                self.faults = rest;
                self.world.strike(&strike.fault);
            } else if clients_due {
                self.act(now);
            } else if stop == Stop::Reached && now >= end {
                return;
            }
        }
    }

    fn client_next(&self) -> Option<u64> {
        let next = self.clients.next()?;
        match self.acted_at {
            Some(acted) if next <= acted => Some(acted + MILLIS),
            _ => Some(next),
        }
    }

    fn act(&mut self, now: u64) {
        self.acted_at = Some(now);
        while let Some((node, request)) = self.clients.act(now, self.world.up()) {
            self.world.request(node, request);
            self.listen();
        }
    }

    fn listen(&mut self) {
        for news in self.world.news() {
            self.clients.hear(self.world.now(), news);
        }
    }

    /// Lets the world run to this time while the clients only listen.
    fn listen_until(&mut self, end: u64) {
        while self.world.run(end) == Stop::News {
            self.listen();
        }
    }

    /// Heals, demands that promises come true, and judges the history: what is broken, and how far
    /// the judge came if the history was too hard.
    fn finish(&mut self, plan: &Plan) -> (Option<Violation>, Option<String>) {
        if let Some(violation) = self.world.violation() {
            return (Some(violation.clone()), None);
        }
        if plan.settle == 0 {
            return self.judge(Ok(()));
        }
        self.faults = &[];
        // Whoever waits for its disk goes on doing so: that is no fault.
        let calm = Climate { blocking: plan.climate.blocking, ..Climate::calm() };
        self.world.heal(plan.core, calm);
        self.listen();
        self.clients.healed(self.world.now(), plan.core);
        let mut promises = Ok(());
        for round in 1..=PATIENCE {
            let end = plan.heal + round * plan.settle;
            self.until(end - plan.settle / QUIET);
            self.listen_until(end);
            promises = self.world.settled(plan.core);
            if self.world.violation().is_some() {
                break;
            }
            promises = promises.and_then(|()| self.clients.settled().map_err(Violation::Liveness));
            if promises.is_ok() {
                break;
            }
        }
        match self.world.violation() {
            Some(violation) => (Some(violation.clone()), None),
            None => self.judge(promises),
        }
    }

    /// Judges the history. One that is wrong matters more than one that is unfinished.
    fn judge(&self, promises: Result<(), Violation>) -> (Option<Violation>, Option<String>) {
        match self.clients.judge() {
            Judgement::Holds => (promises.err(), None),
            Judgement::Violated(what) => (Some(Violation::Safety(what)), None),
            Judgement::Undecided(covered) => (promises.err(), Some(covered)),
        }
    }
}
