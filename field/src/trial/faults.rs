//! The faults of a plan, done to real processes.

use std::sync::atomic::{AtomicBool, Ordering};

use model::NodeId;
use sim::Plan;
use world::timed::Fault;
use world::trace::What;

use super::{Field, HEALED};
use crate::clock::now;
use crate::disk;
use crate::schedule::{Act, quiet, schedule};
use crate::weather::Weather;
use crate::wire::Command;

/// The number of the first request after faults have healed: a plan has fewer operations.
const FIRST_PROBE: u64 = 1 << 32;

/// The time between two rounds of requests then, in nanoseconds: two election time-outs.
const PROBE: u64 = 1_000_000_000;

impl Field<'_> {
    /// Does what the plan says, at the plan's times.
    pub(super) fn follow(&mut self, plan: &Plan, stop: &AtomicBool) -> Result<(), String> {
        let nodes = self.crashes.len() as u16;
        for (at, act) in schedule(plan, quiet(plan)) {
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
                Act::Ask(operation) => {
                    self.ask(NodeId(operation.client % nodes), plan.seed, operation.count)?;
                }
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
