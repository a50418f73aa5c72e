//! A queue into which each value is put at most once (the patterns are those of Henzinger, Sezgin &
//! Vafeiadis 2013, `VFresh VRepet VOrd VWit`, and of Bouajjani, Emmi, Enea & Hamza 2015).
//!
//! An enqueue takes effect no later than its value's dequeue returns, and a dequeue no earlier than
//! its value's enqueue is called; let *in* and *out* be the intervals of the two so narrowed. A
//! value is certainly in the queue from the end of *in* to the start of *out*, if that is later.
//!
//! 1. A dequeue that found nothing needs a point of its interval at which no value is certainly
//!    there. If it has one, take it, and cut time at it: each value's *in* and *out* both reach to
//!    the same side of each cut, for else it would be certainly there. A value belongs to the
//!    *segment* that holds the start of its *out* (after the last cut if it is never dequeued).
//! 2. Value u must come before w if *in* of u ends before *in* of w starts, or *out* before *out*.
//!    Neither ever leads to an earlier segment: whatever ends before something of an earlier
//!    segment starts, ends before a cut at which its segment begins, and would be certainly there
//!    at the cut or be of an earlier segment.
//! 3. Values are taken one by one, of the earliest segment first, each such that no value left must
//!    come before it. If there is none, let u be the value left whose *in* ends first and w the one
//!    whose *out* ends first. Nothing must come before u by *in*, so w must by *out*; and nothing
//!    must come before w by *out*, so u must by *in*. Then u was enqueued before w and dequeued
//!    after it or never, which no queue does. (Narrowing adds nothing: if the end of *in* of u is
//!    the dequeue's return, or the start of *out* the enqueue's call, then some dequeue returned
//!    before its enqueue was called.)
//! 4. Otherwise each enqueue, in the order of values, takes effect at the latest start of *in* up
//!    to it or the cut before its segment; each dequeue likewise, or with its enqueue if that is
//!    later. All that is no later than its return, because nothing later in the order must come
//!    before it; and before the next cut, because starts are.
//!
//! Dequeues that were never answered may have taken any value that no other did. A conflict among
//! values that were dequeued stays one. A value enqueued before another that was dequeued, or
//! before a dequeue was called that found nothing, must have been taken before the one or the other
//! returned: by an unanswered dequeue called before that. Given to the earliest deadline first,
//! there are enough of these early enough, or there is no order. If there are, the history in which
//! they took those values is decided like any other; what is a conflict only there is left to the
//! search.

use std::collections::{BinaryHeap, HashMap};

use super::{Conflict, Fact, Ruling};

/// What an operation did to the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fifo {
    Enqueue(i64),
    Dequeue(i64),
    Empty,
    /// A dequeue that was never answered.
    Unanswered,
}

/// An operation: its name, what it did, its call and its return, and whether it was answered.
pub(crate) struct Step {
    pub(crate) operation: usize,
    pub(crate) does: Fifo,
    pub(crate) called: u64,
    pub(crate) end: u64,
    pub(crate) answered: bool,
}

/// A return that never came, before the time at which what was never dequeued goes out.
const NEVER_RETURNED: u64 = u64::MAX - 1;

/// A value: the places of its operations among the steps, and the two narrowed intervals. What was
/// never dequeued has its *out* after everything.
struct Item {
    enqueue: usize,
    dequeue: Option<usize>,
    goes_in: (u64, u64),
    goes_out: (u64, u64),
}

/// Decides, unless a value is enqueued twice or all hangs on what dequeues without an answer took.
pub(crate) fn fifo(steps: &[Step]) -> Option<Ruling> {
    let mut items = match pair(steps)? {
        Ok(items) => items,
        Err(conflict) => return Some(Ruling::Conflict(conflict)),
    };
    let unanswered: Vec<usize> =
        (0..steps.len()).filter(|&place| steps[place].does == Fifo::Unanswered).collect();
    if unanswered.is_empty() || items.iter().all(|item| item.dequeue.is_some()) {
        return Some(decide(steps, &items));
    }
    items.sort_by_key(|item| item.dequeue.is_none());
    let sure = items.partition_point(|item| item.dequeue.is_some());
    if let Ruling::Conflict(conflict) = decide(steps, &items[..sure]) {
        return Some(Ruling::Conflict(conflict));
    }
    if let Err(conflict) = assign(steps, &mut items, sure, &unanswered) {
        return Some(Ruling::Conflict(conflict));
    }
    Some(decide(steps, &items)).filter(|ruling| matches!(ruling, Ruling::Order(_)))
}

/// Decides for values of which it is known whether they were dequeued.
fn decide(steps: &[Step], items: &[Item]) -> Ruling {
    let cuts = match cuts(steps, items) {
        Ok(cuts) => cuts,
        Err(conflict) => return Ruling::Conflict(conflict),
    };
    match arrange(items, &cuts) {
        Ok(order) => Ruling::Order(place(steps, items, &cuts, &order)),
        Err((early, late)) => {
            let name = |place: usize| steps[place].operation;
            let (early, late) = (&items[early], &items[late]);
            let first = Fact::Before(name(early.enqueue), name(late.enqueue));
            let second = match (late.dequeue, early.dequeue) {
                (Some(late), Some(early)) => Fact::Before(name(late), name(early)),
                (late, _) => Fact::Noted(
                    "The second was dequeued and the first never".to_owned(),
                    late.map(name).into_iter().collect(),
                ),
            };
            let property = "values are dequeued in the order in which they were enqueued";
            Ruling::Conflict(Conflict::new(property, first, second))
        }
    }
}

/// Lets unanswered dequeues, which come by call, take the values that must have been taken. The
/// items from `sure` on were not dequeued.
fn assign(
    steps: &[Step],
    items: &mut [Item],
    sure: usize,
    unanswered: &[usize],
) -> Result<(), Conflict> {
    // By position: who enqueued then or found nothing called then, with the earliest return of
    // those and all later ones, by which what was enqueued before must have been taken.
    let (dequeued, left) = items.split_at_mut(sure);
    let mut due: Vec<(u64, u64, usize)> = dequeued
        .iter()
        .filter_map(|item| Some((item.goes_in.0, item.goes_out.1, item.dequeue?)))
        .collect();
    let empty = steps.iter().enumerate().filter(|(_, step)| step.does == Fifo::Empty);
    due.extend(empty.map(|(place, step)| (step.called, step.end, place)));
    due.sort_unstable();
    for later in (1..due.len()).rev() {
        let (_, end, place) = due[later];
        let earlier = &mut due[later - 1];
        if end < earlier.1 {
            (earlier.1, earlier.2) = (end, place);
        }
    }
    let mut must: Vec<(u64, usize, usize)> = Vec::new();
    for (place, item) in left.iter().enumerate() {
        let after = due.partition_point(|&(from, ..)| from < item.goes_in.1);
        must.extend(due.get(after).map(|&(_, end, by)| (end, place, by)));
    }
    must.sort_unstable();
    let mut taking = unanswered.iter().copied();
    for (end, place, by) in must {
        let item = &mut left[place];
        let Some(dequeue) = taking.next().filter(|&dequeue| steps[dequeue].called < end) else {
            let words = "This was put in before, and no unanswered dequeue is left that can have \
                         taken it by then";
            return Err(Conflict::new(
                "values are dequeued in the order in which they were enqueued",
                Fact::Answered(steps[by].operation),
                Fact::Noted(words.to_owned(), vec![steps[item.enqueue].operation]),
            ));
        };
        item.dequeue = Some(dequeue);
        item.goes_out = (steps[dequeue].called.max(item.goes_in.0), NEVER_RETURNED);
    }
    Ok(())
}

/// The values with their operations. Enqueues that may not have happened and whose value nobody
/// dequeued are left out: nothing shows them.
fn pair(steps: &[Step]) -> Option<Result<Vec<Item>, Conflict>> {
    let mut items: Vec<Item> = Vec::new();
    let mut places = HashMap::new();
    for (place, step) in steps.iter().enumerate() {
        let Fifo::Enqueue(value) = step.does else {
            continue;
        };
        if places.insert(value, items.len()).is_some() {
            return None;
        }
        let goes_in = (step.called, step.end);
        let goes_out = (u64::MAX, u64::MAX);
        items.push(Item { enqueue: place, dequeue: None, goes_in, goes_out });
    }
    let conflict = |property: &str, first, second| {
        Some(Err(Conflict::new(property, Fact::Answered(first), second)))
    };
    for (place, step) in steps.iter().enumerate() {
        let Fifo::Dequeue(value) = step.does else {
            continue;
        };
        let Some(&item) = places.get(&value) else {
            let fact = Fact::Noted("Nobody had been asked to enqueue that".to_owned(), vec![]);
            return conflict("what is dequeued was enqueued", step.operation, fact);
        };
        let item = &mut items[item];
        let enqueue = &steps[item.enqueue];
        if let Some(other) = item.dequeue {
            let other = Fact::Answered(steps[other].operation);
            return conflict("a value enqueued once is dequeued once", step.operation, other);
        }
        if step.end < enqueue.called {
            let fact = Fact::Before(step.operation, enqueue.operation);
            return conflict("what is dequeued was enqueued before", step.operation, fact);
        }
        item.dequeue = Some(place);
        item.goes_in.1 = enqueue.end.min(step.end);
        item.goes_out = (step.called.max(enqueue.called), step.end.min(NEVER_RETURNED));
    }
    items.retain(|item| item.dequeue.is_some() || steps[item.enqueue].answered);
    Some(Ok(items))
}

/// For each dequeue that found nothing a point at which the queue may have been empty, as twice the
/// position before it plus one; sorted. Or the values that were certainly there all the time.
fn cuts(steps: &[Step], items: &[Item]) -> Result<Vec<(u64, usize)>, Conflict> {
    let mut present: Vec<(u64, u64, usize)> = items
        .iter()
        .filter(|item| item.goes_in.1 < item.goes_out.0)
        .map(|item| (item.goes_in.1, item.goes_out.0, item.enqueue))
        .collect();
    present.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for &(from, to, _) in &present {
        match merged.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    let mut cuts = Vec::new();
    for (place, step) in steps.iter().enumerate().filter(|(_, step)| step.does == Fifo::Empty) {
        let before = merged.partition_point(|&(from, _)| from < step.called);
        let around = before.checked_sub(1).map(|place| merged[place].1);
        let point = around.map_or(step.called, |to| to.max(step.called));
        if point >= step.end {
            let property = "a dequeue finds nothing only when nothing is there";
            let covering = covering(steps, &present, step);
            let why = "Throughout that time something was there, put in by".to_owned();
            let second = Fact::Noted(why, covering);
            return Err(Conflict::new(property, Fact::Answered(step.operation), second));
        }
        cuts.push((point * 2 + 1, place));
    }
    cuts.sort_unstable();
    Ok(cuts)
}

/// The enqueues of values that together were there throughout the step, each as long as possible.
fn covering(steps: &[Step], present: &[(u64, u64, usize)], step: &Step) -> Vec<usize> {
    let mut covering = Vec::new();
    let mut at = step.called;
    let mut rest = present.iter().peekable();
    while at < step.end {
        let mut best = None;
        while let Some(&&(_, to, enqueue)) = rest.peek().filter(|(from, ..)| *from <= at) {
            best = best.max(Some((to, enqueue)));
            rest.next();
        }
        match best {
            Some((to, enqueue)) if to > at => {
                covering.push(steps[enqueue].operation);
                at = to;
            }
            _ => break,
        }
    }
    covering
}

/// The values in an order that they may go through the queue, by segments; or the value that was
/// enqueued before and dequeued after another, and that other.
fn arrange(items: &[Item], cuts: &[(u64, usize)]) -> Result<Vec<usize>, (usize, usize)> {
    let by = |key: fn(&Item) -> u64| {
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_unstable_by_key(|&place| key(&items[place]));
        places
    };
    let in_end = by(|item| item.goes_in.1);
    let out_end = by(|item| item.goes_out.1);
    let in_start = by(|item| item.goes_in.0);
    let out_start = by(|item| item.goes_out.0);
    let mut taken = vec![false; items.len()];
    let mut free = vec![0_u8; items.len()];
    let (mut first_in, mut first_out, mut next_in, mut next_out) = (0, 0, 0, 0);
    let mut ready = BinaryHeap::new();
    let mut order = Vec::with_capacity(items.len());
    while order.len() < items.len() {
        while taken[in_end[first_in]] {
            first_in += 1;
        }
        while taken[out_end[first_out]] {
            first_out += 1;
        }
        let (early, late) = (in_end[first_in], out_end[first_out]);
        let mut release = |place: usize| {
            free[place] += 1;
            if free[place] == 2 {
                let segment = segment(&items[place], cuts);
                ready.push(std::cmp::Reverse((segment, place)));
            }
        };
        while next_in < items.len() && items[in_start[next_in]].goes_in.0 < items[early].goes_in.1 {
            release(in_start[next_in]);
            next_in += 1;
        }
        // What is never dequeued starts to go out where all others have gone out.
        let last = items[late].goes_out.1;
        let goes = |place: usize| items[place].goes_out.0;
        while next_out < items.len() && (goes(out_start[next_out]) < last || last == u64::MAX) {
            release(out_start[next_out]);
            next_out += 1;
        }
        let Some(std::cmp::Reverse((_, place))) = ready.pop() else {
            return Err((early, late));
        };
        taken[place] = true;
        order.push(place);
    }
    Ok(order)
}

/// How many cuts come before the value.
fn segment(item: &Item, cuts: &[(u64, usize)]) -> usize {
    cuts.partition_point(|&(cut, _)| cut < item.goes_out.0.saturating_mul(2))
}

/// All operations in order, given that of the values.
fn place(steps: &[Step], items: &[Item], cuts: &[(u64, usize)], order: &[usize]) -> Vec<usize> {
    // Instant, rank of the value, and whether it goes out. What finds nothing stands first at its
    // instant.
    let mut timed: Vec<(u64, usize, bool, usize)> =
        cuts.iter().map(|&(cut, place)| (cut, 0, false, place)).collect();
    let (mut last_in, mut last_out) = (0, 0);
    for (rank, &number) in (1..).zip(order) {
        let item = &items[number];
        let cut = segment(item, cuts).checked_sub(1).map_or(0, |before| cuts[before].0);
        last_in = last_in.max(item.goes_in.0.saturating_mul(2)).max(cut);
        timed.push((last_in, rank, false, item.enqueue));
        if let Some(dequeue) = item.dequeue {
            last_out = last_out.max(item.goes_out.0.saturating_mul(2)).max(last_in);
            timed.push((last_out, rank, true, dequeue));
        }
    }
    timed.sort_unstable();
    timed.into_iter().map(|(.., place)| steps[place].operation).collect()
}
