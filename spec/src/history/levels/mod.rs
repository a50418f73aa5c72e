//! Levels of consistency other than linearizability.

mod accesses;
mod causes;
mod convergence;
mod sequential;
mod views;

use std::time::Instant;

use accesses::{Instead, Visits};
use sequential::{Found, Sequence};

use super::budget::{Budget, Limits, Stop};
use super::check::{Checked, Verdict, check, glance};
use super::model::Model;
use super::names::Level;
use super::operation::{History, ReadError};
use super::rules::{Conflict, Fact};
use super::violation::{Violation, have, words};

/// Whether a history keeps a level's promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// It does.
    Holds {
        /// For [`Level::Linearizable`] and [`Level::Sequential`] an order that shows it, by index
        /// in the history.
        witness: Option<Vec<usize>>,
    },
    /// It does not.
    Violated {
        /// What contradicts what.
        violation: Violation,
        /// Why, in words, a thought a line.
        explanation: Vec<String>,
    },
    /// The limits were too narrow to tell.
    Unknown {
        /// Which limit was hit.
        reason: Stop,
        /// How far it came, in words.
        covered: String,
    },
}

/// The answer with what it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// The answer.
    pub judgement: Judgement,
    /// How many configurations were visited, where a search was needed.
    pub explored: u64,
    /// The most memory that was held, in bytes.
    pub bytes: usize,
}

/// Decides whether `history` is what `level` allows of `model`, within `limits` counted from
/// `start`.
///
/// Linearizability, sequential consistency and convergence are judged for every model. The other
/// levels are judged by who read what from whom, and ask for reads and writes of registers whose
/// values are written once ([`Model::access`]); errors name the first operation that is not such.
///
/// An operation that was never answered may have taken effect at any time after what its client did
/// before, as if by a client of its own, or never.
pub fn judge<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    level: Level,
    limits: &Limits,
    start: Instant,
) -> Result<Judged, ReadError> {
    if level == Level::Linearizable {
        return Ok(check(model, history, limits, start).into());
    }
    let visits = match level {
        Level::Convergence => None,
        Level::Sequential => Visits::new(model, history, level.name()).ok(),
        _ => Some(Visits::new(model, history, level.name())?),
    };
    let budget = Budget::new(limits, start);
    let mut inquest = Inquest { model, history, level, limits, start, visits, budget, explored: 0 };
    let judgement = match level {
        Level::Sequential => inquest.sequential(),
        Level::Convergence => inquest.convergence(),
        _ => inquest.accesses(),
    };
    let judgement = judgement.unwrap_or_else(|reason| Judgement::Unknown {
        reason,
        covered: format!("it is open whether the history is {level}"),
    });
    Ok(Judged { judgement, explored: inquest.explored, bytes: inquest.budget.peak() })
}

impl From<Checked> for Judged {
    fn from(checked: Checked) -> Judged {
        let judgement = match (checked.verdict, checked.violation) {
            (Verdict::Linearizable { witness }, _) => Judgement::Holds { witness: Some(witness) },
            (Verdict::NotLinearizable { explanation }, violation) => {
                let violation = violation.unwrap_or_default();
                Judgement::Violated { violation, explanation }
            }
            (Verdict::Unknown { reason, covered }, _) => Judgement::Unknown { reason, covered },
        };
        Judged { judgement, explored: checked.explored, bytes: checked.bytes }
    }
}

/// The question about one history and level, and what has come of it so far.
struct Inquest<'a, M: Model> {
    model: &'a M,
    history: &'a History<M::Input, M::Output>,
    level: Level,
    limits: &'a Limits,
    start: Instant,
    visits: Option<Visits>,
    budget: Budget,
    explored: u64,
}

impl<M: Model> Inquest<'_, M> {
    /// The most answers that are tried instead of one that cannot be explained, and the most
    /// operations looked at for that in all: some seconds' work.
    const TRIED: usize = 16;
    const TRIED_OPERATIONS: usize = 1_000_000;
    /// The configurations searched for where a history goes wrong, each time: tenths of a second.
    const LOOKS: u64 = 50_000;

    /// Judges by who read what from whom.
    fn accesses(&mut self) -> Result<Judgement, Stop> {
        self.budget.take(self.history.len() * Visits::BYTES)?;
        match self.conflict(u64::MAX, None)? {
            None => Ok(Judgement::Holds { witness: None }),
            Some(conflict) => Ok(self.blame(conflict)),
        }
    }

    /// What contradicts what if answers after a position had not come.
    fn conflict(&mut self, until: u64, instead: Instead) -> Result<Option<Conflict>, Stop> {
        let Some(visits) = &self.visits else {
            return Ok(None);
        };
        self.budget.work(self.history.len() as u64)?;
        let accesses = match visits.until(until, instead) {
            Ok(accesses) => accesses,
            Err(conflict) => return Ok(Some(conflict)),
        };
        if let Some(conflict) = accesses.foresight(&mut self.budget)? {
            return Ok(Some(conflict));
        }
        let level = self.level;
        match level {
            Level::ReadYourWrites => Ok(causes::own_writes(&accesses)),
            // Each read may come from a server that holds what it returned, what its client had
            // written before, and no more; so does one order of all writes that keeps each
            // client's explain all reads.
            Level::MonotonicWrites => Ok(None),
            // As before, with what the client had read. The order of all writes is there unless
            // they follow each other in a circle.
            Level::WritesFollowReads => views::circle(&accesses, level, &mut self.budget),
            Level::WeakCausal | Level::CausalConvergence => {
                causes::causes(&accesses, level, &mut self.budget)
            }
            // One order for all is an order for each, and causes come first in it.
            Level::Sequential => {
                let convergent = Level::CausalConvergence;
                match causes::causes(&accesses, convergent, &mut self.budget)? {
                    None => views::views(&accesses, Level::Causal, &mut self.budget),
                    conflict => Ok(conflict),
                }
            }
            _ => views::views(&accesses, level, &mut self.budget),
        }
    }

    /// Finds the first answer that cannot be explained, and tells why.
    fn blame(&mut self, conflict: Conflict) -> Judgement {
        let returns = self.visits.as_ref().map_or(Vec::new(), Visits::returns);
        let is_bad = |inquest: &mut Self, at| match inquest.conflict(at, None) {
            Ok(conflict) => Ok(conflict.is_some()),
            Err(stop) => Err(stop),
        };
        let place = self.first_bad(&returns, is_bad);
        let at = place.as_ref().ok().map(|place| place.1);
        let earliest = at.and_then(|at| self.conflict(at, None).ok().flatten());
        let stuck = at.and_then(|at| self.visits.as_ref()?.returned_at(at));
        let mut legal = Vec::new();
        if let (Some(at), Some(stuck)) = (at, stuck)
            && let Some(visits) = &self.visits
        {
            let enough = (Self::TRIED_OPERATIONS / self.history.len()).min(Self::TRIED);
            let values: Vec<u32> = visits.alternatives(stuck).into_iter().take(enough).collect();
            for value in values {
                if let Ok(None) = self.conflict(at, Some((stuck, value)))
                    && let Some(visits) = &self.visits
                {
                    legal.push(format!("returned {}", visits.word(value)));
                }
            }
        }
        self.violated(&earliest.unwrap_or(conflict), place.ok(), stuck, legal)
    }

    /// The last return up to which all is well (0 if there is none) and the next, by halving: what
    /// can be explained together with later answers can be explained without them.
    fn first_bad(
        &mut self,
        returns: &[u64],
        mut is_bad: impl FnMut(&mut Self, u64) -> Result<bool, Stop>,
    ) -> Result<(u64, u64), Stop> {
        let (mut good, mut bad) = (0, returns.len());
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            match is_bad(self, returns[middle - 1])? {
                true => bad = middle,
                false => good = middle,
            }
        }
        let at = |count: usize| count.checked_sub(1).map_or(0, |last| returns[last]);
        Ok((at(good), at(bad)))
    }

    /// Puts a violation in words.
    fn violated(
        &self,
        conflict: &Conflict,
        place: Option<(u64, u64)>,
        stuck: Option<usize>,
        legal: Vec<String>,
    ) -> Judgement {
        let name = |index: usize| words(self.model, self.history, index);
        let mut explanation = Vec::new();
        if let (Some((_, at)), Some(stuck)) = (place, stuck) {
            explanation.push(format!(
                "Every answer up to line {at} can be explained, but not the one of that line:"
            ));
            let mut text = name(stuck);
            if !legal.is_empty() {
                text.push_str(&format!(", where it could {}", have(&legal, 5)));
            }
            explanation.push(format!("{text}."));
        }
        let facts: Vec<String> = conflict.facts.iter().map(|fact| fact.sentence(name)).collect();
        explanation.push(format!("What is broken: {}.", conflict.property));
        explanation.extend(facts.iter().map(|fact| format!("  {fact}")));
        let mut operations: Vec<usize> =
            conflict.facts.iter().flat_map(Fact::operations).chain(stuck).collect();
        operations.sort_unstable();
        operations.dedup();
        let violation = Violation {
            property: conflict.property.clone(),
            facts,
            fails_at: place.map(|place| place.1),
            holds_until: place.map(|place| place.0),
            operation: stuck,
            legal,
            conflict: operations,
        };
        Judgement::Violated { violation, explanation }
    }

    /// Looks for one order that keeps each client's: a linearization will do, a level below may
    /// exclude it, and else all orders are searched.
    fn sequential(&mut self) -> Result<Judgement, Stop> {
        if let Some(witness) = glance(self.model, self.history, self.limits, self.start) {
            return Ok(Judgement::Holds { witness: Some(witness) });
        }
        if self.visits.is_some() {
            self.budget.take(self.history.len() * Visits::BYTES)?;
            if let Some(conflict) = self.conflict(u64::MAX, None)? {
                return Ok(self.blame_order(Some(conflict)));
            }
        }
        match self.search(u64::MAX, None, u64::MAX)? {
            Some(witness) => Ok(Judgement::Holds { witness: Some(witness) }),
            None => Ok(self.blame_order(None)),
        }
    }

    /// An order of all operations that keeps each client's, if answers after a position had not
    /// come.
    fn search(
        &mut self,
        until: u64,
        instead: Option<(usize, &M::Output)>,
        looks: u64,
    ) -> Result<Option<Vec<usize>>, Stop> {
        let held = self.budget.used();
        let sequence = Sequence::new(self.model, self.history, until, instead);
        let found = sequential::search(self.model, &sequence, looks, &mut self.budget);
        self.budget.restore(held);
        let Found { order, explored } = found?;
        self.explored += explored;
        Ok(order)
    }

    /// Tells why no order of all operations keeps each client's, as a level below or a search has
    /// shown.
    fn blame_order(&mut self, conflict: Option<Conflict>) -> Judgement {
        let operations = self.history.operations();
        let mut returns: Vec<u64> = operations.iter().filter_map(|o| o.returned()).collect();
        returns.sort_unstable();
        let is_bad = |inquest: &mut Self, at| match inquest.conflict(at, None)? {
            Some(_) => Ok(true),
            None => Ok(inquest.search(at, None, Self::LOOKS)?.is_none()),
        };
        let place = self.first_bad(&returns, is_bad).ok();
        let stuck = place.and_then(|(_, at)| {
            operations.iter().position(|operation| operation.returned() == Some(at))
        });
        let mut legal = Vec::new();
        if let (Some((_, at)), Some(stuck)) = (place, stuck) {
            let input = &operations[stuck].input;
            let answers = self.model.alternatives(&[], input).into_iter();
            let others = operations.iter().filter_map(|operation| operation.output().cloned());
            for answer in answers.chain(others).take(Self::TRIED) {
                let said = self.model.describe_output(input, &answer);
                if !legal.contains(&said)
                    && let Ok(Some(_)) = self.search(at, Some((stuck, &answer)), Self::LOOKS)
                {
                    legal.push(said);
                }
            }
        }
        let earliest = place.and_then(|(_, at)| self.conflict(at, None).ok().flatten());
        if let Some(conflict) = earliest.or(conflict) {
            return self.violated(&conflict, place, stuck, legal);
        }
        let against = "No order that keeps each client's explains that together with all answers \
                       before it";
        let first = stuck.map_or_else(
            || Fact::Noted("The answers, taken together".to_owned(), Vec::new()),
            Fact::Answered,
        );
        let conflict =
            Conflict::new(self.model.promise(), first, Fact::Noted(against.to_owned(), Vec::new()));
        self.violated(&conflict, place, stuck, legal)
    }

    /// Looks for answers that nobody asked for, and for clients that end with different ones.
    fn convergence(&mut self) -> Result<Judgement, Stop> {
        self.budget.take(self.history.len() * Visits::BYTES)?;
        self.budget.work(self.history.len() as u64)?;
        let thin_air = convergence::thin_air(self.model, self.history, &mut self.budget)?;
        let conflict = thin_air.or_else(|| convergence::diverged(self.model, self.history));
        let Some(conflict) = conflict else {
            return Ok(Judgement::Holds { witness: None });
        };
        let operations = self.history.operations();
        let about = conflict.facts.iter().flat_map(Fact::operations);
        let stuck = about.max_by_key(|&index| operations[index].returned());
        let at = stuck.and_then(|index| operations[index].returned());
        let before = operations.iter().filter_map(|o| o.returned()).filter(|o| Some(*o) < at).max();
        let place = at.map(|at| (before.unwrap_or(0), at));
        Ok(self.violated(&conflict, place, stuck, Vec::new()))
    }
}
