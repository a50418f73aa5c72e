//! What can be explored: a transition system.

use std::fmt::{self, Display};
use std::hash::Hash;

use serde::Serialize;

/// A transition system with properties. It is explored by several threads at once; what a thread
/// keeps for itself (caches, reused buffers) is its `Worker`.
pub trait System: Sync {
    /// A state. Equal states must hash alike; two that hash alike are taken for one.
    type State: Clone + Hash + Send + Sync;
    /// Which transition was taken: small, and meaningful only beside the state it leaves.
    type Move: Copy + Send + Sync;
    /// A transition in words.
    type Action: Display;
    /// What one thread keeps for itself.
    type Worker: Send;

    /// The name that the report carries.
    fn name(&self) -> String;

    /// What tells it from other systems of its name: a number that is the same in every run.
    fn identity(&self) -> u64 {
        0
    }

    /// Everything that makes the exploration smaller than reality, a phrase each.
    fn bounds(&self) -> Vec<String> {
        Vec::new()
    }

    /// What should happen sometimes, a phrase each; 64 at most.
    fn sometimes(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What a further thread needs.
    fn worker(&self) -> Self::Worker;

    /// Liveness is to be judged with this worker: what changes nothing but what is owed matters.
    fn heed_debts(&self, worker: &mut Self::Worker) {
        let _ = worker;
    }

    /// The states in which runs begin, always in the same order.
    ///
    /// # Errors
    /// The violation, if the system breaks before there is a state.
    fn initial(&self, worker: &mut Self::Worker) -> Result<Vec<Self::State>, Violation>;

    /// Adds all transitions that leave the state, always in the same order.
    fn next(
        &self,
        worker: &mut Self::Worker,
        state: &Self::State,
        successors: &mut Successors<Self::Move, Self::State>,
    );

    /// Whether it knows which transitions commute, and wants one order of them to be followed.
    fn is_reduced(&self) -> bool {
        false
    }

    /// As [`next`](System::next), without the transitions that sleep in this state, which are
    /// skipped; each of the others lulls those that sleep in the state it leads to.
    fn next_awake(
        &self,
        worker: &mut Self::Worker,
        state: &Self::State,
        asleep: &[u64],
        successors: &mut Successors<Self::Move, Self::State>,
    ) {
        let _ = asleep;
        self.next(worker, state, successors);
    }

    /// Puts in the place of a state the one that stands for all states that differ from it in
    /// nothing that matters. Whatever can follow a state can follow the one in its place, up to
    /// such differences; both are judged alike.
    fn fold(&self, worker: &mut Self::Worker, state: &mut Self::State) {
        let _ = (worker, state);
    }

    /// Judges a state that is met for the first time.
    fn judge(&self, worker: &mut Self::Worker, state: &Self::State) -> Judgement;

    /// Whether liveness can be judged of this system.
    ///
    /// # Errors
    /// Why not, and what to change.
    fn judges_liveness(&self) -> Result<(), String> {
        Ok(())
    }

    /// What is promised and has not come, as a sentence; none if nothing is owed in this state. A
    /// fair run may owe something for a while, but not from some time on for ever.
    fn owes(&self, worker: &mut Self::Worker, state: &Self::State) -> Option<String> {
        let _ = (worker, state);
        None
    }

    /// What is demanded of a transition in runs that go on for ever.
    fn fairness(
        &self,
        worker: &mut Self::Worker,
        state: &Self::State,
        taken: Self::Move,
    ) -> Fairness {
        let _ = (worker, state, taken);
        Fairness::Free
    }

    /// The classes of transitions that could be taken here, if bounds did not forbid it. A run
    /// that ends or repeats only for want of them is not blamed.
    fn withheld(&self, worker: &mut Self::Worker, state: &Self::State) -> Vec<u64> {
        let _ = (worker, state);
        Vec::new()
    }

    /// The whole way to a run that goes on for ever, for people: what happens at first, and what
    /// repeats. If nothing repeats, nothing more happens.
    fn lasso(
        &self,
        stem: Vec<Self::Action>,
        cycle: Vec<Self::Action>,
        violation: &Violation,
    ) -> String {
        let steps = stem.len();
        let mut story = self.story(&stem, violation);
        if cycle.is_empty() {
            story.push_str("and nothing more happens\n");
        } else {
            story.push_str(&format!("and after these {steps} steps, for ever:\n"));
            cycle.iter().for_each(|action| story.push_str(&format!("{action}\n")));
        }
        story
    }

    /// Which of [`sometimes`](System::sometimes) this worker has seen so far, a bit each, the
    /// first lowest.
    fn reached(&self, worker: &Self::Worker) -> u64 {
        let _ = worker;
        0
    }

    /// The transition in words.
    fn action(
        &self,
        worker: &mut Self::Worker,
        state: &Self::State,
        taken: Self::Move,
    ) -> Self::Action;

    /// The whole way to a violation, for people.
    fn story(&self, actions: &[Self::Action], violation: &Violation) -> String {
        let _ = violation;
        actions.iter().map(|action| format!("{action}\n")).collect()
    }

    /// Bytes that the state holds beyond its own size, for the memory limit.
    fn heap_bytes(&self, state: &Self::State) -> usize {
        let _ = state;
        0
    }

    /// Bytes that the system keeps for all workers, for the memory limit.
    fn shared_bytes(&self) -> usize {
        0
    }

    /// Bytes that a worker keeps, for the memory limit.
    fn worker_bytes(&self, worker: &Self::Worker) -> usize {
        let _ = worker;
        0
    }

    /// How many different parts of states, local steps and the like were met, by name.
    fn met(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Everything that a later run must know for states to mean the same, as bytes; none if the
    /// system cannot be saved.
    fn remembered(&self, workers: &[&Self::Worker]) -> Option<Vec<u8>> {
        let _ = workers;
        None
    }

    /// Takes back what an earlier run remembered. The initial states were asked for before.
    ///
    /// # Errors
    /// Why the bytes are not of this system, as a sentence without its full stop.
    fn recall(&self, worker: &mut Self::Worker, bytes: &[u8]) -> Result<(), String> {
        let _ = (worker, bytes);
        Err("this system cannot be saved".into())
    }

    /// Writes a state as bytes.
    fn save(&self, state: &Self::State, bytes: &mut Vec<u8>) {
        let _ = (state, bytes);
    }

    /// Reads a state that [`save`](System::save) wrote.
    fn load(&self, bytes: &[u8]) -> Option<Self::State> {
        let _ = bytes;
        None
    }

    /// What bounded this exploration beyond its stated bounds, once it is over; a phrase each.
    fn cut(&self, workers: &[Self::Worker]) -> Vec<String> {
        let _ = workers;
        Vec::new()
    }
}

/// What is demanded of a transition in runs that go on for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fairness {
    /// It is a fault: from some time on it is never taken.
    Fault,
    /// It may be taken at any time, or never.
    Free,
    /// Weak fairness: if transitions of this class can be taken from some time on at every moment,
    /// one is taken.
    Fair(u64),
}

/// What is to be done with a state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// Its properties hold; go on from here.
    Within,
    /// Its properties hold; it lies outside of the bounds, so it is counted and not left.
    Outside,
    /// It breaks a property.
    Broken(Violation),
}

/// A broken property.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Violation {
    /// The name of the property.
    pub property: String,
    /// The sentence that names the facts that contradict each other.
    pub text: String,
}

impl Violation {
    /// A broken property and its sentence.
    pub fn new(property: impl Into<String>, text: impl Into<String>) -> Violation {
        Violation { property: property.into(), text: text.into() }
    }
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.text)
    }
}

/// The transitions that leave a state; its capacity is reused.
#[derive(Debug)]
pub struct Successors<M, S> {
    pub(crate) list: Vec<(M, S)>,
    /// A transition that leads to no state because it breaks a property: its place is the number
    /// of states that were added or skipped before it.
    pub(crate) broken: Option<(usize, M, Violation)>,
    /// Transitions of the state that is being left that were left out so far.
    pub(crate) skipped: usize,
    /// Of each transition of a reduced system, its place among all that leave its state, and where
    /// in `asleep` what sleeps behind it ends.
    pub(crate) ways: Vec<(usize, usize)>,
    pub(crate) asleep: Vec<u64>,
}

impl<M, S> Successors<M, S> {
    pub(crate) fn new() -> Successors<M, S> {
        Successors {
            list: Vec::new(),
            broken: None,
            skipped: 0,
            ways: Vec::new(),
            asleep: Vec::new(),
        }
    }

    /// Keeps the first transitions only, so many.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
        self.ways.truncate(len);
        self.asleep.truncate(self.ways.last().map_or(0, |way| way.1));
        self.broken = None;
    }

    /// What sleeps behind the transition at this place of the list.
    pub(crate) fn asleep(&self, place: usize) -> &[u64] {
        let start = place.checked_sub(1).map_or(0, |before| self.ways[before].1);
        &self.asleep[start..self.ways[place].1]
    }

    /// A transition to a state.
    pub fn add(&mut self, taken: M, state: S) {
        self.list.push((taken, state));
    }

    /// A transition that breaks a property itself; only the first is kept.
    pub fn break_at(&mut self, taken: M, violation: Violation) {
        if self.broken.is_none() {
            self.broken = Some((self.list.len() + self.skipped, taken, violation));
        }
    }

    /// Leaves a transition out, because it sleeps.
    pub fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Says of the next transition in the order in which they were added: its place among all that
    /// leave the state, those that were left out included, and the codes of what sleeps behind it.
    pub fn lull(&mut self, via: usize, asleep: impl Iterator<Item = u64>) {
        self.asleep.extend(asleep);
        self.ways.push((via, self.asleep.len()));
    }
}
