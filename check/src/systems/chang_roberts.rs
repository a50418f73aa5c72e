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

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use super::Specification;
use crate::{Judgement, Successors, System, Violation};

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

/// A breakage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangRobertsMutant {
    /// A candidate passes larger identities on.
    PassLarger,
    /// A candidate takes a larger identity for its own.
    WinByLarger,
}

/// A set of nodes must fit 8 bits.
const MOST_NODES: usize = 8;

impl ChangRoberts {
    /// A ring of so many nodes.
    ///
    /// # Panics
    /// If there are none or more than 8.
    pub fn new(nodes: usize) -> ChangRoberts {
        assert!((1..=MOST_NODES).contains(&nodes), "A ring has 1 to {MOST_NODES} nodes.");
        ChangRoberts { nodes, mutant: None }
    }

    /// The same system, broken.
    pub fn broken(self, mutant: ChangRobertsMutant) -> ChangRoberts {
        ChangRoberts { mutant: Some(mutant), ..self }
    }

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

impl System for ChangRoberts {
    type State = ChangRobertsState;
    type Move = ChangRobertsAction;
    type Action = ChangRobertsAction;
    /// Whether a node has won, and whether one has won over another initiator.
    type Worker = u64;

    fn name(&self) -> String {
        format!("election on a ring of {}", self.nodes)
    }

    fn sometimes(&self) -> Vec<&'static str> {
        vec!["a node has won", "a node has won over another initiator"]
    }

    fn worker(&self) -> u64 {
        0
    }

    fn initial(&self, _: &mut u64) -> Result<Vec<ChangRobertsState>, Violation> {
        let sets = 0..=u8::MAX >> (MOST_NODES - self.nodes);
        let begin = |initiators| ChangRobertsState {
            waiting: [0; MOST_NODES],
            initiators,
            begun: 0,
            candidates: initiators,
            winners: 0,
        };
        Ok(sets.map(begin).collect())
    }

    fn next(
        &self,
        _: &mut u64,
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
    fn judge(&self, seen: &mut u64, state: &ChangRobertsState) -> Judgement {
        if state.winners == 0 {
            return Judgement::Within;
        }
        *seen |= 1 | u64::from(state.initiators.count_ones() > 1) << 1;
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
            return Judgement::Within;
        };
        Judgement::Broken(Violation { property: "one leader".into(), text })
    }

    fn reached(&self, seen: &u64) -> u64 {
        *seen
    }

    fn action(
        &self,
        _: &mut u64,
        _: &ChangRobertsState,
        taken: ChangRobertsAction,
    ) -> ChangRobertsAction {
        taken
    }
}

impl Specification for ChangRoberts {
    type Mutant = ChangRobertsMutant;

    const NAME: &'static str = "chang-roberts-spec";
    const WHAT: &'static str = "election of the least identity on a ring; --size counts nodes";
    const FAMILY: &'static str = "election";
    const FILE: &'static str = "check/src/systems/chang_roberts.rs";
    const SOURCE: &'static str = "Chang, Roberts 1979, ChangRoberts";
    const MODEL: &'static str = "no faults; a ring, asynchronous";
    const COUNTED: &'static str = "nodes";
    const USUAL: usize = 3;
    const SIZES: RangeInclusive<usize> = 1..=MOST_NODES;
    const MUTANTS: &'static [ChangRobertsMutant] =
        &[ChangRobertsMutant::PassLarger, ChangRobertsMutant::WinByLarger];

    fn sized(size: usize, mutant: Option<ChangRobertsMutant>) -> ChangRoberts {
        ChangRoberts { mutant, ..ChangRoberts::new(size) }
    }
}

impl Display for ChangRobertsAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Display for ChangRobertsMutant {
    /// The name on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangRobertsMutant::PassLarger => "pass-larger",
            ChangRobertsMutant::WinByLarger => "win-by-larger",
        })
    }
}
