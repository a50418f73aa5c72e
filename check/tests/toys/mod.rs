//! Small protocols whose runs can be counted by hand.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::time::Duration;

use model::{Event, Never, NodeId, Out, Process};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;
use world::{Invariant, Sometimes, Subject};

pub const SECOND: Duration = Duration::from_secs(1);
const N0: NodeId = NodeId(0);
const N1: NodeId = NodeId(1);

/// A number with a name in front of it: enough for messages of toys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Word {
    Add(u8),
    Added(u8),
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Promises nothing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Silent;

impl<P: Process> Monitor<P> for Silent {
    fn indicated(&mut self, _: NodeId, _: &P::Indication) -> Result<(), String> {
        Ok(())
    }
}

/// How the counter is broken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    None,
    /// The server answers before its disk holds the number.
    Early,
    /// The client panics at an answer.
    Panic,
}

/// A counter at n1, which n0 adds to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Counter {
    pub flaw: Flaw,
    /// At n1: the sum.
    pub sum: u8,
    /// At n0: the sum that was acknowledged.
    pub acknowledged: u8,
}

impl Process for Counter {
    type Request = u8;
    type Indication = u8;
    type Message = Word;
    type Timer = Never;
    type Record = u8;

    fn recover(&mut self, sum: u8) {
        self.sum = sum;
    }

    fn records(&self) -> Vec<u8> {
        vec![self.sum]
    }

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, request: u8, out: &mut Out<Self>) {
        out.send(N1, Word::Add(request));
    }

    fn message(&mut self, from: NodeId, message: Word, out: &mut Out<Self>) {
        match message {
            Word::Add(number) => {
                self.sum += number;
                out.save(self.sum);
                if self.flaw == Flaw::Early {
                    out.send(from, Word::Added(self.sum));
                } else {
                    out.send_durable(from, Word::Added(self.sum));
                }
            }
            Word::Added(sum) => {
                assert!(self.flaw != Flaw::Panic, "The client cannot take {sum}.");
                self.acknowledged = self.acknowledged.max(sum);
                out.indicate(sum);
            }
        }
    }

    fn timer(&mut self, timer: Never, _: &mut Out<Self>) {
        match timer {}
    }
}

/// The counter, with requests to add 1 and then 2.
pub struct Counting {
    pub flaw: Flaw,
    pub requests: Vec<u8>,
    /// A mark that nothing reaches.
    pub has_idle_mark: bool,
}

pub fn counting(flaw: Flaw) -> Counting {
    Counting { flaw, requests: vec![1, 2], has_idle_mark: false }
}

impl Subject for Counting {
    type Process = Counter;
    type Monitor = Silent;

    fn name(&self) -> &'static str {
        "counter"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, _: NodeId) -> Counter {
        Counter { flaw: self.flaw, sum: 0, acknowledged: 0 }
    }

    fn monitor(&self) -> Silent {
        Silent
    }

    fn invariants(&self) -> Vec<Invariant<Counter>> {
        fn kept(nodes: &[&Counter]) -> Result<(), String> {
            let (acknowledged, sum) = (nodes[0].acknowledged, nodes[1].sum);
            if acknowledged <= sum {
                return Ok(());
            }
            Err(format!("{acknowledged} was acknowledged, but the sum is {sum}."))
        }
        fn once(nodes: &[&Counter]) -> Result<(), String> {
            let sum = nodes[1].sum;
            if sum <= 3 { Ok(()) } else { Err(format!("1 and 2 were added up to {sum}.")) }
        }
        vec![
            Invariant { name: "acknowledged sums are kept", holds: kept },
            Invariant { name: "numbers are added once", holds: once },
        ]
    }

    fn sometimes(&self) -> Vec<Sometimes<Counter>> {
        let mut marks = vec![Sometimes {
            name: "a sum was acknowledged",
            seen: |event, _| matches!(event, Event::Message(_, Word::Added(_))),
        }];
        if self.has_idle_mark {
            let seen = |_: &Event<Counter>, counter: &Counter| counter.sum == 200;
            marks.push(Sometimes { name: "the sum is 200", seen });
        }
        marks
    }

    fn requests(&self, node: NodeId) -> Vec<u8> {
        if node == N0 { self.requests.clone() } else { Vec::new() }
    }
}

/// A note book that two nodes keep: it batches by flush, writes to itself through the disk, sends
/// again by an alarm, and draws lots for what it notes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Notes {
    pub me: NodeId,
    pub unsaved: Vec<u8>,
    pub kept: BTreeSet<u8>,
    pub unanswered: BTreeSet<u8>,
}

impl Process for Notes {
    type Request = u8;
    type Indication = u8;
    type Message = Word;
    type Timer = u8;
    type Record = u8;

    fn recover(&mut self, note: u8) {
        self.kept.insert(note);
    }

    fn records(&self) -> Vec<u8> {
        self.kept.iter().copied().collect()
    }

    fn start(&mut self, _: &mut Out<Self>) {}

    fn request(&mut self, request: u8, out: &mut Out<Self>) {
        let note = request + out.choose(2) as u8;
        self.unsaved.push(note);
    }

    fn message(&mut self, from: NodeId, message: Word, out: &mut Out<Self>) {
        match message {
            Word::Add(note) => {
                // An answer to each copy would let answers that wait for the disk grow without end.
                if self.kept.insert(note) {
                    out.save(note);
                    out.send_durable(from, Word::Added(note));
                }
            }
            Word::Added(note) if from == self.me => out.indicate(note),
            Word::Added(note) => {
                self.unanswered.remove(&note);
                if self.unanswered.is_empty() {
                    out.cancel(0);
                }
            }
        }
    }

    /// Sends once more, and does not arm itself again.
    fn timer(&mut self, _: u8, out: &mut Out<Self>) {
        for &note in &self.unanswered {
            out.send(NodeId(1 - self.me.0), Word::Add(note));
        }
    }

    fn flush(&mut self, out: &mut Out<Self>) {
        for note in std::mem::take(&mut self.unsaved) {
            out.send(NodeId(1 - self.me.0), Word::Add(note));
            self.unanswered.insert(note);
            if self.kept.insert(note) {
                out.save(note);
            }
            out.send_durable(self.me, Word::Added(note));
            out.set(0, SECOND..SECOND);
        }
    }
}

/// Remembers what was indicated since the last crash, so that monitors count as state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Heard(BTreeSet<(NodeId, u8)>);

impl Monitor<Notes> for Heard {
    fn indicated(&mut self, node: NodeId, note: &u8) -> Result<(), String> {
        self.0.insert((node, *note));
        Ok(())
    }

    fn crashed(&mut self, node: NodeId) {
        self.0.retain(|(other, _)| *other != node);
    }
}

/// The note book, with one request at n0.
#[derive(Default)]
pub struct Noting {
    /// Whether the note 11 is taken for a mistake once it is kept.
    pub has_flaw: bool,
}

impl Subject for Noting {
    type Process = Notes;
    type Monitor = Heard;

    fn name(&self) -> &'static str {
        "notes"
    }

    fn nodes(&self) -> usize {
        2
    }

    fn process(&self, me: NodeId) -> Notes {
        Notes { me, unsaved: Vec::new(), kept: BTreeSet::new(), unanswered: BTreeSet::new() }
    }

    fn monitor(&self) -> Heard {
        Heard::default()
    }

    fn requests(&self, node: NodeId) -> Vec<u8> {
        if node == N0 { vec![10] } else { Vec::new() }
    }

    fn invariants(&self) -> Vec<Invariant<Notes>> {
        fn no_11(nodes: &[&Notes]) -> Result<(), String> {
            match nodes.iter().find(|notes| notes.kept.contains(&11)) {
                Some(notes) => Err(format!("{} keeps 11.", notes.me)),
                None => Ok(()),
            }
        }
        if self.has_flaw { vec![Invariant { name: "no 11", holds: no_11 }] } else { Vec::new() }
    }
}
