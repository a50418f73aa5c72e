//! A plain specification: what its TLA+ module holds and no more, and the system that it makes.

use std::fmt::Debug;
use std::hash::Hash;
use std::ops::RangeInclusive;

use model::Named;

use super::Saved;
use crate::{Judgement, Successors, System, Violation};

/// What the lab's lists say of a specification.
#[derive(Clone, Debug)]
pub struct Card {
    /// The name on the command line.
    pub name: &'static str,
    /// What it is, in a sentence without its full stop.
    pub what: &'static str,
    /// Where in the canon it stands.
    pub family: &'static str,
    /// Its file, from the root.
    pub file: &'static str,
    /// The paper, and the module that is reproduced.
    pub source: &'static str,
    /// The system model.
    pub model: &'static str,
    /// What the size counts.
    pub counted: &'static str,
    /// The size whose numbers of states TLC records.
    pub usual: usize,
    /// The sizes that fit a state.
    pub sizes: RangeInclusive<usize>,
}

/// What should happen in some state: a phrase, and whether it happens in this one.
pub type Sometimes<S> = (&'static str, fn(&S, &<S as Specification>::State) -> bool);

/// An abstract specification: initial states, transitions, and what is true of every state. Each
/// is a [`System`].
pub trait Specification: Debug + Sized + Sync + 'static {
    /// The variables of the module.
    type State: Copy + Eq + Hash + Saved + Send + Sync + 'static;
    /// Its actions; their names are written as `Debug` writes them.
    type Action: Copy + Debug + Send + Sync;
    /// A breakage that an exploration at the usual size must catch.
    type Mutant: Named;

    /// What the lab lists.
    const CARD: Card;
    /// Its breakages.
    const MUTANTS: &'static [Self::Mutant] = Self::Mutant::ALL;
    /// What should happen sometimes; 64 at most.
    const SOMETIMES: &'static [Sometimes<Self>];

    /// The system of a size that the card names, sound or broken.
    fn sized(size: usize, mutant: Option<Self::Mutant>) -> Self;

    /// The sound system of a size.
    ///
    /// # Panics
    /// If the card does not name the size: it does not fit a state.
    fn new(size: usize) -> Self {
        let Card { sizes, counted, .. } = Self::CARD;
        assert!(sizes.contains(&size), "{size} {counted} do not fit a state.");
        Self::sized(size, None)
    }

    /// The name that the report carries.
    fn name(&self) -> String;

    /// Everything that makes the exploration smaller than the module, a phrase each.
    fn bounds(&self) -> Vec<String> {
        Vec::new()
    }

    /// The states in which runs begin (`Init`).
    fn initial(&self) -> Vec<Self::State>;

    /// Adds all transitions that leave the state (`Next`).
    fn next(&self, state: &Self::State, successors: &mut Successors<Self::Action, Self::State>);

    /// Which property the state breaks, if any.
    fn fault(&self, state: &Self::State) -> Option<Violation>;

    /// Whether the state is to be left (the constraint of the model).
    fn is_within(&self, state: &Self::State) -> bool {
        let _ = state;
        true
    }
}

impl<S: Specification> System for S {
    type State = S::State;
    type Move = S::Action;
    type Action = String;
    /// What was seen of `SOMETIMES`, a bit each.
    type Worker = u64;

    fn name(&self) -> String {
        Specification::name(self)
    }

    fn bounds(&self) -> Vec<String> {
        Specification::bounds(self)
    }

    fn sometimes(&self) -> Vec<&'static str> {
        S::SOMETIMES.iter().map(|(phrase, _)| *phrase).collect()
    }

    fn worker(&self) -> u64 {
        0
    }

    fn initial(&self, _: &mut u64) -> Result<Vec<S::State>, Violation> {
        Ok(Specification::initial(self))
    }

    fn next(
        &self,
        _: &mut u64,
        state: &S::State,
        successors: &mut Successors<S::Action, S::State>,
    ) {
        Specification::next(self, state, successors);
    }

    fn judge(&self, seen: &mut u64, state: &S::State) -> Judgement {
        // Once all was seen, nothing is looked at any more.
        if *seen != ((1_u128 << S::SOMETIMES.len()) - 1) as u64 {
            for (bit, (_, is_seen)) in S::SOMETIMES.iter().enumerate() {
                *seen |= u64::from(is_seen(self, state)) << bit;
            }
        }
        match self.fault(state) {
            Some(violation) => Judgement::Broken(violation),
            None if self.is_within(state) => Judgement::Within,
            None => Judgement::Outside,
        }
    }

    fn judges_liveness(&self) -> Result<(), String> {
        Err("this specification says what must not happen, and not what must".into())
    }

    fn reached(&self, seen: &u64) -> u64 {
        *seen
    }

    fn action(&self, _: &mut u64, _: &S::State, taken: S::Action) -> String {
        format!("{taken:?}")
    }

    /// A state says everything itself; what else matters is the size and the breakage.
    fn remembered(&self, _: &[&u64]) -> Option<Vec<u8>> {
        Some(format!("{self:?}").into_bytes())
    }

    fn recall(&self, _: &mut u64, bytes: &[u8]) -> Result<(), String> {
        if bytes == format!("{self:?}").as_bytes() {
            return Ok(());
        }
        Err(format!("it was saved of {}", String::from_utf8_lossy(bytes)))
    }

    fn save(&self, state: &S::State, bytes: &mut Vec<u8>) {
        state.save(bytes);
    }

    fn load(&self, mut bytes: &[u8]) -> Option<S::State> {
        let state = S::State::load(&mut bytes)?;
        bytes.is_empty().then_some(state)
    }
}
