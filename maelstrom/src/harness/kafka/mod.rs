//! Logs with offsets, as of Kafka: clients that send, and consumers that poll, commit and crash.

mod judge;

use std::collections::{BTreeMap, VecDeque};

use model::{NodeId, Random};
use serde_json::{Map, Value as Json, json};

use super::check::Finding;
use super::workload::{Act, CLIENTS, Clients, Done, End};
pub(super) use judge::judge;

/// Logs in use at a time.
const KEYS: u64 = 4;

/// Messages after which a log is not written any more: ten polls read it from its beginning.
const MESSAGES_A_KEY: u64 = 128;

/// Logs that are polled at once in the end: a store takes so many reads in one transaction.
const POLLED: usize = 32;

/// Of so many turns of an idle client, in one it crashes: a new one takes its place and knows only
/// what was committed.
const CRASH: u64 = 50;

/// Of so many turns of an idle client, in one it is assigned other logs.
const ASSIGN: u64 = 10;

/// The clients of a test.
pub(super) struct KafkaTown {
    nodes: usize,
    random: Random,
    /// The number of the last message: no two are alike.
    sent: u64,
    /// The number of the last client.
    clients: u64,
    consumers: Vec<Consumer>,
    /// Who reads everything in the end.
    last: Option<Vec<Consumer>>,
}

/// One client. It keeps to one node, as Maelstrom's do.
struct Consumer {
    number: u64,
    node: NodeId,
    is_busy: bool,
    /// The logs that it is assigned, and the offset that it wants next of each.
    positions: BTreeMap<String, u64>,
    /// What it has polled and not committed yet.
    to_commit: Map<String, Json>,
    /// In the end: the logs that it has not read to their ends.
    left: VecDeque<String>,
}

impl Consumer {
    fn new(number: u64, node: NodeId) -> Consumer {
        let (positions, to_commit, left) = (BTreeMap::new(), Map::new(), VecDeque::new());
        Consumer { number, node, is_busy: false, positions, to_commit, left }
    }

    fn act(&mut self, body: Json, is_last: bool) -> Act {
        self.is_busy = true;
        Act { client: self.number, node: self.node, body, is_last }
    }

    /// What it has polled moves it on; returns whether there was anything.
    fn polled(&mut self, answer: &Json) -> bool {
        let mut is_new = false;
        for (key, pairs) in answer["msgs"].as_object().into_iter().flatten() {
            let offsets = pairs.as_array().into_iter().flatten().filter_map(|p| p[0].as_u64());
            let Some(highest) = offsets.max() else { continue };
            if let Some(position) = self.positions.get_mut(key) {
                is_new |= highest >= *position;
                *position = highest.max(*position) + 1;
                self.to_commit.insert(key.clone(), json!(highest));
            }
        }
        is_new
    }

    /// What was committed is where it begins with a log that is new to it.
    fn assigned(&mut self, asked: &Json, answer: &Json) {
        let keys = asked["keys"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let old = std::mem::take(&mut self.positions);
        self.positions = keys
            .map(|key| {
                let committed = answer["offsets"][key].as_u64();
                let position = old.get(key).copied().or(committed).unwrap_or(0);
                (key.to_string(), position)
            })
            .collect();
    }
}

impl KafkaTown {
    pub(super) fn new(nodes: usize, random: Random) -> KafkaTown {
        let node = |client: usize| NodeId((client % nodes) as u16);
        let consumers = (0..CLIENTS).map(|one| Consumer::new(one as u64 + 1, node(one))).collect();
        KafkaTown { nodes, random, sent: 0, clients: CLIENTS as u64, consumers, last: None }
    }

    /// The logs in use: they move on as messages are sent.
    fn keys(&self) -> impl Iterator<Item = String> + use<> {
        let first = self.sent / (MESSAGES_A_KEY * KEYS) * KEYS;
        (first..first + KEYS).map(|key| format!("k{key}"))
    }

    fn any_key(&mut self) -> String {
        let place = self.random.below(KEYS) as usize;
        self.keys().nth(place).expect("There are as many.")
    }

    fn new_client(&mut self) -> u64 {
        self.clients += 1;
        self.clients
    }

    /// Whoever reads everything in the end: one client at each node.
    fn begin_last(&mut self) -> Vec<Consumer> {
        let keys = self.sent / (MESSAGES_A_KEY * KEYS) * KEYS + KEYS;
        let nodes = self.nodes;
        let consumer = |node| {
            let mut consumer = Consumer::new(self.new_client(), node);
            consumer.left = (0..keys).map(|key| format!("k{key}")).collect();
            consumer
        };
        NodeId::first(nodes).map(consumer).collect()
    }
}

impl Clients for KafkaTown {
    fn act(&mut self) -> Option<Act> {
        let place = self.consumers.iter().position(|one| !one.is_busy)?;
        if self.random.chance(1, CRASH) {
            let node = self.consumers[place].node;
            self.consumers[place] = Consumer::new(self.new_client(), node);
        }
        let is_assigned = self.random.chance(1, ASSIGN);
        let sends = self.random.chance(1, 2);
        let key = self.any_key();
        let keys: Vec<String> = self.keys().filter(|_| self.random.chance(2, 3)).collect();
        let consumer = &mut self.consumers[place];
        let body = if !consumer.to_commit.is_empty() {
            let offsets = std::mem::take(&mut consumer.to_commit);
            json!({ "type": "commit_offsets", "offsets": offsets })
        } else if sends {
            self.sent += 1;
            json!({ "type": "send", "key": key, "msg": self.sent })
        } else if is_assigned || consumer.positions.is_empty() {
            json!({ "type": "list_committed_offsets", "keys": keys })
        } else {
            json!({ "type": "poll", "offsets": consumer.positions })
        };
        Some(consumer.act(body, false))
    }

    fn hear(&mut self, done: &Done) {
        let all = self.consumers.iter_mut().chain(self.last.iter_mut().flatten());
        let mut found = all.filter(|one| one.number == done.client);
        let Some(consumer) = found.next() else { return };
        consumer.is_busy = false;
        match (&done.end, done.act.body["type"].as_str().unwrap_or_default()) {
            (End::Ok(answer), "poll") => {
                let is_new = consumer.polled(answer);
                if done.act.is_last && !is_new {
                    // These logs are read to their ends.
                    consumer.positions.clear();
                }
            }
            (End::Ok(answer), "list_committed_offsets") => {
                consumer.assigned(&done.act.body, answer);
            }
            // Nobody knows where such a client stands: it is as good as crashed.
            (End::Unknown, _) if !done.act.is_last => {
                let node = consumer.node;
                self.clients += 1;
                *consumer = Consumer::new(self.clients, node);
            }
            _ => {}
        }
    }

    fn last_acts(&mut self) -> Vec<Act> {
        let mut last = match self.last.take() {
            Some(last) => last,
            None => self.begin_last(),
        };
        let mut acts = Vec::new();
        for consumer in last.iter_mut().filter(|one| !one.is_busy) {
            if consumer.positions.is_empty() {
                let next = consumer.left.len().min(POLLED);
                consumer.positions = consumer.left.drain(..next).map(|key| (key, 0)).collect();
            }
            if !consumer.positions.is_empty() {
                let body = json!({ "type": "poll", "offsets": consumer.positions });
                acts.push(consumer.act(body, true));
            }
        }
        self.last = Some(last);
        acts
    }

    fn judge(&self, done: &[Done]) -> Vec<Finding> {
        judge(done)
    }
}
