//! How a store with revisions is written.
//!
//! | function | value of the call; of the answer |
//! |---|---|
//! | `get` | nothing; `[value revision]`, nil for a key that was never written |
//! | `put` | a number; the revision that it got |
//! | `swap` | `[revision new]`; the revision that it got, or what a get would answer |

use super::words::{function_of, key, number, pair, same, words};
use super::{Ended, Event, Kind, Term, Vocabulary};
use crate::history::History;
use crate::history::models::{Ask, Revisions, RevisionsInput, RevisionsOutput};

impl Vocabulary for Revisions {
    fn input(&self, event: &Event) -> Result<RevisionsInput, String> {
        let f = function_of(event)?;
        let key = key(event)?.ok_or("an operation of revisions needs a key")?;
        let whole = |term: Option<i64>| term.ok_or("expected an integer, found nil".to_owned());
        let ask = match f {
            "get" => Ask::Get,
            "put" => Ask::Put { value: whole(number(&event.value)?)? },
            "swap" => {
                let (at, value) = pair(&event.value)?;
                Ask::Swap { at: whole(at)?, value: whole(value)? }
            }
            other => return Err(format!("revisions has get, put and swap, not {other}")),
        };
        Ok(RevisionsInput { key, ask, seen: None })
    }

    fn function(&self, input: &RevisionsInput) -> &'static str {
        match input.ask {
            Ask::Get => "get",
            Ask::Put { .. } => "put",
            Ask::Swap { .. } => "swap",
        }
    }

    fn ended(
        &self,
        input: &RevisionsInput,
        event: &Event,
    ) -> Result<Ended<RevisionsOutput>, String> {
        if let Some(key) = key(event)? {
            same(&key, &input.key)?;
        }
        if event.kind == Kind::Fail {
            return Ok(Ended::Failed);
        }
        let found = |term: &Term| match (term, pair(term)) {
            (Term::Nil, _) => Ok(None),
            (_, Ok((Some(value), Some(revision)))) => Ok(Some((value, revision))),
            _ => Err(format!("expected nil or [value revision], found {}", words(term))),
        };
        Ok(Ended::Answered(match (input.ask, &event.value) {
            (Ask::Put { .. } | Ask::Swap { .. }, Term::Int(revision)) => {
                RevisionsOutput::Written(*revision)
            }
            (Ask::Get | Ask::Swap { .. }, term) => RevisionsOutput::Found(found(term)?),
            (Ask::Put { .. }, term) => {
                return Err(format!("expected a revision, found {}", words(term)));
            }
        }))
    }

    fn completed(
        &self,
        history: History<RevisionsInput, RevisionsOutput>,
    ) -> History<RevisionsInput, RevisionsOutput> {
        Revisions::look_back(history)
    }
}
