//! Several registers, read and written together by one indivisible operation. Each starts as nil.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::history::model::{Call, Model};

/// The registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct MultiRegister;

/// One thing to do with one register.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Micro {
    /// Tell its value.
    Read(Arc<str>),
    /// Replace its value. `None` is nil.
    Write(Arc<str>, Option<i64>),
}

impl Micro {
    fn name(&self) -> &Arc<str> {
        match self {
            Micro::Read(name) | Micro::Write(name, _) => name,
        }
    }
}

/// What is to be done, in order and at one instant. A read sees the writes before it.
pub type Txn = Vec<Micro>;

/// The values by name. Invariant: none is nil.
pub type Registers = BTreeMap<Arc<str>, i64>;

impl Model for MultiRegister {
    type State = Registers;
    type Input = Txn;
    /// What the reads returned, in order.
    type Output = Vec<Option<i64>>;
    type Key = Arc<str>;

    fn initial(&self) -> Registers {
        Registers::new()
    }

    fn step(
        &self,
        state: &Registers,
        input: &Txn,
        output: Option<&Vec<Option<i64>>>,
    ) -> Option<Registers> {
        let (next, seen) = run(state, input);
        output.is_none_or(|output| *output == seen).then_some(next)
    }

    fn allows(&self, state: &Registers, input: &Txn, output: Option<&Vec<Option<i64>>>) -> bool {
        output.is_none_or(|output| *output == run(state, input).1)
    }

    fn key(&self, input: &Txn) -> Option<Arc<str>> {
        let name = input.first()?.name();
        input.iter().all(|micro| micro.name() == name).then(|| name.clone())
    }

    fn only_reads(&self, input: &Txn, _output: Option<&Vec<Option<i64>>>) -> bool {
        input.iter().all(|micro| matches!(micro, Micro::Read(_)))
    }

    /// A read from before its own writes sees, right after another operation that wrote the
    /// register, what that left there.
    fn may_enable(&self, earlier: Call<'_, Self>, later: Call<'_, Self>) -> bool {
        let Some(output) = later.output else {
            return false;
        };
        let left = |name: &Arc<str>| {
            earlier.input.iter().rev().find_map(|micro| match micro {
                Micro::Write(other, value) if other == name => Some(*value),
                _ => None,
            })
        };
        wants(later.input, output).any(|(name, value)| left(name) == Some(value))
    }

    fn state_bytes(&self, state: &Registers, _from: Option<&Registers>) -> usize {
        // A tree's leaf has room for eleven entries; the names are shared.
        let leaf = 12 * (size_of::<Arc<str>>() + size_of::<i64>());
        size_of::<Registers>() + leaf * (state.len() / 5 + 1)
    }

    fn describe_input(&self, input: &Txn) -> String {
        let words = input.iter().map(|micro| match micro {
            Micro::Read(name) => format!("read {name}"),
            Micro::Write(name, value) => format!("write {name}={}", word(*value)),
        });
        format!("[{}]", words.collect::<Vec<_>>().join(", "))
    }

    fn describe_output(&self, input: &Txn, output: &Vec<Option<i64>>) -> String {
        let names = input.iter().filter(|micro| matches!(micro, Micro::Read(_)));
        let seen = names.zip(output).map(|(micro, value)| {
            let name = micro.name();
            format!("{name}={}", word(*value))
        });
        let mut seen: Vec<_> = seen.collect();
        if output.len() > seen.len() {
            seen.push(format!("and {} that were not asked for", output.len() - seen.len()));
        }
        match seen.is_empty() {
            true => "returned".to_owned(),
            false => format!("returned {}", seen.join(", ")),
        }
    }

    fn answer(&self, state: &Registers, input: &Txn) -> Option<Vec<Option<i64>>> {
        Some(run(state, input).1)
    }

    fn promise(&self) -> &'static str {
        "an operation sees of all its registers the values written last, at one instant"
    }
}

/// The registers after the operation, and what it saw.
fn run(state: &Registers, input: &Txn) -> (Registers, Vec<Option<i64>>) {
    let mut next = state.clone();
    let mut seen = Vec::new();
    for micro in input {
        match micro {
            Micro::Read(name) => seen.push(next.get(name).copied()),
            Micro::Write(name, Some(value)) => drop(next.insert(name.clone(), *value)),
            Micro::Write(name, None) => drop(next.remove(name)),
        }
    }
    (next, seen)
}

/// What the operation saw of registers that it had not written itself by then.
fn wants<'a>(
    input: &'a Txn,
    output: &'a [Option<i64>],
) -> impl Iterator<Item = (&'a Arc<str>, Option<i64>)> {
    let mut output = output.iter();
    input.iter().enumerate().filter_map(move |(place, micro)| match micro {
        Micro::Write(..) => None,
        Micro::Read(name) => {
            let value = *output.next()?;
            let own = |micro: &Micro| matches!(micro, Micro::Write(other, _) if other == name);
            (!input[..place].iter().any(own)).then_some((name, value))
        }
    })
}

fn word(value: Option<i64>) -> String {
    value.map_or("nil".to_owned(), |n| n.to_string())
}
