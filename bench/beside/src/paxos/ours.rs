//! The register as a subject of this project's checker.

use std::fmt::{self, Display};

use check::{Bounds, Exploration, Explore, Network, Report};
use model::{Event, Never, NodeId, Out, Process};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::{Invariant, Sometimes, Subject};

use super::SERVERS;
use super::machine::{Message, Name, Node};

/// The register with so many clients.
pub struct Register {
    pub clients: u8,
}

/// Explores all runs. On a network that loses, a packet that changes nothing does not arrive and
/// losses are no steps: those are the rules of the other checker for one that does not lose. No
/// packet is ever sent twice, so the cap on copies refuses none.
pub fn explore(register: &Register, threads: usize) -> Report {
    let network = Network::Lossy { copies: u8::MAX };
    let bounds = Bounds { network, ..Bounds::default() };
    Exploration::new(&Explore::new(register, bounds)).threads(threads).run()
}

/// A value that a client has read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Read(u8);

impl Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Read({})", self.0)
    }
}

impl Process for Node {
    type Request = Never;
    type Indication = Read;
    type Message = Message;
    type Timer = Never;
    type Record = Never;

    fn recover(&mut self, record: Never) {
        match record {}
    }

    fn records(&self) -> Vec<Never> {
        Vec::new()
    }

    fn start(&mut self, out: &mut Out<Self>) {
        Node::start(self, |to, message| out.send(node(to), message));
    }

    fn request(&mut self, request: Never, _: &mut Out<Self>) {
        match request {}
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        if !self.heeds(&message) {
            return;
        }
        if let Message::GetOk(value) = message {
            out.indicate(Read(value));
        }
        self.take(from.0 as Name, message, |to, message| out.send(node(to), message));
    }

    fn timer(&mut self, timer: Never, _: &mut Out<Self>) {
        match timer {}
    }
}

fn node(name: Name) -> NodeId {
    NodeId(u16::from(name))
}

/// All reads return the same value.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct OneValue {
    read: Option<u8>,
}

impl Monitor<Node> for OneValue {
    fn indicated(&mut self, node: NodeId, read: &Read) -> Result<(), String> {
        match self.read.replace(read.0) {
            Some(other) if other != read.0 => {
                Err(format!("{node} read {}, and {other} was read before.", read.0))
            }
            _ => Ok(()),
        }
    }
}

impl Subject for Register {
    type Process = Node;
    type Monitor = OneValue;

    fn name(&self) -> &'static str {
        "register"
    }

    fn nodes(&self) -> usize {
        usize::from(SERVERS + self.clients)
    }

    fn process(&self, node: NodeId) -> Node {
        Node::new(node.0 as Name)
    }

    fn monitor(&self) -> OneValue {
        OneValue::default()
    }

    fn invariants(&self) -> Vec<Invariant<Node>> {
        vec![Invariant { name: "one value is chosen", holds: one_is_chosen }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Node>> {
        let seen =
            |event: &Event<Node>, _: &Node| matches!(event, Event::Message(_, Message::GetOk(_)));
        vec![Sometimes { name: "a client read", seen }]
    }
}

fn one_is_chosen(nodes: &[&Node]) -> Result<(), String> {
    let mut chosen = nodes.iter().filter_map(|node| node.chosen());
    let first = chosen.next();
    match chosen.find(|&other| first != Some(other)) {
        Some(other) => Err(format!("{first:?} is chosen, and {other:?} too.")),
        None => Ok(()),
    }
}
