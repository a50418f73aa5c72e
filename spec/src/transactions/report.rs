//! What a verification of transactions answers, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::check::Checked;
use super::history::Transactions;
use super::level::IsolationModel;
use crate::history::read::Source;
use crate::history::{Stop, count};

/// The answer about one recorded history. Its JSON is one line with stable field names.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The answer.
    pub verdict: Conclusion,
    /// What the transactions work on.
    pub workload: &'static str,
    /// The isolation model that was asked for.
    pub expected: String,
    /// The strongest models that nothing in the history excludes; empty if all are excluded. If a
    /// limit was hit, none that is stronger holds, but these may not hold either.
    pub strongest: Vec<String>,
    /// The weakest models that are excluded; so are all that imply one of them.
    pub excluded: Vec<String>,
    /// What is wrong, the weakest levels' violations first.
    pub anomalies: Vec<FoundAnomaly>,
    /// How many transactions were called.
    pub transactions: usize,
    /// The time from the first byte read to the answer, in seconds.
    pub seconds: f64,
    /// The most memory the check held, in bytes, besides the history.
    pub bytes: usize,
    /// If there was nothing to judge, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<String>,
    /// Whether what is called lines are the events of an array, several of which share a line.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub events_counted: bool,
    /// Which limit was hit before everything was looked at, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Stop>,
}

/// The three answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Nothing excludes the expected model.
    Holds,
    /// The expected model is excluded.
    Violated,
    /// The limits were too narrow to tell.
    Unknown,
}

/// An anomaly, for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct FoundAnomaly {
    /// Its name: `G-single-realtime`.
    pub name: String,
    /// How often it was met; of cycles, in how many knots of entangled transactions.
    pub count: u64,
    /// The weakest models that do not have it.
    pub excludes: Vec<String>,
    /// One proof; a thought a line.
    pub explanation: Vec<String>,
}

impl Report {
    pub(super) fn new(
        history: &Transactions,
        source: Source,
        expected: IsolationModel,
        seconds: f64,
        checked: Checked,
    ) -> Report {
        let committed = ("committed", history.committed.len());
        let unjudged = source.unjudged("transaction", history.len(), committed);
        let verdict = match (checked.excludes(expected), checked.stopped, &unjudged) {
            (true, _, _) => Conclusion::Violated,
            (false, None, None) => Conclusion::Holds,
            (false, _, _) => Conclusion::Unknown,
        };
        let names = |models: Vec<IsolationModel>| models.iter().map(ToString::to_string).collect();
        let anomalies = checked.anomalies.iter().map(|found| FoundAnomaly {
            name: found.anomaly.to_string(),
            count: found.count,
            excludes: found
                .anomaly
                .phenomenon
                .forbidden_by()
                .iter()
                .map(|&level| {
                    IsolationModel { level, strength: found.anomaly.strength }.to_string()
                })
                .collect(),
            explanation: found.explanation.clone(),
        });
        Report {
            verdict,
            workload: history.workload().name(),
            expected: expected.to_string(),
            strongest: names(checked.strongest()),
            excluded: names(checked.weakest_excluded()),
            anomalies: anomalies.collect(),
            transactions: history.len(),
            seconds,
            bytes: checked.bytes,
            unjudged,
            events_counted: source.counted,
            limit: checked.stopped,
        }
    }

    /// The exit code that stands for the answer: 0 holds, 1 violated, 2 unknown.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Conclusion::Holds => 0,
            Conclusion::Violated => 1,
            Conclusion::Unknown => 2,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = &self.expected;
        match (self.verdict, self.limit) {
            (Conclusion::Holds, _) => write!(f, "{expected} holds")?,
            (Conclusion::Violated, _) => write!(f, "not {expected}")?,
            (Conclusion::Unknown, Some(Stop::Memory)) => {
                write!(f, "unknown whether {expected} (the memory allowed was used up)")?;
            }
            (Conclusion::Unknown, Some(Stop::Work)) => {
                write!(f, "unknown whether {expected} (the work allowed was done)")?;
            }
            (Conclusion::Unknown, Some(Stop::Allotment)) => {
                write!(f, "unknown whether {expected} (some cycles were not looked for)")?;
            }
            (Conclusion::Unknown, None) => write!(f, "unknown whether {expected}")?,
            (Conclusion::Unknown, Some(Stop::Deadline)) => {
                write!(f, "unknown whether {expected} (the time allowed was used up)")?;
            }
        }
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            ": {}, {}, {:.3} s, {mebibytes:.1} MiB",
            count(self.transactions as u64, "transaction"),
            self.workload,
            self.seconds
        )?;
        if let Some(why) = &self.unjudged {
            write!(f, "\n{why}")?;
        }
        if self.events_counted {
            write!(f, "\nThe events share lines: what is called a line is counted in events.")?;
        }
        for found in &self.anomalies {
            let excludes = found.excludes.join(" and ");
            write!(f, "\n{} (found {}, excludes {excludes})", found.name, found.count)?;
            found.explanation.iter().try_for_each(|line| write!(f, "\n  {line}"))?;
        }
        let all = "none is left";
        let list = |names: &[String]| match names {
            [] => all.to_owned(),
            names => names.join(", "),
        };
        if !self.anomalies.is_empty() {
            let hedge = if self.limit.is_some() { "at most" } else { "strongest left" };
            write!(f, "\n{hedge}: {}", list(&self.strongest))?;
        }
        Ok(())
    }
}
