//! Many runs, and what they add up to.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::hash::Hasher;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use model::Fingerprint;
use serde::Serialize;
use world::Subject;
use world::timed::{SECONDS, Tally, Violation};

use crate::run::{Options, Outcome, draw, failures, run};
use crate::shrink::{Events, Failure, shrink};
use crate::workload::Workload;

/// Which runs a campaign makes.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The seed of the first run; the others count up from it.
    pub seed: u64,
    /// How many runs.
    pub runs: u64,
    /// How many threads make them; 0 for as many as the machine has cores. Results do not depend
    /// on it.
    pub threads: usize,
    /// Whether to go on after a failing run.
    pub keep_going: bool,
    /// How each run is made.
    pub options: Options,
}

impl Default for Campaign {
    fn default() -> Self {
        Campaign {
            seed: 1,
            runs: 1_000,
            threads: 0,
            keep_going: false,
            options: Options::default(),
        }
    }
}

/// Where a campaign stands.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Runs so far.
    pub runs: u64,
    /// Runs in all.
    pub of: u64,
    /// Failing runs so far.
    pub failures: u64,
    /// Events so far.
    pub events: u64,
}

/// Something that should happen in a good campaign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    /// What, as a phrase.
    pub name: String,
    /// In how many runs it happened.
    pub runs: u64,
}

/// What a campaign found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The subject's name.
    pub subject: String,
    /// How many nodes it has.
    pub nodes: usize,
    /// The seed of the first run.
    pub seed: u64,
    /// Runs made.
    pub runs: u64,
    /// Whether the campaign was told to stop before its last run.
    pub interrupted: bool,
    /// The seeds of failing runs, in order; no more than a hundred are listed.
    pub failing_seeds: Vec<u64>,
    /// How many runs failed.
    pub failures: u64,
    /// How many runs had a history of clients that was too hard to judge. It may be right or
    /// wrong; the run does not fail for it.
    pub undecided: u64,
    /// The seeds of these runs, in order; no more than a hundred are listed.
    pub undecided_seeds: Vec<u64>,
    /// The failing run with the lowest seed, shrunk.
    pub first_failure: Option<Failure>,
    /// Events that processes took.
    pub events: u64,
    /// The same, for each second of real time.
    pub events_per_s: f64,
    /// Virtual seconds.
    pub simulated_s: f64,
    /// The same, for each second of real time.
    pub simulated_s_per_s: f64,
    /// Real seconds, without shrinking.
    pub wall_s: f64,
    /// A hash of all runs in the order of their seeds.
    pub hash: u64,
    /// What happened at least once: the subject's marks, then kinds of faults.
    pub hit: Vec<Mark>,
    /// What never happened.
    pub missed: Vec<Mark>,
}

/// The most seeds that a report lists, of failing runs and of those with a history undecided.
const SEEDS_LISTED: usize = 100;

/// Makes the runs of a campaign on several threads. `progress` is called after every run; when
/// `stop` is set, no further runs begin.
pub fn campaign<S: Subject, W: Workload<S>>(
    subject: &S,
    workload: &W,
    campaign: &Campaign,
    stop: &AtomicBool,
    mut progress: impl FnMut(Progress),
) -> Report {
    let begin = Instant::now();
    let mut sum = Sum::new(subject);
    let (next, limit) = (AtomicU64::new(0), AtomicU64::new(campaign.runs));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(1024);
        for _ in 0..threads(campaign) {
            let (sender, next, limit) = (sender.clone(), &next, &limit);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= limit.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let seed = campaign.seed.wrapping_add(place);
                    let outcome = run(subject, workload, seed, &campaign.options);
                    if outcome.violation.is_some() && !campaign.keep_going {
                        // Runs before this one must still be made, whoever was faster.
                        limit.fetch_min(place + 1, Ordering::Relaxed);
                    }
                    if sender.send((place, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // Runs are added up in the order of their seeds, so that nothing depends on the threads.
        let mut early = BTreeMap::new();
        for (place, outcome) in receiver {
            early.insert(place, outcome);
            while let Some(outcome) = early.remove(&sum.runs) {
                if sum.is_finished {
                    break;
                }
                sum.add(&outcome, campaign.keep_going);
                progress(sum.progress(campaign.runs));
            }
        }
    });
    let wall = begin.elapsed();
    let failure = sum.failing_seeds.first().map(|&seed| {
        let options = &campaign.options;
        let plan = draw(subject, seed, options);
        let violation = sum.first_violation.take().expect("the first failing run broke something");
        shrink(subject, workload, &plan, &violation, options)
    });
    sum.report(subject, campaign, wall, failure)
}

fn threads(campaign: &Campaign) -> usize {
    match campaign.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

/// What has been added up so far.
struct Sum {
    runs: u64,
    is_finished: bool,
    failures: u64,
    failing_seeds: Vec<u64>,
    first_violation: Option<Violation>,
    undecided: u64,
    undecided_seeds: Vec<u64>,
    events: u64,
    simulated: u128,
    hash: Fingerprint,
    /// The subject's marks, then the kinds of faults.
    marks: Vec<Mark>,
}

impl Sum {
    fn new<S: Subject>(subject: &S) -> Sum {
        let own = subject.sometimes().into_iter().map(|mark| mark.name);
        let names = own.chain(Tally::default().each().map(|(name, _)| name));
        Sum {
            runs: 0,
            is_finished: false,
            failures: 0,
            failing_seeds: Vec::new(),
            first_violation: None,
            undecided: 0,
            undecided_seeds: Vec::new(),
            events: 0,
            simulated: 0,
            hash: Fingerprint::default(),
            marks: names.map(|name| Mark { name: name.to_string(), runs: 0 }).collect(),
        }
    }

    fn add(&mut self, outcome: &Outcome, keep_going: bool) {
        self.runs += 1;
        self.events += outcome.events;
        self.simulated += u128::from(outcome.ended);
        self.hash.write_u64(outcome.hash);
        let faults = outcome.tally.each().map(|(_, count)| count > 0);
        for (mark, seen) in self.marks.iter_mut().zip(outcome.seen.iter().copied().chain(faults)) {
            mark.runs += u64::from(seen);
        }
        if outcome.undecided.is_some() {
            self.undecided += 1;
            if self.undecided_seeds.len() < SEEDS_LISTED {
                self.undecided_seeds.push(outcome.seed);
            }
        }
        if let Some(violation) = &outcome.violation {
            self.failures += 1;
            self.first_violation.get_or_insert_with(|| violation.clone());
            if self.failing_seeds.len() < SEEDS_LISTED {
                self.failing_seeds.push(outcome.seed);
            }
            self.is_finished = !keep_going;
        }
    }

    fn progress(&self, of: u64) -> Progress {
        Progress { runs: self.runs, of, failures: self.failures, events: self.events }
    }

    fn report<S: Subject>(
        self,
        subject: &S,
        campaign: &Campaign,
        wall: Duration,
        first_failure: Option<Failure>,
    ) -> Report {
        let wall_s = wall.as_secs_f64().max(1e-9);
        let simulated_s = self.simulated as f64 / SECONDS as f64;
        let (hit, missed): (Vec<Mark>, Vec<Mark>) =
            self.marks.into_iter().partition(|mark| mark.runs > 0);
        // What the model rules out is not missed.
        let failures = failures(subject, &campaign.options);
        let is_ruled_out = |mark: &Mark| Tally::is_ruled_out(&mark.name, &failures);
        let missed = missed.into_iter().filter(|mark| !is_ruled_out(mark)).collect();
        Report {
            subject: subject.name().to_string(),
            nodes: subject.nodes(),
            seed: campaign.seed,
            runs: self.runs,
            interrupted: !self.is_finished && self.runs < campaign.runs,
            failing_seeds: self.failing_seeds,
            failures: self.failures,
            undecided: self.undecided,
            undecided_seeds: self.undecided_seeds,
            first_failure,
            events: self.events,
            events_per_s: self.events as f64 / wall_s,
            simulated_s,
            simulated_s_per_s: simulated_s / wall_s,
            wall_s,
            hash: self.hash.finish(),
            hit,
            missed,
        }
    }
}

impl Report {
    /// The report in one line.
    pub fn line(&self) -> String {
        let Report { subject, nodes, runs, failures, events, wall_s, .. } = self;
        let verdict = match (*failures, self.interrupted) {
            (0, false) => "no violation",
            (0, true) => "stopped before the last run: unknown",
            _ => "VIOLATED",
        };
        let mut line = format!(
            "{subject:<24} {nodes} nodes, {runs} runs, {events} events, {wall_s:.1} s: {verdict}"
        );
        if self.undecided > 0 {
            line.push_str(&format!(", histories too hard to judge: {}", self.undecided));
        }
        line
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { subject, nodes, runs, failures, .. } = self;
        let last = self.seed.wrapping_add(self.runs.saturating_sub(1));
        writeln!(f, "{subject}, {nodes} nodes: {runs} runs, seeds {} to {last}", self.seed)?;
        writeln!(
            f,
            "{} events ({:.0} a second), {:.0} simulated seconds ({:.0} a second), hash {:016x}",
            self.events, self.events_per_s, self.simulated_s, self.simulated_s_per_s, self.hash
        )?;
        for Mark { name, runs } in &self.hit {
            writeln!(f, "  {runs:>8} runs: {name}")?;
        }
        for Mark { name, .. } in &self.missed {
            writeln!(f, "     never: {name}")?;
        }
        if self.interrupted {
            writeln!(f, "stopped before the last run")?;
        }
        if let [first, ..] = self.undecided_seeds[..] {
            let undecided = self.undecided;
            writeln!(f, "histories too hard to judge: {undecided}, the first of seed {first}")?;
        }
        match &self.first_failure {
            None if self.interrupted => write!(f, "unknown: no violation so far"),
            None => write!(f, "no violation"),
            Some(failure) => write!(f, "{failures} failing runs; the first, shrunk:\n{failure}"),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { seed, plan, violation, drawn, .. } = self;
        writeln!(
            f,
            "seed {seed}, {} nodes, {} of {} operations, {} of {} faults, after {} smaller runs",
            plan.nodes,
            plan.operations.len(),
            drawn.0,
            plan.faults.len(),
            drawn.1,
            self.shrink_runs
        )?;
        for strike in &plan.faults {
            writeln!(f, "  {} {}", model::Moment(strike.at), strike.fault)?;
        }
        match &self.story {
            None => self.trace.iter().try_for_each(|line| writeln!(f, "  {line}"))?,
            Some(story) => {
                let Events { drawn, plan, story: told } = self.events;
                let told = told.unwrap_or_default();
                writeln!(
                    f,
                    "{drawn} events drawn, {plan} in the smaller run, {told} in the story (what a \
                     node does by itself, to flush and to sync, is none):"
                )?;
                story.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
            }
        }
        match &self.explanation {
            None => write!(f, "{violation}"),
            Some(explanation) => write!(f, "{explanation}"),
        }
    }
}
