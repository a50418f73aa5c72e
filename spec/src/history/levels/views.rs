//! What one client saw: an order of all writes and of its own reads, in which each read returns the
//! last write of its register, and which respects what the level says must come first.
//!
//! What must come first grows by *saturation*: if another write to a read's register must come
//! before the read, it must come before the write that the read returned. If nothing more can be
//! concluded, and what must come first is no cycle, there is such an order. Take the client's reads
//! one after another, and before each put what must come before it and is not there yet, in any
//! order allowed. Whatever stands before a read then must come before it, since the client's reads
//! come one after another; so all other writes to its register that stand there must come, and
//! stand, before the one that it returned.

use std::collections::{HashMap, VecDeque};

use super::accesses::Accesses;
use crate::history::budget::{Budget, Stop};
use crate::history::names::Level;
use crate::history::rules::{Conflict, Fact};

/// What must come before each node, directly.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    pub(crate) direct: Vec<Vec<u32>>,
}

impl Before {
    /// What the level says must come first, for the client of session `own`.
    pub(crate) fn new(accesses: &Accesses, level: Level, own: usize) -> Before {
        let mut before = Before { direct: vec![Vec::new(); accesses.nodes.len()] };
        for (number, session) in accesses.sessions.iter().enumerate() {
            before.add_session(accesses, level, number == own, session);
        }
        before
    }

    fn add_session(&mut self, accesses: &Accesses, level: Level, own: bool, session: &[u32]) {
        let (mut last, mut last_read, mut last_write) = (None, None, None);
        for &number in session {
            let node = &accesses.nodes[number as usize];
            let direct = &mut self.direct[number as usize];
            // Whether the session's order counts for this node, and for a read its source.
            let (after, sees) = match (level, node.writes) {
                (Level::MonotonicReads, false) if own => (last_read, true),
                (Level::MonotonicReads, _) => (None, false),
                (Level::WritesFollowReads, writes) => (last_read, !writes),
                (Level::Pram, writes) if own => (last, !writes),
                (Level::Pram, true) => (last_write, false),
                (Level::Pram, false) => (None, false),
                (_, writes) => (last, !writes),
            };
            direct.extend(after);
            direct.extend(node.source.filter(|_| sees));
            if node.answered {
                last = Some(number);
                let kind = if node.writes { &mut last_write } else { &mut last_read };
                *kind = Some(number);
            }
        }
    }

    /// The nodes in an order that respects what comes before what; or some of a cycle.
    pub(crate) fn sort(&self) -> Result<Vec<u32>, Vec<u32>> {
        let mut after = vec![Vec::new(); self.direct.len()];
        let mut open: Vec<usize> = self.direct.iter().map(Vec::len).collect();
        for (number, direct) in (0..).zip(&self.direct) {
            for &before in direct {
                after[before as usize].push(number);
            }
        }
        let mut order: Vec<u32> =
            (0..open.len() as u32).filter(|&number| open[number as usize] == 0).collect();
        let mut next = 0;
        while let Some(&number) = order.get(next) {
            next += 1;
            for &later in &after[number as usize] {
                open[later as usize] -= 1;
                if open[later as usize] == 0 {
                    order.push(later);
                }
            }
        }
        if order.len() == open.len() {
            return Ok(order);
        }
        // What is left has something left before it: going back from there ends in a cycle.
        let mut at = open.iter().position(|&open| open > 0).unwrap_or(0) as u32;
        let mut met = vec![false; open.len()];
        while !std::mem::replace(&mut met[at as usize], true) {
            let left = |before: &&u32| open[**before as usize] > 0;
            at = self.direct[at as usize].iter().find(left).copied().unwrap_or(at);
        }
        Err(self.path(at, at))
    }

    /// A shortest way from one node to another, both included, through what comes before what.
    pub(crate) fn path(&self, from: u32, to: u32) -> Vec<u32> {
        let mut next: HashMap<u32, u32> = HashMap::new();
        let mut queue = VecDeque::from([to]);
        while let Some(at) = queue.pop_front() {
            for &before in &self.direct[at as usize] {
                if before == from {
                    let mut path = vec![from, at];
                    while path.last() != Some(&to) {
                        path.push(next[&path[path.len() - 1]]);
                    }
                    return path;
                }
                if before != to && !next.contains_key(&before) {
                    next.insert(before, at);
                    queue.push_back(before);
                }
            }
        }
        vec![from, to]
    }
}

/// What one client saw, as far as it is concluded.
struct View<'a> {
    accesses: &'a Accesses,
    level: Level,
    before: Before,
    reads: Vec<u32>,
    /// What was concluded, and the read that it was concluded from.
    concluded: HashMap<(u32, u32), u32>,
}

/// Finds a client that cannot have seen what it saw.
pub(crate) fn views(
    accesses: &Accesses,
    level: Level,
    budget: &mut Budget,
) -> Result<Option<Conflict>, Stop> {
    for (own, session) in accesses.sessions.iter().enumerate() {
        let reads = session.iter().copied();
        let reads: Vec<u32> = reads.filter(|&node| !accesses.nodes[node as usize].writes).collect();
        if reads.is_empty() {
            continue;
        }
        budget.work(accesses.nodes.len() as u64)?;
        let before = Before::new(accesses, level, own);
        let mut view = View { accesses, level, before, reads, concluded: HashMap::new() };
        if let Some(conflict) = view.saturate(budget)? {
            return Ok(Some(conflict));
        }
    }
    // Causes must not go round in circles, even those that no read sees.
    match level {
        Level::Causal => circle(accesses, level, budget),
        _ => Ok(None),
    }
}

/// Finds what must come first before itself, whoever looks at it.
pub(crate) fn circle(
    accesses: &Accesses,
    level: Level,
    budget: &mut Budget,
) -> Result<Option<Conflict>, Stop> {
    budget.work(accesses.nodes.len() as u64)?;
    let cycle = Before::new(accesses, level, 0).sort().err();
    Ok(cycle.map(|cycle| causes_itself(accesses, &cycle)))
}

/// The contradiction of a cycle of sessions and reads.
pub(crate) fn causes_itself(accesses: &Accesses, cycle: &[u32]) -> Conflict {
    let operations: Vec<usize> = cycle.iter().map(|&node| accesses.operation(node)).collect();
    // Some step of it is a read, for clients do not go back.
    let sees = |pair: &&[u32]| accesses.nodes[pair[1] as usize].source == Some(pair[0]);
    let (write, read) = cycle
        .windows(2)
        .find(sees)
        .map_or((0, 0), |pair| (accesses.operation(pair[0]), accesses.operation(pair[1])));
    Conflict::new(
        "nothing is the cause of its own cause",
        Fact::ReadFrom(write, read),
        Fact::Chain("Each of these caused the next", operations),
    )
}

impl View<'_> {
    /// Concludes all there is; the conflict, if that is too much.
    fn saturate(&mut self, budget: &mut Budget) -> Result<Option<Conflict>, Stop> {
        loop {
            budget.work(self.accesses.nodes.len() as u64)?;
            let known = self.concluded.len();
            if let Some(conflict) = self.conclude(budget)? {
                return Ok(Some(conflict));
            }
            if let Err(cycle) = self.before.sort() {
                return Ok(Some(self.explain(&cycle)));
            }
            if self.concluded.len() == known {
                return Ok(None);
            }
        }
    }

    /// Goes through the reads once. Conclusions may put more before earlier reads, too, so that it
    /// has to be repeated.
    fn conclude(&mut self, budget: &mut Budget) -> Result<Option<Conflict>, Stop> {
        let nodes = &self.accesses.nodes;
        let mut seen = vec![false; nodes.len()];
        // For each register the writes that came into sight since the last read of it, and what
        // that read returned: all earlier ones come before that.
        let mut fresh: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut stack = Vec::new();
        for &read in &self.reads {
            stack.push(read);
            while let Some(number) = stack.pop() {
                if std::mem::replace(&mut seen[number as usize], true) {
                    continue;
                }
                budget.work(1)?;
                let node = &nodes[number as usize];
                if node.writes {
                    fresh.entry(node.key).or_default().push(number);
                }
                stack.extend(&self.before.direct[number as usize]);
            }
            let node = &nodes[read as usize];
            let others = fresh.entry(node.key).or_default();
            let Some(source) = node.source else {
                match others.first() {
                    Some(&write) => return Ok(Some(self.lost(write, read))),
                    None => continue,
                }
            };
            for other in std::mem::replace(others, vec![source]) {
                if other != source
                    && let std::collections::hash_map::Entry::Vacant(new) =
                        self.concluded.entry((other, source))
                {
                    new.insert(read);
                    self.before.direct[source as usize].push(other);
                }
            }
        }
        Ok(None)
    }

    /// A read of the initial value that a write must come before.
    fn lost(&self, write: u32, read: u32) -> Conflict {
        let way = self.before.path(write, read);
        let way = way.into_iter().map(|node| self.accesses.operation(node)).collect();
        Conflict::new(
            property(self.level),
            Fact::Answered(self.accesses.operation(read)),
            Fact::Chain("Though it found the initial value, these came one after the other", way),
        )
    }

    /// The contradiction of a cycle: a conclusion, and the way back.
    fn explain(&self, cycle: &[u32]) -> Conflict {
        let concluded = cycle.windows(2).find_map(|pair| {
            let read = self.concluded.get(&(pair[0], pair[1]))?;
            Some((pair[0], pair[1], *read))
        });
        let Some((other, source, read)) = concluded else {
            return causes_itself(self.accesses, cycle);
        };
        let name = |node: u32| self.accesses.operation(node);
        let way = self.before.path(source, other).into_iter().map(name).collect();
        let saw = "The first saw the second, though the third came before it as well, which so \
                   comes before the second";
        Conflict::new(
            property(self.level),
            Fact::Noted(saw.to_owned(), vec![name(read), name(source), name(other)]),
            Fact::Chain("But these come one after the other", way),
        )
    }
}

/// What the level promises, in words.
pub(crate) fn property(level: Level) -> &'static str {
    match level {
        Level::Pram => "each client sees every client's writes in that client's order",
        Level::MonotonicReads => "a client's reads do not go back to what was replaced",
        Level::ReadYourWrites => "a client sees its own latest write, or another's",
        Level::WeakCausal => "a read returns a value that nothing which caused the read replaced",
        Level::CausalConvergence => {
            "one order of all writes, causes first, tells which write each read returned"
        }
        Level::Convergence => "after the last change all clients come to read the same",
        _ => "each client sees causes before their effects",
    }
}
