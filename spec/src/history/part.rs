//! A part of a history, laid out for the search.

use std::collections::HashMap;

use super::model::{Call, Model};
use super::operation::{History, Operation, Outcome};
use super::visited::Configuration;

/// Operations that ask the same and were answered the same: no model can tell them apart.
pub(crate) struct Class<'h, M: Model> {
    pub(crate) input: &'h M::Input,
    pub(crate) output: Option<&'h M::Output>,
    /// Whether it leaves every state as it is.
    pub(crate) reads: bool,
}

impl<'h, M: Model> Class<'h, M> {
    pub(crate) fn call(&self) -> Call<'h, M> {
        Call { input: self.input, output: self.output }
    }
}

/// Unknown operations of one class, in the order of their calls.
///
/// They are interchangeable: none has to have happened by any time, so once two of them have been
/// called it does not matter which one takes effect. The search takes the earliest first and so
/// names every choice once.
pub(crate) struct Maybe {
    pub(crate) class: u32,
    pub(crate) members: Vec<u32>,
    /// From this rank on, no operation is left that can notice whether one of these took effect. A
    /// sequence with one is then still legal without it, so the search does not try them. 0: never
    /// worth a try.
    pub(crate) horizon: u32,
}

/// What the search reads. Operations are numbered: first the answered ones by call, then the
/// unknown ones.
///
/// Left out from the start: failed operations, which did not happen, and unknown ones that only
/// read, which change nothing and told nobody anything.
pub(crate) struct Part<'h, M: Model> {
    /// The index in the history of each operation.
    pub(crate) origin: Vec<u32>,
    pub(crate) called: Vec<u64>,
    pub(crate) class: Vec<u32>,
    /// For each answered operation: its return, its place in the order of returns, and the bit that
    /// stands for it in configurations. Bits are shared by operations that are never open together.
    pub(crate) returned: Vec<u64>,
    pub(crate) rank: Vec<u32>,
    pub(crate) slot: Vec<u32>,
    /// The answered operations by return.
    pub(crate) order: Vec<u32>,
    pub(crate) classes: Vec<Class<'h, M>>,
    pub(crate) maybes: Vec<Maybe>,
    /// The place among `maybes` of each unknown operation.
    pub(crate) maybe_of: Vec<u32>,
    /// The words of a configuration for answered operations, and for all.
    pub(crate) exact_words: usize,
    pub(crate) words: usize,
}

impl<'h, M: Model> Part<'h, M> {
    /// Lays out the operations of `history` with these indices, which ascend, as far as the history
    /// goes `until` this position, inclusive: operations that return later are still open there.
    pub(crate) fn new(
        model: &M,
        history: &'h History<M::Input, M::Output>,
        indices: &[u32],
        until: u64,
    ) -> Self {
        let operations = history.operations();
        let answered = |index: &u32| {
            let at = operations[*index as usize].returned();
            at.is_some_and(|at| at <= until)
        };
        let matters = |index: &&u32| {
            let operation = &operations[**index as usize];
            let happened = operation.called <= until && operation.outcome != Outcome::Failed;
            happened && (answered(index) || !model.only_reads(&operation.input, None))
        };
        let (mut origin, unknown): (Vec<u32>, Vec<u32>) =
            indices.iter().filter(matters).partition(|index| answered(index));
        let count = origin.len();
        origin.extend(unknown);
        let returned: Vec<u64> = origin[..count]
            .iter()
            .filter_map(|&index| operations[index as usize].returned())
            .collect();
        let mut order: Vec<u32> = (0..count as u32).collect();
        order.sort_unstable_by_key(|&id| returned[id as usize]);
        let mut rank = vec![0; count];
        for (place, &id) in order.iter().enumerate() {
            rank[id as usize] = place as u32;
        }
        let (class, classes) = classify(model, operations, &origin, count);
        let (maybes, maybe_of) = gather(&class[count..], count as u32);
        let mut part = Part {
            called: origin.iter().map(|&i| operations[i as usize].called).collect(),
            maybes,
            maybe_of,
            origin,
            class,
            returned,
            rank,
            slot: Vec::new(),
            order,
            classes,
            exact_words: 0,
            words: 0,
        };
        part.exact_words = part.assign_slots().div_ceil(64);
        part.words = part.exact_words + (part.origin.len() - count).div_ceil(64);
        part.find_horizons(model);
        part
    }

    /// How many operations are answered: they must all be placed.
    pub(crate) fn answered(&self) -> usize {
        self.returned.len()
    }

    /// The memory this holds, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.origin.len() * (4 + 8 + 4)
            + self.answered() * (8 + 4 + 4 + 4)
            + self.classes.len() * size_of::<Class<'h, M>>()
            + self.maybes.len() * (size_of::<Maybe>() + 8)
    }

    pub(crate) fn class_of(&self, id: u32) -> &Class<'h, M> {
        &self.classes[self.class[id as usize] as usize]
    }

    /// The configuration in which nothing has been placed.
    pub(crate) fn root(&self) -> Configuration {
        Configuration { rank: 0, state: 0, words: vec![0; self.words] }
    }

    /// The word and the bit in it that stand for an operation.
    pub(crate) fn bit(&self, id: u32) -> (usize, u64) {
        match self.slot.get(id as usize) {
            Some(slot) => (*slot as usize / 64, 1 << (slot % 64)),
            None => {
                let place = id as usize - self.answered();
                (self.exact_words + place / 64, 1 << (place % 64))
            }
        }
    }

    /// Gives open operations bits, the most recently freed first, and returns how many are needed:
    /// the greatest number of answered operations that were open at once.
    fn assign_slots(&mut self) -> usize {
        self.slot = vec![0; self.answered()];
        let mut free = Vec::new();
        let mut used = 0;
        let mut returns = self.order.iter().peekable();
        for id in 0..self.answered() {
            while let Some(&done) =
                returns.next_if(|&&r| self.returned[r as usize] < self.called[id])
            {
                free.push(self.slot[done as usize]);
            }
            self.slot[id] = free.pop().unwrap_or_else(|| {
                used += 1;
                used - 1
            });
        }
        used as usize
    }

    /// Finds for the unknown operations the last answered one that may notice each, directly or
    /// through another unknown operation that is noticed.
    fn find_horizons(&mut self, model: &M) {
        /// Comparing every unknown class with every class is worth this much; beyond, none is ruled
        /// out.
        const COMPARISONS: usize = 4_000_000;
        if self.maybes.len().saturating_mul(self.classes.len()) > COMPARISONS {
            return;
        }
        // For each class the rank after its last answered member.
        let mut end = vec![0; self.classes.len()];
        for id in 0..self.answered() {
            let end: &mut u32 = &mut end[self.class[id] as usize];
            *end = (*end).max(self.rank[id] + 1);
        }
        let shows = |earlier: &Maybe, later: usize| {
            let earlier = self.classes[earlier.class as usize].call();
            model.may_show(earlier, self.classes[later].call())
        };
        let mut horizons: Vec<u32> = self
            .maybes
            .iter()
            .map(|maybe| {
                let noticing =
                    (0..end.len()).filter(|&class| end[class] > 0 && shows(maybe, class));
                noticing.map(|class| end[class]).max().unwrap_or(0)
            })
            .collect();
        let mut through: Vec<Vec<usize>> = vec![Vec::new(); self.maybes.len()];
        for (earlier, maybe) in self.maybes.iter().enumerate() {
            for (later, other) in self.maybes.iter().enumerate() {
                if shows(maybe, other.class as usize) {
                    through[later].push(earlier);
                }
            }
        }
        // The largest horizon spreads first, so that every unknown class is settled once.
        let mut latest: Vec<usize> = (0..horizons.len()).collect();
        latest.sort_unstable_by_key(|&maybe| horizons[maybe]);
        let mut settled = vec![false; horizons.len()];
        while let Some(maybe) = latest.pop() {
            let horizon = horizons[maybe];
            let mut spread = vec![maybe];
            while let Some(maybe) = spread.pop() {
                if !std::mem::replace(&mut settled[maybe], true) {
                    horizons[maybe] = horizon;
                    spread.extend(&through[maybe]);
                }
            }
        }
        for (maybe, horizon) in self.maybes.iter_mut().zip(horizons) {
            maybe.horizon = horizon;
        }
    }
}

/// Numbers the classes of the operations, of which the first are `answered`.
fn classify<'h, M: Model>(
    model: &M,
    operations: &'h [Operation<M::Input, M::Output>],
    origin: &[u32],
    answered: usize,
) -> (Vec<u32>, Vec<Class<'h, M>>) {
    let mut numbers = HashMap::new();
    let mut classes = Vec::new();
    let class_of = |(place, &index): (usize, &u32)| {
        let operation = &operations[index as usize];
        let output = operation.output().filter(|_| place < answered);
        let input = &operation.input;
        *numbers.entry((input, output)).or_insert_with(|| {
            let reads = model.only_reads(input, output);
            classes.push(Class { input, output, reads });
            classes.len() as u32 - 1
        })
    };
    (origin.iter().enumerate().map(class_of).collect(), classes)
}

/// Groups unknown operations, whose numbers start at `first`, by class.
fn gather(classes: &[u32], first: u32) -> (Vec<Maybe>, Vec<u32>) {
    let mut places = HashMap::new();
    let mut maybes: Vec<Maybe> = Vec::new();
    let mut maybe_of = Vec::with_capacity(classes.len());
    for (id, &class) in (first..).zip(classes) {
        let place = *places.entry(class).or_insert(maybes.len());
        maybe_of.push(place as u32);
        if place == maybes.len() {
            maybes.push(Maybe { class, members: Vec::new(), horizon: u32::MAX });
        }
        maybes[place].members.push(id);
    }
    (maybes, maybe_of)
}
