//! What clients do, workload by workload.

use std::fmt::{self, Display};
use std::str::FromStr;

use model::{NodeId, Random};
use serde_json::{Value as Json, json};

use super::check::{self, Finding};
use super::node;

/// Maelstrom's workloads that this harness knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
    /// Registers with read, write and compare-and-set, linearizable.
    LinKv,
    /// Transactions that read and append to lists.
    TxnListAppend,
    /// Transactions that read and write registers.
    TxnRwRegister,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 9] = [
        Workload::Echo,
        Workload::UniqueIds,
        Workload::Broadcast,
        Workload::GSet,
        Workload::GCounter,
        Workload::PnCounter,
        Workload::LinKv,
        Workload::TxnListAppend,
        Workload::TxnRwRegister,
    ];

    /// Whether what clients add is a counter's.
    pub fn is_counter(self) -> bool {
        matches!(self, Workload::GCounter | Workload::PnCounter)
    }

    /// Its clients.
    pub(super) fn clients(self, nodes: usize, seed: u64) -> Box<dyn Clients> {
        let random = Random::child(seed, "clients");
        Box::new(Town { workload: self, nodes, random, count: 0, busy: vec![false; CLIENTS] })
    }
}

impl Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Workload::Echo => "echo",
            Workload::UniqueIds => "unique-ids",
            Workload::Broadcast => "broadcast",
            Workload::GSet => "g-set",
            Workload::GCounter => "g-counter",
            Workload::PnCounter => "pn-counter",
            Workload::LinKv => "lin-kv",
            Workload::TxnListAppend => "txn-list-append",
            Workload::TxnRwRegister => "txn-rw-register",
        })
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Workload, String> {
        Workload::ALL.into_iter().find(|one| one.to_string() == name).ok_or_else(|| {
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
    pub(super) is_told: bool,
}

/// The clients of a test.
pub(super) trait Clients {
    /// The next request, if a client is free.
    fn act(&mut self) -> Option<Act>;

    /// What came of one.
    fn hear(&mut self, done: &Done);

    /// The last requests, once faults are over.
    fn last_acts(&mut self) -> Vec<Act>;

    /// Judges everything.
    fn judge(&self, done: &[Done]) -> Vec<Finding>;
}

/// Clients at work; Maelstrom has as many as nodes unless told otherwise, and ten keep any rate
/// that its workloads use.
const CLIENTS: usize = 10;

/// Keys in use at a time.
const KEYS: u64 = 5;

/// Writes after which a key is not used any more, so that lists and searches stay short.
const WRITES_A_KEY: u64 = 16;

/// Steps of a transaction at most.
const STEPS: u64 = 4;

struct Town {
    workload: Workload,
    nodes: usize,
    random: Random,
    count: u64,
    busy: Vec<bool>,
}

impl Town {
    /// A key that is in use: the keys move on as writes are made.
    fn key(&mut self) -> u64 {
        self.count / (WRITES_A_KEY * KEYS) * KEYS + self.random.below(KEYS)
    }

    fn body(&mut self) -> Json {
        self.count += 1;
        let count = self.count;
        match self.workload {
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
            Workload::LinKv => self.register(),
            Workload::TxnListAppend => self.transaction("append"),
            Workload::TxnRwRegister => self.transaction("w"),
        }
    }

    fn register(&mut self) -> Json {
        let (key, value) = (self.key(), self.random.below(5));
        match self.random.below(3) {
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
        let node = node(self.random.bits() >> 1, self.nodes);
        Some(Act { client: client as u64 + 1, node, body, is_last: false })
    }

    fn hear(&mut self, done: &Done) {
        if let Some(busy) = self.busy.get_mut(done.client as usize - 1) {
            *busy = false;
        }
    }

    /// What is read everywhere, by new clients.
    fn last_acts(&mut self) -> Vec<Act> {
        let reads = matches!(
            self.workload,
            Workload::Broadcast | Workload::GSet | Workload::GCounter | Workload::PnCounter
        );
        let nodes = if reads { self.nodes } else { 0 };
        let read = |node| Act {
            client: (CLIENTS + node + 1) as u64,
            node: NodeId(node as u16),
            body: json!({ "type": "read" }),
            is_last: true,
        };
        (0..nodes).map(read).collect()
    }

    fn judge(&self, done: &[Done]) -> Vec<Finding> {
        check::judge(self.workload, self.nodes, done)
    }
}
