//! The question itself: is there an order in which one object, one operation at a time, would have
//! answered as recorded, with every operation taking effect between its call and its return?

use std::collections::HashMap;
use std::time::Instant;

use super::budget::{Budget, Limits, Stop};
use super::certify::certify;
use super::model::{Call, Model};
use super::operation::{History, Outcome};
use super::part::Part;
use super::rules::{self, Conflict, Ruling, Timed};
use super::search::{Ending, Search, Watch};
use super::violation::Violation;

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
    /// If it is not linearizable, what contradicts what.
    pub violation: Option<Violation>,
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
    let mut inquiry = Inquiry::new(model, history, limits, start);
    let verdict = inquiry.decide(limits.split_by_key);
    if let Verdict::Linearizable { witness } = &verdict {
        let refusal = certify(model, history, witness).err();
        assert_eq!(refusal, None, "the model's claims hold, so the witness is certified");
    }
    Checked {
        verdict,
        explored: inquiry.explored,
        bytes: inquiry.budget.peak(),
        violation: inquiry.violation,
    }
}

/// A linearization, if a first look at each part finds one.
pub(crate) fn glance<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    limits: &Limits,
    start: Instant,
) -> Option<Vec<usize>> {
    let mut inquiry = Inquiry::new(model, history, limits, start);
    let parts = inquiry.split(limits.split_by_key).ok()?;
    let mut orders = Vec::with_capacity(parts.len());
    for indices in &parts {
        let order = match inquiry.rule(indices, u64::MAX, false).ok()? {
            Some(Ruling::Order(order)) => order.into_iter().map(|index| index as u32).collect(),
            Some(Ruling::Conflict(_)) => return None,
            None => match inquiry.search(indices, u64::MAX, Look::First).ok()?.0 {
                Ending::Order(order) => order,
                Ending::None | Ending::Stopped(_) => return None,
            },
        };
        orders.push(order);
    }
    let witness = inquiry.merge(orders.iter());
    certify(model, history, &witness).is_ok().then_some(witness)
}

/// How to search a part. All parts get a first look in turn: most need no more, and a hard one does
/// not use up the limits while another would have given the answer at once. What is done twice for
/// a hard part is some milliseconds.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// Few configurations, and no preparation.
    First,
    /// To the end.
    Thorough,
}

impl Look {
    /// The configurations of a first look, besides two for each operation.
    const FIRST: u64 = 10_000;
}

/// The question about one history, and what has come of it so far.
pub(crate) struct Inquiry<'a, M: Model> {
    pub(crate) model: &'a M,
    pub(crate) history: &'a History<M::Input, M::Output>,
    pub(crate) budget: Budget,
    pub(crate) explored: u64,
    /// How far the search of the last undecided part came, in words.
    furthest: String,
    pub(crate) split: bool,
    /// Whether rules may decide.
    by_rule: bool,
    violation: Option<Violation>,
}

impl<'a, M: Model> Inquiry<'a, M> {
    fn new(
        model: &'a M,
        history: &'a History<M::Input, M::Output>,
        limits: &Limits,
        start: Instant,
    ) -> Self {
        Inquiry {
            model,
            history,
            budget: Budget::new(limits, start),
            explored: 0,
            furthest: String::new(),
            split: false,
            by_rule: limits.rules,
            violation: None,
        }
    }

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
                if matches!(reason, Stop::Deadline | Stop::Work) && order.is_none() {
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
        if let Look::First = look
            && let Some(ruling) = self.rule(indices, u64::MAX, false)?
        {
            let conflict = match ruling {
                Ruling::Order(order) => {
                    return Ok(Ok(order.into_iter().map(|index| index as u32).collect()));
                }
                Ruling::Conflict(conflict) => conflict,
            };
            return Ok(Err(self.blame(indices, Some(conflict), Look::First)));
        }
        let (ending, furthest) = self.search(indices, u64::MAX, look)?;
        match ending {
            Ending::Order(order) => Ok(Ok(order)),
            Ending::None => Ok(Err(self.blame(indices, None, Look::Thorough))),
            Ending::Stopped(stop) => {
                let all = indices.len();
                self.furthest =
                    format!("the longest legal order had {furthest} of {all} operations");
                Err(stop)
            }
        }
    }

    /// The explanation of a part without a legal order, which is noted as the violation, too.
    fn blame(&mut self, indices: &[u32], conflict: Option<Conflict>, look: Look) -> Vec<String> {
        let (violation, lines) = self.explain(indices, conflict, look);
        self.violation = Some(violation);
        lines
    }

    /// The operations of a part as far as the history goes `until` a position, as rules see them.
    /// With `foresight` those that return later are known by their answers, though their return is
    /// not.
    pub(crate) fn timed(
        &self,
        indices: &[u32],
        until: u64,
        foresight: bool,
    ) -> Vec<(Timed<'_, M>, u32)> {
        let operations = self.history.operations();
        let mut timed = Vec::with_capacity(indices.len());
        for &index in indices {
            let operation = &operations[index as usize];
            if operation.called > until {
                break; // They come by call.
            }
            let returned = operation.returned().filter(|&at| at <= until);
            let output = operation.output().filter(|_| foresight || returned.is_some());
            let call = Call { input: &operation.input, output };
            timed.push((Timed { call, called: operation.called, returned }, index));
        }
        timed
    }

    /// What the model's rule says about a part as far as the history goes `until` a position, with
    /// operations named by index.
    pub(crate) fn rule(
        &mut self,
        indices: &[u32],
        until: u64,
        foresight: bool,
    ) -> Result<Option<Ruling>, Stop> {
        if !self.by_rule {
            return Ok(None);
        }
        self.budget.work(indices.len() as u64)?;
        let held = self.budget.used();
        self.budget.take(indices.len() * (rules::BYTES + size_of::<(Timed<'_, M>, u32)>()))?;
        let (timed, names): (Vec<_>, Vec<_>) =
            self.timed(indices, until, foresight).into_iter().unzip();
        let ruling = self.model.rule(&timed);
        self.budget.restore(held);
        let name = |place: usize| names[place] as usize;
        Ok(ruling.map(|ruling| match ruling {
            Ruling::Order(order) => Ruling::Order(order.into_iter().map(name).collect()),
            Ruling::Conflict(Conflict { property, facts }) => {
                let facts = facts.map(|fact| fact.rename(&name));
                Ruling::Conflict(Conflict { property, facts })
            }
        }))
    }

    /// Searches one part as far as the history goes `until` a position. The order is by index; with
    /// it comes how many answered operations the longest legal order had without a gap.
    pub(crate) fn search(
        &mut self,
        indices: &[u32],
        until: u64,
        look: Look,
    ) -> Result<(Ending, u32), Stop> {
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
