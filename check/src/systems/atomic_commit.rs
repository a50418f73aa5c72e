//! Atomic commitment as Babaoğlu and Toueg give it, blocking and not.
//!
//! A coordinator asks for votes and decides: commit if all are yes, abort if one is no or if one
//! who has not voted has crashed. Then it broadcasts the decision, one message after another. If
//! it crashes in between, those who have voted yes and were not told cannot know what others were
//! told: with a simple broadcast they are blocked. With a reliable one, each participant forwards
//! what it was told to all others before it decides; then those who were told nothing by anyone,
//! when the coordinator and whoever might have told them are gone, may abort.
//!
//! Source: Ö. Babaoğlu, S. Toueg, Non-blocking Atomic Commitment, in S. Mullender (ed.),
//! Distributed Systems, 2nd ed., 1993, chapter 6, and the TLA+ modules `ACP_SB` and `ACP_NB` by
//! M. Charpentier, whose action names are kept here. TLC records 54,944 distinct states, 218,352
//! generated and depth 21 for 3 participants with the simple broadcast, and 4,284, 23,988 and 19
//! for 2 with the reliable one. Crashes are noticed as such. Where the module asks for a pair of
//! participants, a step that only the first takes is generated for every second.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// Atomic commitment with a simple broadcast (`ACP_SB`), which blocks.
pub type BlockingCommit = AtomicCommit<false>;
/// Atomic commitment with a reliable broadcast (`ACP_NB`), which does not block.
pub type NonBlockingCommit = AtomicCommit<true>;

/// Atomic commitment with a given number of participants, by a simple or a reliable broadcast.
#[derive(Clone, Debug)]
pub struct AtomicCommit<const RELIABLE: bool> {
    count: usize,
    mutant: Option<AtomicCommitMutant>,
}

/// The participants and the coordinator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AtomicCommitState {
    participants: [Participant; MOST_PARTICIPANTS],
    coordinator: Coordinator,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Participant {
    votes: Decision,
    is_alive: bool,
    has_voted: bool,
    decision: Option<Decision>,
    /// What it has forwarded to each; to itself, what it was told.
    forward: [Option<Decision>; MOST_PARTICIPANTS],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Coordinator {
    is_alive: bool,
    decision: Option<Decision>,
    /// Whether it has asked each for a vote.
    request: [bool; MOST_PARTICIPANTS],
    /// The votes that it has received.
    vote: [Option<Decision>; MOST_PARTICIPANTS],
    /// What it has told each.
    broadcast: [Option<Decision>; MOST_PARTICIPANTS],
}

/// A decision, and a vote for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Decision {
    Commit,
    Abort,
}

/// An action of the TLA+ modules; participants are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtomicCommitAction {
    /// The coordinator asks a participant for its vote.
    Request(usize),
    /// The coordinator receives a vote.
    GetVote(usize),
    /// The coordinator aborts, for a participant has crashed before it has voted.
    DetectFault(usize),
    /// The coordinator has all votes and decides.
    MakeDecision,
    /// The coordinator tells a participant what it has decided.
    CoordBroadcast(usize),
    /// The coordinator crashes.
    CoordDie,
    /// A participant crashes.
    ParDie(usize),
    /// A participant votes.
    SendVote(usize),
    /// A participant that has voted no aborts.
    AbortOnVote(usize),
    /// A participant aborts, for the coordinator has crashed before it has asked.
    AbortOnTimeoutRequest(usize),
    /// A participant decides what the coordinator has told it.
    Decide(usize),
    /// A participant forwards what it was told.
    Forward {
        /// Who forwards.
        from: usize,
        /// To whom.
        to: usize,
    },
    /// A participant is told by another what to decide.
    PreDecideOnForward {
        /// Who is told.
        at: usize,
        /// By whom.
        from: usize,
    },
    /// A participant aborts, for nobody who is alive was told by those who are not.
    AbortOnTimeout(usize),
    /// A participant is told by the coordinator what to decide.
    PreDecide(usize),
    /// A participant that has forwarded to all decides.
    DecideNB(usize),
}

named! {
    /// A breakage; each broadcast has its own.
    pub enum AtomicCommitMutant {
        /// With a simple broadcast: the coordinator commits once one vote is yes.
        CommitOnOneYes,
        /// With a simple broadcast: a participant that was not told aborts when the coordinator has
        /// crashed, though it has voted.
        AbortUntold,
        /// With a reliable broadcast: a participant decides before it has forwarded to all.
        DecideFirst,
        /// With a reliable broadcast: a participant aborts although one that has crashed may have
        /// told others.
        ForgetTheDead,
        /// With a reliable broadcast: a participant waits for the coordinator's word forever.
        NeverAbort,
    }
}

/// A state of 4 holds 70 bytes; more participants are beyond exploring.
const MOST_PARTICIPANTS: usize = 4;

impl<const RELIABLE: bool> AtomicCommit<RELIABLE> {
    const COMMITTED: Sometimes<Self> =
        ("a participant committed", |own, state| own.decided(state, Decision::Commit).is_some());
    const ABORTED: Sometimes<Self> =
        ("a participant aborted", |own, state| own.decided(state, Decision::Abort).is_some());
    const BLOCKED: Sometimes<Self> =
        ("a participant was blocked", |own, state| own.blocked(state).is_some());

    fn is(&self, mutant: AtomicCommitMutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The steps of the coordinator but its crash.
    fn add_coordinator(&self, state: &AtomicCommitState, successors: &mut Added) {
        use AtomicCommitAction as Action;
        let now = &state.coordinator;
        if !now.is_alive {
            return;
        }
        let with = |change: &dyn Fn(&mut Coordinator)| {
            let mut to = *state;
            change(&mut to.coordinator);
            to
        };
        let all = 0..self.count;
        let votes = |vote| all.clone().filter(|&at| now.vote[at] == Some(vote)).count();
        let (yes, no) = (votes(Decision::Commit), votes(Decision::Abort));
        if now.decision.is_none() && yes + no == self.count {
            if no == 0 || yes > 0 && self.is(AtomicCommitMutant::CommitOnOneYes) {
                let to = with(&|own| own.decision = Some(Decision::Commit));
                successors.add(Action::MakeDecision, to);
            }
            for _ in 0..no {
                let to = with(&|own| own.decision = Some(Decision::Abort));
                successors.add(Action::MakeDecision, to);
            }
        }
        let has_asked = all.clone().all(|at| now.request[at]);
        for at in all.clone() {
            let participant = &state.participants[at];
            if !now.request[at] {
                successors.add(Action::Request(at), with(&|own| own.request[at] = true));
            }
            if now.decision.is_none() && has_asked && now.vote[at].is_none() {
                if participant.has_voted {
                    let to = with(&|own| own.vote[at] = Some(participant.votes));
                    successors.add(Action::GetVote(at), to);
                } else if !participant.is_alive {
                    let to = with(&|own| own.decision = Some(Decision::Abort));
                    successors.add(Action::DetectFault(at), to);
                }
            }
            if now.decision.is_some() && now.broadcast[at].is_none() {
                let to = with(&|own| own.broadcast[at] = own.decision);
                successors.add(Action::CoordBroadcast(at), to);
            }
        }
    }

    /// The steps of a participant but its crash that both broadcasts have.
    fn add_participant(&self, state: &AtomicCommitState, at: usize, successors: &mut Added) {
        use AtomicCommitAction as Action;
        let (own, coordinator) = (&state.participants[at], &state.coordinator);
        if !own.is_alive {
            return;
        }
        if coordinator.request[at] {
            let mut to = *state;
            to.participants[at].has_voted = true;
            successors.add(Action::SendVote(at), to);
        }
        let is_open = own.decision.is_none();
        if is_open && own.has_voted && own.votes == Decision::Abort {
            decide(state, at, Decision::Abort, Action::AbortOnVote(at), successors);
        }
        let is_untold =
            self.is(AtomicCommitMutant::AbortUntold) && coordinator.broadcast[at].is_none();
        if is_open && !coordinator.is_alive && (is_untold || !coordinator.request[at]) {
            decide(state, at, Decision::Abort, Action::AbortOnTimeoutRequest(at), successors);
        }
        if RELIABLE {
            self.add_reliable(state, at, successors);
        } else if is_open && let Some(told) = coordinator.broadcast[at] {
            decide(state, at, told, Action::Decide(at), successors);
        }
    }

    /// The steps of a participant, with a reliable broadcast, that concern only itself.
    fn add_reliable(&self, state: &AtomicCommitState, at: usize, successors: &mut Added) {
        use AtomicCommitAction as Action;
        let (own, coordinator) = (&state.participants[at], &state.coordinator);
        let may_time_out = !coordinator.is_alive && !self.is(AtomicCommitMutant::NeverAbort);
        if own.decision.is_none() && may_time_out && self.is_nobody_told(state) {
            decide(state, at, Decision::Abort, Action::AbortOnTimeout(at), successors);
        }
        if own.forward[at].is_none() && coordinator.broadcast[at].is_some() {
            let mut to = *state;
            to.participants[at].forward[at] = coordinator.broadcast[at];
            successors.add(Action::PreDecide(at), to);
        }
        let has_forwarded = own.forward[..self.count].iter().all(Option::is_some);
        if let Some(told) = own.forward[at]
            && (has_forwarded || self.is(AtomicCommitMutant::DecideFirst))
        {
            decide(state, at, told, Action::DecideNB(at), successors);
        }
    }

    /// Whether nobody who is alive was told by the coordinator or by one who is not.
    fn is_nobody_told(&self, state: &AtomicCommitState) -> bool {
        let alive = |&at: &usize| state.participants[at].is_alive;
        let told_by_dead = |at: usize| {
            let dead = (0..self.count).filter(|from| !alive(from));
            dead.clone().any(|from| state.participants[from].forward[at].is_some())
                && !self.is(AtomicCommitMutant::ForgetTheDead)
        };
        (0..self.count)
            .filter(alive)
            .all(|at| state.coordinator.broadcast[at].is_none() && !told_by_dead(at))
    }

    /// The steps of a participant, with a reliable broadcast, that concern another as well.
    fn add_pair(&self, state: &AtomicCommitState, at: usize, other: usize, added: &mut Added) {
        use AtomicCommitAction as Action;
        let own = &state.participants[at];
        if at == other || !own.is_alive {
            return;
        }
        if own.forward[at].is_some() && own.forward[other].is_none() {
            let mut to = *state;
            to.participants[at].forward[other] = own.forward[at];
            added.add(Action::Forward { from: at, to: other }, to);
        }
        let told = state.participants[other].forward[at];
        if own.forward[at].is_none() && told.is_some() {
            let mut to = *state;
            to.participants[at].forward[at] = told;
            added.add(Action::PreDecideOnForward { at, from: other }, to);
        }
    }

    /// All steps but crashes.
    fn add_progress(&self, state: &AtomicCommitState, successors: &mut Added) {
        self.add_coordinator(state, successors);
        for at in 0..self.count {
            // With a simple broadcast the module does not ask for a pair.
            for other in 0..if RELIABLE { self.count } else { 1 } {
                self.add_participant(state, at, successors);
                if RELIABLE {
                    self.add_pair(state, at, other, successors);
                }
            }
        }
    }

    /// A participant that is alive and undecided, in a state that only a crash can change.
    fn blocked(&self, state: &AtomicCommitState) -> Option<usize> {
        let is_open =
            |participant: &Participant| participant.is_alive && participant.decision.is_none();
        let at = state.participants[..self.count].iter().position(is_open)?;
        let mut steps = Successors::new();
        self.add_progress(state, &mut steps);
        let is_stuck = steps.list.iter().all(|(_, to)| to == state) && steps.broken.is_none();
        is_stuck.then_some(at)
    }

    /// The first participant that has decided this.
    fn decided(&self, state: &AtomicCommitState, decision: Decision) -> Option<usize> {
        state.participants[..self.count].iter().position(|p| p.decision == Some(decision))
    }

    /// What a decision contradicts, if anything.
    fn contradiction(&self, state: &AtomicCommitState) -> Option<Violation> {
        let participants = &state.participants[..self.count];
        let decided = |decision| self.decided(state, decision);
        let votes_no = participants.iter().position(|p| p.votes == Decision::Abort);
        let (committed, aborted) = (decided(Decision::Commit), decided(Decision::Abort));
        if let (Some(one), Some(other)) = (committed, aborted) {
            let text = format!("Participant {one} has committed, but {other} has aborted.");
            return Some(Violation::new("agreement (AC1)", text));
        }
        if let (Some(one), Some(other)) = (committed, votes_no) {
            let text = format!("Participant {one} has committed, but {other} votes no.");
            return Some(Violation::new("all have voted yes (AC2)", text));
        }
        let are_alive = state.coordinator.is_alive
            && participants.iter().all(|participant| participant.is_alive);
        if let (Some(one), None, true) = (aborted, votes_no, are_alive) {
            let text = format!("Participant {one} has aborted without a no and without a crash.");
            return Some(Violation::new("no abort without cause (AC3)", text));
        }
        None
    }
}

type Added = Successors<AtomicCommitAction, AtomicCommitState>;

/// A participant decides; it must not have decided otherwise before (AC4).
fn decide(
    state: &AtomicCommitState,
    at: usize,
    decision: Decision,
    action: AtomicCommitAction,
    successors: &mut Added,
) {
    let mut to = *state;
    let before = to.participants[at].decision.replace(decision);
    if before.is_some_and(|before| before != decision) {
        let text = format!("Participant {at} has decided, and decides otherwise.");
        return successors.break_at(action, Violation::new("one decision (AC4)", text));
    }
    successors.add(action, to);
}

impl<const RELIABLE: bool> Specification for AtomicCommit<RELIABLE> {
    type State = AtomicCommitState;
    type Action = AtomicCommitAction;
    type Mutant = AtomicCommitMutant;

    const CARD: Card = Card {
        name: if RELIABLE { "non-blocking-commit-spec" } else { "blocking-commit-spec" },
        what: if RELIABLE {
            "commit by a reliable broadcast, which never blocks; --size counts participants"
        } else {
            "commit by a simple broadcast, which may block; --size counts participants"
        },
        family: "commit",
        file: "check/src/systems/atomic_commit.rs",
        source: if RELIABLE {
            "Babaoğlu, Toueg 1993, ACP_NB"
        } else {
            "Babaoğlu, Toueg 1993, ACP_SB"
        },
        model: "crash-stop, crashes are noticed; messages arrive",
        counted: "participants",
        usual: if RELIABLE { 2 } else { 3 },
        sizes: 1..=MOST_PARTICIPANTS,
    };
    const MUTANTS: &'static [AtomicCommitMutant] = if RELIABLE {
        &[
            AtomicCommitMutant::DecideFirst,
            AtomicCommitMutant::ForgetTheDead,
            AtomicCommitMutant::NeverAbort,
        ]
    } else {
        &[AtomicCommitMutant::CommitOnOneYes, AtomicCommitMutant::AbortUntold]
    };
    const SOMETIMES: &'static [Sometimes<Self>] = if RELIABLE {
        &[Self::COMMITTED, Self::ABORTED]
    } else {
        &[Self::COMMITTED, Self::ABORTED, Self::BLOCKED]
    };

    fn sized(size: usize, mutant: Option<AtomicCommitMutant>) -> Self {
        AtomicCommit { count: size, mutant }
    }

    fn name(&self) -> String {
        let broadcast = if RELIABLE { "a reliable" } else { "a simple" };
        format!("atomic commitment by {broadcast} broadcast, {} participants", self.count)
    }

    fn initial(&self) -> Vec<AtomicCommitState> {
        let participant = |votes| Participant {
            votes,
            is_alive: true,
            has_voted: false,
            decision: None,
            forward: [None; MOST_PARTICIPANTS],
        };
        let coordinator = Coordinator {
            is_alive: true,
            decision: None,
            request: [false; MOST_PARTICIPANTS],
            vote: [None; MOST_PARTICIPANTS],
            broadcast: [None; MOST_PARTICIPANTS],
        };
        let state = |no: usize| {
            let mut participants = [participant(Decision::Commit); MOST_PARTICIPANTS];
            for at in (0..self.count).filter(|at| no >> at & 1 == 1) {
                participants[at] = participant(Decision::Abort);
            }
            AtomicCommitState { participants, coordinator }
        };
        (0..1 << self.count).map(state).collect()
    }

    fn next(&self, state: &AtomicCommitState, successors: &mut Added) {
        self.add_progress(state, successors);
        if state.coordinator.is_alive {
            let mut to = *state;
            to.coordinator.is_alive = false;
            successors.add(AtomicCommitAction::CoordDie, to);
        }
        for at in (0..self.count).filter(|&at| state.participants[at].is_alive) {
            for _ in 0..if RELIABLE { self.count } else { 1 } {
                let mut to = *state;
                to.participants[at].is_alive = false;
                successors.add(AtomicCommitAction::ParDie(at), to);
            }
        }
    }

    /// AC1 to AC3, and with a reliable broadcast what remains of AC5 without fairness: nobody who
    /// is alive stays undecided when only crashes can follow.
    fn fault(&self, state: &AtomicCommitState) -> Option<Violation> {
        self.contradiction(state).or_else(|| {
            let at = if RELIABLE { self.blocked(state) } else { None }?;
            let text = format!("Participant {at} is alive, and can never decide.");
            Some(Violation::new("non-blocking (AC5)", text))
        })
    }
}

saved!(AtomicCommitState { participants, coordinator });
saved!(Participant { votes, is_alive, has_voted, decision, forward });
saved!(Coordinator { is_alive, decision, request, vote, broadcast });
saved!(Decision: Commit, Abort);
