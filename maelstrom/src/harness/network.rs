//! The processes, and the network between them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use model::{NodeId, Random};
use world::trace::{Clock, Fate, Recorder, Trace, What};

use super::Test;
use crate::message::Envelope;

/// What a node's process says.
pub(super) enum Output {
    Message(Envelope),
    /// A line that is no message.
    Strange(usize, String),
    Ended(usize, String),
}

/// The events that the diagram of a test keeps.
const RECORDED: usize = 100_000;

/// Nodes are the first lanes of the diagram; services and clients stand beside them.
const OTHERS: usize = 1;

pub(super) struct Network {
    children: Vec<(Child, Option<ChildStdin>)>,
    began: Instant,
    latency: Duration,
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
    pub(super) fn start(test: &Test, tell: Sender<Output>) -> Result<Network, String> {
        let mut children = Vec::new();
        for node in 0..test.nodes {
            let fail = |error| format!("cannot start {}: {error}", test.binary.display());
            let mut child = Command::new(&test.binary)
                .args(&test.arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .map_err(fail)?;
            let (input, output) = (child.stdin.take(), child.stdout.take());
            let tell = tell.clone();
            thread::spawn(move || {
                let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
                for line in lines.map_while(Result::ok) {
                    let said = match serde_json::from_str(&line) {
                        Ok(envelope) => Output::Message(envelope),
                        Err(_) => Output::Strange(node, line),
                    };
                    if tell.send(said).is_err() {
                        return;
                    }
                }
                let _ = tell.send(Output::Ended(node, "its output has ended".into()));
            });
            children.push((child, input));
        }
        Ok(Network {
            children,
            began: Instant::now(),
            latency: test.latency,
            loss_ppm: test.loss_ppm,
            random: Random::child(test.seed, "network"),
            flying: BTreeMap::new(),
            number: 0,
            cut: None,
            between: 0,
            record: Recorder::new(RECORDED),
        })
    }

    /// Nanoseconds of the test.
    pub(super) fn since(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.began).as_nanos() as u64
    }

    /// Hands a message to a node's process, now; one that has travelled has a number.
    pub(super) fn give(&mut self, number: Option<u64>, envelope: Envelope) -> Result<(), String> {
        let number = number.unwrap_or_else(|| self.leaves(&envelope, Fate::Travels));
        self.arrives(number, &envelope);
        let place = self.place(&envelope.dest);
        let Some((_, Some(input))) = place.and_then(|place| self.children.get_mut(place)) else {
            return Err(format!(
                "{} wrote to {}, which does not exist",
                envelope.src, envelope.dest
            ));
        };
        let mut line = serde_json::to_vec(&envelope).expect("A message is JSON.");
        line.push(b'\n');
        // A process that has ended says so on its own.
        let _ = input.write_all(&line).and_then(|()| input.flush());
        Ok(())
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
        // Exponential, as Maelstrom's is by default: most are quick, a few overtake nobody.
        let part = (self.random.below(1 << 20) + 1) as f64 / f64::from(1 << 20);
        let span = self.latency.mul_f64(-part.ln());
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
        if self.cut.take().is_some() || self.children.len() < 2 {
            return false;
        }
        let mut side = vec![false; self.children.len()];
        while side.iter().filter(|&&one| one).count() < self.children.len() / 2 {
            side[random.below(self.children.len() as u64) as usize] = true;
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
        self.record.trace(name, self.children.len() + OTHERS, Clock::Nanoseconds)
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

    fn place(&self, name: &str) -> Option<usize> {
        let place: usize = name.strip_prefix('n')?.parse().ok()?;
        (place < self.children.len()).then_some(place)
    }

    /// The lane of the diagram: clients and services share the last one.
    fn lane(&self, name: &str) -> NodeId {
        NodeId(self.place(name).unwrap_or(self.children.len()) as u16)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for (child, input) in &mut self.children {
            drop(input.take());
            // A node that does not see that its input has ended is not waited for.
            let _ = child.kill();
            let _ = child.wait();
        }
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
