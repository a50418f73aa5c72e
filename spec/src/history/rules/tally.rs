//! A counter to which the same number is added every time: its value tells how many additions have
//! taken effect, and any addition is as good as another.
//!
//! Reads in the order of their values, equal ones together as a *group*, cut the order into gaps;
//! how many additions each gap but the last holds is given. A group must not contain a read that
//! returned before one of an earlier group was called. An addition may stand in a gap if it was
//! called before every read after the gap returned, and returned after every read before the gap
//! was called. The first condition holds from some gap on, the second up to some gap: a job with a
//! release and a deadline, of which each gap takes a given number. Filling the gaps one after
//! another with the additions released, the earliest return first, finds an assignment if there is
//! one (Jackson 1955: in any assignment the job of the earlier deadline and the one that stands in
//! its place can be exchanged). It also keeps the additions in real-time order: one that returned
//! before another was called is released no later and is due earlier, so it is taken first.
//! What is left stands in the last gap, or never happened if it was not answered.
//!
//! A read that finds too few released was answered before so many additions had been called; an
//! addition left behind its deadline returned before a read was called that so many others fill.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Conflict, Fact, Ruling};

/// What an operation did to the counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tally {
    Add(i64),
    Read(i64),
}

/// An operation: its name, what it did, its call and its return, and whether it was answered.
pub(crate) struct Step {
    pub(crate) operation: usize,
    pub(crate) does: Tally,
    pub(crate) called: u64,
    pub(crate) end: u64,
    pub(crate) answered: bool,
}

/// Reads that returned the same: how many additions came before them, and their places by call.
struct Group {
    count: i64,
    reads: Vec<usize>,
}

/// Decides, unless different numbers are added, or zero.
pub(crate) fn tally(steps: &[Step]) -> Option<Ruling> {
    let mut adds = Vec::new();
    let mut reads = Vec::new();
    let mut by = None;
    for (place, step) in steps.iter().enumerate() {
        match step.does {
            Tally::Read(value) => reads.push((value, place)),
            Tally::Add(number) if number != 0 && by.is_none_or(|by| by == number) => {
                by = Some(number);
                adds.push(place);
            }
            Tally::Add(_) => return None,
        }
    }
    let by = by.unwrap_or(1);
    let mut groups: Vec<Group> = Vec::new();
    for &(value, place) in &reads {
        let count = value.checked_div(by).filter(|count| count.checked_mul(by) == Some(value));
        let Some(count) = count.filter(|&count| count >= 0) else {
            let words = format!("Starting from 0 and adding {by}, that is never reached");
            return Some(conflict(steps[place].operation, Fact::Noted(words, vec![])));
        };
        groups.push(Group { count, reads: vec![place] });
    }
    groups.sort_by_key(|group| group.count);
    groups.dedup_by(|later, earlier| {
        let same = later.count == earlier.count;
        if same {
            earlier.reads.append(&mut later.reads);
        }
        same
    });
    if let Some(conflict) = backwards(steps, &groups) {
        return Some(conflict);
    }
    Some(fill(steps, &groups, &adds))
}

const PROPERTY: &str = "a read returns the sum of what was added before";

fn conflict(read: usize, fact: Fact) -> Ruling {
    Ruling::Conflict(Conflict::new(PROPERTY, Fact::Answered(read), fact))
}

/// Two reads of which the first returned before the second was called, though the values put them
/// the other way round.
fn backwards(steps: &[Step], groups: &[Group]) -> Option<Ruling> {
    let mut latest: Option<usize> = None;
    for group in groups {
        for &read in &group.reads {
            if let Some(other) = latest.filter(|&other| steps[read].end < steps[other].called) {
                let (first, second) = (steps[read].operation, steps[other].operation);
                let order = Fact::Before(first, second);
                let why = "What they returned puts them the other way round".to_owned();
                let fact = Fact::Noted(why, vec![second, first]);
                return Some(Ruling::Conflict(Conflict::new(PROPERTY, order, fact)));
            }
        }
        let reads = group.reads.iter().copied();
        latest = reads.chain(latest).max_by_key(|&read| steps[read].called);
    }
    None
}

/// The whole order; or a read that too few or too many additions came before.
fn fill(steps: &[Step], groups: &[Group], adds: &[usize]) -> Ruling {
    // For each group the read that returns first of it and those after it.
    let mut due: Vec<usize> = Vec::with_capacity(groups.len());
    for group in groups.iter().rev() {
        let reads = group.reads.iter().chain(due.last());
        due.extend(reads.copied().min_by_key(|&read| steps[read].end).into_iter().take(1));
    }
    due.reverse();
    // For each addition the one that returns first of it and those called later.
    let mut first: Vec<usize> = Vec::with_capacity(adds.len());
    for &add in adds.iter().rev() {
        let earlier = first.last().copied().filter(|&other| steps[other].end < steps[add].end);
        first.push(earlier.unwrap_or(add));
    }
    first.reverse();
    let mut released = 0;
    let mut open = BinaryHeap::new();
    let mut order: Vec<usize> = Vec::with_capacity(steps.len());
    let (mut placed, mut latest) = (0, None);
    for (group, due) in groups.iter().zip(due) {
        while let Some(&add) = adds.get(released).filter(|&&add| steps[add].called < steps[due].end)
        {
            open.push(Reverse((steps[add].end, add)));
            released += 1;
        }
        while placed < group.count {
            let Some(Reverse((_, add))) = open.pop() else {
                let words =
                    format!("Before its return, {placed} additions at most can have been made");
                return conflict(steps[due].operation, Fact::Noted(words, vec![]));
            };
            placed += 1;
            order.push(add);
        }
        order.extend(&group.reads);
        latest = group.reads.iter().copied().chain(latest).max_by_key(|&r| steps[r].called);
        // Of those left, also of those to be released only later, the one that is due first.
        let left = open.peek().map(|Reverse((_, add))| *add);
        let left = left.into_iter().chain(first.get(released).copied());
        let overdue = left.min_by_key(|&add| steps[add].end);
        if let (Some(add), Some(read)) = (overdue, latest)
            && steps[add].end < steps[read].called
        {
            let words =
                format!("The read counts {} additions, and not this one as well", group.count);
            let fact = Fact::Noted(words, vec![steps[add].operation, steps[read].operation]);
            let before = Fact::Before(steps[add].operation, steps[read].operation);
            return Ruling::Conflict(Conflict::new(PROPERTY, before, fact));
        }
    }
    let mut rest: Vec<usize> = open.into_iter().map(|Reverse((_, add))| add).collect();
    rest.extend(&adds[released..]);
    rest.retain(|&add| steps[add].answered);
    rest.sort_unstable_by_key(|&add| steps[add].called);
    order.extend(rest);
    Ruling::Order(order.into_iter().map(|place| steps[place].operation).collect())
}
