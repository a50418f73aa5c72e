//! Who uses the nodes of a trial.

use std::sync::atomic::{AtomicBool, Ordering};

use model::NodeId;

use super::Field;
use crate::clock::now;
use crate::wire::Command;

/// One user at every node: asks, waits until the node has told something, asks again.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Requests at each node.
    pub requests: u64,
    /// The wait between an answer and the next request, in nanoseconds.
    pub pause: u64,
    /// The longest wait for an answer, in nanoseconds; then the next request is made.
    pub patience: u64,
}

/// One user's place in its work.
struct Turn {
    node: NodeId,
    left: u64,
    /// When it asks next, if it is not waiting for an answer.
    next: u64,
    /// Since when it waits.
    asked: Option<u64>,
}

impl Field<'_> {
    /// Users at all nodes do their work.
    pub(super) fn be_used(&mut self, user: &User, stop: &AtomicBool) -> Result<(), String> {
        let turn = |node| Turn { node, left: user.requests, next: 0, asked: None };
        let mut turns: Vec<Turn> = NodeId::first(self.crashes.len()).map(turn).collect();
        let mut seen = 0;
        while turns.iter().any(|turn| turn.left > 0 || turn.asked.is_some()) {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let time = now();
            for event in &self.events[seen..] {
                let answered = event.happening.node.filter(|_| !event.told.is_empty());
                if let Some(turn) = answered.and_then(|node| turns.get_mut(node.index()))
                    && turn.asked.take().is_some()
                {
                    turn.next = time + user.pause;
                }
            }
            seen = self.events.len();
            for turn in &mut turns {
                if turn.asked.is_some_and(|at| time >= at + user.patience) {
                    (turn.asked, turn.next) = (None, time);
                }
                if turn.left > 0 && turn.asked.is_none() && turn.next <= time {
                    let count = user.requests - turn.left;
                    turn.left -= 1;
                    turn.asked = Some(time);
                    let number = count * 64 + u64::from(turn.node.0);
                    self.ask(turn.node, self.trial.seed, number)?;
                }
            }
            let next = turns.iter().filter_map(|turn| match turn.asked {
                Some(at) => Some(at + user.patience),
                None => (turn.left > 0).then_some(turn.next),
            });
            let until = next.min().unwrap_or(time);
            self.listen(until)?;
        }
        Ok(())
    }

    /// Asks a node what a random run would ask with this number, or what it is time to ask.
    pub(super) fn ask(&mut self, node: NodeId, seed: u64, count: u64) -> Result<(), String> {
        let bare = (self.runs.bare)(&self.trial.settings, node.0, seed)?;
        if let Some((request, text)) = bare.draw(seed, count, self.turns[node.index()]) {
            self.command(node, &Command::Ask(request, text));
        }
        Ok(())
    }
}
