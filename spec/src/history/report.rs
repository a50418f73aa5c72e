//! What a verification answers, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::budget::Stop;
use super::check::{Checked, Verdict};

/// The answer about one recorded history. Its JSON is one line with stable field names.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The answer.
    pub verdict: Answer,
    /// The sequential specification that the history was compared with.
    pub model: &'static str,
    /// How many operations were called.
    pub operations: usize,
    /// The time from the first byte read to the answer, in seconds.
    pub seconds: f64,
    /// How many configurations the search visited.
    pub explored: u64,
    /// The most memory the search held, in bytes.
    pub bytes: usize,
    /// If not linearizable, why; a thought a line. Otherwise empty.
    pub explanation: Vec<String>,
    /// If unknown, which limit was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Stop>,
    /// If unknown, how far the search came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered: Option<String>,
    /// If linearizable, the certified order, by index of the operations in the order of their
    /// calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Vec<usize>>,
}

/// The three answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The history is linearizable.
    Linearizable,
    /// The history is not linearizable.
    NotLinearizable,
    /// The limits were too narrow to tell.
    Unknown,
}

impl Report {
    pub(crate) fn new(
        model: &'static str,
        operations: usize,
        seconds: f64,
        checked: Checked,
    ) -> Self {
        let mut report = Report {
            verdict: Answer::Unknown,
            model,
            operations,
            seconds,
            explored: checked.explored,
            bytes: checked.bytes,
            explanation: Vec::new(),
            limit: None,
            covered: None,
            witness: None,
        };
        match checked.verdict {
            Verdict::Linearizable { witness } => {
                report.verdict = Answer::Linearizable;
                report.witness = Some(witness);
            }
            Verdict::NotLinearizable { explanation } => {
                report.verdict = Answer::NotLinearizable;
                report.explanation = explanation;
            }
            Verdict::Unknown { reason, covered } => {
                report.limit = Some(reason);
                report.covered = Some(covered);
            }
        }
        report
    }

    /// The exit code that stands for the answer: 0 linearizable, 1 not linearizable, 2 unknown.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Answer::Linearizable => 0,
            Answer::NotLinearizable => 1,
            Answer::Unknown => 2,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Linearizable => "linearizable",
            Answer::NotLinearizable => "not linearizable",
            Answer::Unknown => "unknown",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        match self.limit {
            Some(Stop::Memory) => write!(f, " (the memory allowed was used up)")?,
            Some(_) => write!(f, " (the time allowed was used up)")?,
            None => {}
        }
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            ": {} operations, model {}, {:.3} s, {} configurations, {mebibytes:.1} MiB",
            self.operations, self.model, self.seconds, self.explored
        )?;
        if let Some(covered) = &self.covered {
            write!(f, "\n{covered}")?;
        }
        self.explanation.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}
