//! Which steps commute, so that one order of them is enough: see [`crate::sleep`].
//!
//! Steps are ordered by their nodes; steps of one node do not commute. Steps of two nodes that can
//! both be taken in a world change different parts of it, but for what they share:
//! - *The monitor.* If it hears of both, it must become the same in either order, breaking none of
//!   its promises.
//! - *Budgets* of crashes, alarms and forged messages: what is left must be enough for both.
//! - *Packets.* Each node sends packets of its own, so two steps never send equal ones, and links
//!   in order are lengthened by different nodes. If one sends what the other receives, a lossy
//!   network may refuse the new copy only if it comes before the old one has arrived: they do not
//!   commute. On a link in order, the end is lengthened and the head taken, whichever is first.
//! - *The loss* of what a crashed node had sent commutes with nothing, for simplicity.
//! - *Time*, if it is kept: no step commutes then, so nothing is reduced.
//!
//! What a step does, whether it may be skipped and whether it breaks a property of its own depends
//! on its node alone, which the other step leaves as it is.

use std::ops::Range;

use super::memory::{Act, Memory};
use super::world::World;
use super::{Explore, Network, Taken, Timing};
use crate::{Judgement, Successors};

/// What a thread keeps while it leaves a world without the steps that sleep.
#[derive(Default)]
pub struct Reducing {
    /// Off for [`next`](crate::System::next), which leaves nothing out.
    pub is_on: bool,
    /// The codes of what sleeps in the world that is being left.
    pub asleep: Vec<u64>,
    /// All steps that lead to worlds.
    pub strides: Vec<Stride>,
    /// The packets that they send, one after the other.
    posts: Vec<u32>,
}

/// A step that can be taken, and what it touches.
#[derive(Clone)]
pub struct Stride {
    taken: Taken,
    /// The number of its node afterwards.
    led: u32,
    told: u32,
    posts: Range<usize>,
    is_asleep: bool,
    /// Whether it may sleep in the next worlds.
    may_sleep: bool,
}

impl Taken {
    /// A number for each; the node's is highest.
    fn code(self) -> u64 {
        let is_forged = u64::from(matches!(self.act, Act::Forge(_)));
        let act = u64::from(self.act.code());
        u64::from(self.node.0) << 49 | is_forged << 48 | u64::from(self.which) << 32 | act
    }
}

impl Stride {
    /// Whether a monitor hears of it.
    fn is_heard(&self) -> bool {
        self.told != 0 || matches!(self.taken.act, Act::Request(_) | Act::Crash)
    }
}

impl Reducing {
    /// Notes a step; returns whether it sleeps.
    pub fn note(&mut self, taken: Taken, led: u32, told: u32, posts: &[u32]) -> bool {
        let is_asleep = self.asleep.contains(&taken.code());
        let start = self.posts.len();
        self.posts.extend_from_slice(posts);
        let posts = start..self.posts.len();
        self.strides.push(Stride { taken, led, told, posts, is_asleep, may_sleep: true });
        is_asleep
    }

    fn posts(&self, stride: &Stride) -> &[u32] {
        &self.posts[stride.posts.clone()]
    }
}

impl Explore<'_> {
    /// Why orders of steps are not reduced although that is wished; none if they are.
    pub(super) fn irreducible(&self) -> Option<&'static str> {
        if self.folding.is_some() {
            Some("worlds count as one by symmetry")
        } else if self.bounds.timing != Timing::Free {
            Some("time is kept")
        } else {
            None
        }
    }

    /// What reduction makes of the exploration, in words.
    pub(super) fn reduction_bound(&self) -> Option<String> {
        self.bounds.reduction.then(|| match self.irreducible() {
            Some(why) => format!("all orders of steps are followed, because {why}"),
            None => "of orders of steps that commute one is followed; every world is met".into(),
        })
    }

    /// As [`next`](crate::System::next), without what sleeps.
    pub(super) fn leave_awake(
        &self,
        memory: &mut Memory,
        world: &World,
        asleep: &[u64],
        successors: &mut Successors<Taken, World>,
    ) {
        let reducing = &mut memory.reducing;
        reducing.is_on = true;
        reducing.strides.clear();
        reducing.posts.clear();
        reducing.asleep.clear();
        reducing.asleep.extend_from_slice(asleep);
        self.leave(memory, world, successors);
        let mut strides = std::mem::take(&mut memory.reducing.strides);
        for stride in &mut strides {
            stride.may_sleep = self.stays_within(memory, world, stride);
        }
        for (via, stride) in strides.iter().enumerate().filter(|(_, stride)| !stride.is_asleep) {
            let sleeps = |other: &&Stride| {
                (other.is_asleep || other.taken.node < stride.taken.node)
                    && other.may_sleep
                    && self.commute(memory, world, other, stride)
            };
            successors.lull(via, strides.iter().filter(sleeps).map(|other| other.taken.code()));
        }
        memory.reducing.strides = strides;
    }

    /// Whether the world behind a step is known to lie within the bounds.
    fn stays_within(&self, memory: &mut Memory, world: &World, stride: &Stride) -> bool {
        if let Network::Fifo { copies } | Network::Reliable { copies } = self.bounds.network {
            let flight = &world[self.shape.packets()..];
            let posts = memory.reducing.posts(stride);
            let is_over = |packet: &u32| {
                let all = flight.iter().chain(posts);
                all.filter(|other| *other == packet).count() > usize::from(copies)
            };
            if posts.iter().any(is_over) {
                return false;
            }
        }
        let place = stride.taken.node.index();
        memory.seen.clear();
        for (node, &number) in world[..self.shape.nodes].iter().enumerate() {
            let number = if node == place { stride.led } else { number };
            memory.seen.push(memory.facts(number).seen);
        }
        self.judge_memoised(memory) == Judgement::Within
    }

    /// Whether two steps lead to the same world in either order.
    fn commute(&self, memory: &mut Memory, world: &World, one: &Stride, two: &Stride) -> bool {
        let is_drop = |stride: &Stride| matches!(stride.taken.act, Act::Drop(_));
        one.taken.node != two.taken.node
            && !is_drop(one)
            && !is_drop(two)
            && self.has_enough(world, one.taken.act, two.taken.act)
            && !self.feeds(memory, one, two)
            && !self.feeds(memory, two, one)
            && (!one.is_heard() || !two.is_heard() || self.are_heard_alike(memory, world, one, two))
    }

    /// Whether the budgets are enough for both.
    fn has_enough(&self, world: &[u32], one: Act, two: Act) -> bool {
        match (one, two) {
            (Act::Crash, Act::Crash) => self.shape.crashes(world) > 1,
            (Act::Fire(_), Act::Fire(_)) => self.shape.fires(world) > 1,
            (Act::Forge(_), Act::Forge(_)) => self.shape.may_forge_twice(world),
            _ => true,
        }
    }

    /// Whether one step sends what the other receives, where that matters.
    fn feeds(&self, memory: &Memory, one: &Stride, two: &Stride) -> bool {
        let is_counted =
            matches!(self.bounds.network, Network::Lossy { .. } | Network::Reliable { .. });
        match two.taken.act {
            Act::Deliver(packet) if is_counted => memory.reducing.posts(one).contains(&packet),
            _ => false,
        }
    }

    /// Whether the monitor becomes the same in either order.
    fn are_heard_alike(
        &self,
        memory: &mut Memory,
        world: &[u32],
        one: &Stride,
        two: &Stride,
    ) -> bool {
        let mut heard = |first: &Stride, then: &Stride| {
            let monitor = world[self.shape.monitor()];
            let monitor = self.watch(memory, monitor, first.taken, first.told).ok()?;
            self.watch(memory, monitor, then.taken, then.told).ok()
        };
        let either = heard(one, two);
        either.is_some() && either == heard(two, one)
    }
}
