//! Which answers contradict one another, found by leaving out.
//!
//! An answer is left out by taking its operation as one that was never answered: it may then take
//! effect at any time after its call, or never. That asks for less, so what has no legal order
//! afterwards is contradictory by the answers that are left. (Taking the operation away instead
//! would make contradictions up: a read whose write is gone.)

use super::budget::Stop;
use super::check::Inquiry;
use super::model::Model;
use super::operation::Outcome;
use super::part::Part;
use super::search::{Ending, Search, Watch};

impl<M: Model> Inquiry<'_, M> {
    /// The searches made for it, the configurations of each, and the operations looked at in all:
    /// together some tenths of a second.
    const ESSENCE_SEARCHES: usize = 200;
    const ESSENCE_CONFIGURATIONS: u64 = 2_000;
    const ESSENCE_OPERATIONS: usize = 1_000_000;
    /// More answers than a line has room for explain nothing.
    const ESSENCE_ANSWERS: usize = 5;

    /// Some answers before `line` that have no legal order together with the one that came there:
    /// none of them can be left out, as far as the searches go. They are named by index. Nothing
    /// comes back if not even all together are seen to have none, or if they are too many.
    pub(super) fn essence(&mut self, indices: &[u32], line: u64) -> Result<Option<Vec<u32>>, Stop> {
        let operations = self.history.operations();
        let answered = |index: &u32| {
            operations[*index as usize].returned().is_some_and(|returned| returned < line)
        };
        let mut needed: Vec<u32> = indices.iter().copied().filter(answered).collect();
        if !self.contradict(indices, line, &needed)? {
            return Ok(None);
        }
        let most = (Self::ESSENCE_OPERATIONS / indices.len().max(1)).min(Self::ESSENCE_SEARCHES);
        let mut searches = 0;
        let mut many = needed.len();
        while many > 0 {
            let mut place = 0;
            while place < needed.len() && searches < most {
                searches += 1;
                let end = (place + many).min(needed.len());
                let fewer = [&needed[..place], &needed[end..]].concat();
                match self.contradict(indices, line, &fewer)? {
                    true => needed = fewer,
                    false => place = end,
                }
            }
            many /= 2;
        }
        Ok((needed.len() <= Self::ESSENCE_ANSWERS).then_some(needed))
    }

    /// Whether the answers of these and the one that came at `line` are seen to have no legal
    /// order, whatever all others did.
    fn contradict(&mut self, indices: &[u32], line: u64, these: &[u32]) -> Result<bool, Stop> {
        let mut index = 0..;
        let history = self.history.clone().map(|mut operation| {
            let is_needed = index.next().is_some_and(|index| these.binary_search(&index).is_ok());
            if let Outcome::Returned { output, at } = &operation.outcome
                && !is_needed
                && *at != line
            {
                operation.input = self.model.unanswered(&operation.input, output);
                operation.outcome = Outcome::Unknown;
            }
            operation
        });
        let held = self.budget.used();
        let part = Part::new(self.model, &history, indices, line);
        let search = Search::new(self.model, &part, &mut self.budget, Watch::All);
        let ending = search.map(|mut search| {
            let ending = search.run(Self::ESSENCE_CONFIGURATIONS);
            (ending, search.visited())
        });
        self.budget.restore(held);
        let (ending, visited) = ending?;
        self.explored += visited;
        match ending {
            Ending::None => Ok(true),
            Ending::Order(_) | Ending::Stopped(Stop::Allotment) => Ok(false),
            Ending::Stopped(stop) => Err(stop),
        }
    }
}
