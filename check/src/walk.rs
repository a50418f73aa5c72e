//! The way to a violation, walked again.

use crate::hand::print;
use crate::system::{Judgement, Successors, System, Violation};
use world::caught;

/// A way to a violation, in the terms of one true run.
pub struct Walk<A> {
    pub actions: Vec<A>,
    pub violation: Violation,
}

/// Walks again from the initial state of number `first`, along the given successors, to the
/// violation that was found there. Without a number, leaving the last state panicked before there
/// was a step to name.
///
/// Where states stand for others, the way that was searched jumps from each state to the one that
/// stands for it. So beside it a true run is walked, each step of which leads to a state for which
/// the next one on the way stands.
pub fn walk<S: System>(
    system: &S,
    worker: &mut S::Worker,
    first: u16,
    path: &[Option<u16>],
    violation: Violation,
) -> Walk<S::Action> {
    let initial = system.initial(worker).expect("It succeeded before.");
    let mut run = initial[usize::from(first)].clone();
    let mut state = folded(system, worker, &run);
    let mut actions = Vec::new();
    for (place, via) in path.iter().enumerate() {
        let Some(via) = via.map(usize::from) else {
            return Walk { actions, violation };
        };
        let mut successors = next(system, worker, &state);
        // The last step may be the one that led to no state.
        let is_last = place + 1 == path.len();
        if is_last && successors.broken.as_ref().is_some_and(|(place, ..)| *place == via) {
            let Some((_, taken, violation)) = next(system, worker, &run).broken else {
                return Walk { actions, violation: unfollowed() };
            };
            actions.push(system.action(worker, &run, taken));
            return Walk { actions, violation };
        }
        let (_, to) = successors.list.swap_remove(via);
        state = folded(system, worker, &to);
        let Some((taken, to)) = followed(system, worker, &run, via, &state) else {
            return Walk { actions, violation: unfollowed() };
        };
        actions.push(system.action(worker, &run, taken));
        run = to;
    }
    // The sentence must name the nodes of the run that is told.
    match caught(|| system.judge(worker, &run)) {
        Ok(Judgement::Broken(violation)) => Walk { actions, violation },
        _ => Walk { actions, violation },
    }
}

fn next<S: System>(
    system: &S,
    worker: &mut S::Worker,
    state: &S::State,
) -> Successors<S::Move, S::State> {
    let mut successors = Successors::new();
    system.next(worker, state, &mut successors);
    successors
}

/// The step of the run to a state for which `state` stands; at best the `via`th.
fn followed<S: System>(
    system: &S,
    worker: &mut S::Worker,
    run: &S::State,
    via: usize,
    state: &S::State,
) -> Option<(S::Move, S::State)> {
    let mut list = next(system, worker, run).list;
    let wanted = print(state);
    let mut places = (via..list.len()).chain(0..via.min(list.len()));
    let place = places.find(|&place| print(&folded(system, worker, &list[place].1)) == wanted)?;
    Some(list.swap_remove(place))
}

fn folded<S: System>(system: &S, worker: &mut S::Worker, state: &S::State) -> S::State {
    let mut state = state.clone();
    system.fold(worker, &mut state);
    state
}

/// The search went where no true run leads.
fn unfollowed() -> Violation {
    Violation {
        property: "symmetry of the nodes".into(),
        text: "The nodes are declared interchangeable, but a violation was found that no run \
               reaches without nodes being renamed on the way."
            .into(),
    }
}
