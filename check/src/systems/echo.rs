//! The echo algorithm: one node builds a spanning tree, and learns that it is complete.
//!
//! The initiator asks all its neighbours. A node that is asked for the first time takes the asker
//! for its parent and asks all its other neighbours. A node that has heard from every neighbour,
//! be it as a question or as an answer, answers its parent, which thereby has a child. When the
//! initiator has heard from all, every node is in the tree and done.
//!
//! Source: E. Chang, Echo Algorithms: Depth Parallel Operations on General Graphs, IEEE TSE 8(4),
//! 1982, and the TLA+ module `Echo` by S. Merz. For 3 nodes, all neighbours (`MCEcho`), TLC records
//! 75 distinct states, 116 generated and depth 16. Each label of the module is a step here, so a
//! node that has heard from all goes on before it answers.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The algorithm among a given number of nodes, all of them neighbours; node 0 is the initiator.
#[derive(Clone, Debug)]
pub struct Echo {
    nodes: usize,
    mutant: Option<EchoMutant>,
}

/// The nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EchoState([Node; MOST_NODES]);

/// A node; sets are a bit for each node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Node {
    stage: Stage,
    parent: Option<u8>,
    children: u8,
    /// How many neighbours it has heard from.
    heard: u8,
    /// Whose questions wait here (messages of kind `m`).
    asked: u8,
    /// Whose answers wait here (messages of kind `c`).
    answered: u8,
}

/// The module's label at which a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Stage {
    /// `n0`.
    Beginning,
    /// `n1`.
    Hearing,
    /// `n2`.
    Answering,
    Done,
}

/// A step of a node; nodes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EchoAction {
    /// A node begins; the initiator asks all its neighbours.
    Begin(usize),
    /// A node receives a question.
    Asked {
        /// The node.
        node: usize,
        /// Who asks.
        by: usize,
    },
    /// A node receives an answer.
    Answered {
        /// The node.
        node: usize,
        /// Who answers.
        by: usize,
    },
    /// A node has heard from all.
    HeardAll(usize),
    /// A node answers its parent and is done; the initiator is just done.
    Answer(usize),
    /// Nothing: all are done.
    Terminating,
}

named! {
    /// A breakage.
    pub enum EchoMutant {
        /// A node answers as soon as it is asked.
        AnswerEarly,
        /// A node takes each asker for its parent, not only the first.
        LastAsker,
    }
}

/// A set of nodes must fit 8 bits; larger graphs are beyond exploring.
const MOST_NODES: usize = 5;

impl Echo {
    /// How many neighbours a node must hear from.
    fn awaited(&self, node: usize) -> u8 {
        match self.mutant {
            Some(EchoMutant::AnswerEarly) if node != 0 => 1,
            _ => self.nodes as u8 - 1,
        }
    }

    /// Every node but this and the other is asked by it.
    fn ask(&self, to: &mut EchoState, node: usize, other: usize) {
        for neighbour in (0..self.nodes).filter(|&at| at != node && at != other) {
            to.0[neighbour].asked |= 1 << node;
        }
    }

    fn asked(&self, state: &EchoState, node: usize, by: usize) -> EchoState {
        let mut to = *state;
        let own = &mut to.0[node];
        own.asked &= !(1 << by);
        own.heard += 1;
        let is_first = own.heard == 1;
        if node != 0 && (is_first || self.mutant == Some(EchoMutant::LastAsker)) {
            own.parent = Some(by as u8);
        }
        if node != 0 && is_first {
            self.ask(&mut to, node, by);
        }
        to
    }

    fn answered(&self, state: &EchoState, node: usize, by: usize) -> EchoState {
        let mut to = *state;
        let own = &mut to.0[node];
        own.answered &= !(1 << by);
        own.heard += 1;
        own.children |= 1 << by;
        to
    }

    fn add_hearing(&self, state: &EchoState, node: usize, successors: &mut Added) {
        let own = &state.0[node];
        if own.heard >= self.awaited(node) {
            let to = state.at(node, Stage::Answering);
            return successors.add(EchoAction::HeardAll(node), to);
        }
        for by in 0..self.nodes {
            if own.asked >> by & 1 == 1 {
                let action = EchoAction::Asked { node, by };
                successors.add(action, self.asked(state, node, by));
            }
            if own.answered >> by & 1 == 0 {
                continue;
            }
            let action = EchoAction::Answered { node, by };
            if node != 0 && own.heard == 0 {
                let text = format!("Node {node} is answered by {by} before anyone has asked it.");
                successors.break_at(action, Violation::new("a question comes first", text));
                continue;
            }
            successors.add(action, self.answered(state, node, by));
        }
    }

    /// The ancestors of a node, as a set.
    fn ancestors(&self, state: &EchoState, node: usize) -> u8 {
        let mut ancestors = 0;
        let mut at = node;
        while let Some(parent) = state.0[at].parent {
            at = usize::from(parent);
            if ancestors >> at & 1 == 1 {
                break;
            }
            ancestors |= 1 << at;
        }
        ancestors
    }

    /// A child and its parent that do not know each other.
    fn wrong_tie(&self, state: &EchoState) -> Option<Violation> {
        for (node, own) in state.0.iter().enumerate().take(self.nodes) {
            for child in (0..self.nodes).filter(|child| own.children >> child & 1 == 1) {
                if state.0[child].parent != Some(node as u8) {
                    let text = format!("{node} counts {child} as a child, which it is not.");
                    return Some(Violation::new("children have this parent", text));
                }
            }
            let Some(parent) = own.parent else {
                continue;
            };
            let above = &state.0[usize::from(parent)];
            if above.stage == Stage::Done && above.children >> node & 1 == 0 {
                let text = format!("{parent} is done, but does not know of its child {node}.");
                return Some(Violation::new("parents know their children", text));
            }
        }
        None
    }

    /// What is wrong once the initiator is done.
    fn wrong_end(&self, state: &EchoState) -> Option<Violation> {
        if state.0[0].stage != Stage::Done {
            return None;
        }
        let nodes = 0..self.nodes;
        let is_late = |&node: &usize| state.0[node].stage != Stage::Done;
        if let Some(node) = nodes.clone().find(is_late) {
            let text = format!("The initiator is done, but node {node} is not.");
            return Some(Violation::new("the initiator is last", text));
        }
        let is_lost = |&node: &usize| {
            let ancestors = self.ancestors(state, node);
            ancestors & 1 == 0 || ancestors >> node & 1 == 1
        };
        let text = |node| format!("All are done, but node {node} is not below the initiator.");
        nodes.skip(1).find(is_lost).map(|node| Violation::new("one tree", text(node)))
    }
}

type Added = Successors<EchoAction, EchoState>;

impl EchoState {
    fn at(&self, node: usize, stage: Stage) -> EchoState {
        let mut to = *self;
        to.0[node].stage = stage;
        to
    }

    fn are_all_done(&self, nodes: usize) -> bool {
        self.0[..nodes].iter().all(|node| node.stage == Stage::Done)
    }
}

impl Specification for Echo {
    type State = EchoState;
    type Action = EchoAction;
    type Mutant = EchoMutant;

    const CARD: Card = Card {
        name: "echo-spec",
        what: "one node builds a spanning tree; --size counts nodes",
        family: "tree",
        file: "check/src/systems/echo.rs",
        source: "Chang 1982, Echo",
        model: "no faults; asynchronous",
        counted: "nodes",
        usual: 3,
        sizes: 1..=MOST_NODES,
    };
    const SOMETIMES: &'static [Sometimes<Self>] =
        &[("all nodes were done", |own, state| state.are_all_done(own.nodes))];

    fn sized(size: usize, mutant: Option<EchoMutant>) -> Self {
        Echo { nodes: size, mutant }
    }

    fn name(&self) -> String {
        format!("echo among {} nodes", self.nodes)
    }

    fn bounds(&self) -> Vec<String> {
        vec!["a complete graph".into()]
    }

    fn initial(&self) -> Vec<EchoState> {
        let node = Node {
            stage: Stage::Beginning,
            parent: None,
            children: 0,
            heard: 0,
            asked: 0,
            answered: 0,
        };
        vec![EchoState([node; MOST_NODES])]
    }

    fn next(&self, state: &EchoState, successors: &mut Added) {
        for node in 0..self.nodes {
            match state.0[node].stage {
                Stage::Beginning => {
                    let mut to = state.at(node, Stage::Hearing);
                    if node == 0 {
                        self.ask(&mut to, node, node);
                    }
                    successors.add(EchoAction::Begin(node), to);
                }
                Stage::Hearing => self.add_hearing(state, node, successors),
                Stage::Answering => {
                    let mut to = state.at(node, Stage::Done);
                    if let Some(parent) = state.0[node].parent {
                        to.0[usize::from(parent)].answered |= 1 << node;
                    }
                    successors.add(EchoAction::Answer(node), to);
                }
                Stage::Done => {}
            }
        }
        if state.are_all_done(self.nodes) {
            successors.add(EchoAction::Terminating, *state);
        }
    }

    fn fault(&self, state: &EchoState) -> Option<Violation> {
        self.wrong_tie(state).or_else(|| self.wrong_end(state))
    }
}

saved!(EchoState { 0 });
saved!(Node { stage, parent, children, heard, asked, answered });
saved!(Stage: Beginning, Hearing, Answering, Done);
