//! The services that Maelstrom offers to nodes: key-value stores of different honesty, and a clock
//! that only counts.

use std::collections::BTreeMap;

use model::Random;
use serde_json::{Value as Json, json};

use crate::message::{Code, Envelope};

/// States of the whole store that the sequential service remembers.
const PAST: usize = 1_000;

/// Replicas of the last-writer-wins service.
const REPLICAS: usize = 5;

type Store = BTreeMap<String, Json>;

/// All services of one test.
pub(super) struct Services {
    linearizable: Store,
    /// Every state so far, newest last, and the place in them that each client has seen.
    sequential: Vec<Store>,
    forgotten: usize,
    seen: BTreeMap<String, usize>,
    /// Each replica with the time of each write. They never hear of each other's, but each write
    /// goes to one, at random: as bad as eventual consistency may be.
    lww: Vec<BTreeMap<String, (u64, Json)>>,
    time: u64,
    stamps: u64,
    random: Random,
}

impl Services {
    pub(super) fn new(seed: u64) -> Services {
        Services {
            linearizable: Store::new(),
            sequential: vec![Store::new()],
            forgotten: 0,
            seen: BTreeMap::new(),
            lww: vec![BTreeMap::new(); REPLICAS],
            time: 0,
            stamps: 0,
            random: Random::child(seed, "services"),
        }
    }

    pub(super) fn is_one(&self, name: &str) -> bool {
        matches!(name, "lin-kv" | "seq-kv" | "lww-kv" | "lin-tso")
    }

    /// What the service answers.
    pub(super) fn answer(&mut self, envelope: &Envelope) -> Envelope {
        let answer = match envelope.dest.as_str() {
            "lin-kv" => act(&mut self.linearizable, &envelope.body),
            "seq-kv" => self.sequentially(envelope),
            "lww-kv" => self.last_writer_wins(&envelope.body),
            _ => {
                self.stamps += 1;
                Ok(json!({ "type": "ts_ok", "ts": self.stamps - 1 }))
            }
        };
        match answer {
            Ok(body) => envelope.answer(body),
            Err((code, text)) => envelope.refuse(code, text),
        }
    }

    /// A client may be behind, but never goes back; whoever changes something sees everything.
    fn sequentially(&mut self, envelope: &Envelope) -> Answer {
        let newest = self.forgotten + self.sequential.len() - 1;
        let seen = self.seen.entry(envelope.src.clone()).or_insert(0);
        *seen = (*seen).max(self.forgotten);
        if envelope.kind() == "read" {
            *seen += self.random.below((newest - *seen + 1) as u64) as usize;
            let mut state = self.sequential[*seen - self.forgotten].clone();
            return act(&mut state, &envelope.body);
        }
        let mut state = self.sequential[newest - self.forgotten].clone();
        let answer = act(&mut state, &envelope.body);
        self.sequential.push(state);
        *seen = newest + 1;
        if self.sequential.len() > PAST {
            self.sequential.remove(0);
            self.forgotten += 1;
        }
        answer
    }

    fn last_writer_wins(&mut self, body: &Json) -> Answer {
        self.time += 1;
        // Now and then two replicas meet, and the later write of each key wins.
        let (one, two) = (self.any_replica(), self.any_replica());
        let theirs = self.lww[two].clone();
        for (key, write) in theirs {
            let mine = self.lww[one].entry(key).or_insert_with(|| write.clone());
            if mine.0 < write.0 {
                *mine = write;
            }
        }
        let place = self.any_replica();
        let mut state: Store =
            self.lww[place].iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect();
        let before = state.clone();
        let answer = act(&mut state, body);
        for (key, value) in state {
            if before.get(&key) != Some(&value) {
                self.lww[place].insert(key, (self.time, value));
            }
        }
        answer
    }

    fn any_replica(&mut self) -> usize {
        self.random.below(REPLICAS as u64) as usize
    }
}

type Answer = Result<Json, (Code, &'static str)>;

fn act(store: &mut Store, body: &Json) -> Answer {
    let key = body["key"].to_string();
    match body["type"].as_str().unwrap_or_default() {
        "read" => match store.get(&key) {
            Some(value) => Ok(json!({ "type": "read_ok", "value": value })),
            None => Err((Code::NoKey, "there is no such key")),
        },
        "write" => {
            store.insert(key, body["value"].clone());
            Ok(json!({ "type": "write_ok" }))
        }
        "cas" => {
            let creates = body["create_if_not_exists"].as_bool().unwrap_or(false);
            match store.get(&key) {
                None if !creates => Err((Code::NoKey, "there is no such key")),
                Some(value) if *value != body["from"] => {
                    Err((Code::Precondition, "the key holds another value"))
                }
                _ => {
                    store.insert(key, body["to"].clone());
                    Ok(json!({ "type": "cas_ok" }))
                }
            }
        }
        _ => Err((Code::NotSupported, "this service knows read, write and cas")),
    }
}
