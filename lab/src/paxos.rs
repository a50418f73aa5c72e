//! Single-decree Paxos in the lab, over numbers.

use canon::consensus::paxos::{
    Ballot, Message, Mutant, Paxos, Proposer, Setup, chosen_stays, decided_stays,
    one_value_a_ballot, votes_are_promises,
};
use canon::consensus::{Decide, Propose};
use check::{Bounds, Flushing};
use model::{Event, NodeId, NodeSet, Random};
use sim::Scale;
use spec::monitor::Consensus;
use world::rename::Symmetry;
use world::timed::{MILLIS, SECONDS};
use world::trace::{Causality, Epoch};
use world::{Invariant, Sometimes, Subject};

use crate::alike::alike;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, calm_run, delays_until};

/// Paxos, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct PaxosLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored, and in stories: how many nodes propose, those with the lowest numbers.
    pub proposers: usize,
    /// When explored: how many values each of them may propose; more than one matter only after
    /// a crash.
    pub values: u64,
    /// When explored, worlds in which a node has begun more ballots of its own are not gone on
    /// from.
    pub ballots: u64,
    /// When explored, worlds in which more nodes have decided are not gone on from. That a node has
    /// decided changes nothing of what the others may decide, so one is enough: the step in which
    /// the next one decides is still judged.
    pub deciders: usize,
    /// Whether inner invariants are judged; the monitor always is.
    pub inside: bool,
}

impl PaxosLab {
    /// Sound Paxos. The bounds of its exploration: two proposers, one value and one ballot each.
    pub fn new(nodes: usize) -> PaxosLab {
        PaxosLab {
            nodes,
            mutant: None,
            proposers: 2,
            values: 1,
            ballots: 1,
            deciders: 1,
            inside: true,
        }
    }
}

impl Subject for PaxosLab {
    type Process = Paxos<u64>;
    type Monitor = Consensus<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Paxos<u64> {
        Paxos::new(Setup { mutant: self.mutant, ..Setup::new(node, self.nodes) })
    }

    fn monitor(&self) -> Consensus<u64> {
        Consensus::new()
    }

    fn invariants(&self) -> Vec<Invariant<Paxos<u64>>> {
        if !self.inside {
            return Vec::new();
        }
        vec![
            Invariant { name: "votes are promises", holds: votes_are_promises },
            Invariant { name: "one value a ballot", holds: one_value_a_ballot },
            Invariant { name: "a chosen value stays", holds: chosen_stays },
            Invariant { name: "a decided value stays", holds: decided_stays },
        ]
    }

    fn sometimes(&self) -> Vec<Sometimes<Paxos<u64>>> {
        vec![
            Sometimes { name: "a value is decided", seen: |_, node| node.decided().is_some() },
            Sometimes { name: "a proposer is refused", seen: is_refused },
            Sometimes { name: "a proposer takes over a vote", seen: takes_over },
            Sometimes { name: "votes of two ballots meet", seen: is_outvoted },
        ]
    }

    /// Values say who proposes them: 10 and 11 are n1's.
    fn requests(&self, node: NodeId) -> Vec<Propose<u64>> {
        let own = if node.index() < self.proposers { self.values } else { 0 };
        (0..own).map(|value| Propose(u64::from(node.0) * 10 + value)).collect()
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Propose<u64>> {
        Some(Propose(count))
    }

    /// A traitor claims that something is decided, that it votes, and that it never voted.
    fn forgeries(&self, traitor: NodeId, to: NodeId) -> Vec<Message<u64>> {
        let ballot = Ballot::NONE.next(to, self.nodes).unwrap_or_default();
        vec![
            Message::Decided { value: u64::from(traitor.0) },
            Message::Accepted { ballot },
            Message::Promise { ballot, vote: None },
        ]
    }

    fn epoch(&self, node: &Paxos<u64>) -> Option<Epoch> {
        let runs = !matches!(node.proposer(), Proposer::Idle | Proposer::Refused { .. });
        let number = node.promised().max(node.begun()).0;
        Some(Epoch { number, leads: runs && node.begun().0 == number })
    }

    fn symmetry(&self) -> Option<Symmetry<PaxosLab>> {
        alike(self, NodeSet::first(self.nodes))
    }

    fn resized(&self, nodes: usize) -> Option<PaxosLab> {
        Some(PaxosLab { nodes, ..self.clone() })
    }

    fn within(&self, nodes: &[&Paxos<u64>]) -> bool {
        // A node's first ballots lie between once and twice the number of nodes, and so on.
        let is_early = |node: &&Paxos<u64>| node.begun().0 / (self.nodes as u64) <= self.ballots;
        let deciders = nodes.iter().filter(|node| node.decided().is_some()).count();
        nodes.iter().all(is_early) && deciders <= self.deciders
    }
}

impl Exhibit for PaxosLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "paxos",
        what: "a single decision, by ballots that respect what may have been chosen before",
        family: "consensus",
        file: "canon/src/consensus/paxos/mod.rs",
        source: "Lamport 2001, Paxos Made Simple",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["faults", "disk"];

    fn sized(nodes: usize) -> PaxosLab {
        PaxosLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> PaxosLab {
        PaxosLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { crashes: 1, fires: Some(1), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (PaxosLab, Bounds) {
        let lab = PaxosLab::new(3);
        let bounds = Bounds { fires: Some(0), ..lab.bounds() };
        (lab, bounds)
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::number("proposers", "how many nodes propose", &mut self.proposers),
            Dial::number("values", "how many values each of them may propose", &mut self.values),
            Dial::number("ballots", "how many ballots a node may begin", &mut self.ballots),
            Dial::number(
                "deciders",
                "how many nodes decide before worlds are left alone",
                &mut self.deciders,
            ),
            Dial::switch("inside", "whether inner invariants are judged", &mut self.inside),
        ]
    }

    /// There is one decision only, so runs are short and crowded.
    fn scale() -> Scale {
        Scale { faults: 2 * SECONDS, settle: 5 * SECONDS, operations: 50, strikes: 50 }
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = PaxosLab::new(nodes);
        let trace = calm_run(&lab, 1, &[(10 * MILLIS, NodeId(0), Propose(7))], 1);
        let order = Causality::of(&trace);
        let decides = Decide(7).to_string();
        let at_proposer = trace
            .events
            .iter()
            .enumerate()
            .find(|(_, event)| event.node == Some(NodeId(0)) && event.tells.contains(&decides));
        let n = nodes as f64;
        let sent = |name| trace.messages_called(name) as f64;
        let phases = ["Prepare", "Promise", "Accept", "Accepted"];
        let convention = "one proposer, no faults, no messages to oneself";
        let measure = |what, measured, formula, expected| {
            Measure::exact(nodes, what, convention, measured, (formula, expected))
        };
        let delays = |delays: Option<u32>| delays.map_or(f64::NAN, f64::from);
        vec![
            measure("messages to decide", phases.map(sent).iter().sum(), "4(n-1)", 4.0 * (n - 1.0)),
            measure("messages to tell the others", sent("Decided"), "n-1", n - 1.0),
            measure("acknowledgements of that", sent("Learned"), "n-1", n - 1.0),
            measure(
                "delays until the proposer decides",
                delays(at_proposer.map(|(index, _)| order.delays(index))),
                "4",
                4.0,
            ),
            measure("delays until all decide", delays(delays_until(&trace, &decides)), "5", 5.0),
        ]
    }
}

fn is_refused(event: &Event<Paxos<u64>>, _: &Paxos<u64>) -> bool {
    matches!(event, Event::Message(_, Message::Refuse { .. }))
}

fn takes_over(_: &Event<Paxos<u64>>, node: &Paxos<u64>) -> bool {
    matches!(node.proposer(), Proposer::Accepting { proposal, value, .. } if proposal != value)
}

/// An acceptor that has voted is asked to vote in another ballot.
fn is_outvoted(event: &Event<Paxos<u64>>, node: &Paxos<u64>) -> bool {
    let Event::Message(_, Message::Accept { ballot, .. }) = event else {
        return false;
    };
    node.vote().is_some_and(|vote| vote.ballot != *ballot)
}
