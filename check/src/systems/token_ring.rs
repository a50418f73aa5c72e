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

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use super::Specification;
use crate::{Judgement, Successors, System, Violation};

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

/// A breakage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenRingMutant {
    /// Machine 0 copies as well, so that a token may vanish.
    NoBottom,
    /// The other machines count up instead of copying.
    CountUp,
}

/// An exploration takes at most 65,535 initial states: 6^6 = 46,656 fit, 7^7 do not.
const MOST_MACHINES: u32 = 6;
const NUMBER_BITS: u32 = 4;

impl TokenRing {
    /// A ring of so many machines.
    ///
    /// # Panics
    /// If there are none or more than 6.
    pub fn new(machines: u32) -> TokenRing {
        assert!(
            (1..=MOST_MACHINES).contains(&machines),
            "A ring has 1 to {MOST_MACHINES} machines."
        );
        TokenRing { machines, mutant: None }
    }

    /// The same system, broken.
    pub fn broken(self, mutant: TokenRingMutant) -> TokenRing {
        TokenRing { mutant: Some(mutant), ..self }
    }

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

impl System for TokenRing {
    type State = TokenRingState;
    type Move = TokenRingAction;
    type Action = TokenRingAction;
    /// Whether there was one token, and whether there were several.
    type Worker = u64;

    fn name(&self) -> String {
        format!("self-stabilizing ring of {} machines", self.machines)
    }

    fn bounds(&self) -> Vec<String> {
        vec![format!("{} numbers", self.machines)]
    }

    fn sometimes(&self) -> Vec<&'static str> {
        vec!["there was one token", "there were several tokens"]
    }

    fn worker(&self) -> u64 {
        0
    }

    fn initial(&self, _: &mut u64) -> Result<Vec<TokenRingState>, Violation> {
        let mut states = vec![TokenRingState(0)];
        for machine in 0..self.machines {
            let numbers = 0..self.machines;
            let of = |state: TokenRingState| numbers.clone().map(move |n| state.with(machine, n));
            states = states.into_iter().flat_map(of).collect();
        }
        Ok(states)
    }

    fn next(
        &self,
        _: &mut u64,
        state: &TokenRingState,
        successors: &mut Successors<TokenRingAction, TokenRingState>,
    ) {
        let tokens = self.tokens(*state);
        for machine in 0..self.machines {
            let Some(to) = self.moved(*state, machine) else {
                continue;
            };
            if self.tokens(to) > tokens {
                successors.break_at(
                    TokenRingAction(machine),
                    Violation {
                        property: "closure".into(),
                        text: format!("The move of machine {machine} adds a token."),
                    },
                );
                continue;
            }
            successors.add(TokenRingAction(machine), to);
        }
    }

    /// There is always a token.
    fn judge(&self, seen: &mut u64, state: &TokenRingState) -> Judgement {
        match self.tokens(*state) {
            0 => Judgement::Broken(Violation {
                property: "a token".into(),
                text: "No machine has the token.".into(),
            }),
            1 => {
                *seen |= 1;
                Judgement::Within
            }
            _ => {
                *seen |= 2;
                Judgement::Within
            }
        }
    }

    fn reached(&self, seen: &u64) -> u64 {
        *seen
    }

    fn action(&self, _: &mut u64, _: &TokenRingState, taken: TokenRingAction) -> TokenRingAction {
        taken
    }
}

impl Specification for TokenRing {
    type Mutant = TokenRingMutant;

    const NAME: &'static str = "token-ring-spec";
    const WHAT: &'static str =
        "a ring that comes to one token from any state; --size counts machines";
    const FAMILY: &'static str = "mutex";
    const FILE: &'static str = "check/src/systems/token_ring.rs";
    const SOURCE: &'static str = "Dijkstra 1974, TokenRing";
    const MODEL: &'static str = "any state may be the first; neighbours see each other's numbers";
    const COUNTED: &'static str = "machines";
    const USUAL: usize = 6;
    const SIZES: RangeInclusive<usize> = 1..=MOST_MACHINES as usize;
    const MUTANTS: &'static [TokenRingMutant] =
        &[TokenRingMutant::NoBottom, TokenRingMutant::CountUp];

    fn sized(size: usize, mutant: Option<TokenRingMutant>) -> TokenRing {
        TokenRing { mutant, ..TokenRing::new(size as u32) }
    }
}

impl Display for TokenRingAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Display for TokenRingMutant {
    /// The name on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenRingMutant::NoBottom => "no-bottom",
            TokenRingMutant::CountUp => "count-up",
        })
    }
}
