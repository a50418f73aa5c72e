//! A node for drivers that know nothing of its types: values go in and out as JSON.
//!
//! Real processes drive any protocol through [`Bare`]. The rules of the driver are those of
//! [`Host`], as everywhere.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use model::{Choices, Event, Host, Moment, NodeId, Out, Outside, Process, Random};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sim::operation_random;
use world::trace::Epoch;

use crate::exhibit::Exhibit;

/// Something that a node wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Deed {
    /// Send this message.
    Send {
        /// The addressee.
        to: NodeId,
        /// The message, and how it prints.
        message: Json,
        /// In one line.
        text: String,
    },
    /// Write one frame of records, each with how it prints; when it is durable, say so with
    /// [`Bare::synced`].
    Save(Vec<(Json, String)>),
    /// Tell the layer above.
    Tell {
        /// What.
        told: Json,
        /// In one line.
        text: String,
    },
    /// Arm an alarm, again if it is armed already: it rings once, within the range.
    Set {
        /// Its name.
        timer: String,
        /// When, from now.
        range: Range<Duration>,
    },
    /// Disarm an alarm.
    Cancel {
        /// Its name.
        timer: String,
    },
}

/// One node of any protocol. Every call returns what the node then wants done, in order. Its
/// driver keeps the rules of [`Host`]: `settle` when nothing else is at hand, frames durable in
/// order, a failed write is a crash.
pub trait Bare {
    /// Gives back one durable record, before [`start`](Bare::start).
    ///
    /// # Errors
    /// It is no record of this protocol.
    fn recover(&mut self, record: Json) -> Result<(), String>;

    /// Begins.
    fn start(&mut self, now: Moment) -> Vec<Deed>;

    /// The layer above asks.
    ///
    /// # Errors
    /// It is no request of this protocol.
    fn request(&mut self, now: Moment, request: Json) -> Result<Vec<Deed>, String>;

    /// A message has come.
    ///
    /// # Errors
    /// It is no message of this protocol: nothing has happened.
    fn message(&mut self, now: Moment, from: NodeId, message: Json) -> Result<Vec<Deed>, String>;

    /// An alarm rings.
    fn timer(&mut self, now: Moment, timer: &str) -> Vec<Deed>;

    /// The oldest frame is durable.
    fn synced(&mut self, now: Moment) -> Vec<Deed>;

    /// Nothing more is at hand: messages to itself, then flushes, until nothing comes of them.
    fn settle(&mut self, now: Moment) -> Vec<Deed>;

    /// A request as a random run would make it, by its number, with the line that it prints; of a
    /// protocol whose users take turns, the one whose turn it is.
    fn draw(&self, seed: u64, count: u64, turn: u64) -> Option<(Json, String)>;

    /// The requests that a user may name, with the line that each prints.
    fn offers(&self) -> Vec<(Json, String)>;

    /// How a message prints.
    ///
    /// # Errors
    /// It is no message of this protocol.
    fn print(&self, message: Json) -> Result<String, String>;

    /// The epoch that the node is in, if its protocol has such a thing.
    fn epoch(&self) -> Option<Epoch>;

    /// The state, for people.
    fn show(&self) -> String;
}

/// A node of an exhibit.
pub struct BareNode<E: Exhibit> {
    subject: E,
    me: NodeId,
    host: Host<E::Process>,
    out: Out<E::Process>,
    /// The alarms that have been set, by how they print.
    timers: BTreeMap<String, <E::Process as Process>::Timer>,
}

impl<E: Exhibit> BareNode<E> {
    /// A node that has not recovered; its choices come from `random`.
    pub fn new(subject: E, me: NodeId, random: Random) -> BareNode<E> {
        let host = Host::new(me, subject.process(me));
        let out = Out::new(Choices::Seeded(random));
        BareNode { subject, me, host, out, timers: BTreeMap::new() }
    }

    /// What the node wants done when it is given this.
    fn given(
        &mut self,
        now: Moment,
        give: impl FnOnce(&mut Host<E::Process>, &mut Out<E::Process>, &mut Reach<'_, E>),
    ) -> Vec<Deed> {
        self.out.set_now(now);
        let mut reach = Reach { deeds: Vec::new(), timers: &mut self.timers };
        give(&mut self.host, &mut self.out, &mut reach);
        reach.deeds
    }

    fn step(&mut self, now: Moment, event: Event<E::Process>) -> Vec<Deed> {
        self.given(now, |host, out, reach| {
            host.step(event, out, reach);
        })
    }
}

impl<E: Exhibit> Bare for BareNode<E> {
    fn recover(&mut self, record: Json) -> Result<(), String> {
        self.host.recover(read(record)?);
        Ok(())
    }

    fn start(&mut self, now: Moment) -> Vec<Deed> {
        self.step(now, Event::Start)
    }

    fn request(&mut self, now: Moment, request: Json) -> Result<Vec<Deed>, String> {
        let request = read(request)?;
        Ok(self.step(now, Event::Request(request)))
    }

    fn message(&mut self, now: Moment, from: NodeId, message: Json) -> Result<Vec<Deed>, String> {
        let message = read(message)?;
        Ok(self.step(now, Event::Message(from, message)))
    }

    fn timer(&mut self, now: Moment, timer: &str) -> Vec<Deed> {
        match self.timers.remove(timer) {
            Some(timer) => self.step(now, Event::Timer(timer)),
            None => Vec::new(),
        }
    }

    fn synced(&mut self, now: Moment) -> Vec<Deed> {
        self.given(now, |host, _, reach| host.synced(1, reach))
    }

    fn settle(&mut self, now: Moment) -> Vec<Deed> {
        self.given(now, |host, out, reach| host.settle(out, reach))
    }

    fn draw(&self, seed: u64, count: u64, turn: u64) -> Option<(Json, String)> {
        if E::IN_TURNS {
            let offers = self.offers();
            let place = turn % (offers.len() as u64).max(1);
            return offers.into_iter().nth(place as usize);
        }
        let request = self.subject.request(self.me, count, &mut operation_random(seed, count))?;
        Some((json(&request), request.to_string()))
    }

    fn offers(&self) -> Vec<(Json, String)> {
        let offered = self.subject.requests(self.me);
        offered.iter().map(|request| (json(request), request.to_string())).collect()
    }

    fn print(&self, message: Json) -> Result<String, String> {
        Ok(read::<<E::Process as Process>::Message>(message)?.to_string())
    }

    fn epoch(&self) -> Option<Epoch> {
        self.subject.epoch(self.host.process())
    }

    fn show(&self) -> String {
        format!("{:?}", self.host.process())
    }
}

struct Reach<'r, E: Exhibit> {
    deeds: Vec<Deed>,
    timers: &'r mut BTreeMap<String, <E::Process as Process>::Timer>,
}

impl<E: Exhibit> Outside<E::Process> for Reach<'_, E> {
    fn send(&mut self, to: NodeId, message: <E::Process as Process>::Message) {
        let (text, message) = (message.to_string(), json(&message));
        self.deeds.push(Deed::Send { to, message, text });
    }

    fn save(&mut self, records: &mut Vec<<E::Process as Process>::Record>) {
        let printed = |record: &_| (json(record), ToString::to_string(record));
        self.deeds.push(Deed::Save(records.iter().map(printed).collect()));
    }

    fn indicate(&mut self, indication: <E::Process as Process>::Indication) {
        let (text, told) = (indication.to_string(), json(&indication));
        self.deeds.push(Deed::Tell { told, text });
    }

    fn set(&mut self, timer: <E::Process as Process>::Timer, range: Range<Duration>) {
        let name = timer.to_string();
        self.timers.insert(name.clone(), timer);
        self.deeds.push(Deed::Set { timer: name, range });
    }

    fn cancel(&mut self, timer: <E::Process as Process>::Timer) {
        let name = timer.to_string();
        self.timers.remove(&name);
        self.deeds.push(Deed::Cancel { timer: name });
    }
}

fn json(value: &impl serde::Serialize) -> Json {
    serde_json::to_value(value).expect("Values of a protocol hold nothing that JSON has not.")
}

fn read<T: DeserializeOwned>(value: Json) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("no value of this protocol: {error}"))
}
