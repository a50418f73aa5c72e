//! What can be had of a broadcast alone: sets, counters and registers that every node keeps for
//! itself, from what it has delivered. Reads are answered at once, whatever the network does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use canon::broadcast::batched::{self, Batched};
use canon::broadcast::causal::Causal;
use canon::broadcast::eager::Eager;
use canon::broadcast::majority::Majority;
use canon::broadcast::{Broadcast, Deliver};
use model::{NodeId, Process};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Job, Place, Wish};
use crate::message::{Code, Envelope};

/// What is broadcast.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// This belongs to the set.
    Element(Json),
    /// This is to be added to the counter.
    Delta(i64),
    /// A transaction has written these registers.
    Wrote(Stamp, Vec<(String, Json)>),
}

/// When a transaction took place: a Lamport clock, and the node that breaks ties. Of two writes of
/// a register the later stamp wins.
///
/// A transaction's stamp is later than those of all writes that it has read, and than its node's
/// own before it. So no two transactions can each depend on the other, by what they read or
/// overwrite: that is what read committed forbids, besides reading what was never committed.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub(super) struct Stamp {
    clock: u64,
    node: NodeId,
}

/// A broadcast that can be a node.
pub(super) trait Spreads:
    Process<Request = Broadcast<Said>, Indication = Deliver<Said>>
{
    /// Whether it claims that what it sends arrives, once.
    const NEEDS_PERFECT_LINKS: bool = true;

    /// The protocol at this node.
    fn at(me: NodeId, nodes: usize) -> Self;
}

impl Spreads for Eager<Said> {
    fn at(me: NodeId, nodes: usize) -> Self {
        Eager::new(me, nodes, None)
    }
}

impl Spreads for Majority<Said> {
    fn at(me: NodeId, nodes: usize) -> Self {
        Majority::new(me, nodes, None)
    }
}

impl Spreads for Causal<Said> {
    fn at(me: NodeId, nodes: usize) -> Self {
        Causal::new(me, Eager::new(me, nodes, None), None)
    }
}

impl Spreads for Batched<Said> {
    const NEEDS_PERFECT_LINKS: bool = false;

    fn at(me: NodeId, nodes: usize) -> Self {
        Batched::new(batched::Setup::new(me, nodes))
    }
}

/// What a node has delivered, and who waits for what it has begun.
pub(super) struct Spread<P: Spreads> {
    me: NodeId,
    is_counter: bool,
    is_broadcast: bool,
    elements: Vec<Json>,
    known: BTreeSet<String>,
    sum: i64,
    registers: BTreeMap<String, (Stamp, Json)>,
    clock: u64,
    /// What this node has broadcast and not yet delivered, and who asked for it.
    open: Vec<(Said, Envelope)>,
    protocol: std::marker::PhantomData<P>,
}

impl<P: Spreads> Job for Spread<P> {
    type Process = P;

    const NEEDS_PERFECT_LINKS: bool = P::NEEDS_PERFECT_LINKS;

    fn new(place: &Place) -> Spread<P> {
        Spread {
            me: place.me,
            is_counter: place.is_counter,
            is_broadcast: false,
            elements: Vec::new(),
            known: BTreeSet::new(),
            sum: 0,
            registers: BTreeMap::new(),
            clock: 0,
            open: Vec::new(),
            protocol: std::marker::PhantomData,
        }
    }

    fn process(place: &Place) -> P {
        P::at(place.me, place.names.len())
    }

    fn told_topology(&mut self) {
        self.is_broadcast = true;
    }

    fn asked(&mut self, request: Envelope) -> Vec<Wish<P>> {
        let body = &request.body;
        let said = match request.kind() {
            "broadcast" => Said::Element(body["message"].clone()),
            "add" if !body["element"].is_null() => Said::Element(body["element"].clone()),
            "add" => match body["delta"].as_i64() {
                Some(delta) => Said::Delta(delta),
                None => {
                    let why = "an addition has an element, or a delta that is a whole number";
                    return vec![Wish::Answer(request.refuse(Code::Malformed, why))];
                }
            },
            "read" => return vec![Wish::Answer(request.answer(self.read()))],
            "txn" => return self.transact(&request),
            _ => return vec![Wish::not_supported(&request)],
        };
        self.is_broadcast |= request.kind() == "broadcast";
        self.open.push((said.clone(), request));
        vec![Wish::Ask(String::new(), Broadcast(said))]
    }

    fn told(&mut self, _: &str, told: Deliver<Said>) -> Vec<Wish<P>> {
        let Deliver { from, payload } = told;
        let own = self.open.iter().position(|(said, _)| from == self.me && *said == payload);
        self.apply(payload);
        let Some(place) = own else {
            return Vec::new();
        };
        let (_, request) = self.open.swap_remove(place);
        let kind = format!("{}_ok", request.kind());
        vec![Wish::Answer(request.answer(json!({ "type": kind })))]
    }
}

impl<P: Spreads> Spread<P> {
    fn apply(&mut self, said: Said) {
        match said {
            Said::Element(element) => {
                if self.known.insert(element.to_string()) {
                    self.elements.push(element);
                }
            }
            Said::Delta(delta) => self.sum += delta,
            Said::Wrote(stamp, writes) => {
                self.clock = self.clock.max(stamp.clock);
                for (key, value) in writes {
                    let register = self.registers.entry(key).or_default();
                    if register.0 < stamp {
                        *register = (stamp, value);
                    }
                }
            }
        }
    }

    fn read(&self) -> Json {
        if self.is_counter {
            return json!({ "type": "read_ok", "value": self.sum });
        }
        let field = if self.is_broadcast { "messages" } else { "value" };
        json!({ "type": "read_ok", field: self.elements })
    }

    /// A transaction takes place here and now; the others hear of all its writes at once.
    fn transact(&mut self, request: &Envelope) -> Vec<Wish<P>> {
        let Some(steps) = super::store::steps(&request.body["txn"]) else {
            let why = "a transaction is a list of [f, key, value]";
            return vec![Wish::Answer(request.refuse(Code::Malformed, why))];
        };
        let mut writes: BTreeMap<String, Json> = BTreeMap::new();
        let mut results = Vec::new();
        for (f, key, value) in steps {
            let name = key.to_string();
            match f.as_str() {
                "r" => {
                    let kept = || self.registers.get(&name).map(|(_, value)| value);
                    let seen = writes.get(&name).or_else(kept);
                    results.push(json!([f, key, seen]));
                }
                "w" => {
                    results.push(json!([f, key, value]));
                    writes.insert(name, value);
                }
                _ => {
                    let why = format!("there is no step {f:?} here: registers are read or written");
                    return vec![Wish::Answer(request.refuse(Code::NotSupported, &why))];
                }
            }
        }
        let answer = request.answer(json!({ "type": "txn_ok", "txn": results }));
        if writes.is_empty() {
            return vec![Wish::Answer(answer)];
        }
        let stamp = Stamp { clock: self.clock + 1, node: self.me };
        let said = Said::Wrote(stamp, writes.into_iter().collect());
        self.apply(said.clone());
        vec![Wish::Answer(answer), Wish::Ask(String::new(), Broadcast(said))]
    }
}

impl Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Element(element) => write!(f, "{element}"),
            Said::Delta(delta) => write!(f, "{delta:+}"),
            Said::Wrote(Stamp { clock, node }, writes) => {
                write!(f, "@{clock}{node}")?;
                writes.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
            }
        }
    }
}
