//! The orders of processes and of real time, as edges.

use std::collections::HashMap;

use super::evidence::Evidence;
use super::graph::{Edges, Kind};
use super::history::{Fate, NONE};
use super::level::Strength;
use crate::history::{Budget, Stop};

/// What a process takes in a hash map: sixteen bytes, and as much again for its empty places.
const PROCESS: usize = 32;

/// Each process called its transactions one after the other. One whose end is unknown may take
/// effect at any later time, so nothing follows it.
pub(super) fn process(
    evidence: &Evidence,
    edges: &mut Edges,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let mut last: HashMap<u64, u32> = HashMap::new();
    for (number, transaction) in (0..).zip(&evidence.history.transactions) {
        if !evidence.counts(number) {
            continue;
        }
        if let Some(&before) = last.get(&transaction.process) {
            edges.add((before, number), (Kind::Process, Strength::Session), NONE, budget)?;
        }
        if transaction.fate == Fate::Committed && last.insert(transaction.process, number).is_none()
        {
            budget.take(PROCESS)?;
        }
    }
    budget.give(last.len() * PROCESS);
    Ok(())
}

/// Whoever ended precedes whoever was called later.
///
/// Real time is a line, so the edges go along a line too: every end leads to the next instant of
/// a line of instants, and every call comes from the latest. That is at most three edges a
/// transaction, however many run at once, and exactly the order.
pub(super) fn realtime(
    evidence: &Evidence,
    edges: &mut Edges,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let history = evidence.history;
    let mut ended = history.committed.iter().copied().peekable();
    let end = |number: u32| history.transactions[number as usize].ended;
    let mut instant = None;
    let (kind, through) = ((Kind::Realtime, Strength::Strong), (Kind::Through, Strength::Strong));
    for (number, transaction) in (0..).zip(&history.transactions) {
        if !evidence.counts(number) {
            continue;
        }
        let mut next = None;
        while let Some(before) = ended.next_if(|&before| end(before) < Some(transaction.called)) {
            let next = *next.get_or_insert_with(|| edges.node());
            edges.add((before, next), kind, NONE, budget)?;
        }
        if let Some(next) = next {
            if let Some(instant) = instant {
                edges.add((instant, next), through, NONE, budget)?;
            }
            instant = Some(next);
        }
        if let Some(instant) = instant {
            edges.add((instant, number), through, NONE, budget)?;
        }
    }
    Ok(())
}
