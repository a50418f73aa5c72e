//! Whether clients come to read the same once nothing changes any more.
//!
//! For each part of the object time is quiet from the last return of a change on. Of each client
//! and question the last read called since then is *final*. Final reads that asked the same were
//! answered the same; and a register that was written no longer holds its initial value. (Eventual
//! consistency gives no bound on the time until then, so earlier reads say nothing.)
//!
//! A change that was never answered may come at any time. Registers are then judged but for reads
//! of what it wrote, which it may have brought; other objects are not judged.

use std::collections::HashMap;

use super::views::property;
use crate::history::model::Model;
use crate::history::names::Level;
use crate::history::operation::{History, Outcome};
use crate::history::rules::{Conflict, Fact};

/// Two answers that do not agree, if there are such.
pub(crate) fn diverged<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
) -> Option<Conflict> {
    let operations = history.operations();
    let changes = |index: &usize| {
        let operation = &operations[*index];
        operation.outcome != Outcome::Failed
            && !model.only_reads(&operation.input, operation.output())
    };
    // For each part: when its last change returned and which that was; and all changes that did
    // not return. What concerns several parts concerns all.
    let mut quiet: HashMap<Option<M::Key>, (u64, usize)> = HashMap::new();
    let mut open: HashMap<Option<M::Key>, Vec<usize>> = HashMap::new();
    for index in (0..operations.len()).filter(changes) {
        for key in [model.key(&operations[index].input), None] {
            match operations[index].returned() {
                Some(at) => {
                    let last = quiet.entry(key).or_insert((at, index));
                    *last = (*last).max((at, index));
                }
                None => open.entry(key).or_default().push(index),
            }
        }
    }
    let mut last: HashMap<(u64, &M::Input), usize> = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let asks = model.only_reads(&operation.input, None) && operation.returned().is_some();
        let key = model.key(&operation.input);
        let since = quiet.get(&key).into_iter().chain(key.as_ref().and(quiet.get(&None)));
        // A part of its own is quiet before all are.
        let since = since.map(|(at, _)| *at).next().unwrap_or(0);
        if asks && operation.called > since {
            last.insert((operation.process, &operation.input), index);
        }
    }
    let mut reads: Vec<usize> = last.into_values().collect();
    reads.sort_unstable();
    let mut agreed: HashMap<&M::Input, usize> = HashMap::new();
    for read in reads {
        let operation = &operations[read];
        let access = model.access(&operation.input, operation.output());
        let key = model.key(&operation.input);
        let landing = open.get(&key).map_or(&[][..], |open| open);
        if access.is_none() && (!landing.is_empty() || open.contains_key(&None)) {
            continue;
        }
        if let Some(access) = &access {
            let same = |index: &&usize| {
                let written = model.access(&operations[**index].input, None);
                written.is_some_and(|written| written.value == access.value)
            };
            if landing.iter().any(|index| same(&index)) {
                continue;
            }
            if access.value.is_none()
                && let Some((_, write)) = quiet.get(&key)
            {
                let first = Fact::Answered(read);
                let found = "It found the initial value, though this had returned before";
                let second = Fact::Noted(found.to_owned(), vec![*write]);
                return Some(Conflict::new(property(Level::Convergence), first, second));
            }
        }
        let other = *agreed.entry(&operation.input).or_insert(read);
        if operations[other].output() != operation.output() {
            let (first, second) = (Fact::Answered(other), Fact::Answered(read));
            return Some(Conflict::new(property(Level::Convergence), first, second));
        }
    }
    None
}
