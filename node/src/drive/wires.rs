//! Where the effects of the process go: log, peers, alarms, clients.

use std::ops::Range;
use std::time::{Duration, Instant};

use model::{NodeId, Outside, Process, Random};
use serde::Serialize;

use super::timers::Timers;
use crate::log::{Log, LogError};
use crate::peers::Peers;

/// Everything a process can reach.
#[derive(Debug)]
pub struct Wires<P: Process> {
    pub log: Log,
    pub peers: Peers,
    pub timers: Timers<P::Timer>,
    /// Picks the spans of alarms.
    pub random: Random,
    /// What was told and not yet handed to clients.
    pub told: Vec<P::Indication>,
    /// When this turn of the loop began: alarms count from here.
    pub now: Instant,
    /// A frame that the log refused, which ends the node at the end of the step.
    pub failed: Option<LogError>,
}

impl<P: Process> Outside<P> for Wires<P> {
    fn send(&mut self, to: NodeId, message: P::Message) {
        self.peers.send(to, |buffer| encode(&message, buffer));
    }

    fn save(&mut self, records: &mut Vec<P::Record>) {
        if let Err(error) = self.log.append(|buffer| encode(&*records, buffer)) {
            self.failed.get_or_insert(error);
        }
    }

    fn indicate(&mut self, indication: P::Indication) {
        self.told.push(indication);
    }

    fn set(&mut self, timer: P::Timer, range: Range<Duration>) {
        let span = self.random.span(&range);
        self.timers.set(timer, self.now + span);
    }

    fn cancel(&mut self, timer: P::Timer) {
        self.timers.cancel(&timer);
    }
}

/// Appends a value to the buffer in postcard's format, the same for frames of the log and of peers.
fn encode<T: Serialize + ?Sized>(value: &T, buffer: &mut Vec<u8>) {
    let taken = std::mem::take(buffer);
    // Only a value that cannot say its own length fails, and no message or record is one.
    *buffer = postcard::to_extend(value, taken).expect("A value knows its length.");
}
