//! What the driver of one node holds for it: disk, alarms, clock, inbox.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use model::{NodeId, Outside, Process, Random};
use spec::monitor::Monitor;

use super::climate::{Climate, Fuse};
use super::queue::Item;
use super::{Sea, Violation};
use crate::story::Heard;
use crate::subject::Subject;

/// What has arrived at a node.
pub(super) enum Input<P: Process> {
    Start,
    Request(P::Request),
    /// From whom, the number of the sending, and what.
    Message(NodeId, u64, P::Message),
}

pub(super) struct Site<P: Process> {
    pub(super) me: NodeId,
    /// The disk, as the process recovered so far.
    pub(super) disk: P,
    /// The frames of which it was recovered, if the disk may forget some.
    pub(super) log: Option<Vec<Vec<P::Record>>>,
    /// How many they are.
    pub(super) durable: u64,
    /// The one that is damaged, counted from 1.
    pub(super) damaged: Option<u64>,
    /// The frames that are not yet durable, oldest first.
    pub(super) frames: VecDeque<Vec<P::Record>>,
    /// How many of them the sync in flight makes durable; 0 when there is none.
    pub(super) syncing: u32,
    /// Frames that are durable, but whose held messages have not yet been released.
    pub(super) released: usize,
    pub(super) alarms: Alarms<P::Timer>,
    /// The slots of the alarms that have rung.
    pub(super) rung: VecDeque<u32>,
    pub(super) inbox: VecDeque<Input<P>>,
    pub(super) clock: Clock,
    /// Counts the node's lives between crashes: what was set in an earlier one is void.
    pub(super) run: u32,
    pub(super) busy_until: u64,
    pub(super) paused_until: u64,
    pub(super) stalled_until: u64,
    pub(super) wake_queued: bool,
    /// Frames saved since the last step.
    saved: u32,
    /// The crash that waits for its moment.
    pub(super) fuse: Option<Burning>,
    timing: Random,
    disk_random: Random,
}

impl<P: Process> Site<P> {
    pub(super) fn new(me: NodeId, disk: P, seed: u64, climate: &Climate) -> Self {
        let mut clocks = Random::child(seed, &format!("clock {me}"));
        let bound = i64::from(climate.drift_ppm);
        let drift = clocks.below(2 * bound.unsigned_abs() + 1) as i64 - bound;
        Site {
            me,
            disk,
            log: None,
            durable: 0,
            damaged: None,
            frames: VecDeque::new(),
            syncing: 0,
            released: 0,
            alarms: Alarms { slots: Vec::new() },
            rung: VecDeque::new(),
            inbox: VecDeque::new(),
            // Nobody may think that the clocks of two nodes agree.
            clock: Clock { base: clocks.below(1 << 40), since: 0, ppm: drift },
            run: 0,
            busy_until: 0,
            paused_until: 0,
            stalled_until: 0,
            wake_queued: false,
            saved: 0,
            fuse: None,
            timing: Random::child(seed, &format!("timing {me}")),
            disk_random: Random::child(seed, &format!("disk {me}")),
        }
    }

    /// A frame has become durable.
    pub(super) fn keep(&mut self, frame: Vec<P::Record>) {
        self.durable += 1;
        if let Some(log) = &mut self.log {
            log.push(frame.clone());
        }
        frame.into_iter().for_each(|record| self.disk.recover(record));
    }

    /// The disk holds these frames and nothing else.
    pub(super) fn hold(&mut self, fresh: P, frames: Vec<Vec<P::Record>>) {
        self.disk = fresh;
        self.durable = 0;
        self.log = self.log.take().map(|_| Vec::new());
        frames.into_iter().for_each(|frame| self.keep(frame));
    }

    /// A step was taken: the crash whose moment this is.
    pub(super) fn burnt(&mut self) -> Option<Burning> {
        let saved = std::mem::take(&mut self.saved);
        let burning = self.fuse.as_mut()?;
        let burnt = match &mut burning.fuse {
            Fuse::Now => return self.fuse.take(),
            Fuse::Sync => false,
            Fuse::Events(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
            Fuse::Saves(left) => {
                *left = left.saturating_sub(saved);
                *left == 0
            }
        };
        if burnt { self.fuse.take() } else { None }
    }

    /// The earliest time from `now` on at which the node can look at its inbox.
    pub(super) fn free_at(&self, now: u64) -> u64 {
        now.max(self.busy_until).max(self.paused_until)
    }

    /// The processor time of one wake.
    pub(super) fn wake_cost(&mut self, climate: &Climate) -> u64 {
        climate.wake.pick(self.timing.bits())
    }

    /// How long a sync takes, and whether it is a slow one. Every sync draws the same number of
    /// random bits.
    pub(super) fn sync_cost(&mut self, climate: &Climate) -> (u64, bool) {
        let (usual, dice) = (self.disk_random.bits(), self.disk_random.bits());
        let is_slow = (u128::from(dice) * 1_000_000) >> 64 < u128::from(climate.slow_sync_ppm);
        let more = if is_slow { climate.slow_sync.pick(usual.rotate_left(32)) } else { 0 };
        (climate.sync.pick(usual) + more, is_slow)
    }

    /// Forgets everything volatile; what is on the disk and in its cache stays for the caller.
    pub(super) fn forget(&mut self) {
        self.frames.clear();
        (self.syncing, self.released) = (0, 0);
        self.alarms.slots.clear();
        self.rung.clear();
        self.inbox.clear();
        self.run += 1;
        (self.busy_until, self.paused_until) = (0, 0);
        (self.wake_queued, self.fuse) = (false, None);
    }
}

/// A crash that waits for its moment.
#[derive(Clone, Copy)]
pub(super) struct Burning {
    pub(super) fuse: Fuse,
    pub(super) down: u64,
    pub(super) keep: u8,
    pub(super) compacted: bool,
}

/// A node's clock: what it shows, and how fast it runs.
pub(super) struct Clock {
    base: u64,
    since: u64,
    /// How much too fast, in millionths.
    ppm: i64,
}

impl Clock {
    pub(super) fn at(&self, now: u64) -> u64 {
        let span = now - self.since;
        let gain = i128::from(span) * i128::from(self.ppm) / 1_000_000;
        self.base + (i128::from(span) + gain) as u64
    }

    pub(super) fn skew(&mut self, now: u64, ppm: i32) {
        // A clock that stood still would never ring.
        let ppm = i64::from(ppm.max(-900_000));
        *self = Clock { base: self.at(now), since: now, ppm };
    }

    pub(super) fn leap(&mut self, by: u64) {
        self.base += by;
    }

    /// A clock shows nothing before its beginning.
    pub(super) fn set_back(&mut self, now: u64, by: u64) {
        self.base = self.at(now).saturating_sub(by);
        self.since = now;
    }

    /// The true span in which the clock advances by `span`.
    fn true_span(&self, span: u64) -> u64 {
        if self.ppm == 0 {
            return span;
        }
        (u128::from(span) * 1_000_000 / (1_000_000 + self.ppm) as u128) as u64
    }
}

/// The alarms of a node. An alarm that is set anew leaves its entry in the queue, which looks when
/// it comes up how late it is meant to be: protocols set alarms anew much more often than alarms
/// ring.
pub(super) struct Alarms<T> {
    slots: Vec<Alarm<T>>,
}

struct Alarm<T> {
    /// `None` when the slot is free.
    name: Option<T>,
    due: Option<u64>,
    /// The time of the entry in the queue that counts.
    queued: Option<u64>,
}

/// What comes of a queue entry for an alarm.
pub(super) enum Ring {
    /// Nothing.
    Void,
    /// It is meant for this later time.
    Later(u64),
    /// It is due.
    Now,
}

impl<T: Eq> Alarms<T> {
    /// Arms an alarm; returns its slot if the queue needs a new entry.
    fn set(&mut self, name: T, due: u64) -> Option<u32> {
        let known = self.slots.iter().position(|alarm| alarm.name.as_ref() == Some(&name));
        let free = || self.slots.iter().position(|alarm| alarm.name.is_none());
        let slot = known.or_else(free).unwrap_or_else(|| {
            self.slots.push(Alarm { name: None, due: None, queued: None });
            self.slots.len() - 1
        });
        let alarm = &mut self.slots[slot];
        alarm.name = Some(name);
        alarm.due = Some(due);
        if alarm.queued.is_some_and(|queued| queued <= due) {
            return None;
        }
        alarm.queued = Some(due);
        Some(slot as u32)
    }

    fn cancel(&mut self, name: &T) {
        for alarm in &mut self.slots {
            if alarm.name.as_ref() == Some(name) {
                alarm.due = None;
                if alarm.queued.is_none() {
                    alarm.name = None;
                }
            }
        }
    }

    /// The queue's entry for this slot and time has come up.
    pub(super) fn come_up(&mut self, slot: u32, now: u64) -> Ring {
        let Some(alarm) = self.slots.get_mut(slot as usize) else {
            return Ring::Void;
        };
        if alarm.queued != Some(now) {
            return Ring::Void;
        }
        alarm.queued = None;
        match alarm.due {
            None => {
                alarm.name = None;
                Ring::Void
            }
            Some(due) if due > now => {
                alarm.queued = Some(due);
                Ring::Later(due)
            }
            Some(_) => Ring::Now,
        }
    }

    /// Takes an alarm that has rung, unless it was cancelled or set anew since.
    pub(super) fn take(&mut self, slot: u32, now: u64) -> Option<T> {
        let alarm = self.slots.get_mut(slot as usize)?;
        if alarm.queued.is_some() {
            return None;
        }
        alarm.due.take_if(|due| *due <= now)?;
        alarm.name.take()
    }
}

/// What the handlers of one node reach.
pub(super) struct Reach<'r, S: Subject> {
    pub(super) site: &'r mut Site<S::Process>,
    pub(super) sea: &'r mut Sea<S>,
}

impl<S: Subject> Outside<S::Process> for Reach<'_, S> {
    fn send(&mut self, to: NodeId, message: <S::Process as Process>::Message) {
        let me = self.site.me;
        let sent = match &mut self.sea.treason {
            Some(treason) if treason.is_by(me) => treason.instead_of(me, to, message),
            _ => Some(message),
        };
        if let Some(message) = sent {
            self.sea.send(me, to, message);
        }
    }

    fn save(&mut self, records: &mut Vec<<S::Process as Process>::Record>) {
        if let Some(recorder) = &mut self.sea.record {
            records.iter().for_each(|record| recorder.save(record.to_string()));
        }
        self.site.saved += 1;
        self.site.frames.push_back(std::mem::take(records));
    }

    fn indicate(&mut self, indication: <S::Process as Process>::Indication) {
        let me = self.site.me;
        if let Some(recorder) = &mut self.sea.record {
            recorder.tell(indication.to_string());
        }
        self.sea.note(me, 1, &indication);
        if !self.sea.is_traitor(me) {
            if self.sea.violation.is_none() {
                self.sea.note_heard(|| Heard::Told(me, indication.clone()));
            }
            if let Err(why) = self.sea.monitor.indicated(me, &indication) {
                self.sea.violation.get_or_insert(Violation::Safety(why));
            }
        }
        self.sea.tell(me, indication);
    }

    fn set(&mut self, timer: <S::Process as Process>::Timer, range: Range<Duration>) {
        if let Some(recorder) = &mut self.sea.record {
            recorder.alarm(format!("sets {timer} {range:?}"));
        }
        let span = self.site.timing.span(&range);
        let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX / 2);
        let due = self.sea.now.saturating_add(self.site.clock.true_span(span));
        if let Some(slot) = self.site.alarms.set(timer, due) {
            let node = self.site.me.0;
            self.sea.queue.push(due, Item::Alarm { node, run: self.site.run, slot });
        }
    }

    fn cancel(&mut self, timer: <S::Process as Process>::Timer) {
        if let Some(recorder) = &mut self.sea.record {
            recorder.alarm(format!("cancels {timer}"));
        }
        self.site.alarms.cancel(&timer);
    }
}
