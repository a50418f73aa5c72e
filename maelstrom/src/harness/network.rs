//! The network between the processes.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use model::{Named, NodeId, Random, named};
use world::trace::{Clock, Fate, Recorder, Trace, What};

use super::Test;
use super::process::{Process, Said};
use crate::message::Envelope;

named! {
    /// How the times that messages travel are spread about their mean.
    pub enum Spread {
        /// All alike, as in Maelstrom unless told otherwise: messages do not overtake each other.
        Constant,
        /// From nothing to twice the mean.
        Uniform,
        /// Most are quick, and a few take very long.
        Exponential,
    }
}

impl Spread {
    fn span(self, mean: Duration, random: &mut Random) -> Duration {
        // A part of 1, from above 0.
        let part = (random.below(1 << 20) + 1) as f64 / f64::from(1 << 20);
        match self {
            Spread::Constant => mean,
            Spread::Uniform => mean.mul_f64(2.0 * part),
            Spread::Exponential => mean.mul_f64(-part.ln()),
        }
    }
}

impl FromStr for Spread {
    type Err = String;

    fn from_str(name: &str) -> Result<Spread, String> {
        let why = || format!("latencies are constant, uniform or exponential, not {name:?}");
        Spread::named(name).ok_or_else(why)
    }
}

/// The events that the diagram of a test keeps.
const RECORDED: usize = 100_000;

/// Nodes are the first lanes of the diagram; services and clients stand beside them.
const OTHERS: usize = 1;

pub(super) struct Network {
    processes: Vec<Process>,
    began: Instant,
    latency: Duration,
    spread: Spread,
    loss_ppm: u32,
    random: Random,
    /// What is on its way, by its time and number.
    flying: BTreeMap<(Instant, u64), Envelope>,
    number: u64,
    /// The half that is cut off from the others, if there is one.
    cut: Option<Vec<bool>>,
    between: u64,
    record: Recorder,
}

impl Network {
    /// Starts the processes.
    pub(super) fn start(test: &Test, tell: &Sender<Said>) -> Result<Network, String> {
        let start = |node| Process::start(test, node, tell.clone());
        Ok(Network {
            processes: (0..test.nodes).map(start).collect::<Result<_, _>>()?,
            began: Instant::now(),
            latency: test.latency,
            spread: test.spread,
            loss_ppm: test.loss_ppm,
            random: Random::child(test.seed, "network"),
            flying: BTreeMap::new(),
            number: 0,
            cut: None,
            between: 0,
            record: Recorder::new(RECORDED),
        })
    }

    /// The process of a node.
    pub(super) fn process(&mut self, node: usize) -> &mut Process {
        &mut self.processes[node]
    }

    /// Nanoseconds of the test.
    pub(super) fn since(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_nanos() as u64
    }

    /// Hands a message to a node's process, now; one that has travelled has a number.
    pub(super) fn give(&mut self, number: Option<u64>, envelope: &Envelope) {
        let number = number.unwrap_or_else(|| self.leaves(envelope, Fate::Travels));
        self.arrives(number, envelope);
        if let Some(place) = self.place(&envelope.dest) {
            self.processes[place].give(envelope);
        }
    }

    /// A message between nodes or services sets out.
    pub(super) fn send(&mut self, envelope: Envelope) {
        self.between += u64::from(self.is_between_nodes(&envelope));
        let lost = self.is_cut(&envelope.src, &envelope.dest)
            || self.random.chance(u64::from(self.loss_ppm), 1_000_000);
        let number = self.leaves(&envelope, if lost { Fate::Lost } else { Fate::Travels });
        if lost {
            return;
        }
        let span = self.spread.span(self.latency, &mut self.random);
        self.flying.insert((Instant::now() + span, number), envelope);
    }

    /// A message has gone to a client, which takes no time: latency there would hide anomalies.
    pub(super) fn answered(&mut self, envelope: &Envelope) {
        let number = self.leaves(envelope, Fate::Travels);
        self.arrives(number, envelope);
    }

    fn leaves(&mut self, envelope: &Envelope, fate: Fate) -> u64 {
        self.number += 1;
        let at = self.since(Instant::now());
        let (from, to) = (self.lane(&envelope.src), self.lane(&envelope.dest));
        let kind = envelope.kind().to_string();
        self.record.begin(at, Some(from), What::Own, kind);
        self.record.send(self.number, to, text(envelope), fate);
        self.number
    }

    fn arrives(&mut self, message: u64, envelope: &Envelope) {
        let at = self.since(Instant::now());
        let (from, to) = (self.lane(&envelope.src), self.lane(&envelope.dest));
        self.record.begin(at, Some(to), What::Deliver { message, from }, text(envelope));
    }

    /// What has arrived by now. A link that was cut meanwhile loses it.
    pub(super) fn due(&mut self) -> Vec<(u64, Envelope)> {
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some(entry) = self.flying.first_entry()
            && entry.key().0 <= now
        {
            let number = entry.key().1;
            due.push((number, entry.remove()));
        }
        due.retain(|(_, envelope)| !self.is_cut(&envelope.src, &envelope.dest));
        due
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.flying.keys().next().map(|key| key.0)
    }

    /// Begins a partition into two halves, or ends the one there is. Returns whether one began.
    pub(super) fn turn(&mut self, random: &mut Random) -> bool {
        if self.cut.take().is_some() || self.processes.len() < 2 {
            return false;
        }
        let mut side = vec![false; self.processes.len()];
        while side.iter().filter(|&&one| one).count() < self.processes.len() / 2 {
            side[random.below(self.processes.len() as u64) as usize] = true;
        }
        self.cut = Some(side);
        let at = self.since(Instant::now());
        self.record.begin(at, None, What::Fault, "a partition".into());
        true
    }

    /// The network is whole again.
    pub(super) fn heal(&mut self) {
        self.cut = None;
        self.loss_ppm = 0;
    }

    pub(super) fn between_nodes(&self) -> u64 {
        self.between
    }

    pub(super) fn trace(&self, name: &str) -> Trace {
        self.record.trace(name, self.processes.len() + OTHERS, Clock::Nanoseconds)
    }

    fn is_cut(&self, one: &str, other: &str) -> bool {
        match (&self.cut, self.place(one), self.place(other)) {
            (Some(side), Some(one), Some(other)) => side.get(one) != side.get(other),
            _ => false,
        }
    }

    fn is_between_nodes(&self, envelope: &Envelope) -> bool {
        self.place(&envelope.src).is_some() && self.place(&envelope.dest).is_some()
    }

    /// The number of the node of this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        let place: usize = name.strip_prefix('n')?.parse().ok()?;
        (place < self.processes.len()).then_some(place)
    }

    /// The lane of the diagram: clients and services share the last one.
    fn lane(&self, name: &str) -> NodeId {
        NodeId(self.place(name).unwrap_or(self.processes.len()) as u16)
    }
}

/// A message in one line.
fn text(envelope: &Envelope) -> String {
    let mut body = envelope.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("type");
    }
    format!("{} {body}", envelope.kind())
}
