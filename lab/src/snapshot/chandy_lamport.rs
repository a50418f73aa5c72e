//! Chandy and Lamport's snapshots in the lab, of a bank.

use canon::snapshot::Request;
use canon::snapshot::bank::Bank;
use canon::snapshot::chandy_lamport::{ChandyLamport, Mutant, closed_by_who_recorded};
use check::{Bounds, Network};
use model::{NodeId, Random};
use world::timed::{MICROS, MILLIS};
use world::trace::Trace;
use world::{Invariant, Sometimes, Subject, SystemModel};

use super::{Asked, Auditor, accounts, random, transfer};
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Claim, Measure, calm_run, delays_until};

/// The algorithm, its size, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct ChandyLamportLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how often each node may transfer.
    pub transfers: usize,
    /// When explored: how many snapshots there are at most.
    pub snapshots: u64,
    /// When explored: how many nodes may begin them; those with the lowest numbers.
    pub beginners: usize,
}

impl ChandyLamportLab {
    /// The sound algorithm; when explored, each node may transfer once, and each may begin the one
    /// snapshot.
    pub fn new(nodes: usize) -> ChandyLamportLab {
        ChandyLamportLab { nodes, mutant: None, transfers: 1, snapshots: 1, beginners: nodes }
    }
}

impl Subject for ChandyLamportLab {
    type Process = ChandyLamport<Bank>;
    type Monitor = Auditor;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> ChandyLamport<Bank> {
        let account = Bank::new(node, accounts(self.nodes)[node.index()]);
        ChandyLamport::new(node, self.nodes, account, self.mutant)
    }

    fn monitor(&self) -> Auditor {
        Auditor::new(&accounts(self.nodes))
    }

    fn invariants(&self) -> Vec<Invariant<ChandyLamport<Bank>>> {
        vec![Invariant { name: "closed by who recorded", holds: closed_by_who_recorded }]
    }

    fn sometimes(&self) -> Vec<Sometimes<ChandyLamport<Bank>>> {
        vec![
            Sometimes { name: "a node finishes a snapshot", seen: |_, node| node.finished() > 0 },
            Sometimes { name: "money is caught in a channel", seen: |_, node| node.has_caught() },
            Sometimes { name: "two snapshots are under way", seen: |_, node| node.recording() > 1 },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Asked> {
        let transfers = (0..self.transfers).map(|_| transfer(node, self.nodes));
        let begins = if node.index() < self.beginners { self.snapshots } else { 0 };
        transfers.chain((1..=begins).map(Request::Record)).collect()
    }

    fn request(&self, _: NodeId, count: u64, chance: &mut Random) -> Option<Asked> {
        Some(random(self.nodes, count, chance))
    }

    fn model(&self) -> SystemModel {
        SystemModel { ordered: true, ..SystemModel::faultless(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<ChandyLamportLab> {
        Some(ChandyLamportLab { nodes, beginners: self.beginners.min(nodes), ..self.clone() })
    }
}

impl Exhibit for ChandyLamportLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "chandy-lamport",
        what: "snapshots by markers, of a bank that goes on paying",
        family: "snapshot",
        file: "canon/src/snapshot/chandy_lamport.rs",
        source: "Chandy, Lamport 1985",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["links", "order", "faults"];

    fn sized(nodes: usize) -> ChandyLamportLab {
        ChandyLamportLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> ChandyLamportLab {
        ChandyLamportLab { mutant: Some(mutant), ..self }
    }

    /// As many equal markers and credits may be under way as can be sent.
    fn bounds(&self) -> Bounds {
        Bounds { network: Network::Fifo { copies: 4 }, ..Bounds::default() }
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::number("transfers", "transfers of each node when explored", &mut self.transfers),
            Dial::number("snapshots", "snapshots at most when explored", &mut self.snapshots),
            Dial::number(
                "beginners",
                "nodes that may begin them when explored",
                &mut self.beginners,
            ),
        ]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let trace = one_snapshot(nodes);
        let used = channels(&trace) as f64;
        let channels = ("n(n-1)", (nodes * (nodes - 1)) as f64);
        let markers = trace.messages_called("Marker") as f64;
        let delays = Measure::exact(
            nodes,
            "delays of a snapshot",
            "message delays on the longest chain from its beginning to its last part; a marker \
             goes no further through a node that has recorded",
            f64::from(delays_until(&trace, "recorded").expect("it ends")),
            ("n", nodes as f64),
        );
        vec![
            Measure::exact(nodes, "markers a snapshot", "Marker, begun once", markers, channels),
            Measure::exact(nodes, "channels with one marker", "directed", used, channels),
            Measure { claim: Claim::AtMost, ..delays },
        ]
    }
}

/// Every node pays the next, and `n0` begins a snapshot while the money is under way.
fn one_snapshot(nodes: usize) -> Trace {
    let lab = ChandyLamportLab::new(nodes);
    let pays = NodeId::first(nodes).map(|node| (MILLIS, node, transfer(node, nodes)));
    let begin = (MILLIS + 50 * MICROS, NodeId(0), Request::Record(1));
    let requests: Vec<_> = pays.chain([begin]).collect();
    calm_run(&lab, 1, &requests, 1)
}

/// How many directed channels carried exactly one marker.
fn channels(trace: &Trace) -> usize {
    let mut markers = std::collections::BTreeMap::new();
    for event in &trace.events {
        for sending in event.sends.iter().filter(|sending| sending.text.starts_with("Marker")) {
            *markers.entry((event.node, sending.to)).or_insert(0) += 1;
        }
    }
    markers.values().filter(|&&count| count == 1).count()
}
