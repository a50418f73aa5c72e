//! Protocols as separate programs would run them: each node by itself, everything between nodes and
//! users as JSON, and the judge after the event.

use std::collections::VecDeque;

use lab::bare::{Bare, Deed};
use lab::{Heard, Settings, find};
use model::{Moment, NodeId, NodeSet};
use serde_json::Value;

/// Requests drawn for each node.
const REQUESTS: u64 = 12;

/// The nodes of a protocol and what is under way between them, first in first out.
struct Town {
    nodes: Vec<Box<dyn Bare>>,
    flying: VecDeque<(NodeId, NodeId, Value)>,
    heard: Vec<Heard>,
}

impl Town {
    fn new(name: &str, nodes: u16) -> Town {
        let runs = find(name).and_then(|entry| entry.runs()).expect("It has runs.");
        let settings = Settings { nodes: Some(usize::from(nodes)), ..Settings::default() };
        let node = |node| (runs.bare)(&settings, node, 1).expect("There is such a node.");
        let mut town = Town {
            nodes: (0..nodes).map(node).collect(),
            flying: VecDeque::new(),
            heard: Vec::new(),
        };
        for node in NodeId::first(town.nodes.len()) {
            let deeds = town.nodes[node.index()].start(Moment::ZERO);
            town.carry_out(node, deeds);
        }
        town
    }

    fn carry_out(&mut self, node: NodeId, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Send { to, message, .. } => self.flying.push_back((node, to, message)),
                Deed::Tell { told, .. } => self.heard.push(Heard::Told(node, told)),
                Deed::Save(_) | Deed::Set { .. } | Deed::Cancel { .. } => {
                    panic!("These protocols need no disk and no clock: {deed:?}")
                }
            }
        }
    }

    fn ask(&mut self, node: NodeId, request: Value) {
        self.heard.push(Heard::Asked(node, request.clone()));
        let asked = self.nodes[node.index()].request(Moment::ZERO, request);
        self.carry_out(node, asked.expect("It is a request of the protocol."));
    }

    /// Lets the oldest message arrive; returns whether there was one.
    fn deliver(&mut self) -> bool {
        let Some((from, to, message)) = self.flying.pop_front() else { return false };
        let taken = self.nodes[to.index()].message(Moment::ZERO, from, message);
        self.carry_out(to, taken.expect("It is a message of the protocol."));
        true
    }
}

#[test]
fn drawn_requests_keep_every_promise() {
    for name in ["ricart-agrawala", "chandy-lamport", "chandy-misra-haas-and"] {
        let mut town = Town::new(name, 3);
        for count in 0..3 * REQUESTS {
            let node = NodeId((count % 3) as u16);
            let drawn = town.nodes[node.index()].draw(7, count, 0).expect("It draws requests.");
            town.ask(node, drawn.0);
            town.deliver();
        }
        while town.deliver() {}
        assert!(town.heard.iter().any(|one| matches!(one, Heard::Told(..))), "{name} told nothing");
        let judge = find(name).and_then(|entry| entry.runs()).expect("It has runs.").judge;
        let verdict = judge(
            &Settings { nodes: Some(3), ..Settings::default() },
            &town.heard,
            Some(NodeSet::first(3)),
        );
        assert_eq!(verdict, Ok(None), "{name}");
    }
}

/// What a person at the keyboard of the mutex is offered, and what comes of it.
#[test]
fn a_person_enters_and_leaves() {
    let mut town = Town::new("ricart-agrawala", 3);
    let offers = town.nodes[0].offers();
    let texts: Vec<&str> = offers.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["enter", "leave"]);
    for (node, offer) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        town.ask(NodeId(node), offers[offer].0.clone());
        while town.deliver() {}
    }
    let told: Vec<String> = town
        .heard
        .iter()
        .filter_map(|one| match one {
            Heard::Told(node, told) => Some(format!("{node} {}", told.as_str()?)),
            Heard::Asked(..) | Heard::Crashed(_) | Heard::Healed => None,
        })
        .collect();
    assert_eq!(told, ["n0 Entered", "n0 Left", "n1 Entered", "n1 Left"]);
}
