//! Ben-Or's randomised consensus (Ben-Or, "Another Advantage of Free Choice", 1983, protocol A),
//! between two values.
//!
//! No deterministic protocol decides in an asynchronous system in which a single node may stop
//! (Fischer, Lynch and Paterson 1985). This one tosses coins, and decides with probability 1.
//! A round has two steps. Every node reports its value to all and waits for `n - f` reports. If
//! more than half of all nodes reported one value, it proposes that value, else it proposes none,
//! and waits for `n - f` proposals. Two values cannot both have been reported by more than half,
//! so all proposals of a round that name a value name the same one. Whoever sees `f + 1` of them
//! decides it; then everybody else sees at least one, takes the value over, and decides it in the
//! next round. Whoever sees none tosses a coin, and some day all coins fall alike.
//!
//! How soon depends on who decides what arrives when. If that does not depend on values and coins,
//! a round makes all nodes alike with a chance of at least `2^(1-n)`: those that see a proposal
//! take over one value, and the others toss it. Who sees the coins can hold a node back until they
//! have fallen, and then let it hear what leads it away from them. Even so it ends with
//! probability 1, but later; for `f < n/2` that was proven only by Aguilera and Toueg ("The
//! Correctness Proof of Ben-Or's Randomized Consensus Algorithm", Distributed Computing, 2012).
//!
//! Model: crash-stop of at most `f < n/2`, perfect links, asynchronous. Quorums: `n - f` is all
//! that one may wait for; more than half of `n` makes a proposal; `f + 1` holds a node's word even
//! if `f` others are not heard.
//!
//! What differs from the paper, and why:
//! - *Halting.* In the round after a decision everybody reports and proposes the decided value. So
//!   who decides sends what it would say in that round, and is done.
//! - *Joining.* A node that was not asked to propose takes the first value that it hears of for its
//!   own: coins are tossed only where both values were proposed, so it is one that was.
//!
//! Left out: the protocol for Byzantine faults (`f < n/5`, protocol B of the paper).

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::{self, Display};

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::{Decide, Propose};

/// A message of one round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message {
    /// First step: my value.
    Report { round: u32, value: bool },
    /// Second step: the value that more than half reported, if I know of such a one.
    Proposal { round: u32, value: Option<bool> },
}

/// What never changes at a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// This node.
    pub me: NodeId,
    /// All nodes, this one among them.
    pub members: NodeSet,
    /// `f`: how many nodes may stop; fewer than half.
    pub most: usize,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

/// Ben-Or's protocol at one node.
///
/// Invariants: `reports` and `proposals` hold nothing of rounds before `round`; a node that has
/// halted holds none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct BenOr {
    setup: Arc<Setup>,
    /// The present round, from 1; 0 before this node has a value.
    round: u32,
    value: bool,
    step: Step,
    /// The reports of each round that is not over, by sender.
    reports: BTreeMap<u32, BTreeMap<NodeId, bool>>,
    /// The proposals of each round that is not over, by sender.
    proposals: BTreeMap<u32, BTreeMap<NodeId, Option<bool>>>,
}

/// What a node waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Step {
    /// For a value.
    Idle,
    /// For `n - f` reports.
    Reports,
    /// For `n - f` proposals.
    Proposals,
    /// For nothing: it has decided.
    Halted,
}

impl Process for BenOr {
    type Request = Propose<bool>;
    type Indication = Decide<bool>;
    type Message = Message;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, Propose(value): Propose<bool>, out: &mut Out<Self>) {
        if self.step == Step::Idle {
            self.report(1, value, out);
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        let is_stale = message.round() < self.round && !self.is_broken(Mutant::TakeStale);
        if self.step == Step::Halted || is_stale {
            return;
        }
        if let (Step::Idle, Some(value)) = (self.step, message.value()) {
            self.report(1, value, out);
        }
        match message {
            Message::Report { round, value } => {
                let round = round.max(self.round);
                self.reports.entry(round).or_default().insert(from, value);
            }
            Message::Proposal { round, value } => {
                let round = round.max(self.round);
                self.proposals.entry(round).or_default().insert(from, value);
            }
        }
        self.advance(out);
    }
}

impl BenOr {
    /// A node that has not started.
    pub fn new(setup: Setup) -> BenOr {
        assert!(setup.members.contains(setup.me), "A node is one of its cluster's members.");
        assert!(2 * setup.most < setup.members.len(), "Fewer than half of the nodes may stop.");
        BenOr {
            setup: Arc::new(setup),
            round: 0,
            value: false,
            step: Step::Idle,
            reports: BTreeMap::new(),
            proposals: BTreeMap::new(),
        }
    }

    /// The present round, from 1; 0 before this node has a value.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// What this node waits for.
    pub fn step(&self) -> Step {
        self.step
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    /// All that may be waited for: `f` nodes may never answer.
    fn enough(&self) -> usize {
        self.setup.members.len() - self.setup.most
    }

    /// More than half of all nodes: two values cannot both have it.
    fn majority(&self) -> usize {
        self.setup.members.majority() - usize::from(self.is_broken(Mutant::FewerReports))
    }

    /// Whoever waits for `n - f` proposals hears one of any `f + 1`.
    fn certain(&self) -> usize {
        self.setup.most + 1 - usize::from(self.is_broken(Mutant::DecideOnFewer))
    }

    /// Ben-Or, step 1: reports its value to all, this node among them.
    fn report(&mut self, round: u32, value: bool, out: &mut Out<Self>) {
        (self.round, self.value, self.step) = (round, value, Step::Reports);
        self.reports.retain(|&earlier, _| earlier >= round);
        self.proposals.retain(|&earlier, _| earlier >= round);
        self.send_all(Message::Report { round, value }, out);
    }

    /// Takes as many steps as what has come allows.
    fn advance(&mut self, out: &mut Out<Self>) {
        let reports = self.reports.get(&self.round).map_or(0, BTreeMap::len);
        let proposals = self.proposals.get(&self.round).map_or(0, BTreeMap::len);
        match self.step {
            Step::Reports if reports >= self.enough() => self.propose(out),
            Step::Proposals if proposals >= self.enough() => self.conclude(out),
            // What one step sends to this node itself leads to the next.
            Step::Idle | Step::Reports | Step::Proposals | Step::Halted => {}
        }
    }

    /// Ben-Or, step 2: proposes the value that more than half of all nodes reported, if any.
    fn propose(&mut self, out: &mut Out<Self>) {
        self.step = Step::Proposals;
        let round = self.round;
        let reports = &self.reports[&round];
        let count = |value| reports.values().filter(|&&one| one == value).count();
        let value = [false, true].into_iter().find(|&value| count(value) >= self.majority());
        self.send_all(Message::Proposal { round, value }, out);
    }

    /// Ben-Or, step 3: decides what `f + 1` proposed, takes over what anybody proposed, and else
    /// tosses a coin.
    fn conclude(&mut self, out: &mut Out<Self>) {
        let proposals = &self.proposals[&self.round];
        let count = |value| proposals.values().filter(|&&one| one == Some(value)).count();
        let (value, seen) = match (count(false), count(true)) {
            (falses, trues) if falses > trues => (false, falses),
            (_, trues) => (true, trues),
        };
        if seen >= self.certain() {
            return self.decide(value, out);
        }
        let value = match seen > 0 && !self.is_broken(Mutant::TossAnyway) {
            true => value,
            false => out.choose(2) == 1,
        };
        self.report(self.round + 1, value, out);
    }

    /// Everybody else decides in the next round at the latest, in which all say the same.
    fn decide(&mut self, value: bool, out: &mut Out<Self>) {
        out.indicate(Decide(value));
        let round = self.round + 1;
        (self.value, self.step) = (value, Step::Halted);
        self.reports.clear();
        self.proposals.clear();
        if !self.is_broken(Mutant::FallSilent) {
            self.send_all(Message::Report { round, value }, out);
            self.send_all(Message::Proposal { round, value: Some(value) }, out);
        }
    }

    fn send_all(&self, message: Message, out: &mut Out<Self>) {
        for node in self.setup.members.iter() {
            // Whoever forgets it has stopped for good, and is one of the `f`.
            out.send(node, message);
        }
    }
}

/// All proposals of one round that name a value name the same one, over the processes of all nodes.
///
/// # Errors
/// Two nodes that proposed different values.
pub fn one_proposal_a_round(nodes: &[&BenOr]) -> Result<(), String> {
    let mut first: BTreeMap<u32, (NodeId, bool)> = BTreeMap::new();
    let heard = nodes.iter().flat_map(|node| &node.proposals);
    for (&round, by_sender) in heard {
        for (&sender, value) in by_sender {
            let Some(value) = *value else { continue };
            let (other, agreed) = *first.entry(round).or_insert((sender, value));
            if agreed != value {
                return Err(format!(
                    "In round {round}, {other} proposed {agreed}, and {sender} {value}."
                ));
            }
        }
    }
    Ok(())
}

impl Message {
    fn round(&self) -> u32 {
        match *self {
            Message::Report { round, .. } | Message::Proposal { round, .. } => round,
        }
    }

    fn value(&self) -> Option<bool> {
        match *self {
            Message::Report { value, .. } => Some(value),
            Message::Proposal { value, .. } => value,
        }
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// One report less than a majority makes a proposal.
        FewerReports,
        /// A message of an earlier round counts as one of the present.
        TakeStale,
        /// `f` proposals make a decision.
        DecideOnFewer,
        /// A node tosses a coin although it has seen a proposal.
        TossAnyway,
        /// Whoever decides falls silent at once.
        FallSilent,
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Report { round, value } => write!(f, "Report round={round} {value}"),
            Message::Proposal { round, value: Some(value) } => {
                write!(f, "Proposal round={round} {value}")
            }
            Message::Proposal { round, value: None } => write!(f, "Proposal round={round} none"),
        }
    }
}
