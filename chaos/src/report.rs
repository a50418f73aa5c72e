//! What came of it, for people and for programs.

use std::fmt::{self, Display};
use std::path::PathBuf;

use serde::Serialize;

/// What was broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Violation {
    /// Of which kind it is.
    pub class: Class,
    /// What, in sentences, a line each.
    pub text: Vec<String>,
}

/// Kinds of violations, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Something happened that never may.
    Safety,
    /// A node ended by itself.
    Panic,
    /// What was promised did not come.
    Liveness,
    /// Whether the history is linearizable could not be found out within the limits.
    Unknown,
}

impl Class {
    /// The exit code that stands for it, as of a simulation: 1, 5, 4; 2 if it is not known.
    pub fn exit_code(self) -> u8 {
        match self {
            Class::Safety => 1,
            Class::Unknown => 2,
            Class::Liveness => 4,
            Class::Panic => 5,
        }
    }
}

/// What came of a cluster under the faults of a plan. Its JSON is one line with stable names.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How many nodes, each a process.
    pub nodes: usize,
    /// How many clients.
    pub clients: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Faults done.
    pub faults: u64,
    /// Connections between nodes that were broken on purpose.
    pub resets: u64,
    /// Requests made.
    pub asked: u64,
    /// Requests of which nobody knows what became.
    pub unanswered: u64,
    /// Writes acknowledged.
    pub writes: u64,
    /// The longest time in which no write was acknowledged, in seconds.
    pub longest_pause: f64,
    /// How long it took, once faults had healed, until every node of the core had acknowledged a
    /// write that was asked for after that, in seconds; nothing if it did not come so far.
    pub recovered_in: Option<f64>,
    /// The nodes that refused their damaged logs, and in what words.
    pub refusals: Vec<String>,
    /// What the plan asked for and was not done, or in another way.
    pub not_done: Vec<String>,
    /// `linearizable`, `not linearizable` or `unknown`, with what it took to find out.
    pub history: String,
    /// Where the history is, for `synod verify --model revisions`.
    pub file: Option<PathBuf>,
    /// What was broken, the gravest of it.
    pub violation: Option<Violation>,
}

impl Report {
    /// 0 if nothing was broken, else the code of the violation's class.
    pub fn exit_code(&self) -> u8 {
        self.violation.as_ref().map_or(0, |violation| violation.class.exit_code())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { nodes, clients, seconds, faults, resets, asked, unanswered, .. } = self;
        writeln!(f, "{nodes} real nodes and {clients} clients, {seconds:.1} s, {faults} faults")?;
        writeln!(
            f,
            "{asked} requests, {unanswered} of them unanswered; {} writes acknowledged; {resets} \
             connections broken",
            self.writes
        )?;
        write!(f, "no write was acknowledged for {:.2} s at most; ", self.longest_pause)?;
        match self.recovered_in {
            Some(span) => writeln!(f, "once faults had healed, all served within {span:.2} s")?,
            None => writeln!(f, "after faults had healed, not all came to serve")?,
        }
        self.refusals.iter().try_for_each(|refusal| writeln!(f, "refused: {refusal}"))?;
        self.not_done.iter().try_for_each(|what| writeln!(f, "not done here: {what}"))?;
        writeln!(f, "{}", self.history)?;
        match &self.violation {
            None => write!(f, "no violation"),
            Some(violation) => write!(f, "VIOLATED: {}", violation.text.join("\n")),
        }
    }
}
