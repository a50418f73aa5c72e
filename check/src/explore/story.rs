//! A counterexample as a story that can be replayed.

use std::fmt::{self, Display};

use super::{Act, Explore, Memory, Network, Taken, Timing, World};
use crate::Violation;

/// What happens between two worlds, as the steps of a story: more than one when choices are
/// answered or a packet is doubled first.
pub struct Scene {
    /// The steps, in order.
    pub lines: Vec<String>,
}

impl Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

impl Explore<'_> {
    pub(super) fn scene(&self, memory: &mut Memory, world: &World, taken: Taken) -> Scene {
        let mut lines = self.lines(memory, world, taken);
        if self.bounds.timing == Timing::Lockstep {
            lines.extend(self.lines_behind(memory, world, taken));
        }
        Scene { lines }
    }

    /// One event.
    pub(super) fn lines(&self, memory: &mut Memory, world: &World, taken: Taken) -> Vec<String> {
        let Taken { node, act, which } = taken;
        let number = world[node.index()];
        let doubled = self.bounds.network == Network::Duplicating;
        if let Act::Drop(_) = act {
            return self.meaning.lines(number, act, &[], doubled);
        }
        let steps = self.steps(memory, number, act);
        self.meaning.lines(number, act, steps[usize::from(which)].script(), doubled)
    }

    /// The story with its effects.
    pub(super) fn told(&self, scenes: &[Scene], violation: &Violation) -> String {
        self.meaning.told(scenes, violation)
    }
}
