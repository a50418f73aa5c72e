//! How nodes live: waking, taking what is at hand, syncing.

use std::mem::take;

use model::{Event, Moment, NodeId};
use spec::monitor::Monitor;

use super::climate::Fuse;
use super::queue::Item;
use super::site::{Input, Reach, Ring};
use super::{Node, Violation, World};
use crate::story::{Heard, Step};
use crate::subject::Subject;
use crate::trace::What;

/// Events that one node may take without time passing. Larger only if a process flushes or writes
/// to itself without end: an inbox holds what arrived while the node was busy or paused, which is
/// seconds at the very most.
const WAKE_LIMIT: u64 = 1 << 22;

impl<S: Subject> World<'_, S> {
    pub(super) fn arrive(&mut self, index: usize, input: Input<S::Process>) {
        self.nodes[index].site.inbox.push_back(input);
        self.rouse(index);
    }

    pub(super) fn ring(&mut self, index: usize, run: u32, slot: u32) {
        let (site, now) = (&mut self.nodes[index].site, self.sea.now);
        if site.run != run {
            return;
        }
        match site.alarms.come_up(slot, now) {
            Ring::Void => {}
            Ring::Later(due) => {
                self.sea.queue.push(due, Item::Alarm { node: site.me.0, run, slot });
            }
            Ring::Now => {
                site.rung.push_back(slot);
                self.rouse(index);
            }
        }
    }

    pub(super) fn synced(&mut self, index: usize, run: u32, frames: u32) {
        let site = &mut self.nodes[index].site;
        if site.run != run {
            return;
        }
        if let Some(failed) = site.fuse.take_if(|burning| burning.fuse == Fuse::Sync) {
            self.sea.tally.failed_syncs += 1;
            return self.crash(index, failed);
        }
        let node = site.me;
        for _ in 0..frames {
            let frame = site.frames.pop_front().expect("A sync covers frames that were saved.");
            site.keep(frame);
            self.sea.note_step(|| Step::Sync { node });
        }
        site.syncing = 0;
        site.released += frames as usize;
        self.rouse(index);
    }

    /// Something is at hand: the node wakes now, or when it is free.
    pub(super) fn rouse(&mut self, index: usize) {
        let site = &mut self.nodes[index].site;
        let at = site.free_at(self.sea.now);
        if at == self.sea.now {
            return self.wake(index);
        }
        if !site.wake_queued {
            site.wake_queued = true;
            self.sea.queue.push(at, Item::Wake { node: site.me.0, run: site.run });
        }
    }

    /// The node takes everything at hand.
    fn wake(&mut self, index: usize) {
        if self.take_all(index) {
            self.whim(index);
            let (site, sea) = (&mut self.nodes[index].site, &mut self.sea);
            site.busy_until = sea.now + site.wake_cost(&sea.climate);
            self.begin_sync(index);
        }
        self.wakes += 1;
        if self.wakes >= self.judge_every {
            self.judge();
        }
    }

    /// A traitor may say something of its own accord, whenever something has happened to it.
    fn whim(&mut self, index: usize) {
        let me = NodeId(index as u16);
        let whim = self.sea.treason.as_mut().filter(|treason| treason.is_by(me));
        if let Some((to, message)) = whim.and_then(|treason| treason.whim(me)) {
            self.sea.send(me, to, message);
        }
    }

    /// Returns whether the node is still up at the end.
    fn take_all(&mut self, index: usize) -> bool {
        let node = &mut self.nodes[index];
        node.out.set_now(Moment(node.site.clock.at(self.sea.now)));
        let released = take(&mut node.site.released);
        if let Some(host) = &mut node.host
            && released > 0
        {
            self.sea.happens(Some(node.site.me), What::Sync, format_args!(""));
            host.synced(released, &mut Reach { site: &mut node.site, sea: &mut self.sea });
        }
        let before = self.events;
        loop {
            let Some(alive) = self.take_next(index) else {
                return true;
            };
            if !alive || self.sea.violation.is_some() {
                return false;
            }
            if self.events - before > WAKE_LIMIT {
                let what = format!("n{index} never comes to rest");
                self.sea.violation.get_or_insert(Violation::Safety(what));
            }
        }
    }

    /// Takes the next event: a message to itself, a due alarm, what has arrived, or a flush.
    /// Returns whether the node is still up; nothing if nothing was at hand.
    fn take_next(&mut self, index: usize) -> Option<bool> {
        let node = &mut self.nodes[index];
        let host = node.host.as_mut()?;
        if host.owed().is_some() {
            let me = node.site.me;
            let is_looked_at = self.sea.record.is_some() || !self.unseen.is_empty();
            let owed = host.owed().filter(|_| is_looked_at).cloned();
            let owed = owed.map(|message| Event::Message(me, message));
            if let (Some(event), true) = (&owed, self.sea.record.is_some()) {
                self.sea.event(me, event, 0);
            }
            let mut reach = Reach { site: &mut node.site, sea: &mut self.sea };
            host.step_own(&mut node.out, &mut reach);
            return Some(self.took(index, owed));
        }
        while let Some(slot) = node.site.rung.pop_front() {
            if let Some(timer) = node.site.alarms.take(slot, self.sea.now) {
                return Some(self.step(index, Event::Timer(timer), 0));
            }
        }
        let mut number = 0;
        let event = match node.site.inbox.pop_front() {
            None => {
                let me = node.site.me;
                self.sea.happens(Some(me), What::Flush, format_args!(""));
                self.sea.note_step(|| Step::Flush { node: me });
                let mut reach = Reach { site: &mut node.site, sea: &mut self.sea };
                let acted = host.step(Event::Flush, &mut node.out, &mut reach);
                if let Some(record) = &mut self.sea.record {
                    record.drop_if_idle();
                }
                if let Some(notes) = self.sea.notes.as_mut().filter(|_| !acted) {
                    notes.steps.pop();
                }
                // A flush is not counted as an event, but a flush without end must be noticed.
                self.events += u64::from(acted);
                return acted.then(|| self.survived(index));
            }
            Some(Input::Start) => Event::Start,
            Some(Input::Message(from, sent, message)) => {
                number = sent;
                Event::Message(from, message)
            }
            Some(Input::Request(request)) => {
                self.sea.monitor.requested(node.site.me, &request);
                self.sea.note_heard(|| Heard::Asked(node.site.me, request.clone()));
                Event::Request(request)
            }
        };
        Some(self.step(index, event, number))
    }

    fn step(&mut self, index: usize, event: Event<S::Process>, number: u64) -> bool {
        let Node { host: Some(host), out, site } = &mut self.nodes[index] else {
            return false;
        };
        if self.sea.record.is_some() {
            self.sea.event(site.me, &event, number);
        }
        self.sea.note_event(site.me, &event, site.run == 0);
        let kept = (!self.unseen.is_empty()).then(|| event.clone());
        host.step(event, out, &mut Reach { site, sea: &mut self.sea });
        self.took(index, kept)
    }

    /// An event was taken. Returns whether the node is still up.
    fn took(&mut self, index: usize, event: Option<Event<S::Process>>) -> bool {
        self.events += 1;
        self.note_epoch(index);
        let node = &mut self.nodes[index];
        if let Some(event) = event
            && let Some(host) = &node.host
        {
            let sometimes = &self.sometimes;
            self.unseen.retain(|&mark| !(sometimes[mark].seen)(&event, host.process()));
        }
        self.survived(index)
    }

    /// The record shows in which epoch each event leaves its node.
    fn note_epoch(&mut self, index: usize) {
        if let (Some(record), Some(host)) = (&mut self.sea.record, &self.nodes[index].host) {
            record.epoch(self.subject.epoch(host.process()));
        }
    }

    /// A step is done. Returns whether the node is still up: a crash may have waited for it.
    fn survived(&mut self, index: usize) -> bool {
        let Some(burnt) = self.nodes[index].site.burnt() else {
            return true;
        };
        self.sea.tally.crashes_at_work += 1;
        self.crash(index, burnt);
        false
    }

    fn begin_sync(&mut self, index: usize) {
        let (site, sea) = (&mut self.nodes[index].site, &mut self.sea);
        if site.frames.is_empty() || site.syncing > 0 {
            return;
        }
        let (cost, is_slow) = site.sync_cost(&sea.climate);
        sea.tally.slow_syncs += u64::from(is_slow);
        sea.tally.stalls += u64::from(site.stalled_until > sea.now);
        let end = sea.now.max(site.stalled_until) + cost;
        site.syncing = site.frames.len() as u32;
        if sea.climate.blocking {
            site.busy_until = site.busy_until.max(end);
        }
        let frames = site.syncing;
        sea.queue.push(end, Item::Synced { node: site.me.0, run: site.run, frames });
    }
}
