//! Rounds in lockstep: a step is taken with all that must follow it before anything else may.
//!
//! Alarms that ring at the same moment must, before time passes; then packets must arrive. While
//! there is one way to do so, the worlds in between are judged and not kept.

use super::memory::Memory;
use super::world::World;
use super::{Explore, Taken};
use crate::{Judgement, Successors, System, Violation};

/// Events that are taken in one step at most: what nodes that answer each other for ever would make
/// of it is cut into steps. A round of the largest subjects in the lab, all 13 nodes writing to
/// all, has 13 alarms and 156 arrivals.
const MOST: usize = 1_024;

impl Explore<'_> {
    /// As [`leave`](Explore::leave), each step with what must follow.
    pub(super) fn leave_in_lockstep(
        &self,
        memory: &mut Memory,
        world: &World,
        successors: &mut Successors<Taken, World>,
    ) {
        let firsts = self.firsts(memory, world);
        let broken = firsts.broken.map(|(place, taken, violation)| (place, (taken, violation)));
        let (broken_at, mut broken) = broken.unzip();
        for (place, (taken, to)) in firsts.list.into_iter().enumerate() {
            if broken_at == Some(place)
                && let Some((taken, violation)) = broken.take()
            {
                successors.break_at(taken, violation);
            }
            match self.followed(memory, to, |_, _, _| ()) {
                Ok(to) => successors.add(taken, to),
                Err(violation) => successors.break_at(taken, violation),
            }
        }
        if let Some((taken, violation)) = broken {
            successors.break_at(taken, violation);
        }
    }

    /// What must follow a step, in words.
    pub(super) fn lines_behind(
        &self,
        memory: &mut Memory,
        world: &World,
        taken: Taken,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let firsts = self.firsts(memory, world).list;
        if let Some((_, to)) = firsts.into_iter().find(|(other, _)| *other == taken) {
            // What it breaks is told by the step itself.
            let _ = self.followed(memory, to, |memory, world, taken| {
                lines.extend(self.lines(memory, world, taken));
            });
        }
        lines
    }

    /// What can happen first.
    fn firsts(&self, memory: &mut Memory, world: &World) -> Successors<Taken, World> {
        let mut firsts = Successors::new();
        if !self.must(memory, world, &mut firsts) {
            self.leave(memory, world, &mut firsts);
        }
        firsts
    }

    /// Adds what must happen before anything else may; returns whether there is such a thing.
    fn must(
        &self,
        memory: &mut Memory,
        world: &World,
        successors: &mut Successors<Taken, World>,
    ) -> bool {
        self.learn(memory, world);
        if let Some(node) = self.rings_now(memory, world) {
            self.take_alarms(memory, world, (node, 0), successors);
            return true;
        }
        let deliveries = self.deliveries(memory, world);
        let first = deliveries.iter().map(|&((from, to), _)| (to, from)).min();
        for ((from, to), place) in deliveries {
            if first == Some((to, from)) {
                self.arrive(memory, world, (to, place), successors);
            }
        }
        first.is_some()
    }

    /// The world in which nothing must happen, or several things may; on the way there, `see` is
    /// shown every event with the world that it leaves.
    fn followed(
        &self,
        memory: &mut Memory,
        mut world: World,
        mut see: impl FnMut(&mut Memory, &World, Taken),
    ) -> Result<World, Violation> {
        for _ in 0..MOST {
            match self.judge(memory, &world) {
                Judgement::Broken(violation) => return Err(violation),
                Judgement::Outside => return Ok(world),
                Judgement::Within => {}
            }
            let mut next = Successors::new();
            if !self.must(memory, &world, &mut next) {
                return Ok(world);
            }
            if let Some((_, taken, violation)) = next.broken {
                see(memory, &world, taken);
                return Err(violation);
            }
            if next.list.len() > 1 {
                return Ok(world);
            }
            let Some((taken, to)) = next.list.pop() else {
                return Ok(world);
            };
            see(memory, &world, taken);
            world = to;
        }
        Ok(world)
    }
}
