//! JSON lines, our own format: one event an object, one object a line.
//!
//! ```json
//! {"process": 0, "type": "invoke", "f": "write", "value": 3}
//! {"process": 1, "type": "invoke", "f": "cas", "value": [3, 4]}
//! {"process": 0, "type": "ok", "f": "write"}
//! {"process": 1, "type": "info", "f": "cas", "error": "timeout"}
//! ```
//!
//! | field     | meaning |
//! |-----------|---------|
//! | `process` | the client, a whole number from 0 or a name; events of a nemesis are skipped |
//! | `type`    | `invoke`, `ok`, `fail` or `info` |
//! | `f`       | what is asked for, a word of the model; only `invoke` needs it |
//! | `key`     | kv and revisions only: a string or a whole number |
//! | `value`   | what is asked or answered, as the model has it |
//! | `error`   | why it failed; anything but `null` |
//!
//! | model          | words                     | values |
//! |----------------|---------------------------|--------|
//! | register       | `read`, `write`           | `null` or a whole number |
//! | cas-register   | and `cas`                 | `[old, new]` for `cas` |
//! | kv             | `get`, `put`, `append`    | a string or a whole number |
//! | multi-register | `txn`                     | `[["r", "x", null], ["w", "y", 3]]` |
//! | queue          | `enqueue`, `dequeue`      | a whole number; `null` for nothing |
//! | stack          | `push`, `pop`             | likewise |
//! | set            | `add`, `remove`, `contains`, `read` | a whole number, a truth value, a list |
//! | counter        | `add`, `increment`, `decrement`, `add-and-get`, `read` | a whole number |
//! | lock           | `acquire`, `release`      | the owner, a whole number; `false` if refused |
//! | revisions      | `get`, `put`, `swap`      | nothing; a whole number; `[revision, new]` |
//!
//! Of revisions, a get answers `[value, revision]`, or `null` for a key that was never written; a
//! put its revision; a swap its revision, or what a get would have answered.
//!
//! Other fields, such as times, are ignored. An `ok` of anything but a read or get may leave its
//! value out.

use serde_json::{Map, Value};

use super::{Client, Event, Kind, Line, Term};

/// What a line holds.
pub fn event(line: &str) -> Result<Line, String> {
    let mut fields: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))?;
    let process = match fields.get("process") {
        Some(Value::Number(number)) => match number.as_u64() {
            Some(process) => Client::Number(process),
            None => return Err(format!("the process {number} is not a whole number from 0")),
        },
        Some(Value::String(name)) => Client::named(name),
        Some(_) => return Err(super::NO_PROCESS.to_owned()),
        None => return Err("the event has no process".to_owned()),
    };
    if process.is_nemesis() {
        return Ok(Line::Nemesis);
    }
    let kind = match fields.get("type") {
        Some(Value::String(name)) => {
            Kind::from_name(name).ok_or_else(|| format!("there is no event type {name:?}"))?
        }
        _ => return Err("the event has no type".to_owned()),
    };
    let f = match fields.get("f") {
        Some(Value::String(name)) => Some(name.as_str().into()),
        None | Some(Value::Null) => None,
        Some(_) => return Err("the function f is not a string".to_owned()),
    };
    Ok(Line::Event(Event {
        process,
        kind,
        f,
        key: fields.remove("key").map(term),
        value: fields.remove("value").map_or(Term::Nil, term),
        error: fields.remove("error").map_or(Term::Nil, term),
    }))
}

fn term(value: Value) -> Term {
    match value {
        Value::Null => Term::Nil,
        Value::String(text) => Term::Text(text.into()),
        Value::Array(list) => Term::List(list.into_iter().map(term).collect()),
        Value::Number(ref number) => match number.as_i64() {
            Some(number) => Term::Int(number),
            None => Term::Word(value.to_string().into()),
        },
        other => Term::Word(other.to_string().into()),
    }
}
