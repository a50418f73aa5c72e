//! The order in which alarms may ring, as far as their durations decide it.
//!
//! Every armed alarm has a span: when it rings at the earliest and at the latest, counted from the
//! last time that an alarm rang anywhere. Clocks are perfect, so no alarm rings while another must
//! have rung before it. When one rings, between its own earliest time and the earliest latest time
//! of all, so much has passed for the others too. What else happens (a packet arrives, a frame
//! becomes durable) happens at some time since, before the earliest latest time: an alarm that is
//! set then may ring later by that much.
//!
//! Spans are taken one by one, not their differences, so some orders are explored that no clocks
//! allow, and none that they allow is left out: what holds here holds for perfect clocks.

use model::NodeId;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;

use super::memory::{Act, Memory};
use super::world::World;
use super::{Explore, Network, Taken, Timing};
use crate::Successors;

/// When an alarm rings, in nanoseconds since the last time that any rang.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Span {
    pub earliest: u64,
    pub latest: u64,
    /// Whether it was set in the step just taken, whose time is still to be added.
    pub is_fresh: bool,
}

impl Span {
    /// Of an alarm whose time does not matter.
    pub const ANY: Span = Span { earliest: 0, latest: u64::MAX, is_fresh: false };

    /// Of an alarm that is set now.
    pub fn fresh(range: &Range<Duration>) -> Span {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let earliest = nanos(range.start);
        Span { earliest, latest: earliest.max(nanos(range.end)), is_fresh: true }
    }
}

/// What time does to the alarms of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aging {
    /// At least and at most so much has passed until an alarm rang somewhere.
    Passed { least: u64, most: u64 },
    /// What was set just now was set at most so late after the last alarm rang.
    Set { late: u64 },
}

impl Aging {
    /// The span of an alarm after it.
    pub fn of(self, span: Span) -> Span {
        match self {
            Aging::Passed { least, most } => Span {
                earliest: span.earliest.saturating_sub(most),
                latest: span.latest.saturating_sub(least),
                ..span
            },
            Aging::Set { late } if span.is_fresh => {
                Span { latest: span.latest.saturating_add(late), is_fresh: false, ..span }
            }
            Aging::Set { .. } => span,
        }
    }
}

impl Explore<'_> {
    /// The time by which the first alarm has rung, since the last one rang; none if no alarm may
    /// ring now.
    pub(super) fn alarms_due(&self, memory: &mut Memory, world: &World) -> Option<u64> {
        let may_ring = self.shape.fires(world) > 0
            && (self.bounds.timing == Timing::Free || self.may_time_pass(memory, world));
        may_ring.then(|| self.first_due(memory, world))
    }

    /// Adds what comes of every alarm of a node that may ring before the first is due.
    pub(super) fn take_alarms(
        &self,
        memory: &mut Memory,
        world: &World,
        (node, due): (NodeId, u64),
        successors: &mut Successors<Taken, World>,
    ) {
        let number = world[node.index()];
        for place in 0..memory.facts[number as usize].timers {
            let act = Act::Fire(place);
            if self.bounds.timing == Timing::Free {
                self.take(memory, world, (node, act, 0), successors);
                continue;
            }
            let earliest = self.meaning.spans(number)[place as usize].earliest;
            if earliest <= due {
                let mut aged = world.clone();
                let passed = Aging::Passed { least: earliest, most: due };
                for place in 0..self.shape.nodes {
                    aged[place] = self.aged(memory, world[place], passed);
                }
                self.take(memory, &aged, (node, act, 0), successors);
            }
        }
    }

    /// The first node with an alarm that rings before any more time passes.
    pub(super) fn rings_now(&self, memory: &Memory, world: &[u32]) -> Option<NodeId> {
        let is_due = |node: &NodeId| memory.facts[world[node.index()] as usize].first_due == 0;
        self.nodes().find(is_due).filter(|_| self.shape.fires(world) > 0)
    }

    /// In lockstep, the first of the nodes whose alarms ring at this moment, if none may ring
    /// before: the others follow.
    pub(super) fn first_of_all(&self, world: &[u32], due: u64) -> Option<NodeId> {
        if self.bounds.timing != Timing::Lockstep {
            return None;
        }
        let earliest = |node: NodeId| {
            let spans = self.meaning.spans(world[node.index()]);
            spans.iter().map(|span| span.earliest).min()
        };
        let may_ring = |node: &NodeId| earliest(*node).is_some_and(|at| at <= due);
        let ringing: Vec<NodeId> = self.nodes().filter(may_ring).collect();
        let are_together = ringing.iter().all(|&node| earliest(node) == Some(due));
        ringing.first().copied().filter(|_| are_together)
    }

    /// Where rounds go in step, time passes only when nothing else can happen but requests and
    /// faults.
    fn may_time_pass(&self, memory: &mut Memory, world: &World) -> bool {
        if !self.bounds.timing.has_rounds() {
            return true;
        }
        let is_up =
            |memory: &Memory, node: NodeId| memory.facts[world[node.index()] as usize].is_up;
        let packets = &world[self.shape.packets()..];
        let arrives = |packet: &u32| is_up(memory, memory.channels[*packet as usize].1);
        if packets.iter().any(arrives) {
            return false;
        }
        self.honest().all(|node| {
            let number = world[node.index()];
            let is_written = memory.facts[number as usize].frames == 0;
            !is_up(memory, node) || is_written && self.is_rested(memory, number)
        })
    }

    /// Whether a flush of the node would change nothing.
    fn is_rested(&self, memory: &mut Memory, number: u32) -> bool {
        self.steps(memory, number, Act::Flush).iter().all(|step| step.is_idle(number))
    }

    /// The time by which the first alarm has rung, since the last one rang.
    fn first_due(&self, memory: &Memory, world: &[u32]) -> u64 {
        let latest = |node: &u32| memory.facts[*node as usize].first_due;
        world[..self.shape.nodes].iter().map(latest).min().unwrap_or(u64::MAX)
    }

    /// The node after a step, with the spans of what was set in it.
    pub(super) fn settled(&self, memory: &mut Memory, world: &[u32], act: Act, number: u32) -> u32 {
        let late = match (self.bounds.timing, act) {
            (Timing::Free, _) => return number,
            (Timing::Synchronous | Timing::Lockstep, _) | (Timing::Ordered, Act::Fire(_)) => 0,
            // If no alarm is armed, time may as well be counted from now.
            (Timing::Ordered, _) => match self.first_due(memory, world) {
                u64::MAX => 0,
                late => late,
            },
        };
        self.aged(memory, number, Aging::Set { late })
    }

    /// # Panics
    /// If rounds are to go in step on a network that may keep a packet for ever.
    pub(super) fn check_timing(&self) {
        let is_reliable =
            matches!(self.bounds.network, Network::Reliable { .. } | Network::Fifo { .. });
        assert!(
            !self.bounds.timing.has_rounds() || is_reliable,
            "Timing in rounds needs a reliable network, on which every packet arrives in time: \
             choose `Reliable` or `Fifo`."
        );
    }
}
