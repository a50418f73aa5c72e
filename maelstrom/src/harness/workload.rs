//! What clients do, workload by workload.

use std::str::FromStr;

use model::{Named, NodeId, Random, named};
use serde_json::{Value as Json, json};

use super::check::{self, Finding};
use super::kafka::KafkaTown;
use super::{Test, Times, node};

named! {
    /// Maelstrom's workloads that this harness knows.
    pub enum Workload {
        /// The same payload comes back.
        Echo,
        /// No identifier is given twice.
        UniqueIds,
        /// Every message reaches every node.
        Broadcast,
        /// A set that only grows.
        GSet,
        /// A counter that only grows.
        GCounter,
        /// A counter.
        PnCounter,
        /// Logs with offsets, as of Kafka.
        Kafka,
        /// Registers with read, write and compare-and-set, linearizable.
        LinKv,
        /// Transactions that read and append to lists.
        TxnListAppend,
        /// Transactions that read and write registers.
        TxnRwRegister,
    }
}

impl Workload {
    /// Of sets: the field of a read that lists the elements, and that of an addition with one.
    pub(super) fn set(self) -> Option<(&'static str, &'static str)> {
        match self {
            Workload::Broadcast => Some(("messages", "message")),
            Workload::GSet => Some(("value", "element")),
            _ => None,
        }
    }

    /// Whether everything is read at every node in the end.
    fn is_read_last(self) -> bool {
        self.set().is_some() || self.is_counter()
    }

    /// Whether what clients add is a counter's.
    pub fn is_counter(self) -> bool {
        matches!(self, Workload::GCounter | Workload::PnCounter)
    }

    /// Its clients.
    pub(super) fn clients(self, test: &Test) -> Box<dyn Clients> {
        let random = Random::child(test.seed, "clients");
        match self {
            Workload::Kafka => Box::new(KafkaTown::new(test.nodes, random)),
            _ => Box::new(Town {
                test: test.clone(),
                random,
                count: 0,
                busy: vec![false; CLIENTS],
                has_ended: false,
            }),
        }
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Workload, String> {
        Workload::named(name).ok_or_else(|| {
            let names: Vec<String> = Workload::ALL.iter().map(Workload::to_string).collect();
            format!("there is no workload {name:?}; there are: {}", names.join(", "))
        })
    }
}

/// Something that a client asks.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Act {
    /// Which client: its history has one request at a time.
    pub(super) client: u64,
    /// Whom.
    pub(super) node: NodeId,
    /// What.
    pub(super) body: Json,
    /// Whether it is one of the last reads, after everything else.
    pub(super) is_last: bool,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum End {
    Ok(Json),
    /// It has not taken effect.
    Failed(u64),
    /// It may have taken effect, or may yet.
    Unknown,
}

/// A request and its end, in nanoseconds of the test.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Done {
    pub(super) client: u64,
    pub(super) number: u64,
    pub(super) act: Act,
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) end: End,
}

/// The clients of a test.
pub(super) trait Clients {
    /// The next request, if a client is free.
    fn act(&mut self) -> Option<Act>;

    /// What came of one.
    fn hear(&mut self, done: &Done);

    /// The next of the last requests, once faults are over and all earlier ones have ended; none,
    /// if there are no more.
    fn last_acts(&mut self) -> Vec<Act>;

    /// Judges everything.
    fn judge(&self, done: &[Done]) -> Vec<Finding>;

    /// How long what was added took to be everywhere, if anything was.
    fn stable(&self, done: &[Done]) -> Option<Times> {
        let _ = done;
        None
    }
}

/// Clients at work; Maelstrom has as many as nodes unless told otherwise, and ten keep any rate
/// that its workloads use, if answers do not wait for the network.
pub(super) const CLIENTS: usize = 10;

/// Keys in use at a time.
const KEYS: u64 = 5;

/// Writes after which a key is not used any more, so that lists and searches stay short.
const WRITES_A_KEY: u64 = 16;

/// Steps of a transaction at most.
const STEPS: u64 = 4;

struct Town {
    test: Test,
    random: Random,
    count: u64,
    busy: Vec<bool>,
    /// Whether the last reads were asked.
    has_ended: bool,
}

impl Town {
    /// A key that is in use: the keys move on as writes are made.
    fn key(&mut self) -> u64 {
        self.count / (WRITES_A_KEY * KEYS) * KEYS + self.random.below(KEYS)
    }

    fn body(&mut self) -> Json {
        self.count += 1;
        let count = self.count;
        match self.test.workload {
            Workload::Echo => json!({ "type": "echo", "echo": format!("Please echo {count}") }),
            Workload::UniqueIds => json!({ "type": "generate" }),
            Workload::Broadcast if self.random.chance(1, 2) => {
                json!({ "type": "broadcast", "message": count })
            }
            Workload::GSet if self.random.chance(1, 2) => {
                json!({ "type": "add", "element": count })
            }
            Workload::GCounter if self.random.chance(1, 2) => {
                json!({ "type": "add", "delta": self.random.below(5) })
            }
            Workload::PnCounter if self.random.chance(1, 2) => {
                json!({ "type": "add", "delta": self.random.below(11) as i64 - 5 })
            }
            Workload::Broadcast | Workload::GSet | Workload::GCounter | Workload::PnCounter => {
                json!({ "type": "read" })
            }
            Workload::Kafka => unreachable!("Logs have clients of their own."),
            Workload::LinKv => self.register(),
            Workload::TxnListAppend => self.transaction("append"),
            Workload::TxnRwRegister => self.transaction("w"),
        }
    }

    fn register(&mut self) -> Json {
        let (key, value) = (self.key(), self.random.below(5));
        match self.random.below(if self.test.cas { 3 } else { 2 }) {
            0 => json!({ "type": "read", "key": key }),
            1 => json!({ "type": "write", "key": key, "value": value }),
            _ => {
                let from = self.random.below(5);
                json!({ "type": "cas", "key": key, "from": from, "to": value })
            }
        }
    }

    fn transaction(&mut self, write: &str) -> Json {
        let steps = 1 + self.random.below(STEPS);
        let steps: Vec<Json> = (0..steps)
            .map(|step| {
                let key = self.key();
                match self.random.chance(1, 2) {
                    true => json!(["r", key, null]),
                    // Unique: a count has fewer than sixteen steps.
                    false => json!([write, key, self.count * 16 + step]),
                }
            })
            .collect();
        json!({ "type": "txn", "txn": steps })
    }
}

impl Clients for Town {
    fn act(&mut self) -> Option<Act> {
        let client = self.busy.iter().position(|busy| !busy)?;
        self.busy[client] = true;
        let body = self.body();
        let node = node(self.random.bits() >> 1, self.test.nodes);
        Some(Act { client: client as u64 + 1, node, body, is_last: false })
    }

    fn hear(&mut self, done: &Done) {
        if let Some(busy) = self.busy.get_mut(done.client as usize - 1) {
            *busy = false;
        }
    }

    /// What is read everywhere, by new clients.
    fn last_acts(&mut self) -> Vec<Act> {
        let has_ended = std::mem::replace(&mut self.has_ended, true);
        let nodes =
            if self.test.workload.is_read_last() && !has_ended { self.test.nodes } else { 0 };
        let read = |node| Act {
            client: (CLIENTS + node + 1) as u64,
            node: NodeId(node as u16),
            body: json!({ "type": "read" }),
            is_last: true,
        };
        (0..nodes).map(read).collect()
    }

    fn judge(&self, done: &[Done]) -> Vec<Finding> {
        check::judge(&self.test, done)
    }

    fn stable(&self, done: &[Done]) -> Option<Times> {
        let (field, element) = self.test.workload.set()?;
        Some(check::stable(done, field, element))
    }
}
