//! Raft in the lab, over numbers.

use canon::order::raft::{
    self, APPEND_WEIGHT, Message, Mutant, Outcome, Raft, Role, Setup, electable_completeness,
    election_safety, leader_append_only, leader_completeness, log_matching, state_machine_safety,
};
use check::{Bounds, Flushing};
use model::order::Ask;
use model::{Event, NodeId, NodeSet, Random, named};
use spec::monitor::TotalOrder;
use world::rename::Symmetry;
use world::trace::Epoch;
use world::{Invariant, Sometimes, Subject};

use crate::alike::alike;
use crate::exhibit::{Card, Dial, Exhibit, Open, number};

/// Raft, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct RaftLab {
    /// How many nodes.
    pub nodes: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored, worlds with a higher term are not gone on from.
    pub terms: u64,
    /// When explored, worlds with a longer log are not gone on from.
    pub entries: u64,
    /// When explored, worlds in which a leader has begun more heartbeat rounds are not gone on
    /// from.
    pub rounds: u64,
    /// When explored: how many commands may be proposed at each asking node.
    pub proposals: u64,
    /// When explored: whether each asking node may read once.
    pub reads: bool,
    /// When explored: how many nodes are asked anything; those with the lowest numbers.
    pub asked: usize,
    /// Which of the inner invariants are judged; the monitor always is.
    pub judged: Judged,
}

named! {
    /// Which inner invariants are judged. Exploring for one alone finds the shortest way to break
    /// it, past shorter ways to break others.
    pub enum Judged {
        /// All of them.
        All,
        /// None: only what a client sees.
        Interface,
        /// Log matching alone.
        LogMatching,
    }
}

impl RaftLab {
    /// Sound Raft. The bounds of its exploration: two terms, logs of up to two entries, one
    /// proposal at one node.
    pub fn new(nodes: usize) -> RaftLab {
        RaftLab {
            nodes,
            mutant: None,
            terms: 2,
            rounds: u64::MAX,
            entries: 2,
            proposals: 1,
            reads: false,
            asked: 1,
            judged: Judged::All,
        }
    }
}

/// Every third command fills an Append by itself, so that followers catch up in several.
fn weight(command: &u64) -> usize {
    if command.is_multiple_of(3) { APPEND_WEIGHT } else { 1 }
}

/// How many of the requests of a simulation are reads.
const READS: (u64, u64) = (1, 3);

impl Subject for RaftLab {
    type Process = Raft<u64>;
    type Monitor = TotalOrder<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Raft<u64> {
        let mutant = self.mutant;
        Raft::new(Setup { weigh: weight, mutant, ..Setup::new(node, self.nodes) })
    }

    fn monitor(&self) -> TotalOrder<u64> {
        TotalOrder::new()
    }

    fn invariants(&self) -> Vec<Invariant<Raft<u64>>> {
        let matching = Invariant { name: "log matching", holds: log_matching };
        match self.judged {
            Judged::Interface => Vec::new(),
            Judged::LogMatching => vec![matching],
            Judged::All => vec![
                Invariant { name: "election safety", holds: election_safety },
                matching,
                Invariant { name: "leader completeness", holds: leader_completeness },
                Invariant { name: "leader completeness to come", holds: electable_completeness },
                Invariant { name: "state machine safety", holds: state_machine_safety },
            ],
        }
    }

    fn step(&self, before: &Raft<u64>, after: &Raft<u64>) -> Result<(), String> {
        leader_append_only(before, after)
    }

    fn sometimes(&self) -> Vec<Sometimes<Raft<u64>>> {
        vec![
            Sometimes { name: "a leader is elected", seen: |_, raft| raft.is_leader() },
            Sometimes { name: "an entry is committed", seen: |_, raft| raft.commit() > 0 },
            Sometimes { name: "a command is committed", seen: |_, raft| raft.commit() > 1 },
            Sometimes { name: "a vote is denied", seen: |event, _| is_denied(event) },
            Sometimes { name: "logs conflict", seen: |event, _| is_conflict(event) },
            Sometimes { name: "a later term is begun", seen: |_, raft| raft.term() > 1 },
            Sometimes { name: "a candidate follows", seen: gives_way },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Ask<u64>> {
        if node.index() >= self.asked {
            return Vec::new();
        }
        // Values differ from node to node, and each fills an Append; reads are numbered apart.
        let own = u64::from(node.0) * 30;
        let proposals = (1..=self.proposals).map(|n| Ask::Propose(own + 3 * n));
        proposals.chain(self.reads.then_some(Ask::Read(own))).collect()
    }

    fn request(&self, _: NodeId, count: u64, random: &mut Random) -> Option<Ask<u64>> {
        Some(match random.chance(READS.0, READS.1) {
            true => Ask::Read(count),
            false => Ask::Propose(count),
        })
    }

    fn epoch(&self, raft: &Raft<u64>) -> Option<Epoch> {
        Some(Epoch { number: raft.term(), leads: raft.is_leader() })
    }

    fn symmetry(&self) -> Option<Symmetry<RaftLab>> {
        let symmetry = alike(self, NodeSet::first(self.nodes))?;
        Some(symmetry.restoring(Raft::weigh_as))
    }

    fn resized(&self, nodes: usize) -> Option<RaftLab> {
        Some(RaftLab { nodes, ..self.clone() })
    }

    fn within(&self, nodes: &[&Raft<u64>]) -> bool {
        nodes.iter().all(|raft| {
            raft.term() <= self.terms
                && raft.log().last().index <= self.entries
                && raft.rounds() <= self.rounds
        })
    }
}

impl Exhibit for RaftLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "raft",
        what: "a strong leader puts commands into one order",
        family: "order",
        file: "canon/src/order/raft/mod.rs",
        source: "Ongaro, Ousterhout 2014",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["disk"];

    fn sized(nodes: usize) -> RaftLab {
        RaftLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> RaftLab {
        RaftLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { crashes: 1, fires: Some(2), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (RaftLab, Bounds) {
        let lab = RaftLab { entries: 1, proposals: 0, ..RaftLab::new(3) };
        let bounds = lab.bounds();
        (lab, bounds)
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::number("terms", "the highest term to go on from", &mut self.terms),
            Dial::number("entries", "the longest log to go on from", &mut self.entries),
            Dial::new(
                "rounds",
                "the highest heartbeat round to go on from, or any",
                if self.rounds == u64::MAX { "any".to_string() } else { self.rounds.to_string() },
                |text| {
                    self.rounds = if text == "any" { u64::MAX } else { number(text)? };
                    Ok(())
                },
            ),
            Dial::number(
                "proposals",
                "how many commands each asking node proposes",
                &mut self.proposals,
            ),
            Dial::switch("reads", "whether each asking node reads", &mut self.reads),
            Dial::number("asked", "how many nodes are asked anything", &mut self.asked),
            Dial::word("judged", "which invariants", &mut self.judged),
        ]
    }
}

fn is_denied(event: &Event<Raft<u64>>) -> bool {
    matches!(event, Event::Message(_, Message::Vote { granted: false, .. }))
}

fn is_conflict(event: &Event<Raft<u64>>) -> bool {
    let Event::Message(_, Message::AppendReply { outcome, .. }) = event else {
        return false;
    };
    matches!(outcome, Outcome::Conflict { .. })
}

/// A candidate that hears of the leader of its own term follows it: the vote was its own.
fn gives_way(event: &Event<Raft<u64>>, raft: &Raft<u64>) -> bool {
    let heard = matches!(event, Event::Message(_, raft::Message::Append { .. }));
    heard && raft.voted_for_itself() && matches!(raft.role(), Role::Follower { .. })
}
