//! Rules that decide some histories without a search, in time that grows like sorting.
//!
//! A rule answers only where it is sure: with an order, which [`certify`](super::certify) checks
//! like any other, or with two facts that cannot both be. Why there is always one or the other is
//! argued at each rule. Where its conditions do not hold (most need values that are written once)
//! it says nothing, and the search decides.

mod fifo;
mod growth;
mod tally;
mod zones;

use super::model::{Call, Model};

pub(crate) use fifo::{Fifo, Step as FifoStep, fifo};
pub(crate) use growth::{Growth, Step as GrowthStep, growth};
pub(crate) use tally::{Step as TallyStep, Tally, tally};
pub(crate) use zones::{Visit, zones};

/// The bytes that a rule may hold for each operation: its own records, the sorted lists of them and
/// a hash table's slots are a dozen words, doubled while a vector moves.
pub(crate) const BYTES: usize = 12 * size_of::<u64>() * 2;

/// An operation as rules see it. Failed operations are left out.
pub struct Timed<'a, M: Model + ?Sized> {
    /// What was asked, and the answer if one came.
    pub call: Call<'a, M>,
    /// The position of the call.
    pub called: u64,
    /// The position of the return; nothing if it may take effect at any later time. With an answer
    /// it certainly takes effect, without one perhaps.
    pub returned: Option<u64>,
}

impl<M: Model + ?Sized> Timed<'_, M> {
    /// The return, or a position after all others.
    pub(crate) fn end(&self) -> u64 {
        self.returned.unwrap_or(u64::MAX)
    }
}

/// What a rule found. Operations are named by their index in the list it was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// A legal order.
    Order(Vec<usize>),
    /// There is none.
    Conflict(Conflict),
}

/// Two facts that cannot both be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// What they contradict, in words: `a value is dequeued once`.
    pub property: String,
    /// The facts.
    pub facts: [Fact; 2],
}

impl Conflict {
    pub(crate) fn new(property: &str, first: Fact, second: Fact) -> Conflict {
        Conflict { property: property.to_owned(), facts: [first, second] }
    }
}

/// Something that a history says. Operations are named by index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The operation was answered as it was.
    Answered(usize),
    /// The first returned before the second was called.
    Before(usize, usize),
    /// The first and the later second are of one client.
    InSession(usize, usize),
    /// The second, a read, returned what the first wrote.
    ReadFrom(usize, usize),
    /// One value was there from the return of the first (from the beginning, if there is no first)
    /// until the call of the second.
    Held(Option<usize>, usize),
    /// The first was called and the second returned within the time that another fact tells.
    Within(usize, usize),
    /// Each of these must come before the next, for the reason given.
    Chain(&'static str, Vec<usize>),
    /// Something else, in words, about these operations.
    Noted(String, Vec<usize>),
}

impl Fact {
    /// The operations that it is about.
    pub fn operations(&self) -> Vec<usize> {
        match self {
            Fact::Answered(one) | Fact::Held(None, one) => vec![*one],
            Fact::Before(one, other)
            | Fact::InSession(one, other)
            | Fact::ReadFrom(one, other)
            | Fact::Held(Some(one), other)
            | Fact::Within(one, other) => vec![*one, *other],
            Fact::Chain(_, several) | Fact::Noted(_, several) => several.clone(),
        }
    }

    /// The same fact with operations named otherwise.
    pub(crate) fn rename(self, name: &impl Fn(usize) -> usize) -> Fact {
        let each = |several: Vec<usize>| several.into_iter().map(name).collect();
        match self {
            Fact::Answered(one) => Fact::Answered(name(one)),
            Fact::Before(one, other) => Fact::Before(name(one), name(other)),
            Fact::InSession(one, other) => Fact::InSession(name(one), name(other)),
            Fact::ReadFrom(one, other) => Fact::ReadFrom(name(one), name(other)),
            Fact::Held(one, other) => Fact::Held(one.map(name), name(other)),
            Fact::Within(one, other) => Fact::Within(name(one), name(other)),
            Fact::Chain(why, several) => Fact::Chain(why, each(several)),
            Fact::Noted(words, several) => Fact::Noted(words, each(several)),
        }
    }

    /// The fact as a sentence, with `words` for each operation.
    pub(crate) fn sentence(&self, words: impl Fn(usize) -> String) -> String {
        match self {
            Fact::Answered(one) => format!("{}.", words(*one)),
            Fact::Before(one, other) => {
                format!("{} returned before {} was called.", words(*one), words(*other))
            }
            Fact::InSession(one, other) => {
                format!("{} comes before {}, of the same client.", words(*one), words(*other))
            }
            Fact::ReadFrom(write, read) => format!("{} saw {}.", words(*read), words(*write)),
            Fact::Held(Some(one), other) => format!(
                "From the return of {} until the call of {} their value was there.",
                words(*one),
                words(*other)
            ),
            Fact::Held(None, one) => {
                format!("From the beginning until the call of {} its value was there.", words(*one))
            }
            Fact::Within(one, other) if one == other => {
                format!("{} took place wholly within that time.", words(*one))
            }
            Fact::Within(one, other) => format!(
                "{} was called and {} returned within that time.",
                words(*one),
                words(*other)
            ),
            Fact::Chain(why, several) => {
                let several: Vec<_> = several.iter().map(|&one| words(one)).collect();
                format!("{why}: {}.", several.join(", then "))
            }
            Fact::Noted(note, several) => {
                let several: Vec<_> = several.iter().map(|&one| words(one)).collect();
                match several.is_empty() {
                    true => format!("{note}."),
                    false => format!("{note}: {}.", several.join("; ")),
                }
            }
        }
    }
}
