//! Chandy, Misra and Haas's edge chasing in the lab.

use std::collections::BTreeMap;

use canon::deadlock::chandy_misra_haas_and::{ChandyMisraHaasAnd, Message, Mutant, askers_wait};
use canon::deadlock::{Indication, Request};
use check::{Bounds, Network};
use model::{Event, NodeId, NodeSet, Random};
use world::timed::MILLIS;
use world::trace::{Causality, Trace};
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::{Borrowers, Judge, next, random};
use crate::exhibit::{Card, Dial, Exhibit, number};
use crate::theory::{Asked, Claim, Measure, calm_run};

/// The algorithm, its size, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct ChandyMisraHaasAndLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how many nodes may detect; those with the lowest numbers.
    pub initiators: usize,
    /// When explored: how often each of them may.
    pub detections: usize,
    /// Who may wait for whom when explored or told in a story, beyond the ring of all.
    pub waits: Vec<(NodeId, NodeSet)>,
}

/// So many initiators that all of three nodes may detect: 67 thousand worlds.
const INITIATORS: usize = 3;

impl ChandyMisraHaasAndLab {
    /// The sound algorithm. When explored, each node may block on the next, and the first also on
    /// the next two together; each may grant each other once, and the first three may detect, each
    /// once.
    pub fn new(nodes: usize) -> ChandyMisraHaasAndLab {
        let two = NodeId::first(nodes).skip(1).take(2).collect();
        let waits = if nodes > 2 { vec![(NodeId(0), two)] } else { Vec::new() };
        ChandyMisraHaasAndLab { nodes, mutant: None, initiators: INITIATORS, detections: 1, waits }
    }
}

impl Subject for ChandyMisraHaasAndLab {
    type Process = ChandyMisraHaasAnd;
    type Monitor = Judge;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> ChandyMisraHaasAnd {
        ChandyMisraHaasAnd::new(node, self.nodes, self.mutant)
    }

    fn monitor(&self) -> Judge {
        Judge::default()
    }

    fn invariants(&self) -> Vec<Invariant<ChandyMisraHaasAnd>> {
        vec![Invariant { name: "askers wait", holds: askers_wait }]
    }

    fn sometimes(&self) -> Vec<Sometimes<ChandyMisraHaasAnd>> {
        vec![
            Sometimes { name: "a deadlock is found", seen: |_, node| node.has_found() },
            Sometimes { name: "a node waits for two", seen: |_, node| node.waiting().len() > 1 },
            Sometimes { name: "a node goes on", seen: goes_on },
            Sometimes { name: "a probe finds its sender granted", seen: is_white },
            Sometimes { name: "a probe finds its addressee active", seen: is_active },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Request> {
        let others = NodeId::first(self.nodes).filter(|&other| other != node);
        let own = self.waits.iter().filter(|(from, _)| *from == node).map(|(_, waits)| *waits);
        let ring = NodeSet::from_iter([next(node, self.nodes)]);
        let detections = if node.index() < self.initiators { self.detections } else { 0 };
        let blocks = [ring].into_iter().chain(own).map(Request::Block);
        let detects = std::iter::repeat_n(Request::Detect, detections);
        blocks.chain(others.map(Request::Grant)).chain(detects).collect()
    }

    fn request(&self, _: NodeId, _: u64, chance: &mut Random) -> Option<Request> {
        Some(random(self.nodes, chance))
    }

    fn model(&self) -> SystemModel {
        SystemModel { ordered: true, ..SystemModel::faultless(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<ChandyMisraHaasAndLab> {
        let all = NodeSet::first(nodes);
        let is_there =
            |(from, on): &(NodeId, NodeSet)| all.contains(*from) && on.intersection(all) == *on;
        let waits = self.waits.iter().copied().filter(is_there).collect();
        (nodes > 1).then(|| ChandyMisraHaasAndLab { nodes, waits, ..self.clone() })
    }
}

impl Exhibit for ChandyMisraHaasAndLab {
    type Workload = Borrowers;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "chandy-misra-haas-and",
        what: "deadlock detection in the AND model: probes go round a cycle of waits",
        family: "deadlock",
        file: "canon/src/deadlock/chandy_misra_haas_and.rs",
        source: "Chandy, Misra, Haas 1983",
        nodes: 3,
        sizes: (2, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "order"];

    fn sized(nodes: usize) -> ChandyMisraHaasAndLab {
        ChandyMisraHaasAndLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> ChandyMisraHaasAndLab {
        ChandyMisraHaasAndLab { mutant: Some(mutant), ..self }
    }

    /// Equal messages are never under way together: between two requests lies a grant, between two
    /// grants a request, and nobody sends two probes of one detection. A broken node may.
    fn bounds(&self) -> Bounds {
        Bounds { network: Network::Fifo { copies: 2 }, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let what =
            "who may wait for whom beyond the ring, as 0-1-2,4-6: n0 for {n1 n2}, n4 for {n6}";
        let shown = shown(&self.waits);
        let waits = &mut self.waits;
        let read = |text: &str| {
            let listed = text.split(',').filter(|one| !one.is_empty());
            *waits = listed.map(wait).collect::<Result<_, _>>()?;
            Ok(())
        };
        vec![
            Dial::number("initiators", "nodes that may detect when explored", &mut self.initiators),
            Dial::number("detections", "how often each of them may", &mut self.detections),
            Dial::new("waits", what, shown, read),
        ]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let all = NodeSet::first(nodes);
        let ring = one_detection(nodes, |node| NodeSet::from_iter([next(node, nodes)]));
        let complete = one_detection(nodes, |_| all);
        let exact = |what, convention, measured: u64, (formula, expected)| {
            Measure::exact(nodes, what, convention, measured as f64, (formula, expected as f64))
        };
        let at_most = |what, convention, measured, formula| {
            let claim = Claim::AtMost;
            Measure { claim, ..exact(what, convention, measured, formula) }
        };
        let ring_probes = ring.messages_called("Probe");
        let probes = complete.messages_called("Probe");
        let most = busiest_wait(&complete);
        let once = "one initiation; each waits for the next";
        let every = "one initiation; each waits for all others, E = n(n-1) waits";
        let waits = nodes * (nodes - 1);
        vec![
            exact("probes round a ring", once, ring_probes, ("n", nodes)),
            exact("delays round a ring", once, delays(&ring), ("n", nodes)),
            at_most("probes, all waiting for all", every, probes, ("E", waits)),
            at_most("probes along one wait", every, most, ("1", 1)),
        ]
    }
}

/// The knob's value: a node and those it may wait for, joined by hyphens; such lists by commas.
fn shown(waits: &[(NodeId, NodeSet)]) -> String {
    let list = |(node, on): &(NodeId, NodeSet)| {
        let numbers = [*node].into_iter().chain(on.iter()).map(|node| node.0.to_string());
        numbers.collect::<Vec<String>>().join("-")
    };
    waits.iter().map(list).collect::<Vec<String>>().join(",")
}

/// Reads one list of the knob.
fn wait(text: &str) -> Result<(NodeId, NodeSet), String> {
    let (node, on) = text.split_once('-').ok_or("takes lists such as 0-1-2")?;
    let on = on.split('-').map(|node| number(node).map(NodeId));
    Ok((NodeId(number(node)?), on.collect::<Result<NodeSet, String>>()?))
}

/// Every node blocks, and when all requests have arrived, `n0` detects.
fn one_detection(nodes: usize, waits: impl Fn(NodeId) -> NodeSet) -> Trace {
    let lab = ChandyMisraHaasAndLab::new(nodes);
    let block = NodeId::first(nodes).map(|node| (MILLIS, node, Request::Block(waits(node))));
    let detect = (100 * MILLIS, NodeId(0), Request::Detect);
    let requests: Vec<Asked<ChandyMisraHaasAnd>> = block.chain([detect]).collect();
    calm_run(&lab, 1, &requests, 1)
}

/// Message delays from the request to detect to the news of the deadlock.
fn delays(trace: &Trace) -> u64 {
    let order = Causality::of(trace);
    let told = Indication::Deadlock.to_string();
    let begins = trace.events.iter().position(|event| event.text == Request::Detect.to_string());
    let ends = trace.events.iter().position(|event| event.tells.contains(&told));
    let pair = begins.zip(ends).map(|(begin, end)| order.delays(end) - order.delays(begin));
    u64::from(pair.expect("A detection was begun, and found the deadlock."))
}

/// The most probes that went along one wait.
fn busiest_wait(trace: &Trace) -> u64 {
    let mut probes = BTreeMap::new();
    for event in &trace.events {
        for sending in event.sends.iter().filter(|sending| sending.text.starts_with("Probe")) {
            *probes.entry((event.node, sending.to)).or_insert(0) += 1;
        }
    }
    probes.into_values().max().unwrap_or(0)
}

fn goes_on(event: &Event<ChandyMisraHaasAnd>, node: &ChandyMisraHaasAnd) -> bool {
    matches!(event, Event::Message(_, Message::Grant)) && node.waiting().is_empty()
}

fn is_white(event: &Event<ChandyMisraHaasAnd>, node: &ChandyMisraHaasAnd) -> bool {
    let Event::Message(from, Message::Probe { .. }) = event else { return false };
    !node.owes(*from)
}

fn is_active(event: &Event<ChandyMisraHaasAnd>, node: &ChandyMisraHaasAnd) -> bool {
    matches!(event, Event::Message(_, Message::Probe { .. })) && node.waiting().is_empty()
}
