//! Whether clients come to read the same once nothing changes any more.
//!
//! For each part of the object time is quiet from the last return of a change on. Of each client
//! and question the last read called since then is *final*. Final reads that asked the same were
//! answered the same; and a register that was written no longer holds its initial value. (Eventual
//! consistency gives no bound on the time until then, so earlier reads say nothing.)
//!
//! And whenever it came, no answer comes from thin air: something called before it returned can
//! have led to it, or it was so from the beginning.
//!
//! A change that was never answered may come at any time. Registers are then judged but for reads
//! of what it wrote, which it may have brought; other objects are not judged.

use std::collections::HashMap;
use std::hash::Hash;

use super::views::property;
use crate::history::budget::{Budget, Stop};
use crate::history::model::{Call, Model};
use crate::history::names::Level;
use crate::history::operation::{History, Outcome};
use crate::history::rules::{Conflict, Fact};

/// The changes of one part of an object, or of several.
#[derive(Default)]
struct Changes {
    /// When the last one returned, and which that was.
    last: Option<(u64, usize)>,
    /// Those that did not return.
    open: Vec<usize>,
}

impl Changes {
    fn add(&mut self, index: usize, returned: Option<u64>) {
        match returned {
            Some(at) => self.last = self.last.max(Some((at, index))),
            None => self.open.push(index),
        }
    }
}

/// All changes: those of each part, those that concern several parts, and all together.
struct Everything<K> {
    parts: HashMap<K, Changes>,
    wide: Changes,
    any: Changes,
}

impl<K: Eq + Hash> Everything<K> {
    fn new<M: Model<Key = K>>(model: &M, history: &History<M::Input, M::Output>) -> Self {
        let mut everything =
            Everything { parts: HashMap::new(), wide: Changes::default(), any: Changes::default() };
        for (index, operation) in history.operations().iter().enumerate() {
            let happened = operation.outcome != Outcome::Failed;
            if !happened || model.only_reads(&operation.input, operation.output()) {
                continue;
            }
            let returned = operation.returned();
            everything.any.add(index, returned);
            match model.key(&operation.input) {
                Some(key) => everything.parts.entry(key).or_default().add(index, returned),
                None => everything.wide.add(index, returned),
            }
        }
        everything
    }

    /// The changes that a read of this part, or of anything, may see.
    fn seen_by(&self, key: Option<&K>) -> [Option<&Changes>; 2] {
        match key {
            Some(key) => [self.parts.get(key), Some(&self.wide)],
            None => [Some(&self.any), None],
        }
    }

    fn last(&self, key: Option<&K>) -> Option<(u64, usize)> {
        self.seen_by(key).into_iter().flatten().filter_map(|changes| changes.last).max()
    }

    fn open(&self, key: Option<&K>) -> impl Iterator<Item = usize> {
        self.seen_by(key).into_iter().flatten().flat_map(|changes| changes.open.iter().copied())
    }
}

/// The first answer, by call, that nothing called before its return can have led to.
pub(crate) fn thin_air<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    budget: &mut Budget,
) -> Result<Option<Conflict>, Stop> {
    let operations = history.operations();
    let initial = model.initial();
    let (mut parts, mut wide, mut all) = (HashMap::new(), Vec::new(), Vec::new());
    for (index, operation) in operations.iter().enumerate() {
        let happened = operation.outcome != Outcome::Failed;
        if happened && !model.only_reads(&operation.input, operation.output()) {
            all.push(index);
            match model.key(&operation.input) {
                Some(key) => parts.entry(key).or_insert_with(Vec::new).push(index),
                None => wide.push(index),
            }
        }
    }
    // Of questions with their answers: where a change was called that can lead to it.
    let mut known = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let (Some(output), Some(returned)) = (operation.output(), operation.returned()) else {
            continue;
        };
        budget.work(1)?;
        let input = &operation.input;
        let before = |called: &u64| *called < returned;
        if known.get(&(input, output)).is_some_and(before)
            || model.allows(&initial, input, Some(output))
        {
            continue;
        }
        let near = match model.key(input) {
            Some(key) => [parts.get(&key), Some(&wide)],
            None => [Some(&all), None],
        };
        let mut source = None;
        // The latest first: most answers are of what was done just now.
        for &change in near.into_iter().flatten().flat_map(|changes| changes.iter().rev()) {
            budget.work(1)?;
            let earlier = &operations[change];
            let leads = || {
                let earlier = Call { input: &earlier.input, output: earlier.output() };
                model.may_enable(earlier, Call { input, output: Some(output) })
            };
            if change != index && before(&earlier.called) && leads() {
                source = Some(earlier.called);
                break;
            }
        }
        let Some(called) = source else {
            let against = "No operation called before its return can have led to that".to_owned();
            let property = "what is answered comes of what was asked for before";
            let second = Fact::Noted(against, Vec::new());
            return Ok(Some(Conflict::new(property, Fact::Answered(index), second)));
        };
        known.insert((input, output), called);
    }
    Ok(None)
}

/// Two answers that do not agree, if there are such.
pub(crate) fn diverged<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
) -> Option<Conflict> {
    let operations = history.operations();
    let everything = Everything::new(model, history);
    let mut last: HashMap<(u64, &M::Input), usize> = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let asks = model.only_reads(&operation.input, None) && operation.returned().is_some();
        let since = everything.last(model.key(&operation.input).as_ref());
        if asks && since.is_none_or(|(at, _)| operation.called > at) {
            last.insert((operation.process, &operation.input), index);
        }
    }
    let mut reads: Vec<usize> = last.into_values().collect();
    reads.sort_unstable();
    let mut agreed: HashMap<&M::Input, usize> = HashMap::new();
    for read in reads {
        let operation = &operations[read];
        let key = model.key(&operation.input);
        let written = everything.last(key.as_ref());
        let mut open = everything.open(key.as_ref());
        match model.access(&operation.input, operation.output()) {
            None if open.next().is_some() => continue,
            None => {}
            Some(access) => {
                let value = |index: usize| model.access(&operations[index].input, None)?.value;
                if access.value.is_some() && open.any(|index| value(index) == access.value) {
                    continue;
                }
                if let (None, Some((_, write))) = (access.value, written) {
                    let found = "It found the initial value, though this had returned before";
                    let second = Fact::Noted(found.to_owned(), vec![write]);
                    return Some(conflict(Fact::Answered(read), second));
                }
            }
        }
        let other = *agreed.entry(&operation.input).or_insert(read);
        if operations[other].output() != operation.output() {
            return Some(conflict(Fact::Answered(other), Fact::Answered(read)));
        }
    }
    None
}

fn conflict(first: Fact, second: Fact) -> Conflict {
    Conflict::new(property(Level::Convergence), first, second)
}
