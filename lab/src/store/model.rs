//! What the keys of an etcd store do, as its clients see it.

use spec::history::Model;

/// What a client asks about one key. Values are unique in a history.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// Write.
    Put {
        /// Which key.
        key: u8,
        /// The new value.
        value: u64,
    },
    /// Read.
    Get {
        /// Which key.
        key: u8,
    },
    /// Write, if the key was last written at this revision; 0 if it was never written.
    Swap {
        /// Which key.
        key: u8,
        /// The revision at which it must have been written last.
        expected: i64,
        /// The new value.
        value: u64,
    },
    /// Delete.
    Delete {
        /// Which key.
        key: u8,
    },
}

impl Ask {
    /// The key it concerns.
    pub fn key(&self) -> u8 {
        match self {
            Ask::Put { key, .. }
            | Ask::Get { key }
            | Ask::Swap { key, .. }
            | Ask::Delete { key } => *key,
        }
    }
}

/// What a client is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// The write took place at this revision of the store.
    Wrote(i64),
    /// What the key holds: its value and the revision that wrote it.
    Read(Option<(u64, i64)>),
    /// The key was last written at another revision than expected, so nothing was written.
    Differs,
    /// There was nothing to delete.
    Missing,
}

/// The keys that clients use are numbered below this.
pub const KEYS: u8 = 3;

/// One key's state: its value, if it has one, and when it was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Seen {
    value: Option<u64>,
    written: Written,
}

/// The revision of a key's last change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Written {
    At(i64),
    /// By a write whose answer never came: some revision above this.
    Above(i64),
}

impl Written {
    fn can_be(self, revision: i64) -> bool {
        match self {
            Written::At(at) => at == revision,
            Written::Above(least) => revision > least,
        }
    }

    fn least(self) -> i64 {
        match self {
            Written::At(at) => at,
            Written::Above(least) => least + 1,
        }
    }
}

/// Each key is a register by itself, whose writes carry rising revisions.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreModel;

impl Model for StoreModel {
    type State = [Seen; KEYS as usize];
    type Input = Ask;
    type Output = Answer;
    type Key = u8;

    fn initial(&self) -> Self::State {
        [const { Seen { value: None, written: Written::At(0) } }; KEYS as usize]
    }

    fn step(
        &self,
        state: &Self::State,
        input: &Ask,
        output: Option<&Answer>,
    ) -> Option<Self::State> {
        let place = usize::from(input.key());
        let mut next = state.clone();
        next[place] = step_key(&state[place], input, output)?;
        Some(next)
    }

    // A key's revisions and value come from its own writes alone.
    fn key(&self, input: &Ask) -> Option<u8> {
        Some(input.key())
    }

    fn describe_input(&self, input: &Ask) -> String {
        match input {
            Ask::Put { key, value } => format!("put k{key}={value}"),
            Ask::Get { key } => format!("get k{key}"),
            Ask::Swap { key, expected, value } => {
                format!("put k{key}={value} if it was written at {expected}")
            }
            Ask::Delete { key } => format!("delete k{key}"),
        }
    }

    fn describe_output(&self, _: &Ask, output: &Answer) -> String {
        match output {
            Answer::Wrote(revision) => format!("took place at revision {revision}"),
            Answer::Read(None) => "found nothing".into(),
            Answer::Read(Some((value, revision))) => {
                format!("returned {value}, written at {revision}")
            }
            Answer::Differs => "found another revision".into(),
            Answer::Missing => "found nothing to delete".into(),
        }
    }
}

/// Whether a comparison of the key's revision with `expected` may have held: a key that holds
/// nothing compares as 0.
fn can_expect(state: &Seen, expected: i64) -> bool {
    match state.value {
        None => expected == 0,
        Some(_) => state.written.can_be(expected),
    }
}

/// Whether it may have failed.
fn can_differ(state: &Seen, expected: i64) -> bool {
    match (state.value, state.written) {
        (None, _) => expected != 0,
        (Some(_), Written::At(at)) => at != expected,
        // Some revision above the bound, and there are more of them than one.
        (Some(_), Written::Above(_)) => true,
    }
}

/// One key after an operation, or nothing if it cannot answer so.
fn step_key(state: &Seen, input: &Ask, output: Option<&Answer>) -> Option<Seen> {
    match (input, output) {
        (Ask::Put { value, .. }, Some(Answer::Wrote(revision))) => {
            changed(state, Some(*value), Some(*revision))
        }
        (Ask::Put { value, .. }, None) => changed(state, Some(*value), None),
        (Ask::Get { .. }, Some(Answer::Read(None))) => state.value.is_none().then(|| state.clone()),
        (Ask::Get { .. }, Some(Answer::Read(Some((value, revision))))) => {
            let fits = state.value == Some(*value) && state.written.can_be(*revision);
            fits.then_some(Seen { value: state.value, written: Written::At(*revision) })
        }
        (Ask::Swap { expected, value, .. }, Some(Answer::Wrote(revision))) => {
            can_expect(state, *expected).then(|| changed(state, Some(*value), Some(*revision)))?
        }
        (Ask::Swap { expected, value, .. }, None) => {
            can_expect(state, *expected).then(|| changed(state, Some(*value), None))?
        }
        (Ask::Swap { expected, .. }, Some(Answer::Differs)) => {
            can_differ(state, *expected).then(|| state.clone())
        }
        (Ask::Delete { .. }, Some(Answer::Wrote(revision))) => {
            state.value?;
            changed(state, None, Some(*revision))
        }
        (Ask::Delete { .. }, None) => {
            state.value?;
            changed(state, None, None)
        }
        (Ask::Delete { .. }, Some(Answer::Missing)) => state.value.is_none().then(|| state.clone()),
        _ => None,
    }
}

/// The key after a change to `value`, at the revision that was answered if an answer came.
fn changed(state: &Seen, value: Option<u64>, answer: Option<i64>) -> Option<Seen> {
    let least = state.written.least();
    let written = match answer {
        Some(revision) if revision > least => Written::At(revision),
        Some(_) => return None,
        None => Written::Above(least),
    };
    Some(Seen { value, written })
}
