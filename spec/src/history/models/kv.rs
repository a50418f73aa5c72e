//! A store of strings by key, with get, put and append. A key that was never written holds "".

use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::history::model::{Access, Call, Model};
use crate::history::rules::{Ruling, Timed, Visit, zones};

/// The key-value store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kv;

/// What can be asked of the store.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KvInput {
    /// Tell the value of a key.
    Get(Arc<str>),
    /// Replace the value of a key.
    Put(Arc<str>, Arc<str>),
    /// Add to the end of the value of a key.
    Append(Arc<str>, Arc<str>),
}

impl KvInput {
    fn name(&self) -> &Arc<str> {
        match self {
            KvInput::Get(key) | KvInput::Put(key, _) | KvInput::Append(key, _) => key,
        }
    }
}

/// What the store answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KvOutput {
    /// The value got.
    Value(Arc<str>),
    /// The put or append is done.
    Done,
}

/// The values by key. Invariant: no value is empty, so that equal contents are equal states, and
/// `digest` is the exclusive or of the hashes of the entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KvState {
    values: BTreeMap<Arc<str>, Arc<str>>,
    digest: u64,
}

impl Hash for KvState {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.digest);
    }
}

impl KvState {
    /// The value of a key.
    pub fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |value| value)
    }

    fn set(&mut self, key: &Arc<str>, value: Arc<str>) {
        if !value.is_empty() {
            self.digest ^= digest(key, &value);
            if let Some(old) = self.values.insert(key.clone(), value) {
                self.digest ^= digest(key, &old);
            }
        } else if let Some(old) = self.values.remove(key) {
            self.digest ^= digest(key, &old);
        }
    }
}

fn digest(key: &str, value: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one((key, value))
}

impl Model for Kv {
    type State = KvState;
    type Input = KvInput;
    type Output = KvOutput;
    type Key = Arc<str>;

    fn initial(&self) -> KvState {
        KvState::default()
    }

    fn step(&self, state: &KvState, input: &KvInput, output: Option<&KvOutput>) -> Option<KvState> {
        let mut next = state.clone();
        self.apply(&mut next, input, output).then_some(next)
    }

    fn apply(&self, state: &mut KvState, input: &KvInput, output: Option<&KvOutput>) -> bool {
        match (input, output) {
            (KvInput::Get(_), None) => {}
            (KvInput::Get(key), Some(KvOutput::Value(seen))) => return state.value(key) == &**seen,
            (KvInput::Put(key, value), None | Some(KvOutput::Done)) => {
                state.set(key, value.clone());
            }
            (KvInput::Append(key, tail), None | Some(KvOutput::Done)) => {
                let value = state.value(key);
                let mut longer = String::with_capacity(value.len() + tail.len());
                longer.push_str(value);
                longer.push_str(tail);
                state.set(key, longer.into());
            }
            _ => return false,
        }
        true
    }

    fn allows(&self, state: &KvState, input: &KvInput, output: Option<&KvOutput>) -> bool {
        match (input, output) {
            (KvInput::Get(key), Some(KvOutput::Value(seen))) => state.value(key) == &**seen,
            (KvInput::Get(_), None) => true,
            (_, output) => matches!(output, None | Some(KvOutput::Done)),
        }
    }

    fn key(&self, input: &KvInput) -> Option<Arc<str>> {
        Some(input.name().clone())
    }

    fn only_reads(&self, input: &KvInput, _output: Option<&KvOutput>) -> bool {
        matches!(input, KvInput::Get(_))
    }

    /// Only a get can be illegal, and right after a put or an append it saw what that left at the
    /// end.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        seen_of_same_key(earlier, later).is_some_and(|seen| match earlier.input {
            KvInput::Put(_, value) => **value == *seen,
            KvInput::Append(_, tail) => seen.ends_with(&**tail),
            KvInput::Get(_) => false,
        })
    }

    /// A get that notices saw the value with what was written still in it: at its start after a
    /// put, since only appends can have followed, and anywhere after an append. A put may also hide
    /// what was there, and appends to it hide nothing, so what the get saw still starts with the
    /// put's value.
    fn may_show(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        seen_of_same_key(earlier, later).is_some_and(|seen| match earlier.input {
            KvInput::Put(_, value) => seen.starts_with(&**value),
            KvInput::Append(_, tail) => seen.contains(&**tail),
            KvInput::Get(_) => false,
        })
    }

    fn state_bytes(&self, state: &KvState, from: Option<&KvState>) -> usize {
        let entry = 2 * size_of::<Arc<str>>();
        // A string of its own has two counters before it; one that is shared is one pointer more.
        let own = |(key, value): (&Arc<str>, &Arc<str>)| match from.and_then(|f| f.values.get(key))
        {
            Some(old) if Arc::ptr_eq(old, value) => entry,
            _ => entry + value.len() + 16,
        };
        // A tree node has room for eleven entries and is at least a third full on the average.
        let spare = 11 * entry;
        size_of::<KvState>() + spare + state.values.iter().map(own).sum::<usize>()
    }

    fn describe_input(&self, input: &KvInput) -> String {
        match input {
            KvInput::Get(key) => format!("get {key:?}"),
            KvInput::Put(key, value) => format!("put {key:?} = {}", excerpt(value)),
            KvInput::Append(key, tail) => format!("append {} to {key:?}", excerpt(tail)),
        }
    }

    fn describe_output(&self, _input: &KvInput, output: &KvOutput) -> String {
        match output {
            KvOutput::Value(value) => format!("returned {}", excerpt(value)),
            KvOutput::Done => "returned".to_owned(),
        }
    }

    fn answer(&self, state: &KvState, input: &KvInput) -> Option<KvOutput> {
        Some(match input {
            KvInput::Get(key) => KvOutput::Value(state.value(key).into()),
            KvInput::Put(..) | KvInput::Append(..) => KvOutput::Done,
        })
    }

    fn promise(&self) -> &'static str {
        "a get returns the value put last, with all that was appended since"
    }

    /// One key that is only got and put is a register.
    fn rule(&self, operations: &[Timed<'_, Self>]) -> Option<Ruling> {
        let mut visits = Vec::with_capacity(operations.len());
        let key = operations.first()?.call.input.name();
        for (operation, timed) in operations.iter().enumerate() {
            if timed.call.input.name() != key {
                return None;
            }
            let (writes, value) = match (timed.call.input, timed.call.output) {
                (KvInput::Get(_), None) => continue,
                (KvInput::Get(_), Some(KvOutput::Value(value))) => (false, value),
                (KvInput::Put(_, value), None | Some(KvOutput::Done)) => (true, value),
                _ => return None,
            };
            let answered = timed.call.output.is_some();
            let (called, end) = (timed.called, timed.end());
            let value = Some(value).filter(|value| !value.is_empty());
            visits.push(Visit { operation, called, end, writes, answered, value });
        }
        zones(&visits)
    }

    fn alternatives(&self, operations: &[Timed<'_, Self>], input: &KvInput) -> Vec<KvOutput> {
        let KvInput::Get(key) = input else {
            return Vec::new();
        };
        let same = operations.iter().rev().filter(|timed| timed.call.input.name() == key);
        let values = same.filter_map(|timed| match (timed.call.input, timed.call.output) {
            (KvInput::Put(_, value), _) | (_, Some(KvOutput::Value(value))) => Some(value.clone()),
            _ => None,
        });
        values.chain(["".into()]).map(KvOutput::Value).collect()
    }

    fn access(&self, input: &KvInput, output: Option<&KvOutput>) -> Option<Access<Arc<str>>> {
        let (writes, value) = match (input, output) {
            (KvInput::Get(_), Some(KvOutput::Value(value))) => (false, &**value),
            (KvInput::Get(_), _) => (false, ""),
            (KvInput::Put(_, value), _) => (true, &**value),
            (KvInput::Append(..), _) => return None,
        };
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        Some(Access { key: input.name().clone(), writes, value })
    }
}

/// The value that `later` got, if it is a get of the key that `earlier` concerns.
fn seen_of_same_key<'a>(earlier: Call<'_, Kv>, later: Call<'a, Kv>) -> Option<&'a str> {
    match (later.input, later.output) {
        (KvInput::Get(key), Some(KvOutput::Value(seen))) if key == earlier.input.name() => {
            Some(seen)
        }
        _ => None,
    }
}

/// The value in quotes; of a long one only its end, which is what tells values apart.
fn excerpt(value: &str) -> String {
    /// Longer values are cut, so that a line of explanation stays a line.
    const SHOWN: usize = 40;
    let count = value.chars().count();
    if count <= SHOWN {
        return format!("{value:?}");
    }
    let end: String = value.chars().skip(count - SHOWN).collect();
    format!("{:?} ({count} characters)", format!("…{end}"))
}
