//! One process of the canon, driven in real time by the rules of [`Host`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use model::{Choices, Event, Host, Moment, NodeId, Out, Outside, Process, Random};

/// What a process wants done, alarms and disk aside: those are the instance's own.
pub(super) struct Effects<P: Process> {
    /// Messages to other nodes, in order.
    pub(super) sends: Vec<(NodeId, P::Message)>,
    /// What the layer above is told, in order.
    pub(super) told: Vec<P::Indication>,
}

/// A process with its alarms. It has no disk: Maelstrom's nodes keep what they know in memory, so
/// every frame is durable at once.
pub(super) struct Instance<P: Process> {
    host: Host<P>,
    out: Out<P>,
    alarms: BTreeMap<P::Timer, Instant>,
    random: Random,
    /// Frames that have not been called durable.
    unsynced: usize,
    began: Instant,
}

impl<P: Process> Instance<P> {
    /// A process that has not started; its choices and alarms are drawn from `seed`.
    pub(super) fn new(me: NodeId, process: P, seed: u64) -> Instance<P> {
        Instance {
            host: Host::new(me, process),
            out: Out::new(Choices::Seeded(Random::child(seed, "choices"))),
            alarms: BTreeMap::new(),
            random: Random::child(seed, "alarms"),
            unsynced: 0,
            began: Instant::now(),
        }
    }

    /// Takes one event, and whatever follows from it: messages to itself, flushes, syncs.
    pub(super) fn take(&mut self, event: Event<P>) -> Effects<P> {
        self.out.set_now(Moment(self.began.elapsed().as_nanos() as u64));
        let effects = Effects { sends: Vec::new(), told: Vec::new() };
        let mut reach = Reach {
            effects,
            alarms: &mut self.alarms,
            random: &mut self.random,
            unsynced: &mut self.unsynced,
        };
        self.host.step(event, &mut self.out, &mut reach);
        loop {
            self.host.settle(&mut self.out, &mut reach);
            let frames = std::mem::take(reach.unsynced);
            if frames == 0 {
                return reach.effects;
            }
            self.host.synced(frames, &mut reach);
        }
    }

    /// When the next alarm rings.
    pub(super) fn next(&self) -> Option<Instant> {
        self.alarms.values().min().copied()
    }

    /// An alarm that is due rings, if there is one.
    pub(super) fn ring(&mut self) -> Option<Effects<P>> {
        let now = Instant::now();
        let due = self.alarms.iter().filter(|(_, at)| **at <= now).min_by_key(|(_, at)| **at);
        let timer = due.map(|(timer, _)| timer.clone())?;
        self.alarms.remove(&timer);
        Some(self.take(Event::Timer(timer)))
    }
}

struct Reach<'i, P: Process> {
    effects: Effects<P>,
    alarms: &'i mut BTreeMap<P::Timer, Instant>,
    random: &'i mut Random,
    unsynced: &'i mut usize,
}

impl<P: Process> Outside<P> for Reach<'_, P> {
    fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.sends.push((to, message));
    }

    fn save(&mut self, _: &mut Vec<P::Record>) {
        *self.unsynced += 1;
    }

    fn indicate(&mut self, indication: P::Indication) {
        self.effects.told.push(indication);
    }

    fn set(&mut self, timer: P::Timer, range: Range<Duration>) {
        self.alarms.insert(timer, Instant::now() + self.random.span(&range));
    }

    fn cancel(&mut self, timer: P::Timer) {
        self.alarms.remove(&timer);
    }
}
