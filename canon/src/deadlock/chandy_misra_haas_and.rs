//! Deadlock detection by edge chasing in the AND model (Chandy, Misra and Haas, "Distributed
//! Deadlock Detection", 1983, cited as `CMH`; with the numbers and the proof of Chandy and Misra,
//! "A Distributed Algorithm for Detecting Resource Deadlocks in Distributed Systems", 1982, `CM`).
//!
//! Whoever is blocked and suspects a deadlock sends a probe to everybody it waits for. Who gets a
//! probe, is blocked itself, and still owes the sender its grant, passes it on to everybody it
//! waits for, once for each detection. A probe that comes back to who sent it first has gone round
//! a cycle of waits.
//!
//! Why there are no phantoms: when a node passes a probe on, the sender waits for it, and it waits
//! for others; it stays blocked as long as one of those it sent the probe to has not granted. That
//! one takes the probe only if it has not. So all waits that a probe has passed still hold when it
//! arrives. Why nothing is missed: on a link that keeps its order a probe arrives behind the
//! request, so a wait that holds when a probe is sent along it, and for good, is known on arrival.
//!
//! Model: no faults, perfect first-in-first-out links, asynchronous; no quorum. Nobody gives up
//! waiting; grants come only from nodes that are active.
//! One process a node: the paper's controllers, which chase edges between processes of the same
//! site without messages, have nothing to do. Left out: when to begin (CMH §4: some time after
//! blocking), which is the layer above's to say; and telling the others on the cycle.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::{Indication, Request};

/// What nodes say to each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message {
    /// I wait for you.
    Request,
    /// You need not wait for me any more.
    Grant,
    /// CMH, probe(initiator, sender, receiver), the latter two being those of the message: the
    /// initiator waits, directly or not, for the sender, who waits for you. Its detections are
    /// numbered from 1.
    Probe { initiator: NodeId, number: u64 },
}

/// Edge chasing at one node.
///
/// Invariants: the node is blocked exactly while `waiting` holds somebody; a node in `askers` has
/// this one in its `waiting`; `newest` holds no number above the initiator's `detections`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ChandyMisraHaasAnd {
    me: NodeId,
    others: NodeSet,
    /// Who has not granted, as far as this node knows.
    waiting: NodeSet,
    /// Who has asked and was not granted: in the paper's words, the black edges to this node.
    askers: NodeSet,
    /// How often this node has begun to detect.
    detections: u64,
    /// The newest of its own detections that found a deadlock.
    found: u64,
    /// For each initiator, the newest detection whose probe this node has passed on. CMH keeps a
    /// flag, dependent(initiator), and resets it; a number needs no reset, and lets an initiator
    /// try again.
    newest: BTreeMap<NodeId, u64>,
    mutant: Option<Mutant>,
}

impl Process for ChandyMisraHaasAnd {
    type Request = Request;
    type Indication = Indication;
    type Message = Message;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, request: Request, out: &mut Out<Self>) {
        match request {
            Request::Block(nodes) => self.block(nodes, out),
            Request::Grant(node) => self.grant(node, out),
            // CMH §4.2, initiation.
            Request::Detect => self.detect(out),
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        if !self.others.contains(from) {
            return;
        }
        match message {
            Message::Request => {
                if self.askers.insert(from) {
                    out.indicate(Indication::Asked(from));
                }
            }
            Message::Grant => {
                if self.waiting.remove(from) && self.waiting.is_empty() {
                    out.indicate(Indication::Active);
                }
            }
            // CMH §4.2, on receiving a probe.
            Message::Probe { initiator, number } => self.chase(from, initiator, number, out),
        }
    }
}

impl ChandyMisraHaasAnd {
    /// The node `me` of `n0` to `n(nodes-1)`, active; with a breakage, if one is named.
    pub fn new(me: NodeId, nodes: usize, mutant: Option<Mutant>) -> ChandyMisraHaasAnd {
        let mut others = NodeSet::first(nodes);
        assert!(others.remove(me), "A node is one of its group.");
        ChandyMisraHaasAnd {
            me,
            others,
            waiting: NodeSet::EMPTY,
            askers: NodeSet::EMPTY,
            detections: 0,
            found: 0,
            newest: BTreeMap::new(),
            mutant,
        }
    }

    /// For whom it waits, as far as it knows.
    pub fn waiting(&self) -> NodeSet {
        self.waiting
    }

    /// Whether one of its detections has found a deadlock.
    pub fn has_found(&self) -> bool {
        self.found > 0
    }

    /// Whether it owes a grant to this node.
    pub fn owes(&self, node: NodeId) -> bool {
        self.askers.contains(node)
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn block(&mut self, nodes: NodeSet, out: &mut Out<Self>) {
        let nodes = nodes.intersection(self.others);
        if self.is_blocked() || nodes.is_empty() {
            return;
        }
        self.waiting = nodes;
        out.indicate(Indication::Blocked(nodes));
        for node in nodes.iter() {
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Request);
        }
    }

    /// The AND model: only who is active grants.
    fn grant(&mut self, node: NodeId, out: &mut Out<Self>) {
        let is_able = !self.is_blocked() || self.is_broken(Mutant::GrantBlocked);
        if is_able && self.askers.remove(node) {
            out.indicate(Indication::Granted(node));
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Grant);
        }
    }

    fn detect(&mut self, out: &mut Out<Self>) {
        if self.is_blocked() {
            self.detections +=
                u64::from(!self.is_broken(Mutant::OneNumber) || self.detections == 0);
            self.probe(self.me, self.detections, out);
        }
    }

    /// Probes go to everybody that this node waits for.
    fn probe(&self, initiator: NodeId, number: u64, out: &mut Out<Self>) {
        let most = if self.is_broken(Mutant::ForwardOne) { 1 } else { NodeSet::CAPACITY };
        for node in self.waiting.iter().take(most) {
            // To forget it is a crash, which this model does not have.
            out.send(node, Message::Probe { initiator, number });
        }
    }

    /// A probe is meaningful if its sender waits for this node, which is itself blocked.
    fn chase(&mut self, from: NodeId, initiator: NodeId, number: u64, out: &mut Out<Self>) {
        let is_black = self.askers.contains(from) || self.is_broken(Mutant::TakeWhite);
        if !is_black || !self.is_blocked() {
            return;
        }
        if initiator == self.me || self.is_broken(Mutant::AnyInitiator) {
            if number > self.found {
                self.found = number;
                out.indicate(Indication::Deadlock);
            }
            return;
        }
        let newest = self.newest.entry(initiator).or_default();
        if number > *newest {
            *newest = number;
            self.probe(initiator, number, out);
        }
    }
}

/// Whoever owes a grant owes it to a node that waits for it.
///
/// # Errors
/// The two nodes that see it differently.
pub fn askers_wait(nodes: &[&ChandyMisraHaasAnd]) -> Result<(), String> {
    for node in nodes {
        let waits = |asker: &&&ChandyMisraHaasAnd| asker.waiting.contains(node.me);
        let asks = |asker: &&&ChandyMisraHaasAnd| node.askers.contains(asker.me);
        if let Some(asker) = nodes.iter().filter(asks).find(|asker| !waits(asker)) {
            return Err(format!(
                "{} owes {} a grant that it does not wait for.",
                node.me, asker.me
            ));
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// A probe counts though its sender has been granted what it asked for.
        TakeWhite,
        /// A probe finds a deadlock wherever it arrives, not only at its initiator.
        AnyInitiator,
        /// A node that is blocked grants.
        GrantBlocked,
        /// Detections of one initiator are not told apart: after the first, probes are not passed
        /// on.
        OneNumber,
        /// A probe goes to one only of those that a node waits for.
        ForwardOne,
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Request => f.write_str("Request"),
            Message::Grant => f.write_str("Grant"),
            Message::Probe { initiator, number } => write!(f, "Probe({initiator}) #{number}"),
        }
    }
}
