//! Sequential specifications: what an object does when its operations come one after another.

use std::hash::Hash;

use super::rules::{Ruling, Timed};

/// A sequential specification.
///
/// Only the types, [`initial`](Model::initial), [`step`](Model::step) and the words are required.
/// Every other method states a fact that spares the search work; its default claims nothing, and a
/// claim that is not true makes verdicts wrong, so a model that overrides one says why it holds.
pub trait Model {
    /// The object's state.
    type State: Clone + Eq + Hash;
    /// What is asked.
    type Input: Clone + Eq + Hash;
    /// What is answered.
    type Output: Clone + Eq + Hash;
    /// The names of independent parts of the object; `()` where there are none.
    type Key: Clone + Eq + Hash;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// The state after `input` answered `output`, or nothing if it cannot answer so in `state`.
    ///
    /// Without an output the operation's answer never arrived: `None` then means that it would
    /// change nothing here (a compare-and-set whose comparison fails), which is no different from
    /// never happening.
    fn step(
        &self,
        state: &Self::State,
        input: &Self::Input,
        output: Option<&Self::Output>,
    ) -> Option<Self::State>;

    /// What was asked, if `output` had not been told: without an answer it may do all that it did
    /// with this one. Models that are told by the rest of a history what an unanswered operation
    /// did say it here.
    fn unanswered(&self, input: &Self::Input, _output: &Self::Output) -> Self::Input {
        input.clone()
    }

    /// [`step`](Model::step) in place: whether it was legal. The state is left alone if it was not.
    fn apply(
        &self,
        state: &mut Self::State,
        input: &Self::Input,
        output: Option<&Self::Output>,
    ) -> bool {
        match self.step(state, input, output) {
            Some(next) => {
                *state = next;
                true
            }
            None => false,
        }
    }

    /// Whether [`step`](Model::step) would be legal.
    fn allows(
        &self,
        state: &Self::State,
        input: &Self::Input,
        output: Option<&Self::Output>,
    ) -> bool {
        self.step(state, input, output).is_some()
    }

    /// The only part of the object that `input` reads or writes, or nothing if it concerns several.
    ///
    /// Claim: operations of different keys neither change nor see each other's part of the state.
    fn key(&self, _input: &Self::Input) -> Option<Self::Key> {
        None
    }

    /// Claim: in every state that allows it, this operation with this answer leaves the state as it
    /// is.
    fn only_reads(&self, _input: &Self::Input, _output: Option<&Self::Output>) -> bool {
        false
    }

    /// Claim, if false: in every state that allows `earlier` and then at once `later`, `later`
    /// would have been legal without `earlier`.
    fn may_enable(&self, _earlier: Call<'_, Self>, _later: Call<'_, Self>) -> bool {
        true
    }

    /// Claim, if false: taking `earlier` out of a legal sequence never makes a later `later`
    /// illegal, so long as everything between them stays legal.
    fn may_show(&self, _earlier: Call<'_, Self>, _later: Call<'_, Self>) -> bool {
        true
    }

    /// The memory that `state` holds, in bytes, beyond what it shares with `from`, which it stepped
    /// from.
    fn state_bytes(&self, _state: &Self::State, _from: Option<&Self::State>) -> usize {
        size_of::<Self::State>()
    }

    /// What was asked, in words that can follow "was asked to": `write 3`.
    fn describe_input(&self, input: &Self::Input) -> String;

    /// What was answered to `input`, in words that can follow the operation and, but for a `was`,
    /// can follow "could have", too: `returned 3`, `was refused`.
    fn describe_output(&self, input: &Self::Input, output: &Self::Output) -> String;

    /// What `input` would answer in `state`, if that is determined.
    fn answer(&self, _state: &Self::State, _input: &Self::Input) -> Option<Self::Output> {
        None
    }

    /// What the object promises, in words that can stand for what was broken: `a read returns the
    /// value written last`.
    fn promise(&self) -> &'static str {
        "one order of all operations explains every answer"
    }

    /// Decides linearizability without a search, if a rule for that applies. The operations come
    /// in the order of their calls, and the rule names them by their place.
    ///
    /// Claim: what is called a conflict is one. (Orders are certified.)
    fn rule(&self, _operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        None
    }

    /// Answers to `input` that may be worth asking for in an explanation: what might have been
    /// returned instead. The more likely first.
    fn alternatives(
        &self,
        _operations: &[Timed<'_, Self>],
        _input: &Self::Input,
    ) -> Vec<Self::Output> {
        Vec::new()
    }

    /// The operation as a read or a write of one register, if it is that: the levels below
    /// linearizability that are judged by who read what from whom ask for it.
    fn access(
        &self,
        _input: &Self::Input,
        _output: Option<&Self::Output>,
    ) -> Option<Access<Self::Key>> {
        None
    }
}

/// An operation as models see it: what was asked, and the answer if one came.
pub struct Call<'a, M: Model + ?Sized> {
    /// What was asked.
    pub input: &'a M::Input,
    /// What was answered, if an answer came.
    pub output: Option<&'a M::Output>,
}

impl<M: Model + ?Sized> Clone for Call<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model + ?Sized> Copy for Call<'_, M> {}

/// A read or a write of one register among many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access<K> {
    /// Which register.
    pub key: K,
    /// Whether it writes.
    pub writes: bool,
    /// What was written or read; nothing is the value it had at first. A read without an answer has
    /// nothing here, too.
    pub value: Option<String>,
}
