//! Reads and writes of keys on atomic registers: an instance of ABD a key.

use std::collections::{BTreeMap, VecDeque};

use canon::register::abd::{Abd, Setup};
use canon::register::{Indication, Request};
use serde_json::{Value as Json, json};

use super::{Job, Place, Wish};
use crate::message::{Code, Envelope};

/// Requests that may wait for one key at a node: a register does one at a time, and clients have
/// given up those that a thousand others are ahead of.
const WAITING: usize = 1_000;

/// The registers of a node.
pub(super) struct Registers {
    /// What waits at each key; the first is under way.
    waiting: BTreeMap<String, VecDeque<Envelope>>,
}

impl Job for Registers {
    type Process = Abd<Json>;

    fn new(_: &Place) -> Registers {
        Registers { waiting: BTreeMap::new() }
    }

    fn process(place: &Place) -> Abd<Json> {
        Abd::new(Setup::new(place.me, place.names.len()))
    }

    fn asked(&mut self, request: Envelope) -> Vec<Wish<Abd<Json>>> {
        let Some(operation) = operation(&request) else {
            return vec![Wish::not_supported(&request)];
        };
        let key = request.body["key"].to_string();
        let waiting = self.waiting.entry(key.clone()).or_default();
        if waiting.len() >= WAITING {
            let why = "too many requests wait for this key";
            return vec![Wish::Answer(request.refuse(Code::Unavailable, why))];
        }
        waiting.push_back(request);
        match waiting.len() {
            1 => vec![Wish::Ask(key, operation)],
            _ => Vec::new(),
        }
    }

    fn told(&mut self, key: &str, told: Indication<Json>) -> Vec<Wish<Abd<Json>>> {
        let Some(waiting) = self.waiting.get_mut(key) else {
            return Vec::new();
        };
        let answer = waiting.pop_front().map(|request| match told {
            Indication::ReadReturns(Some(value)) => {
                request.answer(json!({ "type": "read_ok", "value": value }))
            }
            Indication::ReadReturns(None) => {
                request.refuse(Code::NoKey, "nobody has written this key")
            }
            Indication::WriteReturns => request.answer(json!({ "type": "write_ok" })),
        });
        let next = waiting.front().and_then(operation);
        let next = next.map(|operation| Wish::Ask(key.to_string(), operation));
        answer.map(Wish::Answer).into_iter().chain(next).collect()
    }
}

fn operation(request: &Envelope) -> Option<Request<Json>> {
    match request.kind() {
        "read" if !request.body["key"].is_null() => Some(Request::Read),
        "write" => Some(Request::Write(request.body["value"].clone())),
        _ => None,
    }
}
