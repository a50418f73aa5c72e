//! A toy election whose nodes are interchangeable, and its mistakes.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::time::Duration;

use model::{ByNode, Event, NodeId, NodeSet, Out, Process};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::rename::{Renaming, Symmetry};
use world::{Sometimes, Subject};

use crate::naive::{Node, World};

/// What is wrong with the election, or with its declaration as symmetric.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Flaw {
    None,
    /// A voter forgets its vote in a crash.
    VoteNotSaved,
    /// One vote less than a majority is enough.
    FewerVotes,
    /// A voter notes which is lower: itself or who asks.
    LowerIsBetter,
    /// A voter is told its number as a number.
    Ranked,
    /// The monitor listens to n0 only.
    PartialMonitor,
    /// n0 alone may stand.
    UnequalRequests,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Word {
    Please,
    Yes(NodeId),
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Please => f.write_str("Please"),
            Word::Yes(node) => write!(f, "Yes({node})"),
        }
    }
}

/// A word by itself, so that requests and alarms have a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Again;

impl Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}

/// Votes for the first that asks; leads when a majority has voted for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Voter {
    flaw: Flaw,
    me: NodeId,
    members: NodeSet,
    rank: u16,
    vote: Option<NodeId>,
    votes: NodeSet,
    /// Who asked how often, up to 2.
    asked: ByNode<u8>,
    /// Who asked since the last flush.
    fresh: BTreeMap<NodeId, ()>,
    first: Vec<NodeId>,
}

impl Voter {
    fn stand(&mut self, out: &mut Out<Self>) {
        for node in self.members.iter() {
            out.send(node, Word::Please);
        }
    }
}

impl Process for Voter {
    type Request = Again;
    type Indication = Again;
    type Message = Word;
    type Timer = Again;
    type Record = NodeId;

    fn recover(&mut self, vote: NodeId) {
        self.vote = Some(vote);
    }

    fn records(&self) -> Vec<NodeId> {
        self.vote.into_iter().collect()
    }

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, _: Again, out: &mut Out<Self>) {
        out.set(Again, Duration::from_secs(1)..Duration::from_secs(2));
        self.stand(out);
    }

    fn message(&mut self, from: NodeId, message: Word, out: &mut Out<Self>) {
        match message {
            Word::Please => {
                self.asked[from] = (self.asked[from] + 1).min(2);
                self.fresh.insert(from, ());
            }
            Word::Yes(node) if node == self.me => {
                let is_first = self.votes.insert(from);
                let less = usize::from(self.flaw == Flaw::FewerVotes);
                if is_first && self.votes.len() + less == self.members.majority() {
                    out.indicate(Again);
                    out.cancel(Again);
                }
            }
            Word::Yes(_) => {}
        }
    }

    fn timer(&mut self, _: Again, out: &mut Out<Self>) {
        self.stand(out);
    }

    /// Answers everybody who asked; which one gets the vote is drawn.
    fn flush(&mut self, out: &mut Out<Self>) {
        let fresh = std::mem::take(&mut self.fresh);
        if fresh.is_empty() {
            return;
        }
        if self.vote.is_none() {
            let lot = out.choose(fresh.len() as u32) as usize;
            self.vote = fresh.keys().nth(lot).copied();
            if self.flaw != Flaw::VoteNotSaved {
                self.vote.into_iter().for_each(|vote| out.save(vote));
            }
        }
        if self.flaw == Flaw::LowerIsBetter {
            self.first = fresh.keys().map(|&node| node.min(self.me)).collect();
        }
        for node in fresh.into_keys() {
            out.send_durable(node, Word::Yes(self.vote.expect("it has just voted")));
        }
    }
}

/// At most one leads.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct OneLeader {
    leaders: BTreeSet<NodeId>,
    is_partial: bool,
}

impl Monitor<Voter> for OneLeader {
    fn indicated(&mut self, node: NodeId, _: &Again) -> Result<(), String> {
        if !self.is_partial || node == NodeId(0) {
            self.leaders.insert(node);
        }
        match self.leaders.iter().find(|other| **other != node) {
            Some(other) => Err(format!("{node} leads, and {other} too.")),
            None => Ok(()),
        }
    }
}

pub struct Voters {
    pub nodes: usize,
    pub flaw: Flaw,
    pub groups: Vec<NodeSet>,
    /// Who may stand.
    pub standing: NodeSet,
}

impl Voters {
    pub fn new(nodes: usize) -> Voters {
        let all = NodeSet::first(nodes);
        Voters { nodes, flaw: Flaw::None, groups: vec![all], standing: all }
    }
}

impl Subject for Voters {
    type Process = Voter;
    type Monitor = OneLeader;

    fn name(&self) -> &'static str {
        "voters"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> Voter {
        Voter {
            flaw: self.flaw,
            me,
            members: NodeSet::first(self.nodes),
            rank: if self.flaw == Flaw::Ranked { me.0 } else { 0 },
            vote: None,
            votes: NodeSet::EMPTY,
            asked: ByNode::all(self.nodes, 0),
            fresh: BTreeMap::new(),
            first: Vec::new(),
        }
    }

    fn monitor(&self) -> OneLeader {
        let is_partial = self.flaw == Flaw::PartialMonitor;
        OneLeader { is_partial, ..OneLeader::default() }
    }

    fn requests(&self, node: NodeId) -> Vec<Again> {
        let is_alone = self.flaw == Flaw::UnequalRequests && node.0 > 0;
        let stands = self.standing.contains(node);
        if stands && !is_alone { vec![Again] } else { Vec::new() }
    }

    fn sometimes(&self) -> Vec<Sometimes<Voter>> {
        vec![Sometimes {
            name: "somebody leads",
            seen: |event: &Event<Voter>, voter| {
                let has_won = voter.votes.len() == voter.members.majority();
                has_won && matches!(event, Event::Message(..))
            },
        }]
    }

    fn symmetry(&self) -> Option<Symmetry<Voters>> {
        Some(Symmetry::of(&self.groups))
    }
}

fn renamed_voter(voter: &Voter, to: &Renaming) -> Voter {
    let back = to.inverse();
    let nodes = NodeId::first(voter.asked.len());
    Voter {
        me: to.node(voter.me),
        members: to.nodes(voter.members),
        vote: voter.vote.map(|node| to.node(node)),
        votes: to.nodes(voter.votes),
        asked: nodes.map(|node| voter.asked[back.node(node)]).collect(),
        fresh: voter.fresh.keys().map(|node| (to.node(*node), ())).collect(),
        first: voter.first.iter().map(|node| to.node(*node)).collect(),
        ..voter.clone()
    }
}

fn renamed_word(word: Word, to: &Renaming) -> Word {
    match word {
        Word::Please => Word::Please,
        Word::Yes(node) => Word::Yes(to.node(node)),
    }
}

/// The node in every place of its driver that is seen: the naive world keeps hosts, so a host is
/// made anew from its parts.
fn renamed_node(node: &Node<Voter>, to: &Renaming) -> Node<Voter> {
    let frames = node.frames.iter();
    let mut host = node.host.as_ref().map(|host| to.of(host));
    if let Some(host) = &mut host {
        assert_eq!(*host.process(), renamed_voter(node.host.as_ref().unwrap().process(), to));
        host.sort_held();
    }
    Node {
        host,
        timers: node.timers.clone(),
        frames: frames.map(|f| f.iter().map(|node| to.node(*node)).collect()).collect(),
        disk: renamed_voter(&node.disk, to),
    }
}

/// A world with its nodes renamed by hand.
pub fn renamed_world(world: &World<Voters>, to: &Renaming) -> World<Voters> {
    let back = to.inverse();
    let nodes = NodeId::first(world.nodes.len());
    let mut renamed = World {
        nodes: nodes.map(|n| renamed_node(&world.nodes[back.node(n).index()], to)).collect(),
        flight: world
            .flight
            .iter()
            .map(|(from, target, word)| (to.node(*from), to.node(*target), renamed_word(*word, to)))
            .collect(),
        monitor: OneLeader {
            leaders: world.monitor.leaders.iter().map(|node| to.node(*node)).collect(),
            ..world.monitor.clone()
        },
        asked: world.asked.iter().map(|(node, place)| (to.node(*node), *place)).collect(),
        ..*world
    };
    renamed.sort_flight();
    renamed
}
