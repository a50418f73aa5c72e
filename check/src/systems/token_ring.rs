//! Dijkstra's self-stabilizing token ring (EWD 426), with K states for each machine.
//!
//! Each machine holds a number and sees that of its predecessor. Machine 0 has the token when they
//! are equal, and moves by counting up; any other has it when they differ, and moves by copying.
//! Begun in any state whatsoever, the ring comes to a state with one token, and from then on has
//! one forever.
//!
//! Source: E. W. Dijkstra, Self-stabilizing Systems in Spite of Distributed Control, CACM 17(11),
//! 1974, and the TLA+ module `TokenRing` of tlaplus/Examples (ewd426). For 6 machines and 6
//! numbers, every state being an initial one, TLC records 46,656 distinct states, 248,832
//! generated and depth 1.
//!
//! What is judged is closure: there is always a token, and no move adds one, so that one stays
//! one. That the ring comes to one is liveness, which an exploration of states does not judge.

use model::named;

use super::saved::saved;
use super::{Card, Sometimes, Specification};
use crate::{Successors, Violation};

/// A ring with as many numbers as machines.
#[derive(Clone, Debug)]
pub struct TokenRing {
    machines: u32,
    mutant: Option<TokenRingMutant>,
}

/// The number of each machine, in 4 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TokenRingState(u32);

/// A machine moves, and so hands the token on; machines are counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenRingAction(pub u32);

named! {
    /// A breakage.
    pub enum TokenRingMutant {
        /// Machine 0 copies as well, so that a token may vanish.
        NoBottom,
        /// The other machines count up instead of copying.
        CountUp,
    }
}

/// An exploration takes at most 65,535 initial states: 6^6 = 46,656 fit, 7^7 do not.
const MOST_MACHINES: u32 = 6;
const NUMBER_BITS: u32 = 4;

impl TokenRing {
    /// The state after the move of a machine, if it has the token.
    fn moved(&self, state: TokenRingState, machine: u32) -> Option<TokenRingState> {
        let before = state.number((machine + self.machines - 1) % self.machines);
        let own = state.number(machine);
        let is_bottom = machine == 0 && self.mutant != Some(TokenRingMutant::NoBottom);
        let counted = (own + 1) % self.machines;
        let number = if is_bottom {
            (own == before).then_some(counted)
        } else if self.mutant == Some(TokenRingMutant::CountUp) {
            (own != before).then_some(counted)
        } else {
            (own != before).then_some(before)
        };
        number.map(|number| state.with(machine, number))
    }

    /// How many machines have the token.
    fn tokens(&self, state: TokenRingState) -> usize {
        (0..self.machines).filter(|&machine| self.moved(state, machine).is_some()).count()
    }
}

impl TokenRingState {
    fn number(self, machine: u32) -> u32 {
        self.0 >> (NUMBER_BITS * machine) & ((1 << NUMBER_BITS) - 1)
    }

    fn with(self, machine: u32, number: u32) -> TokenRingState {
        let at = NUMBER_BITS * machine;
        TokenRingState(self.0 & !(((1 << NUMBER_BITS) - 1) << at) | number << at)
    }
}

impl Specification for TokenRing {
    type State = TokenRingState;
    type Action = TokenRingAction;
    type Mutant = TokenRingMutant;

    const CARD: Card = Card {
        name: "token-ring-spec",
        what: "a ring that comes to one token from any state; --size counts machines",
        family: "mutex",
        file: "check/src/systems/token_ring.rs",
        source: "Dijkstra 1974, TokenRing",
        model: "any state may be the first; neighbours see each other's numbers",
        counted: "machines",
        usual: 6,
        sizes: 1..=MOST_MACHINES as usize,
    };
    const SOMETIMES: &'static [Sometimes<Self>] = &[
        ("there was one token", |own, state| own.tokens(*state) == 1),
        ("there were several tokens", |own, state| own.tokens(*state) > 1),
    ];

    fn sized(size: usize, mutant: Option<TokenRingMutant>) -> Self {
        TokenRing { machines: size as u32, mutant }
    }

    fn name(&self) -> String {
        format!("self-stabilizing ring of {} machines", self.machines)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("{} numbers", self.machines)]
    }

    fn initial(&self) -> Vec<TokenRingState> {
        let mut states = vec![TokenRingState(0)];
        for machine in 0..self.machines {
            let numbers = 0..self.machines;
            let of = |state: TokenRingState| numbers.clone().map(move |n| state.with(machine, n));
            states = states.into_iter().flat_map(of).collect();
        }
        states
    }

    fn next(
        &self,
        state: &TokenRingState,
        successors: &mut Successors<TokenRingAction, TokenRingState>,
    ) {
        let tokens = self.tokens(*state);
        for machine in 0..self.machines {
            let Some(to) = self.moved(*state, machine) else {
                continue;
            };
            if self.tokens(to) > tokens {
                let text = format!("The move of machine {machine} adds a token.");
                successors.break_at(TokenRingAction(machine), Violation::new("closure", text));
                continue;
            }
            successors.add(TokenRingAction(machine), to);
        }
    }

    /// There is always a token.
    fn fault(&self, state: &TokenRingState) -> Option<Violation> {
        let text = "No machine has the token.";
        (self.tokens(*state) == 0).then(|| Violation::new("a token", text))
    }
}

saved!(TokenRingState { 0 });
