//! A counterexample as a story that can be replayed.

use std::fmt::{self, Display, Write};

use ::world::story::{self, Cast, Step as Line};
use model::Process;

use super::{Act, Explore, Flushing, Memory, Network, Shareable, Taken, Timing, World};
use crate::Violation;

/// What happens between two worlds, as the steps of a story: more than one when choices are
/// answered or a packet is doubled first.
pub struct Scene<P: Process> {
    /// The steps, in order.
    pub lines: Vec<Line<P>>,
}

impl<P: Process> Display for Scene<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, line) in self.lines.iter().enumerate() {
            write!(f, "{}{line}", if place == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl<S: Shareable> Explore<'_, S> {
    pub(super) fn scene(
        &self,
        memory: &mut Memory,
        world: &World,
        taken: Taken,
    ) -> Scene<S::Process> {
        let mut lines = self.lines(memory, world, taken);
        if self.bounds.timing == Timing::Lockstep {
            lines.extend(self.lines_behind(memory, world, taken));
        }
        Scene { lines }
    }

    /// One event.
    pub(super) fn lines(
        &self,
        memory: &mut Memory,
        world: &World,
        taken: Taken,
    ) -> Vec<Line<S::Process>> {
        let Taken { node, act, which } = taken;
        let number = world[node.index()];
        let steps = self.steps(memory, number, act);
        let mut lines = Vec::new();
        let script = steps[usize::from(which)].script();
        if !script.is_empty() {
            lines.push(Line::Choose { answers: script.to_vec() });
        }
        let tables = self.tables();
        let line = match act {
            Act::Deliver(packet) => {
                let packet = tables.packets.value(packet);
                let (from, to) = (packet.from, packet.to);
                if self.bounds.network == Network::Duplicating {
                    let message = packet.message.clone();
                    lines.insert(0, Line::Duplicate { from, to, message });
                }
                Line::Deliver { from, to, message: packet.message.clone() }
            }
            Act::Forge(packet) => {
                let packet = tables.packets.value(packet);
                let (from, to) = (packet.from, packet.to);
                let message = packet.message.clone();
                lines.insert(0, Line::Forge { from, to, message });
                Line::Deliver { from, to, message: packet.message.clone() }
            }
            Act::Fire(place) => {
                let timer = tables.entries[number as usize].timers[place as usize].clone();
                Line::Fire { node, timer }
            }
            Act::Request(place) => {
                let request = self.requests[node.index()][place as usize].clone();
                Line::Request { node, request }
            }
            Act::Flush => Line::Flush { node },
            Act::Sync => Line::Sync { node },
            Act::Crash => Line::Crash { node },
            Act::Restart => Line::Restart { node },
        };
        lines.push(line);
        lines
    }

    /// The story with its effects: its commands are replayed on a stage. If the stage cannot
    /// follow, the commands stand alone.
    pub(super) fn told(&self, scenes: &[Scene<S::Process>], violation: &Violation) -> String {
        let cast = Cast {
            subject: self.subject.name().to_owned(),
            nodes: self.subject.nodes(),
            auto_flush: self.bounds.flushing == Flushing::Eager,
            variant: Vec::new(),
        };
        let mut text = story::text::<S::Process>(&cast, &violation.to_string(), &[]);
        text.push_str("---\n\n");
        for scene in scenes {
            let _ = write!(text, "{scene}\n---\n\n");
        }
        match story::replay(self.subject, &text) {
            Ok(text) => text,
            Err(error) => {
                format!("# The stage cannot follow this story: {error}\n{text}")
            }
        }
    }
}
