//! What a verification answers, for people and for programs.

use std::fmt;

use serde::{Serialize, Serializer};

use super::budget::Stop;
use super::drawing::{Drawing, Indefinite};
use super::excerpt::Excerpt;
use super::levels::{Judged, Judgement};
use super::names::Level;
use super::violation::Violation;

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
    /// If the promise is broken, why; a thought a line. Otherwise empty.
    pub explanation: Vec<String>,
    /// If the promise is kept, what it does not say, where one might think that it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<&'static str>,
    /// If unknown, which limit was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Stop>,
    /// If unknown, how far the search came, or why there was nothing to judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered: Option<String>,
    /// If there is one order that shows that the promise is kept, that order, by index of the
    /// operations in the order of their calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Vec<usize>>,
    /// What the history was held against.
    pub level: Level,
    /// If the promise is broken, what contradicts what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<Violation>,
    /// Operations that were never answered and yet must have taken effect for the witness to be
    /// legal, with what shows it; some of them, if there are many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indefinite: Vec<Indefinite>,
    /// Whether what is called lines are the events of an array, several of which share a line.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub events_counted: bool,
    /// The history, to be drawn.
    pub drawing: Drawing,
}

/// The three answers, about a level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The history keeps the level's promise. As a word: `linearizable`, `causal`.
    Holds(Level),
    /// The history breaks it: `not-linearizable`, `not-causal`.
    Broken(Level),
    /// The limits were too narrow to tell: `unknown`.
    Unknown,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Answer::Holds(level) => serializer.serialize_str(level.name()),
            Answer::Broken(level) => serializer.collect_str(&format_args!("not-{level}")),
            Answer::Unknown => serializer.serialize_str("unknown"),
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Report {
    /// The report without what shows the history itself.
    pub(crate) fn new(
        model: &'static str,
        level: Level,
        operations: usize,
        seconds: f64,
        judged: Judged,
    ) -> Self {
        let mut report = Report {
            verdict: Answer::Unknown,
            model,
            operations,
            seconds,
            explored: judged.explored,
            bytes: judged.bytes,
            explanation: Vec::new(),
            caution: None,
            limit: None,
            covered: None,
            witness: None,
            level,
            violation: None,
            indefinite: Vec::new(),
            events_counted: false,
            drawing: Drawing::default(),
        };
        match judged.judgement {
            Judgement::Holds { witness } => {
                report.verdict = Answer::Holds(level);
                report.caution = level.caution();
                report.witness = witness;
            }
            Judgement::Violated { violation, explanation } => {
                report.verdict = Answer::Broken(level);
                report.explanation = explanation;
                report.violation = Some(violation);
            }
            Judgement::Unknown { reason, covered } => {
                report.limit = Some(reason);
                report.covered = Some(covered);
            }
        }
        report
    }

    /// Answers that nothing is known, for there was nothing to judge.
    pub(crate) fn take_back(&mut self, why: String) {
        self.verdict = Answer::Unknown;
        (self.witness, self.caution) = (None, None);
        self.covered = Some(why);
    }

    /// The exit code that stands for the answer: 0 it holds, 1 it is broken, 2 unknown.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Answer::Holds(_) => 0,
            Answer::Broken(_) => 1,
            Answer::Unknown => 2,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Holds(level) => write!(f, "{level}"),
            Answer::Broken(level) => write!(f, "not {level}"),
            Answer::Unknown => f.write_str("unknown"),
        }
    }
}

/// `1 operation`, `2 operations`.
pub(crate) fn count(number: u64, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        more => format!("{more} {of}s"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        match self.limit {
            Some(Stop::Memory) => write!(f, " (the memory allowed was used up)")?,
            Some(Stop::Work) => write!(f, " (the work allowed was done)")?,
            Some(_) => write!(f, " (the time allowed was used up)")?,
            None => {}
        }
        let mebibytes = self.bytes as f64 / f64::from(1 << 20);
        write!(
            f,
            ": {}, model {}, {:.3} s, {}, {mebibytes:.1} MiB",
            count(self.operations as u64, "operation"),
            self.model,
            self.seconds,
            count(self.explored, "configuration")
        )?;
        if let Some(covered) = &self.covered {
            write!(f, "\n{covered}")?;
        }
        if let Some(caution) = self.caution {
            write!(f, "\n{caution}")?;
        }
        if self.events_counted {
            write!(f, "\nThe events share lines: what is called a line is counted in events.")?;
        }
        self.explanation.iter().try_for_each(|line| write!(f, "\n{line}"))?;
        if let Some(excerpt) = Excerpt::of(&self.drawing) {
            write!(
                f,
                "\nCalls and returns from left to right, what is in conflict marked:{excerpt}"
            )?;
        }
        self.indefinite.iter().try_for_each(|one| write!(f, "\n{}", one.text))
    }
}
