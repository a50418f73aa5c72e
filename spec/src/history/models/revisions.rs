//! A store that tells with every value the revision that wrote it, as etcd does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::history::model::{Call, Model};
use crate::history::operation::{History, Outcome};

/// A key's value, which was written once, and the revision that wrote it.
pub type Found = Option<(i64, i64)>;

/// What is asked of one key.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RevisionsInput {
    /// Which key.
    pub key: Arc<str>,
    /// What.
    pub ask: Ask,
    /// The revision at which some reader saw what this writes, when no answer told it:
    /// the history as a whole tells it.
    pub seen: Option<i64>,
}

/// The three things that are asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// Tell the value and its revision.
    Get,
    /// Replace the value.
    Put {
        /// By this one, which nobody else ever writes.
        value: i64,
    },
    /// Put if the key was last written at this revision, else get; 0 stands for never.
    Swap {
        /// The revision.
        at: i64,
        /// The new value, which nobody else ever writes.
        value: i64,
    },
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum RevisionsOutput {
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

impl Revisions {
    /// Tells every write whose answer never came at which revision its value was seen, if ever: so
    /// much can only be known of a history as a whole.
    pub(crate) fn look_back(
        history: History<RevisionsInput, RevisionsOutput>,
    ) -> History<RevisionsInput, RevisionsOutput> {
        let found = history.operations().iter().filter_map(|operation| match operation.output() {
            Some(RevisionsOutput::Found(found)) => *found,
            _ => None,
        });
        let seen: HashMap<i64, i64> = found.collect();
        history.map(|mut operation| {
            if operation.outcome == Outcome::Unknown {
                let value = operation.input.ask.writes();
                operation.input.seen = value.and_then(|value| seen.get(&value).copied());
            }
            operation
        })
    }
}

impl Model for Revisions {
    type State = BTreeMap<Arc<str>, (i64, i64)>;
    type Input = RevisionsInput;
    type Output = RevisionsOutput;
    type Key = Arc<str>;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(
        &self,
        state: &Self::State,
        input: &RevisionsInput,
        output: Option<&RevisionsOutput>,
    ) -> Option<Self::State> {
        let mut next = state.clone();
        self.apply(&mut next, input, output).then_some(next)
    }

    fn apply(
        &self,
        state: &mut Self::State,
        input: &RevisionsInput,
        output: Option<&RevisionsOutput>,
    ) -> bool {
        if !self.allows(state, input, output) {
            return false;
        }
        if let (Some(value), Some(revision)) = (input.ask.writes(), written(input, output)) {
            state.insert(input.key.clone(), (value, revision));
        }
        true
    }

    fn unanswered(&self, input: &RevisionsInput, output: &RevisionsOutput) -> RevisionsInput {
        RevisionsInput { seen: written(input, Some(output)), ..input.clone() }
    }

    fn allows(
        &self,
        state: &Self::State,
        input: &RevisionsInput,
        output: Option<&RevisionsOutput>,
    ) -> bool {
        let now = state.get(&input.key).copied();
        let revision = now.map_or(0, |(_, revision)| revision);
        let rises = |output| written(input, output).is_some_and(|new| new > revision);
        match (&input.ask, output) {
            (Ask::Get, None) => true,
            (Ask::Get, Some(RevisionsOutput::Found(found))) => *found == now,
            (Ask::Put { .. }, None | Some(RevisionsOutput::Written(_))) => rises(output),
            (Ask::Swap { at, .. }, None | Some(RevisionsOutput::Written(_))) => {
                *at == revision && rises(output)
            }
            (Ask::Swap { at, .. }, Some(RevisionsOutput::Found(found))) => {
                *at != revision && *found == now
            }
            (Ask::Get, Some(RevisionsOutput::Written(_)))
            | (Ask::Put { .. }, Some(RevisionsOutput::Found(_))) => false,
        }
    }

    fn key(&self, input: &RevisionsInput) -> Option<Arc<str>> {
        Some(input.key.clone())
    }

    fn only_reads(&self, input: &RevisionsInput, output: Option<&RevisionsOutput>) -> bool {
        input.ask == Ask::Get || matches!(output, Some(RevisionsOutput::Found(_)))
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

    fn promise(&self) -> &'static str {
        "a get returns the value put last, with the revision of that put; revisions of a key rise"
    }

    fn describe_input(&self, input: &RevisionsInput) -> String {
        let key = &input.key;
        match input.ask {
            Ask::Get => format!("get {key:?}"),
            Ask::Put { value } => format!("put {value} to {key:?}"),
            Ask::Swap { at, value } => format!("put {value} to {key:?} if it is at {at}"),
        }
    }

    fn describe_output(&self, _: &RevisionsInput, output: &RevisionsOutput) -> String {
        match output {
            RevisionsOutput::Written(revision) => format!("wrote at {revision}"),
            RevisionsOutput::Found(None) => "found nothing".to_string(),
            RevisionsOutput::Found(Some((value, revision))) => {
                format!("found {value} at {revision}")
            }
        }
    }
}

impl Ask {
    /// The value that it may write.
    pub fn writes(&self) -> Option<i64> {
        match *self {
            Ask::Get => None,
            Ask::Put { value } | Ask::Swap { value, .. } => Some(value),
        }
    }
}

/// The revision at which a call wrote, if it did as far as anybody knows.
fn written(input: &RevisionsInput, output: Option<&RevisionsOutput>) -> Option<i64> {
    match output {
        Some(RevisionsOutput::Written(revision)) => Some(*revision),
        Some(RevisionsOutput::Found(_)) => None,
        None => input.seen,
    }
}

/// The revision without which a call is not legal, if there is such a one.
fn wants(call: Call<'_, Revisions>) -> Option<i64> {
    match (&call.input.ask, call.output) {
        (_, Some(RevisionsOutput::Found(found))) => Some(found.map_or(0, |(_, revision)| revision)),
        (Ask::Swap { at, .. }, _) => Some(*at),
        _ => None,
    }
}
