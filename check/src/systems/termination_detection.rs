//! Termination detection with messages on their way: what any algorithm for it must achieve.
//!
//! Active nodes send messages and turn passive; a message makes its receiver active. All is over
//! once every node is passive and no message is on its way; then it stays so. It may be detected
//! from then on, and not before.
//!
//! Source: the TLA+ module `AsyncTerminationDetection` by S. Merz and M. Kuppe (tlaplus/Examples,
//! ewd998), whose action names are kept here; the problem is that of E. W. Dijkstra, C. S.
//! Scholten, Termination Detection for Diffusing Computations, IPL 11(1), 1980. For 4 nodes and
//! states with at most 3 messages on the way to each, TLC records 4,097 distinct states, 53,271
//! generated and depth 14. Nodes may send to themselves.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The problem among a given number of nodes.
#[derive(Clone, Debug)]
pub struct TerminationDetection {
    nodes: usize,
    mutant: Option<TerminationDetectionMutant>,
}

/// The nodes, the messages on their way and whether termination was detected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TerminationDetectionState {
    /// A bit for each node.
    active: u8,
    is_detected: bool,
    /// How many messages are on the way to each node.
    pending: [u8; MOST_NODES],
}

/// An action of the TLA+ module; nodes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TerminationDetectionAction {
    /// A node turns passive; if that ends all, it may be detected at once.
    Terminate(usize),
    /// A node receives a message and is active.
    RcvMsg(usize),
    /// An active node sends a message.
    SendMsg {
        /// Who sends.
        from: usize,
        /// To whom.
        to: usize,
    },
    /// Termination is detected.
    DetectTermination,
    /// A passive node turns active by itself, which it never does unless broken.
    Wake(usize),
}

named! {
    /// A breakage.
    pub enum TerminationDetectionMutant {
        /// Messages on their way are overlooked.
        OverlookMessages,
        /// Passive nodes turn active by themselves.
        WakeAlone,
    }
}

/// A set of nodes must fit 8 bits.
const MOST_NODES: usize = 8;
/// The most messages on the way to a node in states that are left.
const MOST_PENDING: u8 = 3;

impl TerminationDetection {
    /// Whether termination may be detected.
    fn may_be_detected(&self, state: &TerminationDetectionState) -> bool {
        let overlooks = self.mutant == Some(TerminationDetectionMutant::OverlookMessages);
        state.is_over() || overlooks && state.active == 0
    }

    fn add_node(&self, state: &TerminationDetectionState, node: usize, successors: &mut Added) {
        use TerminationDetectionAction as Action;
        if state.pending[node] > 0 {
            let mut to = state.with_active(node, true);
            to.pending[node] -= 1;
            add_quiescent(state, Action::RcvMsg(node), to, successors);
        }
        if state.active >> node & 1 == 0 {
            if self.mutant == Some(TerminationDetectionMutant::WakeAlone) {
                add_quiescent(state, Action::Wake(node), state.with_active(node, true), successors);
            }
            return;
        }
        let passive = state.with_active(node, false);
        successors.add(Action::Terminate(node), passive);
        let is_detected = self.may_be_detected(&passive);
        // The module chooses from the set of the two values, which has one if they are equal.
        if is_detected != state.is_detected {
            let to = TerminationDetectionState { is_detected, ..passive };
            successors.add(Action::Terminate(node), to);
        }
        for receiver in 0..self.nodes {
            let mut to = *state;
            to.pending[receiver] += 1;
            add_quiescent(state, Action::SendMsg { from: node, to: receiver }, to, successors);
        }
    }
}

type Added = Successors<TerminationDetectionAction, TerminationDetectionState>;

/// Quiescence: what is over stays over.
fn add_quiescent(
    state: &TerminationDetectionState,
    action: TerminationDetectionAction,
    to: TerminationDetectionState,
    successors: &mut Added,
) {
    if state.is_over() && !to.is_over() {
        let text = "All was over, and is not any more.";
        return successors.break_at(action, Violation::new("quiescence", text));
    }
    successors.add(action, to);
}

impl TerminationDetectionState {
    fn is_over(&self) -> bool {
        self.active == 0 && self.pending == [0; MOST_NODES]
    }

    fn with_active(&self, node: usize, is_active: bool) -> TerminationDetectionState {
        let active = self.active & !(1 << node) | u8::from(is_active) << node;
        TerminationDetectionState { active, ..*self }
    }
}

impl Specification for TerminationDetection {
    type State = TerminationDetectionState;
    type Action = TerminationDetectionAction;
    type Mutant = TerminationDetectionMutant;

    const CARD: Card = Card {
        name: "termination-detection-spec",
        what: "what any detection of termination must achieve; --size counts nodes",
        family: "termination",
        file: "check/src/systems/termination_detection.rs",
        source: "Dijkstra, Scholten 1980; AsyncTerminationDetection",
        model: "no faults; asynchronous",
        counted: "nodes",
        usual: 4,
        sizes: 1..=MOST_NODES,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("termination was detected", |_, state| state.is_detected),
        ("all were passive while messages were on their way", |_, state| {
            state.active == 0 && !state.is_over()
        }),
    ];

    fn sized(size: usize, mutant: Option<TerminationDetectionMutant>) -> Self {
        TerminationDetection { nodes: size, mutant }
    }

    fn name(&self) -> String {
        format!("termination detection among {} nodes", self.nodes)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!(
            "states with more than {MOST_PENDING} messages on the way to a node were not left"
        )]
    }

    fn initial(&self) -> Vec<TerminationDetectionState> {
        let mut states = Vec::new();
        for active in 0..=u8::MAX >> (MOST_NODES - self.nodes) {
            let pending = [0; MOST_NODES];
            let state = TerminationDetectionState { active, is_detected: false, pending };
            states.push(state);
            if state.is_over() {
                states.push(TerminationDetectionState { is_detected: true, ..state });
            }
        }
        states
    }

    fn next(
        &self,
        state: &TerminationDetectionState,
        successors: &mut Successors<TerminationDetectionAction, TerminationDetectionState>,
    ) {
        for node in 0..self.nodes {
            self.add_node(state, node, successors);
        }
        if self.may_be_detected(state) {
            let to = TerminationDetectionState { is_detected: true, ..*state };
            successors.add(TerminationDetectionAction::DetectTermination, to);
        }
    }

    /// Safe: what is detected is so.
    fn fault(&self, state: &TerminationDetectionState) -> Option<Violation> {
        let text = "Termination is detected, but not all is over.";
        (state.is_detected && !state.is_over()).then(|| Violation::new("safe", text))
    }

    fn is_within(&self, state: &TerminationDetectionState) -> bool {
        state.pending.iter().all(|&count| count <= MOST_PENDING)
    }
}

saved!(TerminationDetectionState { active, is_detected, pending });
