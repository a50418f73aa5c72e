//! What came of a test.

use std::fmt::{self, Display};

use serde::Serialize;
use world::trace::Trace;

use super::check::Finding;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The workload.
    pub workload: String,
    /// How many nodes.
    pub nodes: usize,
    /// Seconds that clients worked, of real time.
    pub seconds: f64,
    /// Whether they were told to stop before their time was over.
    pub interrupted: bool,
    /// Requests that succeeded.
    pub ok: u64,
    /// Requests that failed for certain.
    pub failed: u64,
    /// Requests of which nobody knows.
    pub unknown: u64,
    /// Messages between nodes, for each request.
    pub messages_per_request: f64,
    /// Times from request to answer.
    pub latency_ms: Times,
    /// Of what was added to a set, or broadcast: times from its acknowledgement, or the first read
    /// that had it, to the last read that had not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable_ms: Option<Times>,
    /// Partitions that were made.
    pub partitions: u64,
    /// What the checker says.
    pub findings: Vec<Finding>,
    /// Everything that was sent and received.
    #[serde(skip)]
    pub trace: Option<Trace>,
}

/// How many milliseconds something took.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Times {
    /// The median.
    pub median: f64,
    /// Ninety-five of a hundred take no longer.
    pub p95: f64,
    /// Ninety-nine of a hundred take no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Times {
    /// Of these spans, in nanoseconds.
    pub(super) fn of(mut nanos: Vec<u64>) -> Times {
        nanos.sort_unstable();
        let at = |part: f64| {
            let place = (part * nanos.len().saturating_sub(1) as f64).round() as usize;
            nanos.get(place).map_or(0.0, |&nanos| nanos as f64 / 1e6)
        };
        Times { median: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
    }
}

impl Report {
    /// Whether everything was as it should be.
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { workload, nodes, ok, failed, unknown, seconds, .. } = self;
        writeln!(
            f,
            "{workload}, {nodes} nodes, {seconds:.0} s of real time: {ok} ok, {failed} failed, \
             {unknown} unknown"
        )?;
        writeln!(
            f,
            "{:.1} messages a request; answers in {}; {} partitions",
            self.messages_per_request, self.latency_ms, self.partitions
        )?;
        if let Some(stable) = &self.stable_ms {
            writeln!(f, "everywhere in {stable}")?;
        }
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))?;
        f.write_str(match (self.is_valid(), self.interrupted) {
            (true, false) => "everything is as it should be",
            (true, true) => "stopped before its time: unknown",
            (false, _) => "INVALID",
        })
    }
}

impl Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Times { median, p95, p99, max } = self;
        write!(f, "{median:.1} ms (median), {p95:.1} (95 %), {p99:.1} (99 %), {max:.1} (longest)")
    }
}
