//! Failing runs, made small.

use std::time::{Duration, Instant};

use model::NodeId;
use serde::{Deserialize, Serialize};
use world::explain::{self, Explanation};
use world::story::Step;
use world::timed::{Climate, FUSE, Fault, Fuse};
use world::{Subject, Timing, Violation};

use crate::plan::{Plan, Strike};
use crate::retell::{Retold, Telling, events};
use crate::run::{Options, Outcome, failures, perform, play};
use crate::workload::Workload;

/// A failing run, as small as shrinking made it. Saved as JSON, it can be replayed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The name of the subject.
    pub subject: String,
    /// The seed that found it.
    pub seed: u64,
    /// Which variant of the subject it is; [`shrink`] leaves this to whoever made the subject.
    pub variant: Variant,
    /// What the run breaks.
    pub violation: Violation,
    /// The run.
    pub plan: Plan,
    /// After how many wakes of nodes invariants are judged in this run.
    pub judge_every: u32,
    /// How many operations and faults the seed had drawn.
    pub drawn: (usize, usize),
    /// How many events lead to the violation.
    #[serde(default)]
    pub events: Events,
    /// How many runs shrinking took.
    pub shrink_runs: u64,
    /// The shortest way found to the same violation, as a story, if one can be told: the model must
    /// not be synchronous, and no node a traitor.
    #[serde(default)]
    pub story: Option<String>,
    /// Why it is wrong: of the story, if there is one, else of the run.
    #[serde(default)]
    pub explanation: Option<Explanation>,
    /// What happened last in the run, up to the violation, a line each.
    pub trace: Vec<String>,
}

/// Which variant of its subject a run is of, in the words of whoever makes it again. The number of
/// nodes is the plan's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Variant {
    /// The breakage, if it is not the sound protocol.
    pub mutant: Option<String>,
    /// Knobs that do not stand as usual, and where they stand.
    pub knobs: Vec<(String, String)>,
    /// The assumption of the model that the run was drawn without.
    pub without: Option<String>,
}

/// How many events lead to a violation: requests, deliveries, alarms and faults of nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Events {
    /// In the run that the seed had drawn.
    pub drawn: u64,
    /// In the run of the smaller plan.
    pub plan: u64,
    /// In the story.
    pub story: Option<u64>,
}

impl Failure {
    /// The failure as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("A failure holds nothing that JSON has not.")
    }

    /// Reads a failure from JSON.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn from_json(text: &str) -> Result<Failure, String> {
        let failure: Failure = serde_json::from_str(text).map_err(|error| error.to_string())?;
        failure.plan.check()?;
        Ok(failure)
    }

    /// Runs it again, and keeps the last `trace` events of its record. Its subject must have the
    /// plan's number of nodes.
    pub fn replay<S: Subject, W: Workload<S>>(
        &self,
        subject: &S,
        workload: &W,
        trace: usize,
    ) -> Outcome {
        perform(subject, workload, &self.plan, self.judge_every, trace)
    }
}

/// Faults and operations of a plan for which other seeds are tried, too.
const SMALL: usize = 12;

/// How many other seeds are tried: a coincidence of one in four is found more often than not.
const LUCK: u64 = 5;

/// Events of the small run that its explanation looks back on: many times what it has.
const EXPLAINED: usize = 10_000;

/// How many stories are tried for each run that is: a story is some hundred times shorter.
const STORIES: u64 = 20;

/// Finds a smaller run that breaks the same thing: less before and after it, fewer faults and
/// operations, fewer nodes, calmer weather. Then tells it as a story, with fewer deliveries and
/// alarms.
pub fn shrink<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    plan: &Plan,
    violation: &Violation,
    options: &Options,
) -> Failure {
    let mut shrinking = Shrinking {
        subject,
        workload,
        wanted: violation,
        judge_every: 1,
        is_claimed: plan.is_borne(&subject.failures()),
        plan: plan.clone(),
        ended: u64::MAX,
        runs: 0,
        runs_limit: options.shrink_runs,
        deadline: Instant::now() + Duration::from_millis(options.shrink_millis),
    };
    // Judging more often may stop the run earlier, at another violation.
    if !shrinking.try_plan(plan.clone()) {
        shrinking.judge_every = options.judge_every;
        shrinking.try_plan(plan.clone());
    }
    let judge_every = shrinking.judge_every;
    let (_, drawn) = play(subject, workload, plan, judge_every, 0, true);
    shrinking.all();
    let Shrinking { plan: small, runs, .. } = shrinking;
    let resized = (small.nodes != subject.nodes()).then(|| subject.resized(small.nodes)).flatten();
    let subject_now = resized.as_ref().unwrap_or(subject);
    let (outcome, notes) = play(subject_now, workload, &small, judge_every, EXPLAINED, true);
    let violation = outcome.violation.unwrap_or_else(|| violation.clone());
    let told = retold(subject_now, workload, &small, &violation, &notes.steps, options);
    let of_story = told.as_ref().map(|told| explain::story(subject_now, &told.text));
    let mut trace = outcome.trace.expect("A record was asked for.");
    let explanation = match of_story {
        Some(Ok(Some(explanation))) => explanation,
        // Nothing but the history of the clients shows it, or there is no story.
        _ => explain::run(subject_now, &trace, &notes.heard, &violation),
    };
    trace.events.drain(..trace.events.len().saturating_sub(options.trace));
    Failure {
        subject: subject.name().to_string(),
        seed: plan.seed,
        variant: Variant::default(),
        plan: small,
        judge_every,
        drawn: (plan.operations.len(), plan.faults.len()),
        events: Events {
            drawn: events(&drawn.steps),
            plan: events(&notes.steps),
            story: told.as_ref().map(|told| told.events),
        },
        shrink_runs: runs + told.as_ref().map_or(0, |told| told.runs),
        story: told.map(|told| told.text),
        explanation: Some(explanation),
        trace: trace.lines(),
        violation,
    }
}

/// The story of the small run, if its model lets it be told.
fn retold<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    plan: &Plan,
    wanted: &Violation,
    steps: &[Step<S::Process>],
    options: &Options,
) -> Option<Retold> {
    let timing = options.model.unwrap_or(subject.model()).timing;
    let is_honest = plan.traitors.is_empty() && plan.climate.corrupt_ppm == 0;
    if timing == Timing::Synchronous || !is_honest {
        return None;
    }
    let telling = Telling {
        subject,
        workload,
        wanted,
        failures: failures(subject, options),
        runs_limit: options.shrink_runs.saturating_mul(STORIES),
        deadline: Instant::now() + Duration::from_millis(options.shrink_millis),
    };
    telling.tell(plan, steps)
}

struct Shrinking<'a, S, W> {
    subject: &'a S,
    workload: &'a W,
    wanted: &'a Violation,
    judge_every: u32,
    /// Whether no more fails than the subject claims to bear: then this stays so at every size.
    /// Otherwise a smaller run might break what is sound, too, and show nothing.
    is_claimed: bool,
    /// The smallest so far.
    plan: Plan,
    /// When its violation came.
    ended: u64,
    runs: u64,
    runs_limit: u64,
    deadline: Instant,
}

impl<S: Subject, W: Workload<S>> Shrinking<'_, S, W> {
    fn all(&mut self) {
        self.no_settling();
        loop {
            let before = self.plan.clone();
            self.cut_tail();
            self.fewer_faults();
            self.plainer_faults();
            self.fewer_operations();
            self.fewer_nodes();
            self.calmer();
            self.shorter();
            if self.plan == before || self.is_spent() {
                return;
            }
        }
    }

    fn is_spent(&self) -> bool {
        self.runs >= self.runs_limit || Instant::now() >= self.deadline
    }

    /// Whether this plan breaks the same thing; if so, it is the smallest so far.
    fn try_plan(&mut self, plan: Plan) -> bool {
        if self.is_spent() {
            return false;
        }
        self.runs += 1;
        let outcome = if plan.nodes == self.subject.nodes() {
            perform(self.subject, self.workload, &plan, self.judge_every, 0)
        } else if let Some(subject) = self.resized(&plan) {
            perform(&subject, self.workload, &plan, self.judge_every, 0)
        } else {
            return false;
        };
        let is_it = outcome.violation.is_some_and(|violation| violation.is_like(self.wanted));
        if is_it {
            self.plan = plan;
            self.ended = outcome.ended;
        }
        is_it
    }

    /// The subject in the size of this plan, if it claims to bear that there.
    fn resized(&self, plan: &Plan) -> Option<S> {
        let is_fair = |subject: &S| !self.is_claimed || plan.is_borne(&subject.failures());
        self.subject.resized(plan.nodes).filter(is_fair)
    }

    /// Without the healing, there is nothing but what is planned.
    fn no_settling(&mut self) {
        let plan = Plan { settle: 0, ..self.plan.clone() };
        self.try_plan(plan);
    }

    /// As `try_plan`, but once the plan is small, with the luck of other seeds, too: with less
    /// in it, other packets are the first, and what once was late may now be early.
    fn try_with_luck(&mut self, plan: Plan) -> bool {
        let is_small = plan.faults.len() + plan.operations.len() <= SMALL;
        let seed = plan.seed;
        let mut others = (1..=if is_small { LUCK } else { 0 }).map(|turn| seed.wrapping_add(turn));
        self.try_plan(plan.clone())
            || others.any(|seed| self.try_plan(Plan { seed, ..plan.clone() }))
    }

    fn fewer_nodes(&mut self) {
        let mut node = self.plan.nodes;
        while node > 0 {
            node -= 1;
            if self.plan.nodes > 1 {
                let smaller = self.plan.without(NodeId(node as u16));
                self.try_with_luck(smaller);
            }
        }
    }

    /// What is planned for after the violation does not matter.
    fn cut_tail(&mut self) {
        let mut plan = self.plan.clone();
        plan.operations.retain(|operation| operation.at <= self.ended);
        plan.faults.retain(|strike| strike.at <= self.ended);
        if plan != self.plan {
            self.try_plan(plan);
        }
    }

    fn fewer_faults(&mut self) {
        let base = self.plan.clone();
        let items = base.faults.clone();
        thin(items, |faults| {
            self.try_with_luck(Plan { faults: faults.to_vec(), ..self.plan.clone() })
        });
    }

    fn fewer_operations(&mut self) {
        let items = self.plan.operations.clone();
        thin(items, |operations| {
            self.try_with_luck(Plan { operations: operations.to_vec(), ..self.plan.clone() })
        });
    }

    /// Crashes at a save, which stay where they are when what is before them changes; and crashes
    /// that lose everything.
    fn plainer_faults(&mut self) {
        let changes: [fn(&mut Strike); 5] = [
            |strike| change_fuse(strike, |_| Fuse::Saves(1)),
            |strike| {
                change_fuse(strike, |_| Fuse::Saves(1));
                strike.at = strike.at.saturating_sub(FUSE / 2);
            },
            |strike| {
                change_fuse(strike, |fuse| match fuse {
                    Fuse::Now => Fuse::Now,
                    Fuse::Events(_) => Fuse::Events(1),
                    Fuse::Saves(_) => Fuse::Saves(1),
                    Fuse::Sync => Fuse::Sync,
                });
            },
            |strike| {
                if let Fault::Crash { keep, .. } = &mut strike.fault {
                    *keep = 0;
                }
            },
            |strike| {
                if let Fault::Crash { compacted, .. } = &mut strike.fault {
                    *compacted = false;
                }
            },
        ];
        for place in 0..self.plan.faults.len() {
            for change in changes {
                let mut plan = self.plan.clone();
                change(&mut plan.faults[place]);
                if plan.faults[place].fault != self.plan.faults[place].fault {
                    plan.faults.sort_by_key(|strike| strike.at);
                    self.try_plan(plan);
                }
            }
        }
    }

    /// Weather that is not needed.
    fn calmer(&mut self) {
        let changes: [fn(&mut Climate); 10] = [
            |climate| *climate = Climate::calm(),
            |climate| climate.loss_ppm = 0,
            |climate| climate.duplicate_ppm = 0,
            |climate| climate.orphans = false,
            |climate| climate.late_ppm = 0,
            |climate| climate.slow_sync_ppm = 0,
            |climate| climate.drift_ppm = 0,
            |climate| climate.ordered = true,
            |climate| climate.delay = Climate::calm().delay,
            |climate| climate.sync = Climate::calm().sync,
        ];
        for change in changes {
            let mut plan = self.plan.clone();
            change(&mut plan.climate);
            if plan != self.plan {
                self.try_plan(plan);
            }
        }
    }

    /// A run that breaks something after the healing may do so with less time before it.
    fn shorter(&mut self) {
        let last = |plan: &Plan| {
            let faults = plan.faults.iter().map(|strike| strike.at);
            faults.chain(plan.operations.iter().map(|operation| operation.at)).max().unwrap_or(0)
        };
        let heal = last(&self.plan) + 1;
        if heal < self.plan.heal {
            self.try_plan(Plan { heal, ..self.plan.clone() });
        }
    }
}

/// Takes away as many items as it can, by halves, quarters and so on down to single ones, while
/// `still` says that what is left will do (after Zeller's delta debugging).
fn thin<T: Clone>(mut items: Vec<T>, mut still: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut chunk = items.len();
    while chunk > 0 {
        let mut at = 0;
        while at < items.len() {
            let end = (at + chunk).min(items.len());
            let fewer: Vec<T> = items[..at].iter().chain(&items[end..]).cloned().collect();
            if still(&fewer) {
                items = fewer;
            } else {
                at = end;
            }
        }
        chunk /= 2;
    }
    items
}

fn change_fuse(strike: &mut Strike, change: fn(Fuse) -> Fuse) {
    if let Fault::Crash { fuse, .. } = &mut strike.fault {
        *fuse = change(*fuse);
    }
}

#[cfg(test)]
mod tests {
    use super::thin;

    #[test]
    fn thinning_leaves_what_is_needed_and_nothing_else() {
        let mut tries = 0;
        let left = thin((0..100).collect(), |items: &[u32]| {
            tries += 1;
            items.contains(&17) && items.contains(&60)
        });
        assert_eq!(left, [17, 60]);
        assert!(tries < 60, "{tries} tries");
    }
}
