//! What a handler says should happen.

use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use crate::{Moment, NodeId, Process, Random};

/// One thing that a handler says should happen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Effect<P: Process> {
    /// Now; may be lost, and may be forgotten by us after a crash.
    Send(NodeId, P::Message),
    /// Once everything saved up to the end of this step is on disk.
    SendDurable(NodeId, P::Message),
    /// Append to our log.
    Save(P::Record),
    /// To the layer above, now.
    Indicate(P::Indication),
    /// Arm the alarm, anew if it is armed; the driver picks a span within the range.
    Set(P::Timer, Range<Duration>),
    /// Disarm the alarm.
    Cancel(P::Timer),
}

/// The list of effects that a handler fills, and its only window on the world.
#[derive(Debug)]
pub struct Out<P: Process> {
    effects: Vec<Effect<P>>,
    now: Moment,
    choices: Choices,
}

/// Where the answers of [`Out::choose`] come from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Choices {
    /// A run: drawn from a seed.
    Seeded(Random),
    /// The checker: the answers to give, in order, and behind them always 0. What was asked is
    /// written down, so that the checker can try the other answers.
    Scripted {
        /// The answers.
        script: Vec<u32>,
        /// The bound of each question asked so far.
        asked: Vec<u32>,
    },
}

/// What a child layer told its parent. It must be looked at, even if there is nothing to do.
pub type Indications<C> = Vec<<C as Process>::Indication>;

impl<P: Process> Out<P> {
    /// An empty list over the given source of choices. Drivers keep one and reuse its capacity.
    pub fn new(choices: Choices) -> Out<P> {
        Out { effects: Vec::new(), now: Moment::ZERO, choices }
    }

    /// Sends now. The message may be lost, and after a crash we may have forgotten sending it.
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send(to, message));
    }

    /// Sends once everything saved up to the end of this step is on disk.
    pub fn send_durable(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::SendDurable(to, message));
    }

    /// Appends to our log. All that one step saves becomes durable together or not at all.
    pub fn save(&mut self, record: P::Record) {
        self.effects.push(Effect::Save(record));
    }

    /// Tells the layer above, now.
    pub fn indicate(&mut self, indication: P::Indication) {
        self.effects.push(Effect::Indicate(indication));
    }

    /// (Re)arms the alarm of this name, to ring once after a span that the driver picks within
    /// the range. A range that holds one span only is written `span..span`.
    pub fn set(&mut self, timer: P::Timer, range: Range<Duration>) {
        self.effects.push(Effect::Set(timer, range));
    }

    /// Disarms the alarm of this name, if it is armed.
    pub fn cancel(&mut self, timer: P::Timer) {
        self.effects.push(Effect::Cancel(timer));
    }

    /// A number below `bound`: all randomness there is. Seeded in runs, enumerated by the checker.
    pub fn choose(&mut self, bound: u32) -> u32 {
        match &mut self.choices {
            Choices::Seeded(random) => random.below(u64::from(bound)) as u32,
            Choices::Scripted { script, asked } => {
                asked.push(bound);
                script.get(asked.len() - 1).copied().unwrap_or(0)
            }
        }
    }

    /// The node's own clock; only for clock protocols and measured failure detectors.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Runs a child layer in place: `run` calls one of its handlers, and its effects become ours
    /// in the order in which it emitted them, lifted by the three constructors (or closures, which
    /// can capture the key of one of many instances). Its indications are returned.
    #[must_use = "a layer that ignores what its child tells it says so with `let _ =`"]
    pub fn below<C: Process>(
        &mut self,
        lift: (
            impl Fn(C::Message) -> P::Message,
            impl Fn(C::Timer) -> P::Timer,
            impl Fn(C::Record) -> P::Record,
        ),
        run: impl FnOnce(&mut Out<C>),
    ) -> Indications<C> {
        let (message, timer, record) = lift;
        let choices = core::mem::replace(&mut self.choices, Choices::Seeded(Random::new(0)));
        let mut child = Out { effects: Vec::new(), now: self.now, choices };
        run(&mut child);
        self.choices = child.choices;
        let mut told = Vec::new();
        for effect in child.effects {
            self.effects.push(match effect {
                Effect::Send(to, m) => Effect::Send(to, message(m)),
                Effect::SendDurable(to, m) => Effect::SendDurable(to, message(m)),
                Effect::Save(r) => Effect::Save(record(r)),
                Effect::Set(t, range) => Effect::Set(timer(t), range),
                Effect::Cancel(t) => Effect::Cancel(timer(t)),
                Effect::Indicate(indication) => {
                    told.push(indication);
                    continue;
                }
            });
        }
        told
    }

    /// For drivers: the time that handlers see from now on.
    pub fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// For drivers: the source of choices.
    pub fn choices(&mut self) -> &mut Choices {
        &mut self.choices
    }

    /// For drivers: whether nothing was emitted since the effects were last drained.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// For drivers: the effects in program order; the capacity stays.
    pub fn drain(&mut self) -> impl Iterator<Item = Effect<P>> + '_ {
        self.effects.drain(..)
    }
}
