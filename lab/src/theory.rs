//! Measured costs beside the textbook's formulas.

use std::fmt::{self, Display};

use model::{NodeId, Process};
use serde::Serialize;
use world::Subject;
use world::timed::{Climate, MICROS, SECONDS, Spread, World};
use world::trace::{Causality, Trace};

/// What a formula claims of the measured figure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub enum Claim {
    /// They are equal.
    Exact,
    /// The measured one is not larger.
    AtMost,
    /// The measured one is not smaller.
    AtLeast,
    /// The measured mean lies within this distance of it: the half-width of a confidence
    /// interval, computed from the runs.
    Within(f64),
}

/// One figure beside its formula.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Measure {
    /// What is counted: `messages an entry`, `delays`.
    pub what: &'static str,
    /// How it is counted: which messages, what from, over how many runs.
    pub convention: &'static str,
    /// The size.
    pub nodes: usize,
    /// What was measured.
    pub measured: f64,
    /// The formula, as in the book.
    pub formula: &'static str,
    /// Its value at this size.
    pub expected: f64,
    /// What it claims.
    pub claim: Claim,
}

impl Measure {
    /// A figure of this size that is what the formula says: its words and its value.
    pub fn exact(
        nodes: usize,
        what: &'static str,
        convention: &'static str,
        measured: f64,
        (formula, expected): (&'static str, f64),
    ) -> Measure {
        let claim = Claim::Exact;
        Measure { what, convention, nodes, measured, formula, expected, claim }
    }

    /// Whether the claim holds.
    pub fn holds(&self) -> bool {
        let (measured, expected) = (self.measured, self.expected);
        match self.claim {
            Claim::Exact => measured == expected,
            Claim::AtMost => measured <= expected,
            Claim::AtLeast => measured >= expected,
            Claim::Within(distance) => (measured - expected).abs() <= distance,
        }
    }

    /// The sign between the two.
    pub fn sign(&self) -> &'static str {
        match (self.claim, self.holds()) {
            (Claim::Exact, true) => "=",
            (Claim::AtMost, true) => "<=",
            (Claim::AtLeast, true) => ">=",
            (Claim::Within(_), true) => "~",
            (_, false) => "CONTRADICTS",
        }
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measure { what, nodes, measured, formula, expected, .. } = self;
        write!(f, "{what} at n={nodes}: {measured} {} {formula} = {expected}", self.sign())
    }
}

/// What is asked of whom, and when, in nanoseconds.
pub type Asked<P> = (u64, NodeId, <P as Process>::Request);

/// A run without faults in which nothing is lost and links keep their order: what formulas are
/// about. Each request is made at its time, and the run lasts `seconds` of virtual time.
///
/// # Panics
/// The run breaks a promise: a figure measured in it would mean nothing.
pub fn calm_run<S: Subject>(
    subject: &S,
    seed: u64,
    requests: &[Asked<S::Process>],
    seconds: u64,
) -> Trace {
    recorded(subject, seed, Climate::calm(), requests, seconds)
}

/// The same, and every message takes as long as any other: what is told first took the fewest
/// delays. In a calm run, two short ones may be over before a long one.
///
/// # Panics
/// As [`calm_run`].
pub fn even_run<S: Subject>(subject: &S, requests: &[Asked<S::Process>], seconds: u64) -> Trace {
    let delay = Spread { least: EVEN_DELAY, most: EVEN_DELAY };
    recorded(subject, 1, Climate { delay, ..Climate::calm() }, requests, seconds)
}

/// How long a message takes in an [`even_run`], in nanoseconds: ten times as long as the longest
/// wake of a calm node, so that work does not add up to a delay.
const EVEN_DELAY: u64 = 200 * MICROS;

fn recorded<S: Subject>(
    subject: &S,
    seed: u64,
    climate: Climate,
    requests: &[Asked<S::Process>],
    seconds: u64,
) -> Trace {
    let mut world = World::new(subject, seed, climate, 1, usize::MAX);
    for (at, node, request) in requests {
        world.run(*at);
        world.request(*node, request.clone());
    }
    world.run(seconds * SECONDS);
    if let Some(violation) = world.violation() {
        panic!("A calm run of {} breaks a promise: {violation}", subject.name());
    }
    world.trace().expect("the record was asked for")
}

/// The most message delays until something that begins with `told` was told anywhere.
pub fn delays_until(trace: &Trace, told: &str) -> Option<u32> {
    let order = Causality::of(trace);
    let tells = |index: &usize| trace.events[*index].tells.iter().any(|t| t.starts_with(told));
    (0..trace.events.len()).filter(tells).map(|index| order.delays(index)).max()
}

/// Mean of some runs, and the half-width of its 99 % confidence interval (normal approximation:
/// use thirty runs or more).
pub fn mean(samples: &[f64]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    (mean, 2.576 * deviation / count.sqrt())
}
