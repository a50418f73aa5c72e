//! What comes of an input at a node, what a monitor makes of what it hears, and how the processes
//! of all nodes are judged.

use std::sync::Arc;

use ::world::caught;
use model::{Event, NodeId};
use spec::monitor::Monitor;

use super::local::{Branch, Input, Local};
use super::tables::{Packet, Tables};
use super::{Lexicon, Shareable};
use crate::explore::meaning::{Heard, MonitorKey, Step};
use crate::explore::memory::Act;
use crate::hand::no_panic;
use crate::{Judgement, Violation};

impl<S: Shareable> Lexicon<'_, S> {
    pub(super) fn compute(&self, tables: &mut Tables<S>, number: u32, act: Act) -> Arc<[Step]> {
        let entry = Arc::clone(&tables.entries[number as usize]);
        let me = entry.node.me;
        let input = match act {
            // A loss is computed by nobody; were it asked for, it would be an arrival.
            Act::Deliver(packet) | Act::Forge(packet) | Act::Drop(packet) => {
                let packet = tables.packets.value(packet);
                Input::Event(Event::Message(packet.from, packet.message.clone()))
            }
            Act::Fire(place) => Input::Event(Event::Timer(entry.timers[place as usize].clone())),
            Act::Request(place) => {
                let request = &self.requests[me.index()][place as usize];
                Input::Event(Event::Request(request.clone()))
            }
            Act::Flush => Input::Event(Event::Flush),
            Act::Sync => Input::Sync,
            Act::Crash => Input::Crash,
            Act::Restart => Input::Restart,
        };
        let branches = self.branches(&entry.node, &input);
        let fault = self.test_step(tables, &entry.node, &input, &branches);
        let fault = fault.map(|violation| Step::Broken { script: [].into(), violation });
        let steps = branches.into_iter().map(|branch| {
            let script = branch.script.into();
            let outcome = match branch.outcome {
                Ok(outcome) => outcome,
                Err(text) => return Step::Broken { script, violation: no_panic(text) },
            };
            let survives = !matches!(act, Act::Crash | Act::Restart);
            let (before, after) = (entry.node.seen(), outcome.node.seen());
            if let Err(text) = self.subject.step(before, after)
                && survives
            {
                let property = "a step of a node".to_owned();
                return Step::Broken { script, violation: Violation { property, text } };
            }
            // What is sent to a faulty node is known to it: its forgeries are listed without.
            let traitors = self.traitors;
            let posts = outcome.posts.into_iter().filter(|(to, _)| !traitors.contains(*to));
            let posts = posts.map(|(to, message)| Packet { from: me, to, message });
            Step::Led {
                script,
                posts: posts.map(|packet| tables.packets.number(packet).0).collect(),
                node: self.number(tables, outcome.node),
                told: tables.told.number(outcome.told).0,
                marks: outcome.marks,
            }
        });
        fault.into_iter().chain(steps.collect::<Vec<_>>()).collect()
    }

    /// Everything that comes of an input at a node.
    pub(super) fn branches(
        &self,
        node: &Local<S::Process>,
        input: &Input<S::Process>,
    ) -> Vec<Branch<S::Process>> {
        let mut branches = node.branches(&self.sometimes, input, self.manner);
        if self.symmetric.is_some() {
            // Names decide in which order a loop over nodes writes; renamed hosts are sorted too.
            let outcomes = branches.iter_mut().filter_map(|branch| branch.outcome.as_mut().ok());
            let hosts = outcomes.filter_map(|outcome| outcome.node.up.as_mut());
            hosts.for_each(|up| up.host.sort_held());
        }
        branches
    }

    pub(super) fn judge_heard(
        &self,
        tables: &mut Tables<S>,
        key: MonitorKey,
    ) -> Result<u32, Violation> {
        let (monitor, node, heard) = key;
        let mut monitor = S::Monitor::clone(tables.monitors.value(monitor));
        let told = match heard {
            Heard::Told(list) => tables.told.value(list).as_slice(),
            _ => &[],
        };
        let judged = caught(|| {
            match heard {
                Heard::Request(place) => {
                    monitor.requested(node, &self.requests[node.index()][place as usize]);
                }
                Heard::Crash => monitor.crashed(node),
                Heard::Told(_) => {}
            }
            told.iter().try_for_each(|indication| monitor.indicated(node, indication))
        });
        let judged = judged.map_err(no_panic)?.map(|()| monitor);
        if let Some(violation) = self.test_heard(tables, key, &judged) {
            return Err(violation);
        }
        let promised = |text| Violation { property: "promise to the layer above".into(), text };
        Ok(tables.monitors.number(judged.map_err(promised)?).0)
    }

    pub(super) fn judge_seen(&self, seen: &[u32]) -> Judgement {
        let tables = self.tables();
        let processes: Vec<_> = seen.iter().map(|&n| Arc::clone(tables.seen.value(n))).collect();
        drop(tables);
        let processes: Vec<&S::Process> = processes.iter().map(|seen| &seen.1).collect();
        let judgement = self.judge_processes(&processes);
        self.test_judged(&processes, &judgement).map_or(judgement, Judgement::Broken)
    }

    /// Judges the processes of all nodes; nothing is demanded of traitors.
    pub(super) fn judge_processes(&self, processes: &[&S::Process]) -> Judgement {
        let places = NodeId::first(processes.len()).zip(processes);
        let loyal = places.filter(|(node, _)| !self.traitors.contains(*node));
        let processes: Vec<&S::Process> = loyal.map(|(_, &process)| process).collect();
        let judged = caught(|| {
            for invariant in &self.invariants {
                if let Err(text) = (invariant.holds)(&processes) {
                    let property = invariant.name.to_owned();
                    return Judgement::Broken(Violation { property, text });
                }
            }
            if self.subject.within(&processes) { Judgement::Within } else { Judgement::Outside }
        });
        judged.unwrap_or_else(|text| Judgement::Broken(no_panic(text)))
    }
}
