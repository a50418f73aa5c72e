//! Phase King: Byzantine agreement between two values with short messages (Berman, Garay and Perry,
//! "Towards Optimal Distributed Consensus", 1989; the simple form for `n > 4f`).
//!
//! Each of `f + 1` phases has a king of its own and two rounds. In the first round all tell all
//! their values, and each node counts. In the second the king tells what most told it. A node that
//! counted more than `n/2 + f` equal values keeps that value, else it obeys the king.
//!
//! One of the kings is loyal. In its phase, who keeps a value counted it more than `n/2` times from
//! loyal nodes, so it is the majority at the king too, and whoever obeys takes the same: all loyal
//! nodes agree. From then on each of them counts at least `n - f` equal values in each phase, which
//! is more than `n/2 + f` because `n > 4f`, and no king is obeyed any more.
//!
//! Model: synchronous, perfect links, at most `f < n/4` Byzantine nodes; links tell truly who sent
//! a message. Quorums: more than `n/2 + f` equal values, and `n - f` loyal nodes.
//!
//! Rounds are counted by an alarm: a message belongs to the round in which it was sent, and may
//! come a little before the receiver begins that round. A proposal counts if it comes before the
//! first alarm; a node without one stays out.
//!
//! Left out: the form for `n > 3f`, with three rounds a phase.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, NodeSet, Out, Process, named};
use serde::{Deserialize, Serialize};

use crate::consensus::{Decide, Propose};

/// A message of one round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message {
    /// First round of a phase: my value.
    Value { phase: u32, value: bool },
    /// Second round: what most told me, the king of this phase.
    King { phase: u32, value: bool },
}

/// Its alarm: the round is over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RoundEnds;

/// What never changes at a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// This node.
    pub me: NodeId,
    /// All nodes, this one among them.
    pub members: NodeSet,
    /// `f`: how many nodes may be Byzantine; sound if `n > 4f`.
    pub most: usize,
    /// How long a round lasts: clearly longer than a message takes, the differences between the
    /// nodes' starts included.
    pub round: Duration,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

/// Phase King at one node.
///
/// Invariants: `heard` holds nothing of rounds before the present one, nor beyond the next; the
/// value changes only where a phase ends.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct PhaseKing {
    setup: Arc<Setup>,
    /// The present round, from 1: two for each phase. 0 before the first.
    round: u32,
    /// This node's value; none before it was asked to propose.
    value: Option<bool>,
    /// What most told in this phase, and how many they were.
    counted: (bool, usize),
    /// What was told in the present round and in the next one, by sender.
    heard: BTreeMap<u32, BTreeMap<NodeId, bool>>,
}

impl Process for PhaseKing {
    type Request = Propose<bool>;
    type Indication = Decide<bool>;
    type Message = Message;
    type Timer = RoundEnds;
    type Record = Never;

    fn start(&mut self, out: &mut Out<Self>) {
        out.set(RoundEnds, self.setup.round..self.setup.round);
    }

    fn request(&mut self, Propose(value): Propose<bool>, _: &mut Out<Self>) {
        if self.round == 0 {
            self.value.get_or_insert(value);
        }
    }

    fn message(&mut self, from: NodeId, message: Message, _: &mut Out<Self>) {
        let (round, value) = match message {
            // Phases count from 1. Round 0 is not of any phase: nobody would take out what is kept
            // under it, and the round after it is the first of phase 1.
            Message::Value { phase: 0, .. } | Message::King { phase: 0, .. } => return,
            Message::Value { phase, value } => (first_round(phase), value),
            Message::King { phase, value } if self.may_rule(from, phase) => {
                (first_round(phase).saturating_add(1), value)
            }
            // Who is no king only pretends.
            Message::King { .. } => return,
        };
        if round == self.round || round == self.round + 1 {
            // A node has one word a round: whoever says two things is believed the first.
            self.heard.entry(round).or_default().entry(from).or_insert(value);
        }
    }

    fn timer(&mut self, RoundEnds: RoundEnds, out: &mut Out<Self>) {
        let Some(value) = self.value else {
            // Whoever was not asked in time stays out: it is behind the last round.
            self.round = 2 * self.phases() + 1;
            return self.heard.clear();
        };
        match self.round {
            0 => {}
            round if round % 2 == 1 => self.count(),
            _ => self.value = Some(self.judge(value)),
        }
        self.begin_next(out);
    }
}

impl PhaseKing {
    /// A node that has not started.
    pub fn new(setup: Setup) -> PhaseKing {
        assert!(setup.members.contains(setup.me), "A node is one of its cluster's members.");
        assert!(setup.most < setup.members.len(), "There is a king for each of f + 1 phases.");
        PhaseKing {
            setup: Arc::new(setup),
            round: 0,
            value: None,
            counted: (false, 0),
            heard: BTreeMap::new(),
        }
    }

    /// The present round, from 1: two for each phase. 0 before the first.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// This node's value; none before it was asked to propose.
    pub fn value(&self) -> Option<bool> {
        self.value
    }

    /// Whether this node is the king of the present phase.
    pub fn rules(&self) -> bool {
        self.round > 0 && king(self.round.div_ceil(2)) == self.setup.me
    }

    /// Whether this node keeps what it counted in this phase, and disobeys the king: more than
    /// `n/2 + f` told it so, hence more than half of all nodes are loyal and did.
    pub fn keeps(&self) -> bool {
        let Setup { members, most, .. } = &*self.setup;
        let lies = if self.is_broken(Mutant::KeepOnFewer) { 0 } else { *most };
        2 * self.counted.1 > members.len() + 2 * lies
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    fn phases(&self) -> u32 {
        (self.setup.most + 1 - usize::from(self.is_broken(Mutant::FewerPhases))) as u32
    }

    fn may_rule(&self, node: NodeId, phase: u32) -> bool {
        node == king(phase) || self.is_broken(Mutant::AnyKing)
    }

    /// First round: the value that most nodes told, and how many they are.
    fn count(&mut self) {
        let heard = self.heard.remove(&self.round).unwrap_or_default();
        let trues = heard.values().filter(|&&value| value).count();
        let falses = heard.len() - trues;
        self.counted = if trues > falses { (true, trues) } else { (false, falses) };
    }

    /// Second round: the value with which the phase ends. A king that says nothing is a traitor,
    /// and anything will do.
    fn judge(&mut self, value: bool) -> bool {
        let heard = self.heard.remove(&self.round).unwrap_or_default();
        let told = heard.values().next().copied().unwrap_or(value);
        let keeps = (self.keeps() || self.is_broken(Mutant::NeverObey))
            && !self.is_broken(Mutant::ObeyAlways);
        // What was counted is of no use any more.
        let (counted, _) = core::mem::take(&mut self.counted);
        if keeps { counted } else { told }
    }

    /// The next round begins, or the last phase is over and its value is decided.
    fn begin_next(&mut self, out: &mut Out<Self>) {
        let Some(value) = self.value else {
            return;
        };
        self.round += 1;
        let phase = self.round.div_ceil(2);
        if phase > self.phases() {
            self.heard.clear();
            return out.indicate(Decide(value));
        }
        match self.round % 2 {
            1 => self.send_all(Message::Value { phase, value }, out),
            _ if self.rules() => {
                self.send_all(Message::King { phase, value: self.counted.0 }, out);
            }
            _ => {}
        }
        out.set(RoundEnds, self.setup.round..self.setup.round);
    }

    fn send_all(&self, message: Message, out: &mut Out<Self>) {
        for node in self.setup.members.iter() {
            // Nobody who is loyal crashes, so nobody forgets.
            out.send(node, message);
        }
    }
}

/// The king of a phase, which is counted from 1.
fn king(phase: u32) -> NodeId {
    NodeId((phase.max(1) - 1) as u16)
}

/// The first of the two rounds of a phase, which is counted from 1. A traitor may name any phase.
fn first_round(phase: u32) -> u32 {
    phase.saturating_mul(2).saturating_sub(1)
}

/// From the end of the first phase with a loyal king on, all loyal nodes have the same value. The
/// processes are those of loyal nodes.
///
/// # Errors
/// The king, and two nodes with different values.
pub fn a_loyal_king_unites(nodes: &[&PhaseKing]) -> Result<(), String> {
    let loyal: NodeSet = nodes.iter().map(|node| node.setup.me).collect();
    let Some(phase) = (1..=NodeSet::CAPACITY as u32).find(|&p| loyal.contains(king(p))) else {
        return Ok(());
    };
    let mut first = None;
    for node in nodes.iter().filter(|node| node.round > 2 * phase) {
        let Some(value) = node.value else { continue };
        let (other, united) = *first.get_or_insert((node.setup.me, value));
        if united != value {
            let (me, king) = (node.setup.me, king(phase));
            return Err(format!(
                "{king} is loyal and was king of phase {phase}, but {other} has the value \
                 {united}, and {me} has {value}."
            ));
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// More than `n/2` equal values are enough to disobey the king.
        KeepOnFewer,
        /// A node obeys the king whatever it has counted.
        ObeyAlways,
        /// A node never obeys.
        NeverObey,
        /// There is one phase less.
        FewerPhases,
        /// Anybody's word counts as the king's.
        AnyKing,
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Value { phase, value } => write!(f, "Value phase={phase} {value}"),
            Message::King { phase, value } => write!(f, "King phase={phase} {value}"),
        }
    }
}

impl Display for RoundEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("round-ends")
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use model::{Choices, Random};

    use super::*;

    /// Whatever a traitor says at whatever time, what is kept belongs to the present round or the
    /// next, and a king's word to a second round.
    #[test]
    fn nothing_is_kept_of_other_rounds() {
        let (members, round) = (NodeSet::first(5), Duration::from_millis(1));
        let setup = Setup { me: NodeId(4), members, most: 1, round, mutant: None };
        let phases = [0, 1, 2, 3, u32::MAX / 2, u32::MAX / 2 + 1, u32::MAX - 1, u32::MAX];
        let all = phases.into_iter().flat_map(|phase| {
            [Message::Value { phase, value: true }, Message::King { phase, value: true }]
        });
        let all: Vec<(NodeId, Message)> =
            all.flat_map(|message| members.iter().map(move |from| (from, message))).collect();
        for heard_in in 0..=4 {
            for &(from, message) in &all {
                let mut out = Out::new(Choices::Seeded(Random::new(1)));
                let mut node = PhaseKing::new(setup.clone());
                node.request(Propose(false), &mut out);
                for round in 0..=4 {
                    assert_eq!(node.round, round);
                    if round == heard_in {
                        node.message(from, message, &mut out);
                    }
                    for &kept in node.heard.keys() {
                        assert!((round..=round + 1).contains(&kept), "{message} in {round}");
                        let is_king = matches!(message, Message::King { .. });
                        assert!(kept > 0 && (kept % 2 == 0) == is_king, "{message} as of {kept}");
                    }
                    node.timer(RoundEnds, &mut out);
                }
                assert!(node.heard.is_empty(), "{message} in {heard_in}");
            }
        }
    }
}
