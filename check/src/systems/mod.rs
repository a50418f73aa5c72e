//! Abstract systems: algorithms as their papers specify them, without processes and messages.
//!
//! Each is the TLA+ module of its header, action by action, with the constants of the model in
//! tlaplus/Examples, so that the numbers of states are those that TLC records in the manifests of
//! that repository. Three conventions of TLC make the numbers comparable:
//!
//! - Every way in which an action can be taken is a transition of its own. If two quorums, or two
//!   alternatives of a condition, allow the same step, TLC generates its successor twice, and so
//!   do these systems: it looks for a witness in each conjunct of an action, in each alternative
//!   and in what an implication demands. A negation, or an expression, is evaluated once.
//! - A step that changes nothing is generated all the same.
//! - A state beyond a constraint is generated and judged, but TLC calls only the others distinct:
//!   a [`Report`] counts it in `outside`, so that TLC's figures are `distinct - outside`,
//!   `generated` and `depth_within`.
//!
//! TLC's depth is exact with one worker only. The manifests were recorded with several, and their
//! depths left unchecked (tlaplus/Examples pull request 122, tlaplus/tlaplus issue 883). Of
//! those here one differs: that of [`Ewd840`], where a strict search ends a level earlier.

mod alternating_bit;
mod atomic_commit;
mod byzantine_broadcast;
mod chang_roberts;
mod consensus;
mod echo;
mod ewd840;
mod lamport_mutex;
mod listed;
mod managers;
mod paxos;
mod paxos_commit;
mod saved;
mod specification;
mod termination_detection;
mod token_ring;
mod transaction_commit;
mod two_phase;
mod voting;

pub use alternating_bit::{
    AlternatingBit, AlternatingBitAction, AlternatingBitMutant, AlternatingBitState,
};
pub use atomic_commit::{
    AtomicCommit, AtomicCommitAction, AtomicCommitMutant, AtomicCommitState, BlockingCommit,
    NonBlockingCommit,
};
pub use byzantine_broadcast::{
    ByzantineBroadcast, ByzantineBroadcastAction, ByzantineBroadcastMutant, ByzantineBroadcastState,
};
pub use chang_roberts::{ChangRoberts, ChangRobertsAction, ChangRobertsMutant, ChangRobertsState};
pub use echo::{Echo, EchoAction, EchoMutant, EchoState};
pub use ewd840::{Ewd840, Ewd840Action, Ewd840Mutant, Ewd840State};
pub use lamport_mutex::{LamportMutex, LamportMutexAction, LamportMutexMutant, LamportMutexState};
pub use listed::{ALL, Asked, Listed};
pub use paxos::{Paxos, PaxosAction, PaxosMutant, PaxosState};
pub use paxos_commit::{PaxosCommit, PaxosCommitAction, PaxosCommitMutant, PaxosCommitState};
pub use saved::Saved;
pub use specification::{Card, Sometimes, Specification};
pub use termination_detection::{
    TerminationDetection, TerminationDetectionAction, TerminationDetectionMutant,
    TerminationDetectionState,
};
pub use token_ring::{TokenRing, TokenRingAction, TokenRingMutant, TokenRingState};
pub use transaction_commit::{
    TransactionCommit, TransactionCommitAction, TransactionCommitMutant, TransactionCommitState,
};
pub use two_phase::{TwoPhase, TwoPhaseAction, TwoPhaseMutant, TwoPhaseState};
pub use voting::{Voting, VotingAction, VotingMutant, VotingState};

#[cfg(doc)]
use crate::Report;
