//! A lock that one owner at a time holds. Nobody holds it at first, and nobody can hold it twice.

use crate::history::model::{Call, Model};

/// The lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lock;

/// What can be asked of a lock. Owners are numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockInput {
    /// Take the lock for this owner.
    Acquire(i64),
    /// Give back the lock that this owner holds.
    Release(i64),
}

impl LockInput {
    /// The owner it is about.
    pub fn owner(self) -> i64 {
        match self {
            LockInput::Acquire(owner) | LockInput::Release(owner) => owner,
        }
    }
}

/// What a lock answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LockOutput {
    /// It was acquired or released.
    Done,
    /// It was not: somebody holds it already, or the owner does not hold it.
    Refused,
}

impl Model for Lock {
    type State = Option<i64>;
    type Input = LockInput;
    type Output = LockOutput;
    type Key = ();

    fn initial(&self) -> Option<i64> {
        None
    }

    fn step(
        &self,
        state: &Option<i64>,
        input: &LockInput,
        output: Option<&LockOutput>,
    ) -> Option<Option<i64>> {
        let (wanted, next) = match *input {
            LockInput::Acquire(owner) => (None, Some(owner)),
            LockInput::Release(owner) => (Some(owner), None),
        };
        match output {
            None | Some(LockOutput::Done) => (*state == wanted).then_some(next),
            Some(LockOutput::Refused) => (*state != wanted).then_some(*state),
        }
    }

    fn only_reads(&self, _input: &LockInput, output: Option<&LockOutput>) -> bool {
        output == Some(&LockOutput::Refused)
    }

    /// What follows an operation at once, and would not do without it, needs what it left.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        let left = match (*earlier.input, earlier.output) {
            (_, Some(LockOutput::Refused)) => return false,
            (LockInput::Acquire(owner), _) => Some(owner),
            (LockInput::Release(_), _) => None,
        };
        self.step(&left, later.input, later.output).is_some()
    }

    fn describe_input(&self, input: &LockInput) -> String {
        match input {
            LockInput::Acquire(owner) => format!("acquire for {owner}"),
            LockInput::Release(owner) => format!("release for {owner}"),
        }
    }

    fn describe_output(&self, _input: &LockInput, output: &LockOutput) -> String {
        match output {
            LockOutput::Done => "succeeded".to_owned(),
            LockOutput::Refused => "was refused".to_owned(),
        }
    }

    fn answer(&self, state: &Option<i64>, input: &LockInput) -> Option<LockOutput> {
        Some(match self.step(state, input, None) {
            Some(_) => LockOutput::Done,
            None => LockOutput::Refused,
        })
    }

    fn promise(&self) -> &'static str {
        "one owner at a time holds the lock, and only its owner releases it"
    }
}
