//! Lamport's distributed mutual exclusion, by logical clocks and requests that all know.
//!
//! A process that wants to enter the critical section sends its clock to all. Whoever receives a
//! request notes it, moves its clock beyond it and acknowledges. The process enters once all have
//! acknowledged and its request is before all others that it knows, by clock and then by number;
//! on leaving it tells all to forget the request. Channels are first in, first out: an
//! acknowledgement therefore comes after every earlier request of its sender.
//!
//! Source: L. Lamport, Time, Clocks, and the Ordering of Events in a Distributed System, CACM
//! 21(7), 1978, and the TLA+ module `LamportMutex` by S. Merz, whose action names are kept here.
//! For 3 processes whose clocks stay within 6 (`MCLamportMutex`), TLC records 724,274 distinct
//! states, 2,729,079 generated and depth 61.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The algorithm among a given number of processes, with bounded clocks.
#[derive(Clone, Debug)]
pub struct LamportMutex {
    processes: u32,
    latest: u64,
    mutant: Option<LamportMutexMutant>,
}

/// A state in 128 bits; see the constants for what stands where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LamportMutexState(u128);

/// An action of the TLA+ module; processes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LamportMutexAction {
    /// A process asks to enter.
    Request(u32),
    /// A process enters.
    Enter(u32),
    /// A process leaves, and tells all.
    Exit(u32),
    /// A process receives a request and acknowledges it.
    ReceiveRequest {
        /// Who receives.
        at: u32,
        /// Who asks.
        from: u32,
    },
    /// A process receives an acknowledgement.
    ReceiveAck {
        /// Who receives.
        at: u32,
        /// Who acknowledges.
        from: u32,
    },
    /// A process learns that another has left.
    ReceiveRelease {
        /// Who receives.
        at: u32,
        /// Who has left.
        from: u32,
    },
}

named! {
    /// A breakage.
    pub enum LamportMutexMutant {
        /// A process enters without waiting for acknowledgements.
        EnterUnacknowledged,
        /// Of two requests with the same clock, each is before the other.
        LeaveTies,
    }
}

const MOST_PROCESSES: u32 = 3;
/// A clock one beyond the bound must fit 3 bits, and so must a request's.
const LATEST_CLOCK: u64 = 6;

const CLOCK_BITS: u32 = 3;
/// The clock of each process.
const CLOCKS: u32 = 0;
/// For each process and each other, the clock of the request that it knows of; 0 for none.
const REQUESTS: u32 = CLOCKS + CLOCK_BITS * MOST_PROCESSES;
/// For each process, the set of those that have acknowledged its request.
const ACKNOWLEDGED: u32 = REQUESTS + CLOCK_BITS * MOST_PROCESSES * MOST_PROCESSES;
/// The set of processes in the critical section.
const CRITICAL: u32 = ACKNOWLEDGED + MOST_PROCESSES * MOST_PROCESSES;
/// For each process and each other, the messages on the way, the first lowest.
const CHANNELS: u32 = CRITICAL + MOST_PROCESSES;

const MESSAGE_BITS: u32 = 4;
/// As many as are ever on the way: one of each kind (invariant BoundedNetwork). 48 bits and 12 for
/// each of 6 channels are 120.
const MOST_MESSAGES: u32 = 3;
const CHANNEL_BITS: u32 = MESSAGE_BITS * MOST_MESSAGES;

/// Messages in 4 bits, 0 for none. A request is 2 and its clock, which is 1 or more.
const ACK: u128 = 1;
const RELEASE: u128 = 2;

impl LamportMutex {
    /// The same system with an earlier bound of clocks.
    ///
    /// # Panics
    /// If it is later than 6.
    pub fn latest(self, clock: u64) -> LamportMutex {
        assert!(clock <= LATEST_CLOCK, "Clocks up to {LATEST_CLOCK} fit a state.");
        LamportMutex { latest: clock, ..self }
    }

    fn others(&self, process: u32) -> impl Iterator<Item = u32> + Clone + use<> {
        (0..self.processes).filter(move |&other| other != process)
    }

    /// Whether a process may enter: all have acknowledged, and it beats all others that it knows.
    fn may_enter(&self, state: LamportMutexState, process: u32) -> bool {
        let needed = match self.mutant {
            Some(LamportMutexMutant::EnterUnacknowledged) => 1 << process,
            _ => (1 << self.processes) - 1,
        };
        let own = state.request(process, process);
        state.acknowledged(process) & needed == needed
            && self.others(process).all(|other| {
                let theirs = state.request(process, other);
                let wins_ties =
                    process < other || self.mutant == Some(LamportMutexMutant::LeaveTies);
                theirs == 0 || own < theirs || own == theirs && wins_ties
            })
    }

    /// The state with a message on the way to all others; the channel that is full, if one is.
    fn broadcast(
        &self,
        state: LamportMutexState,
        from: u32,
        message: u128,
    ) -> Result<LamportMutexState, Violation> {
        self.others(from).try_fold(state, |state, to| state.sent(from, to, message))
    }

    fn add_own(&self, state: LamportMutexState, process: u32, successors: &mut Added) {
        use LamportMutexAction as Action;
        if state.request(process, process) == 0 {
            let clock = state.clock(process);
            let to = state
                .with_request(process, process, clock)
                .with_acknowledged(process, 1 << process);
            let to = self.broadcast(to, process, RELEASE + clock);
            add(Action::Request(process), to, successors);
        }
        if self.may_enter(state, process) {
            let to = LamportMutexState(state.0 | 1 << (CRITICAL + process));
            successors.add(Action::Enter(process), to);
        }
        if state.critical() >> process & 1 == 1 {
            let to = LamportMutexState(state.0 & !(1 << (CRITICAL + process)))
                .with_request(process, process, 0)
                .with_acknowledged(process, 0);
            add(Action::Exit(process), self.broadcast(to, process, RELEASE), successors);
        }
    }

    fn add_received(&self, state: LamportMutexState, at: u32, successors: &mut Added) {
        use LamportMutexAction as Action;
        for from in self.others(at) {
            match state.first(from, at) {
                0 => {}
                ACK => {
                    let to = state.received(from, at);
                    let acknowledged = to.acknowledged(at) | 1 << from;
                    let to = to.with_acknowledged(at, acknowledged);
                    successors.add(Action::ReceiveAck { at, from }, to);
                }
                RELEASE => {
                    let to = state.received(from, at).with_request(at, from, 0);
                    successors.add(Action::ReceiveRelease { at, from }, to);
                }
                request => {
                    let clock = request - RELEASE;
                    let later = clock.max(state.clock(at)) + 1;
                    let to = state.received(from, at).with_request(at, from, clock);
                    let to = to.with_clock(at, later).sent(at, from, ACK);
                    add(Action::ReceiveRequest { at, from }, to, successors);
                }
            }
        }
    }
}

type Added = Successors<LamportMutexAction, LamportMutexState>;

fn add(
    action: LamportMutexAction,
    to: Result<LamportMutexState, Violation>,
    successors: &mut Added,
) {
    match to {
        Ok(state) => successors.add(action, state),
        Err(violation) => successors.break_at(action, violation),
    }
}

impl LamportMutexState {
    fn get(self, at: u32, bits: u32) -> u128 {
        self.0 >> at & ((1 << bits) - 1)
    }

    fn with(self, at: u32, bits: u32, to: u128) -> LamportMutexState {
        LamportMutexState(self.0 & !(((1 << bits) - 1) << at) | to << at)
    }

    fn clock(self, process: u32) -> u128 {
        self.get(CLOCKS + CLOCK_BITS * process, CLOCK_BITS)
    }

    fn with_clock(self, process: u32, clock: u128) -> LamportMutexState {
        self.with(CLOCKS + CLOCK_BITS * process, CLOCK_BITS, clock)
    }

    fn request(self, at: u32, of: u32) -> u128 {
        self.get(REQUESTS + CLOCK_BITS * (MOST_PROCESSES * at + of), CLOCK_BITS)
    }

    fn with_request(self, at: u32, of: u32, clock: u128) -> LamportMutexState {
        self.with(REQUESTS + CLOCK_BITS * (MOST_PROCESSES * at + of), CLOCK_BITS, clock)
    }

    fn acknowledged(self, process: u32) -> u128 {
        self.get(ACKNOWLEDGED + MOST_PROCESSES * process, MOST_PROCESSES)
    }

    fn with_acknowledged(self, process: u32, by: u128) -> LamportMutexState {
        self.with(ACKNOWLEDGED + MOST_PROCESSES * process, MOST_PROCESSES, by)
    }

    fn critical(self) -> u128 {
        self.get(CRITICAL, MOST_PROCESSES)
    }

    /// The first message on the way, 0 if there is none.
    fn first(self, from: u32, to: u32) -> u128 {
        self.get(channel(from, to), MESSAGE_BITS)
    }

    /// The first message on the way has arrived.
    fn received(self, from: u32, to: u32) -> LamportMutexState {
        let rest = self.get(channel(from, to), CHANNEL_BITS) >> MESSAGE_BITS;
        self.with(channel(from, to), CHANNEL_BITS, rest)
    }

    /// A message goes on its way, after all others; the violation if there are three already.
    fn sent(self, from: u32, to: u32, message: u128) -> Result<LamportMutexState, Violation> {
        for place in 0..MOST_MESSAGES {
            let at = channel(from, to) + MESSAGE_BITS * place;
            if self.get(at, MESSAGE_BITS) == 0 {
                return Ok(self.with(at, MESSAGE_BITS, message));
            }
        }
        let text =
            format!("More than {MOST_MESSAGES} messages are on the way from {from} to {to}.");
        Err(Violation::new("bounded network", text))
    }
}

/// Where the messages from one process to another stand.
fn channel(from: u32, to: u32) -> u32 {
    // Nobody sends to itself, so there is one channel less for each process.
    let place = if to < from { to } else { to - 1 };
    CHANNELS + CHANNEL_BITS * ((MOST_PROCESSES - 1) * from + place)
}

impl Specification for LamportMutex {
    type State = LamportMutexState;
    type Action = LamportMutexAction;
    type Mutant = LamportMutexMutant;

    const CARD: Card = Card {
        name: "lamport-mutex-spec",
        what: "mutual exclusion by logical clocks; --size counts processes",
        family: "mutex",
        file: "check/src/systems/lamport_mutex.rs",
        source: "Lamport 1978, LamportMutex",
        model: "no faults; channels first in, first out; asynchronous",
        counted: "processes",
        usual: 3,
        sizes: 1..=MOST_PROCESSES as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("a process was in the critical section", |_, state| state.critical() != 0),
        ("one was while another knew of two requests", |own, state| {
            let asks = |at, of: &u32| state.request(at, *of) != 0;
            let knows_two = |at| (0..own.processes).filter(|of| asks(at, of)).count() > 1;
            state.critical() != 0 && (0..own.processes).any(knows_two)
        }),
    ];

    fn sized(size: usize, mutant: Option<LamportMutexMutant>) -> Self {
        LamportMutex { processes: size as u32, latest: LATEST_CLOCK, mutant }
    }

    fn name(&self) -> String {
        format!("Lamport's mutual exclusion, {} processes", self.processes)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("states with a clock beyond {} were not left", self.latest)]
    }

    fn initial(&self) -> Vec<LamportMutexState> {
        let clocks = |state: LamportMutexState, process| state.with_clock(process, 1);
        vec![(0..self.processes).fold(LamportMutexState(0), clocks)]
    }

    fn next(&self, state: &LamportMutexState, successors: &mut Added) {
        for process in 0..self.processes {
            self.add_own(*state, process, successors);
        }
        for process in 0..self.processes {
            self.add_received(*state, process, successors);
        }
    }

    /// Mutual exclusion (Mutex): at most one process is in the critical section.
    fn fault(&self, state: &LamportMutexState) -> Option<Violation> {
        let critical = state.critical();
        if critical.count_ones() < 2 {
            return None;
        }
        let one = critical.trailing_zeros();
        let other = (critical & (critical - 1)).trailing_zeros();
        let text = format!("Processes {one} and {other} are in the critical section.");
        Some(Violation::new("mutual exclusion", text))
    }

    fn is_within(&self, state: &LamportMutexState) -> bool {
        (0..self.processes).all(|process| state.clock(process) <= u128::from(self.latest))
    }
}

saved!(LamportMutexState { 0 });
