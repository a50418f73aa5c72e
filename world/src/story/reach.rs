//! What the handlers of one node reach on a stage.

use std::fmt::Display;
use std::ops::Range;
use std::time::Duration;

use model::{Event, Host, NodeId, Out, Outside, Process};
use spec::monitor::Monitor;

use super::Heard;
use super::stage::{Air, Around, Packet};
use crate::subject::Subject;
use crate::timed::Violation;
use crate::trace::{Fate, What};

/// What the handlers of one node reach.
pub(super) struct Reach<'r, S: Subject> {
    pub(super) subject: &'r S,
    pub(super) me: NodeId,
    pub(super) around: &'r mut Around<S::Process>,
    pub(super) air: &'r mut Air<S>,
}

impl<S: Subject> Reach<'_, S> {
    fn line(&mut self, what: impl Display) {
        if self.air.record.is_some() {
            self.air.lines.push(format!("{} {what}", self.me));
        }
    }

    /// Takes the node's messages to itself; returns whether there were any.
    pub(super) fn own(&mut self, host: &mut Host<S::Process>, out: &mut Out<S::Process>) -> bool {
        let mut acted = false;
        while let Some(message) = host.owed() {
            self.air.happens(Some(self.me), What::Own, message);
            acted |= self.watch(host, |host, reach| host.step_own(out, reach));
        }
        acted
    }

    /// Flushes once; returns whether anything came of it.
    pub(super) fn flush(&mut self, host: &mut Host<S::Process>, out: &mut Out<S::Process>) -> bool {
        self.air.happens(Some(self.me), What::Flush, "");
        let acted = self.watch(host, |host, reach| host.step(Event::Flush, out, reach));
        if !acted {
            self.air.take_back();
        }
        acted
    }

    /// The event begun last leaves its node in this epoch. To be said of each event before the next
    /// begins, or is found to be idle and taken back: else it is said of another, perhaps of
    /// another node.
    pub(super) fn note_epoch(&mut self, host: &Host<S::Process>) {
        if let Some(record) = &mut self.air.record {
            record.epoch(self.subject.epoch(host.process()));
        }
    }

    /// Runs a step and writes down which messages it left waiting for the disk.
    pub(super) fn watch<T>(
        &mut self,
        host: &mut Host<S::Process>,
        run: impl FnOnce(&mut Host<S::Process>, &mut Self) -> T,
    ) -> T {
        let frames = host.frames();
        let waiting = host.held().last().map_or(0, <[_]>::len);
        let result = run(host, self);
        self.note_epoch(host);
        // A step adds either to the last frame or to a new one.
        let skip = if host.frames() == frames { waiting } else { 0 };
        for (to, message) in host.held().last().into_iter().flatten().skip(skip) {
            self.line(format_args!("holds {to} {message}"));
        }
        result
    }
}

impl<S: Subject> Outside<S::Process> for Reach<'_, S> {
    fn send(&mut self, to: NodeId, message: <S::Process as Process>::Message) {
        self.air.sent += 1;
        let (number, is_cut) = (self.air.sent, self.air.is_cut(self.me, to));
        if let Some(record) = &mut self.air.record {
            let fate = if is_cut { Fate::Lost } else { Fate::Travels };
            record.send(number, to, message.to_string(), fate);
        }
        if is_cut {
            return self.line(format_args!("sends {to} {message} (lost)"));
        }
        self.line(format_args!("sends {to} {message}"));
        self.air.packets.push(Packet { from: self.me, to, message, number });
    }

    fn save(&mut self, records: &mut Vec<<S::Process as Process>::Record>) {
        for record in records.iter() {
            self.line(format_args!("saves {record}"));
            if let Some(told) = &mut self.air.record {
                told.save(record.to_string());
            }
        }
        self.around.frames.push_back(std::mem::take(records));
    }

    fn indicate(&mut self, indication: <S::Process as Process>::Indication) {
        self.line(format_args!("tells {indication}"));
        if let Some(record) = &mut self.air.record {
            record.tell(indication.to_string());
        }
        if self.air.violation.is_none() {
            if let Err(why) = self.air.monitor.indicated(self.me, &indication) {
                self.air.violation = Some(Violation::Safety(why));
            }
            self.air.hear(Heard::Told(self.me, indication));
        }
    }

    fn set(&mut self, timer: <S::Process as Process>::Timer, range: Range<Duration>) {
        if range.end <= range.start {
            self.line(format_args!("sets {timer} {:?}", range.start));
        } else {
            self.line(format_args!("sets {timer} {range:?}"));
        }
        if let Some(record) = &mut self.air.record {
            record.alarm(format!("sets {timer}"));
        }
        let due = self.around.clock + range.start;
        self.around.timers.insert(timer, due);
    }

    fn cancel(&mut self, timer: <S::Process as Process>::Timer) {
        if self.around.timers.remove(&timer).is_some() {
            self.line(format_args!("cancels {timer}"));
            if let Some(record) = &mut self.air.record {
                record.alarm(format!("cancels {timer}"));
            }
        }
    }
}
