//! How the operations of queues, stacks, sets, counters, locks and several registers are written.
//!
//! | model | functions | value of the call; of the answer |
//! |---|---|---|
//! | queue | `enqueue`, `dequeue` | a whole number; what was taken out, nil for nothing |
//! | stack | `push`, `pop` | likewise |
//! | set | `add`, `remove`, `contains`, `read` | a number; whether it changed or is there; all |
//! | counter | `add`, `increment`, `decrement`, `add-and-get`, `read` | a number, else 1; the sum |
//! | lock | `acquire`, `release` | the owner, else it is the process; false if it was refused |
//! | multi-register | `txn` | `[[:r x nil] [:w y 3]]`; the same with what was read |
//!
//! A dequeue or pop that fails as `:empty` found nothing. The answer of an add-and-get may be the
//! sum or the pair of the number added and the sum.

use std::sync::Arc;

use super::words::{function_of, number, same, words};
use super::{Client, Ended, Event, Kind, Term, Vocabulary};
use crate::history::models::{
    Counter, CounterInput, CounterOutput, End, List, ListInput, ListOutput, Lock, LockInput,
    LockOutput, Micro, MultiRegister, Set, SetInput, SetOutput, Txn,
};

/// What a failure says about an operation: a change that timed out may have happened.
fn failed<O>(event: &Event) -> Ended<O> {
    match event.value == Term::Word("timed-out".into()) {
        true => Ended::Unknown,
        false => Ended::Failed,
    }
}

fn whole(term: &Term) -> Result<i64, String> {
    number(term)?.ok_or_else(|| "expected an integer, found nil".to_owned())
}

/// The answer of a change: nothing new, or what was asked for once more.
fn repeated(event: &Event, asked: i64) -> Result<(), String> {
    match event.value {
        Term::Nil => Ok(()),
        _ => same(&number(&event.value)?, &Some(asked)),
    }
}

fn truth(term: &Term) -> Option<bool> {
    match term {
        Term::Word(word) if &**word == "true" => Some(true),
        Term::Word(word) if &**word == "false" => Some(false),
        _ => None,
    }
}

fn keyless(event: &Event, model: &str) -> Result<(), String> {
    match event.key {
        None => Ok(()),
        Some(_) => Err(format!("a {model} has no keys")),
    }
}

impl<E: End> Vocabulary for List<E> {
    fn input(&self, event: &Event) -> Result<ListInput, String> {
        let [name, put, take] = E::NAMES;
        keyless(event, name)?;
        match function_of(event)? {
            function if function == put => Ok(ListInput::Put(whole(&event.value)?)),
            function if function == take => Ok(ListInput::Take),
            other => Err(format!("a {name} has {put} and {take}, not {other}")),
        }
    }

    fn function(&self, input: &ListInput) -> &'static str {
        let [_, put, take] = E::NAMES;
        match input {
            ListInput::Put(_) => put,
            ListInput::Take => take,
        }
    }

    fn ended(&self, input: &ListInput, event: &Event) -> Result<Ended<ListOutput>, String> {
        if event.kind == Kind::Fail {
            return Ok(match input {
                ListInput::Take if event.is_empty() => Ended::Answered(ListOutput::Taken(None)),
                _ => failed(event),
            });
        }
        Ok(Ended::Answered(match input {
            ListInput::Put(value) => {
                repeated(event, *value)?;
                ListOutput::Put
            }
            ListInput::Take => ListOutput::Taken(number(&event.value)?),
        }))
    }
}

impl Vocabulary for Set {
    fn input(&self, event: &Event) -> Result<SetInput, String> {
        keyless(event, "set")?;
        Ok(match function_of(event)? {
            "add" => SetInput::Add(whole(&event.value)?),
            "remove" => SetInput::Remove(whole(&event.value)?),
            "contains" => SetInput::Contains(whole(&event.value)?),
            "read" => SetInput::Read,
            other => return Err(format!("a set has add, remove, contains and read, not {other}")),
        })
    }

    fn function(&self, input: &SetInput) -> &'static str {
        match input {
            SetInput::Add(_) => "add",
            SetInput::Remove(_) => "remove",
            SetInput::Contains(_) => "contains",
            SetInput::Read => "read",
        }
    }

    fn ended(&self, input: &SetInput, event: &Event) -> Result<Ended<SetOutput>, String> {
        if event.kind == Kind::Fail {
            return Ok(failed(event));
        }
        Ok(Ended::Answered(match (input, truth(&event.value)) {
            (SetInput::Read, _) => match &event.value {
                Term::List(list) => {
                    let mut elements = list.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
                    elements.sort_unstable();
                    elements.dedup();
                    SetOutput::Elements(elements.into())
                }
                other => return Err(format!("expected a set, found {}", words(other))),
            },
            (_, Some(was)) => SetOutput::Was(was),
            (SetInput::Contains(_), None) => {
                return Err(format!("expected true or false, found {}", words(&event.value)));
            }
            (SetInput::Add(element) | SetInput::Remove(element), None) => {
                repeated(event, *element)?;
                SetOutput::Done
            }
        }))
    }
}

impl Vocabulary for Counter {
    fn input(&self, event: &Event) -> Result<CounterInput, String> {
        keyless(event, "counter")?;
        let by = || number(&event.value).map(|number| number.unwrap_or(1));
        Ok(match function_of(event)? {
            "add" | "increment" | "inc" => CounterInput::Add(by()?),
            "decrement" | "dec" => CounterInput::Add(by()?.wrapping_neg()),
            "add-and-get" => CounterInput::AddAndGet(by()?),
            "read" => CounterInput::Read,
            other => {
                let known = "add, increment, decrement, add-and-get and read";
                return Err(format!("a counter has {known}, not {other}"));
            }
        })
    }

    fn function(&self, input: &CounterInput) -> &'static str {
        match input {
            CounterInput::Add(_) => "add",
            CounterInput::AddAndGet(_) => "add-and-get",
            CounterInput::Read => "read",
        }
    }

    fn is_function(&self, input: &CounterInput, f: &str) -> bool {
        let adds = matches!(input, CounterInput::Add(_));
        f == self.function(input) || adds && matches!(f, "increment" | "inc" | "decrement" | "dec")
    }

    fn ended(&self, input: &CounterInput, event: &Event) -> Result<Ended<CounterOutput>, String> {
        if event.kind == Kind::Fail {
            return Ok(failed(event));
        }
        Ok(Ended::Answered(match input {
            CounterInput::Add(_) => CounterOutput::Added,
            CounterInput::AddAndGet(asked) => match &event.value {
                Term::List(pair) if pair.len() == 2 => {
                    same(&whole(&pair[0])?, asked)?;
                    CounterOutput::Sum(whole(&pair[1])?)
                }
                value => CounterOutput::Sum(whole(value)?),
            },
            CounterInput::Read => CounterOutput::Sum(whole(&event.value)?),
        }))
    }
}

impl Vocabulary for Lock {
    fn input(&self, event: &Event) -> Result<LockInput, String> {
        keyless(event, "lock")?;
        let owner = match number(&event.value)? {
            Some(owner) => owner,
            None => match &event.process {
                Client::Number(number) => i64::try_from(*number)
                    .map_err(|_| "the process is too great to be an owner".to_owned())?,
                Client::Named(name) => {
                    let wanted = "an owner is a whole number: say as the value for whom client";
                    return Err(format!("{wanted} {name} asks"));
                }
            },
        };
        match function_of(event)? {
            "acquire" => Ok(LockInput::Acquire(owner)),
            "release" => Ok(LockInput::Release(owner)),
            other => Err(format!("a lock has acquire and release, not {other}")),
        }
    }

    fn function(&self, input: &LockInput) -> &'static str {
        match input {
            LockInput::Acquire(_) => "acquire",
            LockInput::Release(_) => "release",
        }
    }

    fn ended(&self, input: &LockInput, event: &Event) -> Result<Ended<LockOutput>, String> {
        if event.kind == Kind::Fail {
            return Ok(failed(event));
        }
        Ok(Ended::Answered(match truth(&event.value) {
            Some(false) => LockOutput::Refused,
            Some(true) => LockOutput::Done,
            None => {
                repeated(event, input.owner())?;
                LockOutput::Done
            }
        }))
    }
}

impl Vocabulary for MultiRegister {
    fn input(&self, event: &Event) -> Result<Txn, String> {
        keyless(event, "multi-register")?;
        match function_of(event)? {
            "txn" => Ok(micros(&event.value)?.into_iter().map(|(micro, _)| micro).collect()),
            other => Err(format!("a multi-register has txn, not {other}")),
        }
    }

    fn function(&self, _input: &Txn) -> &'static str {
        "txn"
    }

    fn ended(&self, input: &Txn, event: &Event) -> Result<Ended<Vec<Option<i64>>>, String> {
        if event.kind == Kind::Fail {
            return Ok(failed(event));
        }
        let reads = input.iter().any(|micro| matches!(micro, Micro::Read(_)));
        if !reads && event.value == Term::Nil {
            return Ok(Ended::Answered(Vec::new()));
        }
        let (asked, seen): (Txn, Vec<_>) = micros(&event.value)?.into_iter().unzip();
        same(&asked, input)?;
        Ok(Ended::Answered(seen.into_iter().flatten().collect()))
    }
}

/// A micro-operation, and the value read if it is a read.
type Seen = (Micro, Option<Option<i64>>);

/// The micro-operations of a transaction, each with what a read returned.
fn micros(term: &Term) -> Result<Vec<Seen>, String> {
    let Term::List(list) = term else {
        return Err(format!("expected a list of micro-operations, found {}", words(term)));
    };
    list.iter().map(micro).collect()
}

fn micro(term: &Term) -> Result<Seen, String> {
    let Term::List(parts) = term else {
        return Err(format!("expected [:r x nil] or [:w x 3], found {}", words(term)));
    };
    let (Some(Term::Word(f) | Term::Text(f)), Some(name)) = (parts.first(), parts.get(1)) else {
        return Err("expected [:r x nil] or [:w x 3]".to_owned());
    };
    let name: Arc<str> = match name {
        Term::Word(name) | Term::Text(name) => name.clone(),
        Term::Int(number) => number.to_string().into(),
        other => return Err(format!("a register has a name, not {}", words(other))),
    };
    let value = number(parts.get(2).unwrap_or(&Term::Nil))?;
    match &**f {
        "r" | "read" => Ok((Micro::Read(name), Some(value))),
        "w" | "write" => Ok((Micro::Write(name, value), None)),
        other => Err(format!("a micro-operation is r or w, not {other}")),
    }
}
