//! All of Maelstrom's workloads on the store that `synod up` serves, so what Maelstrom judges is
//! what clients get. What a client's request asks of the store, step by step.

use std::collections::BTreeMap;

use bytes::Bytes;
use lab::StoreLab;
use machine::etcd::{
    Command, Compare, Keys, Operand, Operation as Step, OperationReply, Put, Query, Range,
    RangeReply, Relation, Reply, SortOrder, SortTarget, Txn,
};
use machine::{Indication, Operation, Request};
use model::Process;
use serde_json::{Map, Value as Json, json};
use world::Subject;

use super::{Job, Place, Wish};
use crate::message::{Code, Envelope};

/// An operation of the store.
type Asked = Operation<Command, Query>;

/// How often a transaction that met others is tried again before its client hears of it. Each
/// time, some other transaction has got through.
const TRIES: u32 = 20;

/// Messages that one poll brings of one key at most: an answer of some kilobytes.
const POLLED: i64 = 100;

/// The store as a node: what its clients wait for.
pub(super) struct Keeper {
    place: Place,
    is_broadcast: bool,
    /// The number of the last operation of the store.
    last: u64,
    /// Requests under way, by the store's operation that is under way for each.
    tasks: BTreeMap<u64, (Envelope, Task)>,
}

/// A request under way. Keys of workloads are kept apart by their first letter: `k` for values of
/// keys, `s` for elements of sets, `c` for what was added to counters, `m` for messages of logs,
/// `o` for committed offsets.
enum Task {
    /// `read` of a key.
    Read,
    /// `write`, `add`, `broadcast`: the answer's type.
    Write(&'static str),
    /// `cas`: what is written if the key holds `from`.
    Swap,
    /// `read` of everything that was added.
    Added(Added),
    /// `txn`, or `commit_offsets`.
    Txn(Transaction),
    /// `send`: the revision of the write is the message's offset.
    Send,
    /// `poll` of these keys.
    Poll(Vec<String>),
    /// `list_committed_offsets` of these keys.
    Committed(Vec<String>),
}

/// What is asked when everything that was added is read.
#[derive(Clone, Copy)]
enum Added {
    /// The sum.
    Counter,
    /// The elements, as `value`.
    Set,
    /// The elements, as `messages`.
    Broadcast,
}

/// Steps `[f, key, value]`: `r` reads, `w` writes, `append` appends, `commit` writes if higher.
struct Transaction {
    steps: Vec<(String, Json, Json)>,
    /// How often it is still tried.
    tries: u32,
    /// What it has read and written, once that waits only for the store to agree.
    results: Option<Vec<Json>>,
    /// Whether it is a commit of offsets, whose answer says nothing.
    is_commit: bool,
}

/// What comes next.
enum Next {
    /// The client is answered.
    Done(Json),
    /// The client is refused.
    Refused(Code, String),
    /// The store is asked once more.
    Ask(Asked),
}

impl Job for Keeper {
    type Process = lab::Store;

    fn new(place: &Place) -> Keeper {
        let (is_broadcast, last, tasks) = (false, 0, BTreeMap::new());
        Keeper { place: place.clone(), is_broadcast, last, tasks }
    }

    fn process(place: &Place) -> lab::Store {
        StoreLab { nodes: place.names.len(), mutant: None }.process(place.me)
    }

    fn told_topology(&mut self) {
        self.is_broadcast = true;
    }

    fn asked(&mut self, request: Envelope) -> Vec<Wish<lab::Store>> {
        self.is_broadcast |= request.kind() == "broadcast";
        match self.begin(&request) {
            Ok((task, first)) => vec![self.ask(request, task, first)],
            Err((code, why)) => vec![Wish::Answer(request.refuse(code, &why))],
        }
    }

    fn told(
        &mut self,
        _: &str,
        told: <lab::Store as Process>::Indication,
    ) -> Vec<Wish<lab::Store>> {
        let Indication::Answer { id, reply } = told else {
            return Vec::new();
        };
        let Some((request, mut task)) = self.tasks.remove(&id) else {
            return Vec::new();
        };
        vec![match task.next(&reply) {
            Next::Done(body) => Wish::Answer(request.answer(body)),
            Next::Refused(code, why) => Wish::Answer(request.refuse(code, &why)),
            Next::Ask(operation) => self.ask(request, task, operation),
        }]
    }
}

impl Keeper {
    fn ask(&mut self, request: Envelope, task: Task, operation: Asked) -> Wish<lab::Store> {
        self.last += 1;
        self.tasks.insert(self.last, (request, task));
        Wish::Ask(String::new(), Request::Ask { id: self.last, operation })
    }

    /// A name that nothing else has: of this node, in this life, of this request.
    fn unique(&self, request: &Envelope) -> Json {
        let Place { me, life, .. } = self.place;
        json!([me.0, life, request.src, request.body["msg_id"]])
    }

    /// The task of a client's request, and the first operation of it.
    fn begin(&self, request: &Envelope) -> Result<(Task, Asked), (Code, String)> {
        let body = &request.body;
        let malformed = |why: &str| (Code::Malformed, why.to_string());
        Ok(match request.kind() {
            "read" if !body["key"].is_null() => (Task::Read, get(key('k', &body["key"]))),
            "read" => {
                let what = match self.place.is_counter {
                    true => Added::Counter,
                    false if self.is_broadcast => Added::Broadcast,
                    false => Added::Set,
                };
                (Task::Added(what), list(what))
            }
            "write" => (Task::Write("write_ok"), put(key('k', &body["key"]), &body["value"])),
            "cas" => (Task::Swap, swap(key('k', &body["key"]), &body["from"], &body["to"])),
            "broadcast" => {
                let message = &body["message"];
                (Task::Write("broadcast_ok"), put(key('s', message), message))
            }
            "add" if !body["element"].is_null() => {
                let element = &body["element"];
                (Task::Write("add_ok"), put(key('s', element), element))
            }
            "add" => {
                // Each addition is a key of its own, so none is lost and none counts twice.
                (Task::Write("add_ok"), put(key('c', &self.unique(request)), &body["delta"]))
            }
            "txn" => {
                let why = "a transaction is a list of [f, key, value]";
                transaction(steps(&body["txn"]).ok_or_else(|| malformed(why))?, false)
            }
            "send" => {
                let name = format!("m{}/{}", body["key"], self.unique(request));
                (Task::Send, put(name.into(), &body["msg"]))
            }
            "poll" => {
                let offsets = body["offsets"].as_object();
                let offsets = offsets.ok_or_else(|| malformed("a poll has offsets"))?;
                (Task::Poll(offsets.keys().cloned().collect()), poll(offsets))
            }
            "commit_offsets" => {
                let offsets = body["offsets"].as_object();
                let offsets = offsets.ok_or_else(|| malformed("a commit has offsets"))?;
                let step = |(key, offset): (&String, &Json)| {
                    ("commit".to_string(), json!(key), offset.clone())
                };
                transaction(offsets.iter().map(step).collect(), true)
            }
            "list_committed_offsets" => {
                let keys = body["keys"].as_array().ok_or_else(|| malformed("keys are a list"))?;
                let gets = keys.iter().map(|name| Range::new(Keys::One(key('o', name))));
                let names = keys.iter().filter_map(Json::as_str).map(str::to_string).collect();
                (Task::Committed(names), ranges(gets))
            }
            other => return Err((Code::NotSupported, format!("there is no request {other:?}"))),
        })
    }
}

impl Task {
    /// The store has answered the operation under way.
    fn next(&mut self, reply: &Reply) -> Next {
        if let Reply::Refused(error) = reply {
            return Next::Refused(Code::Malformed, format!("{error}"));
        }
        match (self, reply) {
            (Task::Write(kind), _) => Next::Done(json!({ "type": kind })),
            (Task::Send, Reply::Put(put)) => {
                Next::Done(json!({ "type": "send_ok", "offset": put.revision }))
            }
            (Task::Read, Reply::Range(range)) => match value(range) {
                Some(value) => Next::Done(json!({ "type": "read_ok", "value": value })),
                None => Next::Refused(Code::NoKey, "there is no such key".into()),
            },
            (Task::Swap, Reply::Txn(txn)) if txn.succeeded => {
                Next::Done(json!({ "type": "cas_ok" }))
            }
            (Task::Swap, Reply::Txn(txn)) => match &txn.responses[..] {
                [OperationReply::Range(range)] if range.kvs.is_empty() => {
                    Next::Refused(Code::NoKey, "there is no such key".into())
                }
                _ => Next::Refused(Code::Precondition, "the key holds another value".into()),
            },
            (Task::Added(what), Reply::Range(range)) => Next::Done(added(*what, range)),
            (Task::Txn(transaction), Reply::Txn(txn)) => {
                transaction.next(txn.succeeded, &txn.responses)
            }
            (Task::Poll(keys), Reply::Txn(txn)) => Next::Done(polled(keys, &txn.responses)),
            (Task::Committed(keys), Reply::Txn(txn)) => {
                let offsets = keys.iter().zip(&txn.responses).filter_map(|(key, response)| {
                    let OperationReply::Range(range) = response else { return None };
                    Some((key.clone(), value(range)?))
                });
                let offsets: Map<String, Json> = offsets.collect();
                Next::Done(json!({ "type": "list_committed_offsets_ok", "offsets": offsets }))
            }
            _ => Next::Refused(Code::Timeout, "the store answered something else".into()),
        }
    }
}

fn transaction(steps: Vec<(String, Json, Json)>, is_commit: bool) -> (Task, Asked) {
    let transaction = Transaction { steps, tries: TRIES, results: None, is_commit };
    let reads = transaction.reads();
    (Task::Txn(transaction), reads)
}

/// Optimistic: read every key, compute, write if no key has changed since.
impl Transaction {
    fn next(&mut self, succeeded: bool, responses: &[OperationReply]) -> Next {
        if let Some(results) = self.results.take() {
            if succeeded {
                return Next::Done(self.answer(results));
            }
            if self.tries == 0 {
                return Next::Refused(Code::Conflict, "other transactions were faster".into());
            }
            self.tries -= 1;
            return Next::Ask(self.reads());
        }
        let mut compare = Vec::new();
        let mut state: Vec<(Bytes, Json, bool)> = Vec::new();
        for (key, response) in self.keys().into_iter().zip(responses) {
            let OperationReply::Range(range) = response else { continue };
            let revision = range.kvs.first().map_or(0, |kv| kv.mod_revision);
            let (keys, relation) = (Keys::One(key.clone()), Relation::Equal);
            compare.push(Compare { keys, relation, operand: Operand::Mod(revision) });
            state.push((key, value(range).unwrap_or(Json::Null), false));
        }
        let mut results = Vec::new();
        for (f, name, argument) in &self.steps {
            let key = key(letter(f), name);
            let Some((_, now, is_new)) = state.iter_mut().find(|(one, ..)| *one == key) else {
                continue;
            };
            let seen = match f.as_str() {
                "r" => now.clone(),
                "commit" if now.as_i64() >= argument.as_i64() => continue,
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
            return Next::Done(self.answer(results));
        }
        self.results = Some(results);
        Next::Ask(Operation::Update(Command::Txn(Txn { compare, success, failure: Vec::new() })))
    }

    fn answer(&self, results: Vec<Json>) -> Json {
        match self.is_commit {
            true => json!({ "type": "commit_offsets_ok" }),
            false => json!({ "type": "txn_ok", "txn": results }),
        }
    }

    /// Its keys, each once.
    fn keys(&self) -> Vec<Bytes> {
        let mut keys: Vec<Bytes> =
            self.steps.iter().map(|(f, name, _)| key(letter(f), name)).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// Reads all its keys at one moment.
    fn reads(&self) -> Asked {
        ranges(self.keys().into_iter().map(|key| Range::new(Keys::One(key))))
    }
}

/// The steps of a transaction, if they are some.
pub(super) fn steps(txn: &Json) -> Option<Vec<(String, Json, Json)>> {
    let step = |step: &Json| {
        let [f, key, value] = &step.as_array()?[..] else { return None };
        Some((f.as_str()?.to_string(), key.clone(), value.clone()))
    };
    txn.as_array()?.iter().map(step).collect()
}

/// Where the keys of this kind of step are.
fn letter(f: &str) -> char {
    if f == "commit" { 'o' } else { 'k' }
}

fn key(kind: char, name: &Json) -> Bytes {
    format!("{kind}{name}").into()
}

fn bytes(value: &Json) -> Bytes {
    value.to_string().into()
}

fn get(key: Bytes) -> Asked {
    Operation::Read(Query::Range(Range::new(Keys::One(key))))
}

fn put(key: Bytes, value: &Json) -> Asked {
    Operation::Update(Command::Put(Put::new(key, bytes(value))))
}

fn swap(key: Bytes, from: &Json, to: &Json) -> Asked {
    let keys = Keys::One(key.clone());
    let compare = Compare { keys, relation: Relation::Equal, operand: Operand::Value(bytes(from)) };
    let success = vec![Step::Put(Put::new(key.clone(), bytes(to)))];
    let failure = vec![Step::Range(Range::new(Keys::One(key)))];
    Operation::Update(Command::Txn(Txn { compare: vec![compare], success, failure }))
}

/// Reads all of these at one moment: linearizably, from what the leader of the order has.
fn ranges(ranges: impl Iterator<Item = Range>) -> Asked {
    let success = ranges.map(Step::Range).collect();
    let (compare, failure) = (Vec::new(), Vec::new());
    Operation::Read(Query::Txn(Txn { compare, success, failure }))
}

/// Everything that was added, to sets or to counters.
fn list(what: Added) -> Asked {
    let (first, end) = match what {
        Added::Counter => ("c", "d"),
        Added::Set | Added::Broadcast => ("s", "t"),
    };
    let keys = Keys::Between(Bytes::from_static(first.as_bytes()), end.into());
    Operation::Read(Query::Range(Range::new(keys)))
}

/// Reads each log from its offset on.
fn poll(offsets: &Map<String, Json>) -> Asked {
    ranges(offsets.iter().map(|(name, offset)| {
        // A name ends with a quotation mark, so that no name begins with another; `0` follows `/`.
        let (first, end) = (format!("m{}/", json!(name)), format!("m{}0", json!(name)));
        let keys = Keys::Between(first.into(), end.into());
        Range {
            min_mod_revision: offset.as_i64().unwrap_or(0),
            limit: POLLED,
            order: SortOrder::Ascend,
            target: SortTarget::Mod,
            ..Range::new(keys)
        }
    }))
}

fn polled(keys: &[String], responses: &[OperationReply]) -> Json {
    let logs = keys.iter().zip(responses).filter_map(|(key, response)| {
        let OperationReply::Range(range) = response else { return None };
        let pairs = range.kvs.iter().filter_map(|kv| {
            let message: Json = serde_json::from_slice(&kv.value).ok()?;
            Some(json!([kv.mod_revision, message]))
        });
        Some((key.clone(), pairs.collect()))
    });
    let messages: Map<String, Json> = logs.collect();
    json!({ "type": "poll_ok", "msgs": messages })
}

fn value(range: &RangeReply) -> Option<Json> {
    range.kvs.first().and_then(|kv| serde_json::from_slice(&kv.value).ok())
}

fn added(what: Added, range: &RangeReply) -> Json {
    let values = range.kvs.iter().filter_map(|kv| serde_json::from_slice::<Json>(&kv.value).ok());
    match what {
        Added::Counter => {
            let sum: i64 = values.filter_map(|delta| delta.as_i64()).sum();
            json!({ "type": "read_ok", "value": sum })
        }
        Added::Set => json!({ "type": "read_ok", "value": values.collect::<Vec<_>>() }),
        Added::Broadcast => json!({ "type": "read_ok", "messages": values.collect::<Vec<_>>() }),
    }
}
