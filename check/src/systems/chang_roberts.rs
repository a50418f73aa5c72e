//! Election on a ring as Chang and Roberts specify it.
//!
//! Nodes stand on a ring and send to their successor only. Some of them are initiators: each sends
//! its identity around. A candidate that receives a smaller identity has lost and passes it on; it
//! drops a larger one, which can no longer win; its own has come all around, so it has won. Nodes
//! that are not candidates pass everything on.
//!
//! Source: E. Chang, R. Roberts, An Improved Algorithm for Decentralized Extrema-Finding in
//! Circular Configurations of Processes, CACM 22(5), 1979, and the TLA+ module `ChangRoberts` by
//! S. Merz. For 3 nodes whose identities ascend along the ring (`MCChangRoberts`), TLC records 137
//! distinct states, 227 generated and depth 10. Every set of initiators is an initial state.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The election among a given number of nodes. The identity of a node is its place on the ring.
#[derive(Clone, Debug)]
pub struct ChangRoberts {
    nodes: usize,
    mutant: Option<ChangRobertsMutant>,
}

/// Sets are a bit for each node. A node is a candidate, or has won, or has lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChangRobertsState {
    /// The identities that wait for each node.
    waiting: [u8; MOST_NODES],
    initiators: u8,
    /// The nodes that have begun, and sent their identity if they are initiators.
    begun: u8,
    candidates: u8,
    winners: u8,
}

/// A step of a node; nodes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangRobertsAction {
    /// A node begins; an initiator sends its identity.
    Begin(usize),
    /// A node receives an identity.
    Receive {
        /// The node.
        node: usize,
        /// Whose identity.
        identity: usize,
    },
}

named! {
    /// A breakage.
    pub enum ChangRobertsMutant {
        /// A candidate passes larger identities on.
        PassLarger,
        /// A candidate takes a larger identity for its own.
        WinByLarger,
    }
}

/// A set of nodes must fit 8 bits.
const MOST_NODES: usize = 8;

impl ChangRoberts {
    fn received(
        &self,
        state: ChangRobertsState,
        node: usize,
        identity: usize,
    ) -> ChangRobertsState {
        let mut to = state;
        to.waiting[node] &= !(1 << identity);
        let next = (node + 1) % self.nodes;
        if state.candidates >> node & 1 == 0 && state.winners >> node & 1 == 0 {
            to.waiting[next] |= 1 << identity;
        } else if identity < node {
            to.candidates &= !(1 << node);
            to.winners &= !(1 << node);
            to.waiting[next] |= 1 << identity;
        } else if identity == node || self.mutant == Some(ChangRobertsMutant::WinByLarger) {
            to.candidates &= !(1 << node);
            to.winners |= 1 << node;
        } else if self.mutant == Some(ChangRobertsMutant::PassLarger) {
            to.waiting[next] |= 1 << identity;
        }
        to
    }
}

impl Specification for ChangRoberts {
    type State = ChangRobertsState;
    type Action = ChangRobertsAction;
    type Mutant = ChangRobertsMutant;

    const CARD: Card = Card {
        name: "chang-roberts-spec",
        what: "election of the least identity on a ring; --size counts nodes",
        family: "election",
        file: "check/src/systems/chang_roberts.rs",
        source: "Chang, Roberts 1979, ChangRoberts",
        model: "no faults; a ring, asynchronous",
        counted: "nodes",
        usual: 3,
        sizes: 1..=MOST_NODES,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("a node has won", |_, state| state.winners != 0),
        ("a node has won over another initiator", |_, state| {
            state.winners != 0 && state.initiators.count_ones() > 1
        }),
    ];

    fn sized(size: usize, mutant: Option<ChangRobertsMutant>) -> Self {
        ChangRoberts { nodes: size, mutant }
    }

    fn name(&self) -> String {
        format!("election on a ring of {}", self.nodes)
    }

    fn initial(&self) -> Vec<ChangRobertsState> {
        let sets = 0..=u8::MAX >> (MOST_NODES - self.nodes);
        let begin = |initiators| ChangRobertsState {
            waiting: [0; MOST_NODES],
            initiators,
            begun: 0,
            candidates: initiators,
            winners: 0,
        };
        sets.map(begin).collect()
    }

    fn next(
        &self,
        state: &ChangRobertsState,
        successors: &mut Successors<ChangRobertsAction, ChangRobertsState>,
    ) {
        for node in 0..self.nodes {
            if state.begun >> node & 1 == 0 {
                let mut to = *state;
                to.begun |= 1 << node;
                to.waiting[(node + 1) % self.nodes] |= state.initiators & 1 << node;
                successors.add(ChangRobertsAction::Begin(node), to);
                continue;
            }
            for identity in (0..self.nodes).filter(|id| state.waiting[node] >> id & 1 == 1) {
                let to = self.received(*state, node, identity);
                successors.add(ChangRobertsAction::Receive { node, identity }, to);
            }
        }
    }

    /// Correctness: a node that has won is the initiator with the smallest identity, and all
    /// others know that they have lost.
    fn fault(&self, state: &ChangRobertsState) -> Option<Violation> {
        if state.winners == 0 {
            return None;
        }
        let winner = state.winners.trailing_zeros();
        let least = state.initiators.trailing_zeros();
        let text = if winner != least {
            format!("Node {winner} has won, which is not the least initiator.")
        } else if state.winners.count_ones() > 1 {
            format!("Node {winner} has won, and so has another.")
        } else if state.candidates != 0 {
            let other = state.candidates.trailing_zeros();
            format!("Node {winner} has won, but {other} is still a candidate.")
        } else {
            return None;
        };
        Some(Violation::new("one leader", text))
    }
}

saved!(ChangRobertsState { waiting, initiators, begun, candidates, winners });
