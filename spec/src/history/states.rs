//! The states of the object that the search met, each stored once, and the steps between them.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::budget::{Budget, Stop};
use super::index::{Index, mix};
use super::model::Model;
use super::part::Class;

/// The number of a state.
pub(crate) type StateId = u32;

/// Marks a step that is not legal.
const ILLEGAL: u32 = u32::MAX;

/// States by number, and the memory of steps already taken: states can be large, and the same step
/// is taken from many configurations.
pub(crate) struct States<'m, M: Model> {
    model: &'m M,
    values: Vec<M::State>,
    by_value: Index,
    /// From, class, to.
    steps: Vec<(StateId, u32, StateId)>,
    by_step: Index,
}

impl<'m, M: Model> States<'m, M> {
    /// The states with the initial one, number 0.
    pub(crate) fn new(model: &'m M, budget: &mut Budget) -> Result<Self, Stop> {
        let mut states = States {
            model,
            values: Vec::new(),
            by_value: Index::default(),
            steps: Vec::new(),
            by_step: Index::default(),
        };
        states.intern(model.initial(), None, budget)?;
        Ok(states)
    }

    pub(crate) fn model(&self) -> &'m M {
        self.model
    }

    pub(crate) fn value(&self, id: StateId) -> &M::State {
        &self.values[id as usize]
    }

    /// Whether the operation is legal, for those that leave the state alone.
    pub(crate) fn allows(&self, from: StateId, class: &Class<'_, M>) -> bool {
        self.model.allows(self.value(from), class.input, class.output)
    }

    /// The state after the operation, if it is legal.
    pub(crate) fn step(
        &mut self,
        from: StateId,
        number: u32,
        class: &Class<'_, M>,
        budget: &mut Budget,
    ) -> Result<Option<StateId>, Stop> {
        if class.reads {
            return Ok(self.allows(from, class).then_some(from));
        }
        let hash = mix(mix(0, u64::from(from)), u64::from(number));
        let same = |i: u32| {
            let (source, name, _) = self.steps[i as usize];
            source == from && name == number
        };
        if let Some(known) = self.by_step.find(hash, same) {
            let to = self.steps[known as usize].2;
            return Ok((to != ILLEGAL).then_some(to));
        }
        let to = match self.model.step(self.value(from), class.input, class.output) {
            Some(state) => self.intern(state, Some(from), budget)?,
            None => ILLEGAL,
        };
        self.by_step.insert(hash, self.steps.len() as u32, budget)?;
        budget.push(&mut self.steps, (from, number, to))?;
        Ok((to != ILLEGAL).then_some(to))
    }

    fn intern(
        &mut self,
        state: M::State,
        from: Option<StateId>,
        budget: &mut Budget,
    ) -> Result<StateId, Stop> {
        // The model's own hash may be weak in its high bits, which the index uses.
        let own = BuildHasherDefault::<DefaultHasher>::default().hash_one(&state);
        let hash = mix(0, own);
        if let Some(known) = self.by_value.find(hash, |i| self.values[i as usize] == state) {
            return Ok(known);
        }
        let id = self.values.len() as u32;
        let source = from.map(|from| &self.values[from as usize]);
        // The vector counts the state's own size, the model what hangs on it.
        let held = self.model.state_bytes(&state, source);
        budget.take(held.saturating_sub(size_of::<M::State>()))?;
        self.by_value.insert(hash, id, budget)?;
        budget.push(&mut self.values, state)?;
        Ok(id)
    }
}
