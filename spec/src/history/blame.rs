//! Where a history without a legal order goes wrong, and what contradicts what there.

use super::budget::Stop;
use super::check::{Inquiry, Look};
use super::explain::Explanation;
use super::model::{Call, Model};
use super::part::Part;
use super::rules::{Conflict, Fact, Ruling};
use super::search::{Ending, Search, Watch};
use super::violation::{Violation, words};

/// Where a part goes wrong: the last return up to which it has a legal order (0 if there is none),
/// the next return, and whether it certainly has none up to that.
struct Place {
    good: u64,
    bad: u64,
    certain: bool,
}

impl<M: Model> Inquiry<'_, M> {
    /// The configurations searched for what would have been possible: some tenths of a second.
    const ALTERNATIVES: u64 = 50_000;
    /// The most answers that are tried by rule instead of the one given, and the most operations
    /// looked at for that in all: a second's work.
    const TRIED: usize = 32;
    const TRIED_OPERATIONS: usize = 2_000_000;

    /// Explains why a part has no legal order, which a rule may have told, for programs and in
    /// words.
    pub(crate) fn explain(
        &mut self,
        indices: &[u32],
        conflict: Option<Conflict>,
        look: Look,
    ) -> (Violation, Vec<String>) {
        let place = self.locate(indices, look);
        let line = place.as_ref().ok().filter(|place| place.certain).map(|place| place.bad);
        // The facts are told as of the first answer that goes wrong.
        let earliest = line.and_then(|line| self.rule(indices, line, false).ok().flatten());
        let conflict = match earliest {
            Some(Ruling::Conflict(earliest)) => Some(earliest),
            _ => conflict,
        };
        let mut violation = Violation {
            property: self.model.promise().to_owned(),
            facts: Vec::new(),
            fails_at: line,
            holds_until: place.ok().map(|place| place.good),
            operation: None,
            legal: Vec::new(),
            conflict: Vec::new(),
        };
        if let Some(conflict) = conflict {
            violation.property.clone_from(&conflict.property);
            let name = |index: usize| words(self.model, self.history, index);
            violation.facts = conflict.facts.iter().map(|fact| fact.sentence(name)).collect();
            violation.conflict = conflict.facts.iter().flat_map(Fact::operations).collect();
        }
        let told = match line {
            Some(line) => self.tell(indices, line, &mut violation),
            None => Err(Stop::Allotment),
        };
        violation.conflict.sort_unstable();
        violation.conflict.dedup();
        let lines = told.unwrap_or_else(|_| {
            let mut lines = vec!["No order of the operations is legal.".to_owned()];
            lines.push(format!("What is broken: {}.", violation.property));
            lines.extend(violation.facts.iter().map(|fact| format!("  {fact}")));
            lines.push("The limits left no room to find out where it goes wrong.".to_owned());
            lines
        });
        (violation, lines)
    }

    /// The first return with which a part that has no legal order has none. A history with a legal
    /// order has one up to every point, so halving finds it.
    fn locate(&mut self, indices: &[u32], look: Look) -> Result<Place, Stop> {
        let operations = self.history.operations();
        let mut returns: Vec<u64> =
            indices.iter().filter_map(|&index| operations[index as usize].returned()).collect();
        returns.sort_unstable();
        let (mut good, mut bad, mut certain) = (0, returns.len(), true);
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            match self.is_legal(indices, returns[middle - 1], look)? {
                Some(true) => good = middle,
                known => (bad, certain) = (middle, known.is_some()),
            }
        }
        let at = |count: usize| count.checked_sub(1).map_or(0, |last| returns[last]);
        Ok(Place { good: at(good), bad: at(bad), certain })
    }

    /// Whether a part has a legal order as far as the history goes `until` a position; nothing if
    /// `look` does not tell.
    fn is_legal(&mut self, indices: &[u32], until: u64, look: Look) -> Result<Option<bool>, Stop> {
        // An order in which later answers turn out as they did is an order now.
        if let Some(Ruling::Order(_)) = self.rule(indices, until, true)? {
            return Ok(Some(true));
        }
        if let Some(ruling) = self.rule(indices, until, false)? {
            return Ok(Some(matches!(ruling, Ruling::Order(_))));
        }
        match self.search(indices, until, look)?.0 {
            Ending::Order(_) => Ok(Some(true)),
            Ending::None => Ok(Some(false)),
            Ending::Stopped(Stop::Allotment) => Ok(None),
            Ending::Stopped(stop) => Err(stop),
        }
    }

    /// Explains in words why a part has no legal order up to the return at `line`, where it had one
    /// before, and completes what programs are told.
    fn tell(
        &mut self,
        indices: &[u32],
        line: u64,
        violation: &mut Violation,
    ) -> Result<Vec<String>, Stop> {
        let tried = self.try_answers(indices, line)?;
        let essence = match violation.facts.is_empty() {
            // Without room for it, the rest is still worth telling.
            true => self.essence(indices, line).unwrap_or_default(),
            false => None,
        };
        let held = self.budget.used();
        let part = Part::new(self.model, self.history, indices, line);
        let mut search = Search::new(self.model, &part, &mut self.budget, Watch::AllButLast)?;
        let searched = matches!(search.run(Self::ALTERNATIVES), Ending::None);
        self.explored += search.visited();
        let furthest = search.furthest();
        let reached = furthest.rank as usize + 1 == part.answered();
        let states = furthest.states.iter().filter(|_| reached);
        let mut explanation = Explanation {
            model: self.model,
            history: self.history,
            part: &part,
            possible: tried.0,
            complete: searched || tried.1,
            tail: if reached { &furthest.tail } else { &[] },
            essence,
            split: self.split,
        };
        explanation.add_possible(states.map(|&id| search.state(id)));
        let lines = explanation.lines(violation);
        drop(search);
        self.budget.restore(held);
        Ok(lines)
    }

    /// The answers that the rule finds legal instead of the one that came at `line`, in words; and
    /// whether all that come into question were tried.
    fn try_answers(&mut self, indices: &[u32], line: u64) -> Result<(Vec<String>, bool), Stop> {
        self.budget.work(indices.len() as u64)?;
        let mut timed: Vec<_> =
            self.timed(indices, line, false).into_iter().map(|(timed, _)| timed).collect();
        let Some(stuck) = timed.iter().position(|timed| timed.returned == Some(line)) else {
            return Ok((Vec::new(), false));
        };
        let input = timed[stuck].call.input;
        if self.model.rule(&timed).is_none() {
            return Ok((Vec::new(), false));
        }
        let mut answers = self.model.alternatives(&timed, input);
        let enough = (Self::TRIED_OPERATIONS / timed.len()).min(Self::TRIED);
        let all = answers.len() <= enough && !answers.is_empty();
        answers.truncate(enough);
        let mut possible = Vec::new();
        for answer in &answers {
            timed[stuck].call = Call { input, output: Some(answer) };
            if let Some(Ruling::Order(_)) = self.model.rule(&timed) {
                possible.push(self.model.describe_output(input, answer));
            }
        }
        possible.dedup();
        Ok((possible, all))
    }
}
