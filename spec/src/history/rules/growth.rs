//! A set to which each element is added at most once, that nothing is taken from, and that is only
//! read as a whole.
//!
//! The set only grows, so of two reads one saw all that the other saw. If so, sort them by what
//! they saw: the order then falls into blocks, each made of the additions that a read saw and the
//! one before it did not, and of the reads that saw the same. An addition that no read saw comes
//! after all reads, or never happened if it was not answered. In every legal order the blocks come
//! one after the other; and within a block additions (or reads) may come in any order, so that by
//! call will do. So there is a legal order if and only if no operation returned before one of an
//! earlier block was called.

use std::collections::HashMap;

use super::{Conflict, Fact, Ruling};

/// What an operation did to the set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Growth<'a> {
    Add(i64),
    /// The elements, in ascending order.
    Read(&'a [i64]),
}

/// An operation: its name, what it did, its call and its return, and whether it was answered.
pub(crate) struct Step<'a> {
    pub(crate) operation: usize,
    pub(crate) does: Growth<'a>,
    pub(crate) called: u64,
    pub(crate) end: u64,
    pub(crate) answered: bool,
}

/// Decides, unless an element is added twice.
pub(crate) fn growth(steps: &[Step<'_>]) -> Option<Ruling> {
    let mut adds = HashMap::new();
    let mut reads: Vec<(&[i64], usize)> = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        match step.does {
            Growth::Add(element) => {
                if adds.insert(element, place).is_some() {
                    return None;
                }
            }
            Growth::Read(elements) => reads.push((elements, place)),
        }
    }
    reads.sort_by_key(|(elements, _)| elements.len());
    let name = |place: usize| steps[place].operation;
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut seen: (&[i64], Option<usize>) = (&[], None);
    for (elements, read) in reads {
        let new = match beyond(seen.0, elements) {
            Ok(new) => new,
            Err(lacking) => {
                let other = seen.1.map_or(read, |before| before);
                let words = format!("The second lacks {lacking}, and the first something it has");
                let facts = Fact::Noted(words, vec![name(other), name(read)]);
                let property =
                    "a set that only grows shows one of two reads all that the other saw";
                return Some(conflict(property, name(read), facts));
            }
        };
        let mut block = Vec::with_capacity(new.len());
        for element in new {
            let Some(&add) = adds.get(&element) else {
                let words = format!("Nobody had been asked to add {element}");
                let property = "what a read returns was added";
                return Some(conflict(property, name(read), Fact::Noted(words, vec![])));
            };
            block.push(add);
            adds.remove(&element);
        }
        if seen.1.is_none() || !block.is_empty() {
            blocks.push(block);
            blocks.push(Vec::new());
        }
        if let Some(last) = blocks.last_mut() {
            last.push(read);
        }
        seen = (elements, Some(read));
    }
    blocks.push(adds.into_values().filter(|&add| steps[add].answered).collect());
    Some(in_time(steps, blocks))
}

fn conflict(property: &str, read: usize, fact: Fact) -> Ruling {
    Ruling::Conflict(Conflict::new(property, Fact::Answered(read), fact))
}

/// What the second has that the first has not; or something that only the first has. Both ascend.
fn beyond(first: &[i64], second: &[i64]) -> Result<Vec<i64>, i64> {
    let mut rest = first.iter().peekable();
    let mut new = Vec::with_capacity(second.len().saturating_sub(first.len()));
    for &element in second {
        match rest.peek() {
            Some(&&other) if other == element => drop(rest.next()),
            Some(&&other) if other < element => return Err(other),
            _ => new.push(element),
        }
    }
    match rest.next() {
        Some(&lacking) => Err(lacking),
        None => Ok(new),
    }
}

/// The blocks one after the other, unless something returned before something of an earlier block
/// was called.
fn in_time(steps: &[Step<'_>], blocks: Vec<Vec<usize>>) -> Ruling {
    let mut order = Vec::with_capacity(steps.len());
    let mut latest: Option<usize> = None;
    for mut block in blocks {
        block.sort_unstable_by_key(|&place| steps[place].called);
        for &place in &block {
            if let Some(earlier) = latest.filter(|&other| steps[place].end < steps[other].called) {
                let (first, second) = (steps[place].operation, steps[earlier].operation);
                let why = "By what the reads returned, the order was";
                return Ruling::Conflict(Conflict::new(
                    "a read returns what was added before, and all of it",
                    Fact::Before(first, second),
                    Fact::Chain(why, vec![second, first]),
                ));
            }
        }
        latest = block.iter().copied().chain(latest).max_by_key(|&place| steps[place].called);
        order.extend(block);
    }
    Ruling::Order(order.into_iter().map(|place| steps[place].operation).collect())
}
