//! What a client's request asks of the store, step by step.

use bytes::Bytes;
use machine::Operation;
use machine::etcd::{
    Command, Compare, Keys, Operand, Operation as Step, OperationReply, Put, Query, Range,
    RangeReply, Relation, Reply, Txn,
};
use model::NodeId;
use serde_json::{Value as Json, json};

use super::read;
use crate::message::{Code, Envelope};

/// An operation of the store.
pub type Store = Operation<Command, Query>;

/// How often a transaction that met others is tried again before its client hears of it. Each
/// time, some other transaction has got through.
const TRIES: u32 = 20;

/// A request under way. Keys of workloads are kept apart by their first letter: `k` for values of
/// keys, `s` for elements of sets, `c` for what was added to counters.
pub enum Job {
    /// `read` of a key.
    Read,
    /// `write`, `add`, `broadcast`: the answer's type.
    Write(&'static str),
    /// `cas`: what is written if the key holds `from`.
    Swap,
    /// `read` of everything that was added: of a counter, its sum.
    Added { is_counter: bool },
    /// `txn`: its steps, and how often it is still tried.
    Txn { steps: Vec<(String, Json, Json)>, tries: u32, reads: Option<Vec<Json>> },
}

/// What comes next.
pub enum Next {
    /// The client is answered.
    Done(Json),
    /// The client is refused.
    Refused(Code, String),
    /// The store is asked once more.
    Ask(Store),
}

impl Job {
    /// The job of a client's request, and the first operation of it.
    pub fn of(
        envelope: &Envelope,
        is_counter: bool,
        me: NodeId,
        life: u64,
    ) -> Result<(Job, Store), (Code, String)> {
        let body = &envelope.body;
        let element = |value: &Json| key('s', value);
        Ok(match envelope.kind() {
            "read" if !body["key"].is_null() => (Job::Read, get(key('k', &body["key"]))),
            "write" => (Job::Write("write_ok"), put(key('k', &body["key"]), &body["value"])),
            "cas" => {
                let key = key('k', &body["key"]);
                let operand = Operand::Value(bytes(&body["from"]));
                let keys = Keys::One(key.clone());
                let compare = vec![Compare { keys, relation: Relation::Equal, operand }];
                let success = vec![Step::Put(Put::new(key.clone(), bytes(&body["to"])))];
                let failure = vec![Step::Range(Range::new(Keys::One(key)))];
                (Job::Swap, Operation::Update(Command::Txn(Txn { compare, success, failure })))
            }
            "broadcast" => {
                let message = &body["message"];
                (Job::Write("broadcast_ok"), put(element(message), message))
            }
            "add" if !body["element"].is_null() => {
                (Job::Write("add_ok"), put(element(&body["element"]), &body["element"]))
            }
            "add" => {
                // Each addition is a key of its own, so none is lost and none counts twice.
                let name = json!([me.0, life, envelope.src, body["msg_id"]]);
                (Job::Write("add_ok"), put(key('c', &name), &body["delta"]))
            }
            "read" => (Job::Added { is_counter }, list(is_counter)),
            "txn" => {
                let steps = steps(&body["txn"]).ok_or_else(|| {
                    (Code::Malformed, "a transaction is a list of [f, key, value]".to_string())
                })?;
                let query = reads(&steps);
                (Job::Txn { steps, tries: TRIES, reads: None }, query)
            }
            other => return Err((Code::NotSupported, format!("there is no request {other:?}"))),
        })
    }

    /// The store has answered the operation under way.
    pub fn next(&mut self, reply: &Reply) -> Next {
        if let Reply::Refused(error) = reply {
            return Next::Refused(Code::Malformed, format!("{error:?}"));
        }
        match (self, reply) {
            (Job::Write(kind), _) => Next::Done(json!({ "type": kind })),
            (Job::Read, Reply::Range(range)) => match value(range) {
                Some(value) => Next::Done(json!({ "type": "read_ok", "value": value })),
                None => Next::Refused(Code::NoKey, "there is no such key".into()),
            },
            (Job::Swap, Reply::Txn(txn)) if txn.succeeded => {
                Next::Done(json!({ "type": "cas_ok" }))
            }
            (Job::Swap, Reply::Txn(txn)) => match &txn.responses[..] {
                [OperationReply::Range(range)] if range.kvs.is_empty() => {
                    Next::Refused(Code::NoKey, "there is no such key".into())
                }
                _ => Next::Refused(Code::Precondition, "the key holds another value".into()),
            },
            (Job::Added { is_counter }, Reply::Range(range)) => {
                Next::Done(added(*is_counter, range))
            }
            (Job::Txn { steps, tries, reads }, Reply::Txn(txn)) => {
                transact(steps, tries, reads, txn.succeeded, &txn.responses)
            }
            _ => Next::Refused(Code::Timeout, "the store answered something else".into()),
        }
    }
}

/// Optimistic transactions: read every key, compute, write if no key has changed since.
fn transact(
    steps: &[(String, Json, Json)],
    tries: &mut u32,
    known: &mut Option<Vec<Json>>,
    succeeded: bool,
    responses: &[OperationReply],
) -> Next {
    if let Some(results) = known.take() {
        if succeeded {
            return Next::Done(json!({ "type": "txn_ok", "txn": results }));
        }
        if *tries == 0 {
            return Next::Refused(Code::Conflict, "other transactions were faster".into());
        }
        *tries -= 1;
        return Next::Ask(reads(steps));
    }
    let mut compare = Vec::new();
    let mut state: Vec<(Bytes, Json, bool)> = Vec::new();
    for (key, response) in keys(steps).into_iter().zip(responses) {
        let OperationReply::Range(range) = response else { continue };
        let revision = range.kvs.first().map_or(0, |kv| kv.mod_revision);
        let (keys, relation) = (Keys::One(key.clone()), Relation::Equal);
        compare.push(Compare { keys, relation, operand: Operand::Mod(revision) });
        state.push((key, value(range).unwrap_or(Json::Null), false));
    }
    let mut results = Vec::new();
    for (f, name, argument) in steps {
        let key = key('k', name);
        let Some((_, now, is_new)) = state.iter_mut().find(|(one, ..)| *one == key) else {
            continue;
        };
        let seen = match f.as_str() {
            "r" => now.clone(),
            "append" => {
                let mut list = now.as_array().cloned().unwrap_or_default();
                list.push(argument.clone());
                (*now, *is_new) = (Json::Array(list), true);
                argument.clone()
            }
            _ => {
                (*now, *is_new) = (argument.clone(), true);
                argument.clone()
            }
        };
        results.push(json!([f, name, seen]));
    }
    let writes = state.iter().filter(|(.., is_new)| *is_new);
    let success: Vec<Step> =
        writes.map(|(key, value, _)| Step::Put(Put::new(key.clone(), bytes(value)))).collect();
    if success.is_empty() {
        return Next::Done(json!({ "type": "txn_ok", "txn": results }));
    }
    *known = Some(results);
    Next::Ask(Operation::Update(Command::Txn(Txn { compare, success, failure: Vec::new() })))
}

fn steps(txn: &Json) -> Option<Vec<(String, Json, Json)>> {
    let step = |step: &Json| {
        let [f, key, value] = &step.as_array()?[..] else { return None };
        Some((f.as_str()?.to_string(), key.clone(), value.clone()))
    };
    txn.as_array()?.iter().map(step).collect()
}

/// The keys of a transaction, each once.
fn keys(steps: &[(String, Json, Json)]) -> Vec<Bytes> {
    let mut keys: Vec<Bytes> = steps.iter().map(|(_, name, _)| key('k', name)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Reads all keys of a transaction at one moment.
fn reads(steps: &[(String, Json, Json)]) -> Store {
    let ranges = keys(steps).into_iter().map(|key| Step::Range(Range::new(Keys::One(key))));
    let (compare, failure) = (Vec::new(), Vec::new());
    read(Query::Txn(Txn { compare, success: ranges.collect(), failure }))
}

fn key(kind: char, name: &Json) -> Bytes {
    format!("{kind}{name}").into()
}

fn bytes(value: &Json) -> Bytes {
    value.to_string().into()
}

fn get(key: Bytes) -> Store {
    read(Query::Range(Range::new(Keys::One(key))))
}

fn put(key: Bytes, value: &Json) -> Store {
    Operation::Update(Command::Put(Put::new(key, bytes(value))))
}

/// Everything that was added, to a set or to a counter.
fn list(is_counter: bool) -> Store {
    let (first, end) = if is_counter { (b"c", b"d") } else { (b"s", b"t") };
    let keys = Keys::Between(Bytes::from_static(first), Bytes::from_static(end));
    read(Query::Range(Range::new(keys)))
}

fn value(range: &RangeReply) -> Option<Json> {
    range.kvs.first().and_then(|kv| serde_json::from_slice(&kv.value).ok())
}

/// Sets are read as `value`, broadcasts as `messages`.
fn added(is_counter: bool, range: &RangeReply) -> Json {
    let values = range.kvs.iter().filter_map(|kv| serde_json::from_slice::<Json>(&kv.value).ok());
    if is_counter {
        let sum: i64 = values.filter_map(|delta| delta.as_i64()).sum();
        return json!({ "type": "read_ok", "value": sum });
    }
    let elements: Vec<Json> = values.collect();
    json!({ "type": "read_ok", "messages": elements, "value": elements })
}
