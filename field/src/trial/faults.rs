//! The faults of a plan, done to real processes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{NodeId, NodeSet};
use sim::Plan;
use world::timed::{Fault, Fuse};
use world::trace::What;

use super::{Field, HEALED};
use crate::clock::now;
use crate::disk;
use crate::wire::{Command, Quality};

/// What is wrong with the links now: faults may overlap, so they are counted.
pub(super) struct Weather {
    nodes: usize,
    cuts: BTreeMap<(NodeId, NodeId), u32>,
    clogs: BTreeMap<(NodeId, NodeId), u32>,
    omissions: BTreeMap<NodeId, (u32, u32)>,
    loss_ppm: u32,
    duplicate_ppm: u32,
}

impl Weather {
    pub(super) fn calm(nodes: usize) -> Weather {
        Weather {
            nodes,
            cuts: BTreeMap::new(),
            clogs: BTreeMap::new(),
            omissions: BTreeMap::new(),
            loss_ppm: 0,
            duplicate_ppm: 0,
        }
    }

    /// The links from a node to all others.
    pub(super) fn of(&self, from: NodeId) -> Vec<Quality> {
        let counts = |map: &BTreeMap<(NodeId, NodeId), u32>, to| {
            map.get(&(from, to)).is_some_and(|&count| count > 0)
        };
        let sent = self.omissions.get(&from).map_or(0, |omission| omission.0);
        NodeId::first(self.nodes)
            .map(|to| Quality {
                cut: counts(&self.cuts, to),
                clogged: counts(&self.clogs, to),
                loss_ppm: self.loss_ppm
                    + sent
                    + self.omissions.get(&to).map_or(0, |omission| omission.1),
                duplicate_ppm: self.duplicate_ppm,
            })
            .collect()
    }

    fn change(&mut self, fault: &Fault, begins: bool) {
        let count = |map: &mut BTreeMap<(NodeId, NodeId), u32>, from: NodeSet, to: NodeSet| {
            for pair in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
                let now = map.entry(pair).or_default();
                *now = if begins { *now + 1 } else { now.saturating_sub(1) };
            }
        };
        let rate = |now: &mut u32, by: u32| {
            *now = if begins { *now + by } else { now.saturating_sub(by) };
        };
        match *fault {
            Fault::Cut { from, to, both, .. } => {
                count(&mut self.cuts, from, to);
                if both {
                    count(&mut self.cuts, to, from);
                }
            }
            Fault::Clog { from, to, .. } => count(&mut self.clogs, from, to),
            Fault::Storm { loss_ppm, duplicate_ppm, .. } => {
                rate(&mut self.loss_ppm, loss_ppm);
                rate(&mut self.duplicate_ppm, duplicate_ppm);
            }
            Fault::Omit { node, sent_ppm, received_ppm, .. } => {
                let omission = self.omissions.entry(node).or_default();
                rate(&mut omission.0, sent_ppm);
                rate(&mut omission.1, received_ppm);
            }
            _ => {}
        }
    }
}

/// The number of the first request after faults have healed: a plan has fewer operations.
const FIRST_PROBE: u64 = 1 << 32;

/// The time between two rounds of requests then, in nanoseconds: two election time-outs.
const PROBE: u64 = 1_000_000_000;

/// Something that is to be done at its time.
enum Act {
    Begin(Fault),
    End(Fault),
    Ask(NodeId, u64),
    Heal,
}

impl Field<'_> {
    /// Does what the plan says, at the plan's times.
    pub(super) fn follow(&mut self, plan: &Plan, stop: &AtomicBool) -> Result<(), String> {
        let nodes = self.crashes.len();
        let mut acts: Vec<(u64, Act)> = Vec::new();
        for strike in &plan.faults {
            acts.push((strike.at, Act::Begin(strike.fault.clone())));
            if let Some(span) = span(&strike.fault) {
                acts.push((strike.at + span, Act::End(strike.fault.clone())));
            }
        }
        for operation in &plan.operations {
            let node = NodeId(operation.client % nodes as u16);
            acts.push((operation.at, Act::Ask(node, operation.count)));
        }
        let last = acts.iter().map(|(at, _)| *at).max().unwrap_or(0);
        let heal = plan.heal.min(last + 1);
        acts.retain(|(at, _)| *at < heal);
        acts.push((heal, Act::Heal));
        acts.sort_by_key(|(at, _)| *at);
        for (at, act) in acts {
            let at = self.began + at;
            while now() < at {
                self.listen(at)?;
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
            }
            match act {
                Act::Begin(fault) => self.suffer(&fault, true)?,
                Act::End(fault) => self.suffer(&fault, false)?,
                Act::Ask(node, count) => self.ask(node, plan.seed, count)?,
                Act::Heal => self.heal(plan)?,
            }
        }
        self.probe(plan, stop)
    }

    /// Promises are about those who ask: every node of the core is asked again and again, until
    /// what was promised has come, or time is up.
    fn probe(&mut self, plan: &Plan, stop: &AtomicBool) -> Result<(), String> {
        if plan.settle == 0 {
            return Ok(());
        }
        let end = now() + plan.settle;
        let mut count = FIRST_PROBE;
        while now() < end && !stop.load(Ordering::Relaxed) {
            for node in plan.core.iter() {
                count += 1;
                self.ask(node, plan.seed, count)?;
            }
            let next = now() + PROBE;
            while now() < next {
                self.listen(next)?;
            }
            if self.verdict(plan.core).is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn suffer(&mut self, fault: &Fault, begins: bool) -> Result<(), String> {
        let verb = if begins { "FAULT" } else { "the end of" };
        let event = self.event(None, What::Fault, format!("{verb} {fault}"));
        self.events.push(event);
        self.faults += u64::from(begins);
        match *fault {
            Fault::Crash { node, .. } if begins => self.kill(node)?,
            Fault::Crash { node, .. } => self.revive(node)?,
            Fault::Rot { node, frame, .. } if begins => {
                self.kill(node)?;
                let rotten = disk::rot(&self.disk(node), frame);
                if rotten.map_err(|error| format!("the disk of {node}: {error}"))?.is_some() {
                    self.damaged.insert(node);
                }
            }
            Fault::Forget { node, frames, .. } if begins => {
                self.kill(node)?;
                disk::forget(&self.disk(node), frames)
                    .map_err(|error| format!("the disk of {node}: {error}"))?;
            }
            Fault::Rot { node, .. } | Fault::Forget { node, .. } => self.revive(node)?,
            Fault::Pause { node, .. } => {
                if let Some(child) = self.children.get(&node) {
                    child.pause(begins);
                }
            }
            Fault::Stall { node, span } if begins => {
                self.command(node, &Command::Stall(now() + span));
            }
            Fault::Skew { node, ppm } => self.command(node, &Command::Skew(ppm)),
            Fault::Leap { node, by } => self.command(node, &Command::Leap(by.cast_signed())),
            Fault::Back { node, by } => self.command(node, &Command::Leap(-by.cast_signed())),
            _ => {
                self.weather.change(fault, begins);
                self.tell_weather();
            }
        }
        Ok(())
    }

    fn tell_weather(&mut self) {
        for node in NodeId::first(self.crashes.len()) {
            let qualities = self.weather.of(node);
            self.command(node, &Command::Links(qualities));
        }
    }

    fn revive(&mut self, node: NodeId) -> Result<(), String> {
        if self.children.contains_key(&node) {
            return Ok(());
        }
        let address = self.addresses[node.index()];
        self.spawn(node, address)
    }

    /// Faults are over: who is not of the core stays away for good, all others come back.
    fn heal(&mut self, plan: &Plan) -> Result<(), String> {
        let what = format!("{HEALED}; {} shall make progress", plan.core);
        let event = self.event(None, What::Fault, what);
        self.events.push(event);
        self.weather = Weather::calm(self.crashes.len());
        for node in NodeId::first(self.crashes.len()) {
            if let Some(child) = self.children.get(&node) {
                child.pause(false);
            }
            match plan.core.contains(node) {
                true => self.revive(node)?,
                false => self.kill(node)?,
            }
        }
        self.tell_weather();
        Ok(())
    }
}

/// How long a fault lasts, if it ends by itself.
fn span(fault: &Fault) -> Option<u64> {
    match *fault {
        Fault::Crash { down, fuse, .. } => {
            // A real process is killed at once: nobody can count its steps from outside.
            let (Fuse::Now | Fuse::Events(_) | Fuse::Saves(_) | Fuse::Sync) = fuse;
            Some(down)
        }
        Fault::Rot { down, .. } | Fault::Forget { down, .. } => Some(down),
        Fault::Pause { span, .. }
        | Fault::Cut { span, .. }
        | Fault::Clog { span, .. }
        | Fault::Omit { span, .. }
        | Fault::Storm { span, .. } => Some(span),
        Fault::Stall { .. } | Fault::Skew { .. } | Fault::Leap { .. } | Fault::Back { .. } => None,
    }
}
