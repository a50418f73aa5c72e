//! What is asked of the store under load, and how a store that is one object would answer.

use std::collections::{BTreeMap, HashMap};

use spec::history::{Call, Model};

/// A key's value, which was written once, and the revision that wrote it.
pub type Found = Option<(u64, i64)>;

/// What is asked of one key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Input {
    pub key: u16,
    pub ask: Ask,
    /// The revision at which some reader saw what this writes, when no answer told it.
    pub seen: Option<i64>,
}

/// The three things that are asked.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    Get,
    Put {
        value: u64,
    },
    /// Put if the key was last written at this revision, else get; 0 stands for never.
    Swap {
        at: i64,
        value: u64,
    },
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Output {
    /// It was written at this revision.
    Written(i64),
    /// It was read, or found instead of what a swap expected.
    Found(Found),
}

/// Keys with value and revision. Revisions rise, and no value is written twice.
///
/// A write whose answer never came counts if somebody saw its value, at the revision that they saw.
/// If nobody did, it is no different from one that never happened: what it wrote was in nobody's
/// way, for a swap that does not find its revision says what it found instead.
#[derive(Clone, Copy, Debug)]
pub struct Revisions;

impl Model for Revisions {
    type State = BTreeMap<u16, (u64, i64)>;
    type Input = Input;
    type Output = Output;
    type Key = u16;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(
        &self,
        state: &Self::State,
        input: &Input,
        output: Option<&Output>,
    ) -> Option<Self::State> {
        let mut next = state.clone();
        self.apply(&mut next, input, output).then_some(next)
    }

    fn apply(&self, state: &mut Self::State, input: &Input, output: Option<&Output>) -> bool {
        if !self.allows(state, input, output) {
            return false;
        }
        if let (Some(value), Some(revision)) = (input.ask.writes(), written(input, output)) {
            state.insert(input.key, (value, revision));
        }
        true
    }

    fn allows(&self, state: &Self::State, input: &Input, output: Option<&Output>) -> bool {
        let now = state.get(&input.key).copied();
        let revision = now.map_or(0, |(_, revision)| revision);
        let rises = |output| written(input, output).is_some_and(|new| new > revision);
        match (&input.ask, output) {
            (Ask::Get, None) => true,
            (Ask::Get, Some(Output::Found(found))) => *found == now,
            (Ask::Put { .. }, None | Some(Output::Written(_))) => rises(output),
            (Ask::Swap { at, .. }, None | Some(Output::Written(_))) => {
                *at == revision && rises(output)
            }
            (Ask::Swap { at, .. }, Some(Output::Found(found))) => *at != revision && *found == now,
            (Ask::Get, Some(Output::Written(_))) | (Ask::Put { .. }, Some(Output::Found(_))) => {
                false
            }
        }
    }

    fn key(&self, input: &Input) -> Option<u16> {
        Some(input.key)
    }

    fn only_reads(&self, input: &Input, output: Option<&Output>) -> bool {
        input.ask == Ask::Get || matches!(output, Some(Output::Found(_)))
    }

    /// Only what wants a certain revision can be in want of it; a put wants none, and finds it
    /// only harder to rise above an earlier write.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        let leaves = written(earlier.input, earlier.output);
        leaves.is_some() && leaves == wants(later)
    }

    /// Without `earlier` the revision differs until the next write: that shows only to those who
    /// want exactly this revision.
    fn may_show(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        self.may_enable(earlier, later)
    }

    fn state_bytes(&self, state: &Self::State, _: Option<&Self::State>) -> usize {
        size_of::<Self::State>() + state.len() * 32
    }

    fn describe_input(&self, input: &Input) -> String {
        let key = input.key;
        match input.ask {
            Ask::Get => format!("get key {key}"),
            Ask::Put { value } => format!("put {value:#x} to key {key}"),
            Ask::Swap { at, value } => format!("put {value:#x} to key {key} if it is at {at}"),
        }
    }

    fn describe_output(&self, _: &Input, output: &Output) -> String {
        match output {
            Output::Written(revision) => format!("wrote at {revision}"),
            Output::Found(None) => "found nothing".to_string(),
            Output::Found(Some((value, revision))) => format!("found {value:#x} at {revision}"),
        }
    }
}

impl Ask {
    /// The value that it may write.
    pub fn writes(&self) -> Option<u64> {
        match *self {
            Ask::Get => None,
            Ask::Put { value } | Ask::Swap { value, .. } => Some(value),
        }
    }
}

/// The revision at which a call wrote, if it did as far as anybody knows.
fn written(input: &Input, output: Option<&Output>) -> Option<i64> {
    match output {
        Some(Output::Written(revision)) => Some(*revision),
        Some(Output::Found(_)) => None,
        None => input.seen,
    }
}

/// The revision without which a call is not legal, if there is such a one.
fn wants(call: Call<'_, Revisions>) -> Option<i64> {
    match (&call.input.ask, call.output) {
        (_, Some(Output::Found(found))) => Some(found.map_or(0, |(_, revision)| revision)),
        (Ask::Swap { at, .. }, _) => Some(*at),
        _ => None,
    }
}

/// Where the values found were written, by value.
pub fn revisions_seen<'a>(outputs: impl Iterator<Item = &'a Output>) -> HashMap<u64, i64> {
    let found = outputs.filter_map(|output| match output {
        Output::Found(found) => *found,
        Output::Written(_) => None,
    });
    found.collect()
}
