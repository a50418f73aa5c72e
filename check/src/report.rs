//! What an exploration answers.

use std::fmt::{self, Display};

use serde::{Serialize, Serializer};

use crate::{Stats, Violation};

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every reachable state within the bounds was visited, and every property holds in it.
    Holds,
    /// A property is broken; the story is a shortest one.
    Violated,
    /// The exploration ended early and met no violation in what it covered.
    Unknown,
}

impl Verdict {
    /// The word that stands for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated => "violated",
            Verdict::Unknown => "unknown",
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Something that should happen sometimes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    /// What, as a phrase.
    pub name: &'static str,
    /// Whether it did.
    pub reached: bool,
}

/// What an exploration answers, for people (`Display`) and for programs (`Serialize`).
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// What was explored.
    pub subject: String,
    /// The answer.
    pub verdict: Verdict,
    /// Why the answer is `unknown`.
    pub reason: Option<String>,
    /// Different states visited.
    pub distinct: u64,
    /// Initial states, and every successor of every state that was left, repeated ones included.
    /// Successors that were left out because their transitions sleep are not counted.
    pub generated: u64,
    /// States on the longest of the shortest paths; a run without a step has depth 1.
    pub depth: u64,
    /// As `depth`, of states within the bounds only: what TLC calls the depth under a constraint.
    pub depth_within: u64,
    /// States that were counted and not left, because they lie outside of the bounds.
    pub outside: u64,
    /// States that were still to be left when the exploration ended.
    pub waiting: u64,
    /// Wall-clock time.
    pub seconds: f64,
    /// Distinct states a second.
    pub states_per_s: f64,
    /// Bytes kept at the most, divided by the distinct states.
    pub bytes_per_state: f64,
    /// How likely it is that at least two distinct states shared a fingerprint, so that one of
    /// them may have been overlooked.
    pub collision: f64,
    /// Threads that worked.
    pub threads: usize,
    /// Everything that made the exploration smaller than reality.
    pub bounds: Vec<String>,
    /// What should have happened sometimes.
    pub marks: Vec<Mark>,
    /// The broken property.
    pub violation: Option<Violation>,
    /// Steps to the violation, which is as few as possible.
    pub steps: u64,
    /// The steps to the violation; of a protocol, a story that can be replayed.
    pub story: String,
    /// What it did, in figures; not a part of its `Display`.
    pub stats: Stats,
}

impl Report {
    /// What a program that ran the exploration exits with: 0 holds, 1 violated, 2 unknown.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Holds => 0,
            Verdict::Violated => 1,
            Verdict::Unknown => 2,
        }
    }

    /// The report in one line.
    pub fn line(&self) -> String {
        let Report { subject, verdict, distinct, depth, seconds, .. } = self;
        let verdict = verdict.name();
        format!("{subject:<24} {verdict:<9} {distinct} states, depth {depth}, {seconds:.1} s")
    }

    /// The marks that were not reached.
    pub fn missed(&self) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(|mark| !mark.reached)
    }

    /// Whether there are marks and none was reached: the properties may hold because nothing
    /// happened.
    pub fn is_vacuous(&self) -> bool {
        !self.marks.is_empty() && self.marks.iter().all(|mark| !mark.reached)
    }

    fn write_marks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mark in &self.marks {
            let word = if mark.reached { "reached" } else { "MISSED" };
            writeln!(f, "  {word:<8} {}", mark.name)?;
        }
        if self.is_vacuous() {
            writeln!(f, "  None of the marks was reached: this answer may be an empty one.")?;
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.verdict.name())?;
        match (&self.reason, &self.violation) {
            (Some(reason), _) => writeln!(f, ", because {reason}")?,
            (None, Some(violation)) => {
                writeln!(f, " after {} steps", self.steps)?;
                writeln!(f, "  {violation}")?;
            }
            (None, None) => writeln!(f)?,
        }
        writeln!(
            f,
            "  {} distinct states, {} generated, depth {}, {:.3} s, {:.0} states/s, \
             {:.1} bytes/state, threads {}",
            self.distinct,
            self.generated,
            self.depth,
            self.seconds,
            self.states_per_s,
            self.bytes_per_state,
            self.threads,
        )?;
        if self.outside > 0 {
            writeln!(
                f,
                "  {} states lie outside of the bounds and were not left; depth {} within them",
                self.outside, self.depth_within
            )?;
        }
        if self.waiting > 0 {
            writeln!(f, "  {} states were still to be left", self.waiting)?;
        }
        for bound in &self.bounds {
            writeln!(f, "  bound: {bound}")?;
        }
        self.write_marks(f)?;
        writeln!(
            f,
            "  two states shared a fingerprint with a probability of {:.1e}",
            self.collision
        )?;
        if !self.story.is_empty() {
            write!(f, "\n{}", self.story)?;
        }
        Ok(())
    }
}
