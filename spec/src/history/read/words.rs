//! How the models' operations are written.

use std::sync::Arc;

use super::{Ended, Event, Kind, Term, Vocabulary};
use crate::history::models::{Kv, KvInput, KvOutput, Register, RegisterInput, RegisterOutput};

impl Vocabulary for Register {
    fn input(&self, event: &Event) -> Result<RegisterInput, String> {
        if event.key.is_some() {
            return Err("a register has no keys".to_owned());
        }
        Ok(match function_of(event)? {
            "read" => RegisterInput::Read,
            "write" => RegisterInput::Write(number(&event.value)?),
            "cas" => {
                let (old, new) = pair(&event.value)?;
                RegisterInput::Cas(old, new)
            }
            other => {
                let known = "a register has read and write, and a cas-register cas, too";
                return Err(format!("{known}, but not {other}"));
            }
        })
    }

    fn function(&self, input: &RegisterInput) -> &'static str {
        match input {
            RegisterInput::Read => "read",
            RegisterInput::Write(_) => "write",
            RegisterInput::Cas(..) => "cas",
        }
    }

    fn ended(&self, input: &RegisterInput, event: &Event) -> Result<Ended<RegisterOutput>, String> {
        let timed_out = event.value == Term::Word("timed-out".into());
        if event.kind == Kind::Fail {
            return Ok(match *input {
                RegisterInput::Read => Ended::Failed,
                _ if timed_out => Ended::Unknown,
                RegisterInput::Cas(old, new)
                    if event.error == Term::Nil && event.value != Term::Nil =>
                {
                    same(&pair(&event.value)?, &(old, new))?;
                    Ended::Answered(RegisterOutput::Swapped(false))
                }
                RegisterInput::Write(_) | RegisterInput::Cas(..) => Ended::Failed,
            });
        }
        let given = event.value != Term::Nil;
        Ok(Ended::Answered(match *input {
            RegisterInput::Read => RegisterOutput::Value(number(&event.value)?),
            RegisterInput::Write(new) => {
                if given {
                    same(&number(&event.value)?, &new)?;
                }
                RegisterOutput::Written
            }
            RegisterInput::Cas(old, new) => {
                if given {
                    same(&pair(&event.value)?, &(old, new))?;
                }
                RegisterOutput::Swapped(true)
            }
        }))
    }
}

impl Vocabulary for Kv {
    fn input(&self, event: &Event) -> Result<KvInput, String> {
        let f = function_of(event)?;
        let key = key(event)?.ok_or("an operation of kv needs a key")?;
        Ok(match f {
            "get" | "read" => KvInput::Get(key),
            "put" | "write" => KvInput::Put(key, text(&event.value)?),
            "append" => KvInput::Append(key, text(&event.value)?),
            other => return Err(format!("kv has get, put and append, not {other}")),
        })
    }

    fn function(&self, input: &KvInput) -> &'static str {
        match input {
            KvInput::Get(_) => "get",
            KvInput::Put(..) => "put",
            KvInput::Append(..) => "append",
        }
    }

    fn is_function(&self, input: &KvInput, f: &str) -> bool {
        match input {
            KvInput::Get(_) => matches!(f, "get" | "read"),
            KvInput::Put(..) => matches!(f, "put" | "write"),
            KvInput::Append(..) => f == "append",
        }
    }

    fn ended(&self, input: &KvInput, event: &Event) -> Result<Ended<KvOutput>, String> {
        let (KvInput::Get(asked) | KvInput::Put(asked, _) | KvInput::Append(asked, _)) = input;
        if let Some(key) = key(event)? {
            same(&key, asked)?;
        }
        if event.kind == Kind::Fail {
            let timed_out = event.value == Term::Word("timed-out".into());
            return Ok(match input {
                KvInput::Put(..) | KvInput::Append(..) if timed_out => Ended::Unknown,
                _ => Ended::Failed,
            });
        }
        Ok(Ended::Answered(match input {
            // Some stores answer nil for a key that was never written.
            KvInput::Get(_) if event.value == Term::Nil => KvOutput::Value("".into()),
            KvInput::Get(_) => KvOutput::Value(text(&event.value)?),
            KvInput::Put(_, value) | KvInput::Append(_, value) => {
                if event.value != Term::Nil {
                    same(&text(&event.value)?, value)?;
                }
                KvOutput::Done
            }
        }))
    }
}

pub(super) fn function_of(event: &Event) -> Result<&str, String> {
    event.f.as_deref().ok_or_else(|| "the call has no function f".to_owned())
}

pub(super) fn number(term: &Term) -> Result<Option<i64>, String> {
    match term {
        Term::Nil => Ok(None),
        Term::Int(number) => Ok(Some(*number)),
        other => Err(format!("expected nil or an integer, found {}", words(other))),
    }
}

pub(super) fn pair(term: &Term) -> Result<(Option<i64>, Option<i64>), String> {
    match term {
        Term::List(list) if list.len() == 2 => Ok((number(&list[0])?, number(&list[1])?)),
        other => Err(format!("expected a pair [old new], found {}", words(other))),
    }
}

fn text(term: &Term) -> Result<Arc<str>, String> {
    match term {
        Term::Text(text) => Ok(text.clone()),
        Term::Int(number) => Ok(number.to_string().into()),
        other => Err(format!("expected a string or an integer, found {}", words(other))),
    }
}

pub(super) fn key(event: &Event) -> Result<Option<Arc<str>>, String> {
    match &event.key {
        None | Some(Term::Nil) => Ok(None),
        Some(Term::Text(text)) => Ok(Some(text.clone())),
        Some(Term::Int(number)) => Ok(Some(number.to_string().into())),
        Some(other) => Err(format!("a key is a string or an integer, not {}", words(other))),
    }
}

pub(super) fn same<T: PartialEq>(ended: &T, called: &T) -> Result<(), String> {
    match ended == called {
        true => Ok(()),
        false => Err("the key or value is not the one of the call".to_owned()),
    }
}

pub(super) fn words(term: &Term) -> &'static str {
    match term {
        Term::Nil => "nil",
        Term::Int(_) => "an integer",
        Term::Text(_) => "a string",
        Term::Word(word) => {
            let digits = word.trim_start_matches(['-', '+']);
            match digits.starts_with(|c: char| c.is_ascii_digit()) {
                true => "a number that is not an integer of 64 bits",
                false => "a keyword or other word",
            }
        }
        Term::List(_) => "a list of another shape",
    }
}
