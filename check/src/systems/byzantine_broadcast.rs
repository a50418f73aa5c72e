//! Byzantine broadcast by echoes, as Srikanth and Toueg gave it: one round, without signatures.
//!
//! A broadcaster may have told some processes. Each that was told echoes; each that has heard
//! echoes from more processes than can be faulty echoes too, for a correct one was told; each that
//! has heard from all but those that can be faulty accepts. Faulty processes echo to whom they
//! like. If no correct process was told, none accepts; and if one accepts, so many correct
//! processes have echoed that all others will.
//!
//! Source: T. K. Srikanth, S. Toueg, Simulating Authenticated Broadcasts to Derive Simple
//! Fault-tolerant Algorithms, Distributed Computing 2(2), 1987, figure 7, and the TLA+ module
//! `bcastByz` by I. Konnov, T. H. Tran, J. Widder, whose action names are kept here. For 4
//! processes, of which one is faulty, TLC records 14,424 distinct states, 227,344 generated and
//! depth 7. Which are faulty and which were told is a matter of the initial state. Every set of
//! waiting echoes that a process may receive, those known already included, is a step.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// The broadcast among a given number of processes, with as many faulty ones as it bears.
#[derive(Clone, Debug)]
pub struct ByzantineBroadcast {
    processes: u32,
    mutant: Option<ByzantineBroadcastMutant>,
}

/// Sets are a bit for each process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ByzantineBroadcastState {
    correct: u8,
    /// The correct processes that have echoed.
    echoed: u8,
    /// The states of the processes, 2 bits each.
    stages: u16,
    /// From whom each process has heard an echo.
    heard: [u8; MOST_PROCESSES as usize],
}

/// An action of the TLA+ module; processes are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByzantineBroadcastAction {
    /// A process that was told echoes.
    UponV1 {
        /// The process.
        process: u32,
        /// The set of those whose echoes it receives in this step, a bit each.
        received: u8,
    },
    /// A process has heard from one that is correct, and echoes.
    UponNonFaulty {
        /// The process.
        process: u32,
        /// The set of those whose echoes it receives in this step, a bit each.
        received: u8,
    },
    /// A process that has not echoed accepts, and echoes.
    UponAcceptNotSentBefore {
        /// The process.
        process: u32,
        /// The set of those whose echoes it receives in this step, a bit each.
        received: u8,
    },
    /// A process that has echoed accepts.
    UponAcceptSentBefore {
        /// The process.
        process: u32,
        /// The set of those whose echoes it receives in this step, a bit each.
        received: u8,
    },
    /// Nothing.
    Stutter,
}

named! {
    /// A breakage.
    pub enum ByzantineBroadcastMutant {
        /// A process echoes after one echo less, which may all be from faulty processes.
        EchoEarly,
        /// A process accepts once it has heard from one that is correct.
        AcceptEarly,
        /// There is one faulty process more than the algorithm bears.
        TooManyFaulty,
    }
}

/// A set of processes must fit 8 bits.
const MOST_PROCESSES: u32 = 8;

/// Was not told (`V0`).
const UNTOLD: u16 = 0;
/// Was told (`V1`).
const TOLD: u16 = 1;
/// Has echoed (`SE`).
const ECHOED: u16 = 2;
/// Has accepted (`AC`).
const ACCEPTED: u16 = 3;

impl ByzantineBroadcast {
    /// How many faulty processes the algorithm bears (`T`).
    fn borne(&self) -> u32 {
        (self.processes - 1) / 3
    }

    /// How many there are (`F`).
    fn faulty(&self) -> u32 {
        self.borne() + u32::from(self.mutant == Some(ByzantineBroadcastMutant::TooManyFaulty))
    }

    /// Echoes that cannot all be from faulty processes (N - 2T, which is more than T).
    fn enough_to_echo(&self) -> u32 {
        let early = u32::from(self.mutant == Some(ByzantineBroadcastMutant::EchoEarly));
        self.processes - 2 * self.borne() - early
    }

    /// Echoes of all but those that can be faulty (N - T).
    fn enough_to_accept(&self) -> u32 {
        if self.mutant == Some(ByzantineBroadcastMutant::AcceptEarly) {
            return self.processes - 2 * self.borne();
        }
        self.processes - self.borne()
    }

    fn all(&self) -> u8 {
        u8::MAX >> (u8::BITS - self.processes)
    }

    /// The steps of a process that receives these echoes.
    fn add_steps(&self, state: &State, process: u32, received: u8, successors: &mut Added) {
        use ByzantineBroadcastAction as Action;
        let mut to = *state;
        to.heard[process as usize] |= received;
        let heard = to.heard[process as usize].count_ones();
        let stage = state.stage(process);
        let accepts = heard >= self.enough_to_accept();
        if stage == TOLD {
            successors.add(Action::UponV1 { process, received }, to.echoing(process, ECHOED));
        }
        if stage == UNTOLD || stage == TOLD {
            let (action, next) = if accepts {
                (Action::UponAcceptNotSentBefore { process, received }, ACCEPTED)
            } else if heard >= self.enough_to_echo() {
                (Action::UponNonFaulty { process, received }, ECHOED)
            } else {
                return;
            };
            if self.was_nobody_told(state) {
                let text = format!("No correct process was told, but {process} takes that it was.");
                successors.break_at(action, Violation::new("unforgeability", text));
                return;
            }
            successors.add(action, to.echoing(process, next));
        }
        if stage == ECHOED && accepts {
            let action = Action::UponAcceptSentBefore { process, received };
            successors.add(action, to.at(process, ACCEPTED));
        }
    }

    fn correct(&self, state: &State) -> impl Iterator<Item = u32> + use<> {
        let correct = state.correct;
        (0..self.processes).filter(move |process| correct >> process & 1 == 1)
    }

    /// The correct processes that have accepted.
    fn accepted(&self, state: &State) -> impl Iterator<Item = u32> {
        self.correct(state).filter(|&process| state.stage(process) == ACCEPTED)
    }

    /// Whether no correct process was told: none is told or has moved.
    fn was_nobody_told(&self, state: &State) -> bool {
        self.correct(state).all(|process| state.stage(process) == UNTOLD)
    }
}

type State = ByzantineBroadcastState;
type Added = Successors<ByzantineBroadcastAction, State>;

impl ByzantineBroadcastState {
    fn stage(&self, process: u32) -> u16 {
        self.stages >> (2 * process) & 3
    }

    fn at(mut self, process: u32, stage: u16) -> State {
        self.stages = self.stages & !(3 << (2 * process)) | stage << (2 * process);
        self
    }

    fn echoing(self, process: u32, stage: u16) -> State {
        State { echoed: self.echoed | 1 << process, ..self.at(process, stage) }
    }
}

impl Specification for ByzantineBroadcast {
    type State = ByzantineBroadcastState;
    type Action = ByzantineBroadcastAction;
    type Mutant = ByzantineBroadcastMutant;

    const CARD: Card = Card {
        name: "byzantine-broadcast-spec",
        what: "broadcast by echoes among liars, without signatures; --size counts processes",
        family: "broadcast",
        file: "check/src/systems/byzantine_broadcast.rs",
        source: "Srikanth, Toueg 1987, bcastByz",
        model: "Byzantine, less than a third; asynchronous",
        counted: "processes",
        usual: 4,
        sizes: 1..=MOST_PROCESSES as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("all correct processes accepted", |own, state| {
            own.accepted(state).count() as u32 == state.correct.count_ones()
        }),
        ("one accepted before all correct ones had echoed", |own, state| {
            own.accepted(state).next().is_some() && state.echoed != state.correct
        }),
    ];

    fn sized(size: usize, mutant: Option<ByzantineBroadcastMutant>) -> Self {
        ByzantineBroadcast { processes: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("Byzantine broadcast, {} processes, {} faulty", self.processes, self.faulty())
    }

    fn initial(&self) -> Vec<State> {
        let mut states = Vec::new();
        for told in 0..=self.all() {
            let stage = |process: u32| u16::from(told >> process & 1) << (2 * process);
            let stages = (0..self.processes).map(stage).sum();
            for correct in 0..=self.all() {
                if correct.count_ones() == self.processes - self.faulty() {
                    let heard = [0; MOST_PROCESSES as usize];
                    states.push(State { correct, echoed: 0, stages, heard });
                }
            }
        }
        states
    }

    fn next(&self, state: &State, successors: &mut Added) {
        let waiting = state.echoed | self.all() & !state.correct;
        for process in self.correct(state) {
            // The subsets of the waiting echoes, from all to none.
            let mut received = waiting;
            loop {
                self.add_steps(state, process, received, successors);
                if received == 0 {
                    break;
                }
                received = (received - 1) & waiting;
            }
        }
        successors.add(ByzantineBroadcastAction::Stutter, *state);
    }

    /// Relay: if a correct process has accepted, the correct ones that have echoed are enough to
    /// bring all others to echo, and the echoes of all are enough to accept. That they arrive is
    /// liveness.
    fn fault(&self, state: &State) -> Option<Violation> {
        let process = self.accepted(state).next()?;
        let echoes = state.echoed.count_ones();
        let needed = self.processes - 2 * self.borne();
        let text = format!(
            "Process {process} has accepted, but the others may hear {echoes} echoes only, and \
             need {needed}."
        );
        (echoes < needed).then(|| Violation::new("relay", text))
    }
}

saved!(ByzantineBroadcastState { correct, echoed, stages, heard });
