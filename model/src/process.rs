//! The one trait that every protocol implements.

use alloc::vec::Vec;
use core::fmt::Debug;
use core::hash::Hash;

use crate::value::{has_no_values, never};
use crate::{NodeId, Out, Value};

/// A protocol at one node: a deterministic state machine. It does no I/O; it says what should
/// happen, through [`Out`].
///
/// The same inputs in the same order give the same state and the same effects, everywhere: a
/// process sees no clock but [`Out::now`], no randomness but [`Out::choose`], and no memory but
/// its own fields. A process does not know its driver; see [`Host`](crate::Host) for the rules
/// that every driver keeps.
///
/// **The law of forgetting.** After a crash the world remembers, of the lost steps, exactly their
/// sends and indications. So the crash-recovery argument of a protocol is one question at each
/// `send`: is it harmless if I forget having sent this, and then get an answer to it?
///
/// What a process has none of is [`Never`](crate::Never), and the method that would take it need
/// not be written: left out where there is something to take, it does not compile.
pub trait Process: Clone + Eq + Hash + Debug + 'static {
    /// Asked by the layer above.
    type Request: Value;
    /// Told to the layer above.
    type Indication: Value;
    /// To and from the same protocol at other nodes, and to oneself.
    type Message: Value;
    /// The names of its alarms.
    type Timer: Value + Ord;
    /// What it writes to its log to survive a crash.
    type Record: Value;

    /// Takes back one durable record; all of them, in order, before [`start`](Process::start).
    /// It reads no volatile state, so the disk may be thought of as the process recovered so far.
    fn recover(&mut self, record: Self::Record) {
        never(record)
    }

    /// The shortest log that recovers this process; drivers compact with it.
    fn records(&self) -> Vec<Self::Record> {
        const { assert!(has_no_values::<Self::Record>(), "Whoever saves says what it needs.") }
        Vec::new()
    }

    /// Begins, after recovery.
    fn start(&mut self, out: &mut Out<Self>) {
        let _ = out;
    }

    /// Answers the layer above.
    fn request(&mut self, request: Self::Request, out: &mut Out<Self>) {
        let _ = out;
        never(request)
    }

    /// Takes a message of the same protocol at `from`, which may be this node.
    fn message(&mut self, from: NodeId, message: Self::Message, out: &mut Out<Self>);

    /// Takes an alarm that was set and has come due.
    fn timer(&mut self, timer: Self::Timer, out: &mut Out<Self>) {
        let _ = out;
        never(timer)
    }

    /// Nothing more is at hand: emits what was held back to be done once for many events. Called
    /// until it emits nothing; a parent flushes itself first, then its children.
    fn flush(&mut self, out: &mut Out<Self>) {
        let _ = out;
    }
}
