//! Termination detection on a ring as Dijkstra, Feijen and van Gasteren derived it (EWD 840).
//!
//! Active nodes activate others and turn passive; nodes never become active by themselves. Node 0
//! wants to know when all are passive. It sends a white token around the ring, against the
//! numbers; a node hands it on once it is passive. A node that activates one with a higher number
//! turns black, for the token may have passed that node already; a black node blackens the token
//! and turns white again. If the token comes back white to a passive white node 0, all are passive.
//!
//! Source: E. W. Dijkstra, W. H. J. Feijen, A. J. M. van Gasteren, Derivation of a Termination
//! Detection Algorithm for Distributed Computations, IPL 16(5), 1983, and the TLA+ module `EWD840`
//! by S. Merz, whose action names are kept here. Its nodes may hand the token on while active if
//! the round will fail anyway, and begin in any state with a black token. TLC records 302 distinct
//! states, 2,001 generated and depth 10 for 3 nodes (the depth is one more than that of a strict
//! search breadth first, which is 9); and 1,566, 15,986 and 12 for 4 nodes (`EWD840_json`). A
//! step that several alternatives of its condition allow is generated for each of them.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The detection among a given number of nodes.
#[derive(Clone, Debug)]
pub struct Ewd840 {
    nodes: u32,
    mutant: Option<Ewd840Mutant>,
}

/// Sets are a bit for each node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ewd840State {
    active: u8,
    black: u8,
    /// Where the token is.
    at: u8,
    is_token_black: bool,
}

/// An action of the TLA+ module; nodes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ewd840Action {
    /// Node 0 sends a white token around.
    InitiateProbe,
    /// A node hands the token on to the node below.
    PassToken(u32),
    /// An active node activates another.
    SendMsg {
        /// The active node.
        from: u32,
        /// The other.
        to: u32,
    },
    /// An active node turns passive.
    Deactivate(u32),
}

named! {
    /// A breakage.
    pub enum Ewd840Mutant {
        /// A node that activates another stays white.
        StayWhite,
        /// A black node hands the token on as it is.
        PassUnstained,
    }
}

/// An exploration takes at most 65,535 initial states: 2^12 * 6 = 24,576 fit, 2^14 * 7 do not.
const MOST_NODES: u32 = 6;

impl Ewd840 {
    fn add_token(&self, state: Ewd840State, successors: &mut Added) {
        let at = u32::from(state.at);
        let is_black = state.black >> at & 1 == 1;
        let is_passive = state.active >> at & 1 == 0;
        let black = state.black & !(1 << at);
        let ways = usize::from(state.is_token_black) + usize::from(is_black);
        if at == 0 {
            let to =
                Ewd840State { black, at: self.nodes as u8 - 1, is_token_black: false, ..state };
            (0..ways).for_each(|_| successors.add(Ewd840Action::InitiateProbe, to));
            return;
        }
        let is_stained = is_black && self.mutant != Some(Ewd840Mutant::PassUnstained);
        let to = Ewd840State {
            black,
            at: state.at - 1,
            is_token_black: state.is_token_black || is_stained,
            ..state
        };
        let ways = ways + usize::from(is_passive);
        (0..ways).for_each(|_| successors.add(Ewd840Action::PassToken(at), to));
    }
}

type Added = Successors<Ewd840Action, Ewd840State>;

impl Ewd840State {
    /// Whether node 0 may conclude that all are passive.
    fn is_detected(&self) -> bool {
        self.at == 0 && !self.is_token_black && (self.black | self.active) & 1 == 0
    }
}

impl Specification for Ewd840 {
    type State = Ewd840State;
    type Action = Ewd840Action;
    type Mutant = Ewd840Mutant;

    const CARD: Card = Card {
        name: "ewd840-spec",
        what: "a token detects termination on a ring; --size counts nodes",
        family: "termination",
        file: "check/src/systems/ewd840.rs",
        source: "Dijkstra, Feijen, van Gasteren 1983, EWD840",
        model: "no faults; messages arrive at once",
        counted: "nodes",
        usual: 3,
        sizes: 1..=MOST_NODES as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("termination was detected", |_, state| state.is_detected()),
        ("all were passive and the token was black", |_, state| {
            state.active == 0 && state.is_token_black
        }),
    ];

    fn sized(size: usize, mutant: Option<Ewd840Mutant>) -> Self {
        Ewd840 { nodes: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("termination detection on a ring of {}", self.nodes)
    }

    fn initial(&self) -> Vec<Ewd840State> {
        let most = u8::MAX >> (u8::BITS - self.nodes);
        let mut states = Vec::new();
        for active in 0..=most {
            for black in 0..=most {
                for at in 0..self.nodes as u8 {
                    states.push(Ewd840State { active, black, at, is_token_black: true });
                }
            }
        }
        states
    }

    fn next(&self, state: &Ewd840State, successors: &mut Added) {
        self.add_token(*state, successors);
        for from in (0..self.nodes).filter(|node| state.active >> node & 1 == 1) {
            for to in (0..self.nodes).filter(|&to| to != from) {
                let is_black = to > from && self.mutant != Some(Ewd840Mutant::StayWhite);
                let next = Ewd840State {
                    active: state.active | 1 << to,
                    black: state.black | u8::from(is_black) << from,
                    ..*state
                };
                successors.add(Ewd840Action::SendMsg { from, to }, next);
            }
            let to = Ewd840State { active: state.active & !(1 << from), ..*state };
            successors.add(Ewd840Action::Deactivate(from), to);
        }
    }

    /// TerminationDetection: if node 0 is passive and white and has a white token, all are passive.
    fn fault(&self, state: &Ewd840State) -> Option<Violation> {
        let node = state.active.trailing_zeros();
        let text = format!("Node 0 has a white token, but node {node} is active.");
        (state.is_detected() && state.active != 0).then(|| Violation::new("termination", text))
    }
}

saved!(Ewd840State { active, black, at, is_token_black });
