//! The question itself: is there an order in which one object, one operation at a time, would have
//! answered as recorded, with every operation taking effect between its call and its return?

use std::collections::HashMap;
use std::time::Instant;

use super::budget::{Budget, Limits, Stop};
use super::certify::certify;
use super::explain::Explanation;
use super::model::Model;
use super::operation::{History, Outcome};
use super::part::Part;
use super::search::{Ending, Search, Watch};

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There is such an order; it has been certified.
    Linearizable {
        /// The operations in that order, by index in the history. Unknown operations that need not
        /// have taken effect are left out.
        witness: Vec<usize>,
    },
    /// There is none.
    NotLinearizable {
        /// Why, in words, a thought a line.
        explanation: Vec<String>,
    },
    /// The limits were too narrow to tell.
    Unknown {
        /// Which limit was hit.
        reason: Stop,
        /// How far the search came, in words.
        covered: String,
    },
}

/// The answer with what it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The answer.
    pub verdict: Verdict,
    /// How many configurations the search visited.
    pub explored: u64,
    /// The most memory the search held, in bytes.
    pub bytes: usize,
}

/// Decides whether `history` is linearizable with respect to `model`, within `limits` counted from
/// `start`.
///
/// # Panics
///
/// If the witness found is refused by [`certify`], which means that a claim the model makes is not
/// true.
pub fn check<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    limits: &Limits,
    start: Instant,
) -> Checked {
    let mut inquiry = Inquiry {
        model,
        history,
        budget: Budget::new(limits, start),
        explored: 0,
        furthest: String::new(),
        split: false,
    };
    let verdict = inquiry.decide(limits.split_by_key);
    if let Verdict::Linearizable { witness } = &verdict {
        let refusal = certify(model, history, witness).err();
        assert_eq!(refusal, None, "the model's claims hold, so the witness is certified");
    }
    Checked { verdict, explored: inquiry.explored, bytes: inquiry.budget.peak() }
}

/// How to search a part. All parts get a first look in turn: most need no more, and a hard one does
/// not use up the limits while another would have given the answer at once. What is done twice for
/// a hard part is some milliseconds.
#[derive(Clone, Copy)]
enum Look {
    /// Few configurations, and no preparation.
    First,
    /// To the end.
    Thorough,
}

impl Look {
    /// The configurations of a first look, besides two for each operation.
    const FIRST: u64 = 10_000;
}

struct Inquiry<'a, M: Model> {
    model: &'a M,
    history: &'a History<M::Input, M::Output>,
    budget: Budget,
    explored: u64,
    /// How far the search of the last undecided part came, in words.
    furthest: String,
    split: bool,
}

impl<M: Model> Inquiry<'_, M> {
    /// The configurations searched for what would have been possible: some tenths of a second.
    const ALTERNATIVES: u64 = 50_000;

    fn decide(&mut self, split_by_key: bool) -> Verdict {
        let parts = match self.split(split_by_key) {
            Ok(parts) => parts,
            Err(reason) => return self.unknown(reason, 0, 1),
        };
        self.split = parts.len() > 1;
        let mut orders = vec![None; parts.len()];
        let mut reason = Stop::Deadline;
        for look in [Look::First, Look::Thorough] {
            for (order, indices) in orders.iter_mut().zip(&parts) {
                if order.is_some() {
                    continue;
                }
                match self.look(indices, look) {
                    Ok(Ok(found)) => *order = Some(found),
                    Ok(Err(explanation)) => return Verdict::NotLinearizable { explanation },
                    Err(stop) => reason = stop,
                }
                if reason == Stop::Deadline && order.is_none() {
                    break;
                }
            }
        }
        let decided = orders.iter().flatten().count();
        if decided < parts.len() {
            return self.unknown(reason, decided, parts.len());
        }
        Verdict::Linearizable { witness: self.merge(orders.iter().flatten()) }
    }

    /// The indices of the operations, by part, small parts first.
    fn split(&mut self, by_key: bool) -> Result<Vec<Vec<u32>>, Stop> {
        self.budget.work(0)?;
        let operations = self.history.operations();
        // The indices by part, and the orders found.
        self.budget.take(operations.len() * 2 * size_of::<u32>())?;
        let happened = |index: &u32| operations[*index as usize].outcome != Outcome::Failed;
        let all = (0..operations.len() as u32).filter(happened);
        let mut places = HashMap::new();
        let mut parts: Vec<Vec<u32>> = Vec::new();
        for index in all.clone() {
            self.budget.work(1)?;
            let key = self.model.key(&operations[index as usize].input);
            let Some(key) = key.filter(|_| by_key) else {
                return Ok(vec![all.collect()]);
            };
            let place = *places.entry(key).or_insert(parts.len());
            if place == parts.len() {
                parts.push(Vec::new());
            }
            parts[place].push(index);
        }
        parts.sort_by_key(Vec::len);
        Ok(parts)
    }

    /// Searches one part: an order of its operations by index, or an explanation why there is none.
    fn look(&mut self, indices: &[u32], look: Look) -> Result<Result<Vec<u32>, Vec<String>>, Stop> {
        let (ending, furthest) = self.search(indices, u64::MAX, look)?;
        match ending {
            Ending::Order(order) => Ok(Ok(order)),
            Ending::None => {
                let explanation = self.locate(indices).and_then(|line| self.explain(indices, line));
                Ok(Err(explanation.unwrap_or_else(|_| {
                    vec![
                        "No order of the operations is legal.".to_owned(),
                        "The limits left no room to find out where it goes wrong.".to_owned(),
                    ]
                })))
            }
            Ending::Stopped(stop) => {
                let all = indices.len();
                self.furthest =
                    format!("the longest legal order had {furthest} of {all} operations");
                Err(stop)
            }
        }
    }

    /// Searches one part as far as the history goes `until` a position. The order is by index; with
    /// it comes how many answered operations the longest legal order had without a gap.
    fn search(&mut self, indices: &[u32], until: u64, look: Look) -> Result<(Ending, u32), Stop> {
        self.budget.work(0)?;
        let held = self.budget.used();
        let part = Part::new(self.model, self.history, indices, until);
        let (watch, allotment) = match look {
            Look::First => (Watch::Nothing, Look::FIRST + 2 * indices.len() as u64),
            Look::Thorough => (Watch::All, u64::MAX),
        };
        let result = Search::new(self.model, &part, &mut self.budget, watch);
        let result = result.map(|mut search| {
            let ending = search.run(allotment);
            self.explored += search.visited();
            (ending, search.furthest().rank)
        });
        self.budget.restore(held);
        let (mut ending, furthest) = result?;
        if let Ending::Order(order) = &mut ending {
            order.iter_mut().for_each(|id| *id = part.origin[*id as usize]);
        }
        Ok((ending, furthest))
    }

    /// The first return with which a part that has no legal order has none. A history with a legal
    /// order has one up to every point, so halving finds it.
    fn locate(&mut self, indices: &[u32]) -> Result<u64, Stop> {
        let operations = self.history.operations();
        let mut returns: Vec<u64> =
            indices.iter().filter_map(|&index| operations[index as usize].returned()).collect();
        returns.sort_unstable();
        let (mut good, mut bad) = (0, returns.len());
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            match self.search(indices, returns[middle - 1], Look::Thorough)?.0 {
                Ending::Order(_) => good = middle,
                Ending::None => bad = middle,
                Ending::Stopped(stop) => return Err(stop),
            }
        }
        Ok(returns[bad - 1])
    }

    /// Explains why a part has no legal order up to the return at `line`, where it had one before.
    fn explain(&mut self, indices: &[u32], line: u64) -> Result<Vec<String>, Stop> {
        let held = self.budget.used();
        let part = Part::new(self.model, self.history, indices, line);
        let mut search = Search::new(self.model, &part, &mut self.budget, Watch::AllButLast)?;
        let complete = matches!(search.run(Self::ALTERNATIVES), Ending::None);
        self.explored += search.visited();
        let furthest = search.furthest();
        let reached = furthest.rank as usize + 1 == part.answered();
        let states = furthest.states.iter().filter(|_| reached);
        let explanation = Explanation {
            model: self.model,
            operations: self.history.operations(),
            part: &part,
            states: states.map(|&id| search.state(id)).collect(),
            complete,
            tail: if reached { &furthest.tail } else { &[] },
            split: self.split,
        };
        let lines = explanation.lines();
        drop(search);
        self.budget.restore(held);
        Ok(lines)
    }

    fn unknown(&self, reason: Stop, decided: usize, parts: usize) -> Verdict {
        let mut covered = Vec::new();
        if self.split {
            covered.push(format!("{decided} of {parts} keys are linearizable"));
        }
        if self.furthest.is_empty() {
            covered.push("the search did not begin".to_owned());
        } else {
            covered.push(self.furthest.clone());
        }
        Verdict::Unknown { reason, covered: covered.join("; ") }
    }

    /// One order from the orders of the parts. Each operation takes effect at the latest call among
    /// it and those before it in its part, which is within its own time because the part's order is
    /// legal; sorted by these instants, operations of all parts are in real-time order (Herlihy &
    /// Wing 1990, locality).
    fn merge<'o>(&self, orders: impl Iterator<Item = &'o Vec<u32>>) -> Vec<usize> {
        let operations = self.history.operations();
        let mut timed = Vec::with_capacity(operations.len());
        for order in orders {
            let mut instant = 0;
            for &index in order {
                instant = operations[index as usize].called.max(instant);
                timed.push((instant, index as usize));
            }
        }
        // The sort is stable: within a part the order stays.
        timed.sort_by_key(|&(instant, _)| instant);
        timed.into_iter().map(|(_, index)| index).collect()
    }
}
