//! A run as data, event by event: what diagrams are drawn from, what causality is computed from,
//! and what a reader is shown.

mod causality;
mod recorder;

use std::fmt::{self, Display};

use model::{Moment, NodeId};
use serde::{Deserialize, Serialize};

pub use causality::{Causality, Cut};
pub use recorder::Recorder;

/// What happened in one run, in the order in which it happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trace {
    /// The name of the subject.
    pub subject: String,
    /// How many nodes there are.
    pub nodes: usize,
    /// What [`Happening::at`] counts.
    pub clock: Clock,
    /// Events before the first of `events` that were not kept.
    pub omitted: u64,
    /// What happened.
    pub events: Vec<Happening>,
    /// What the run broke, as a sentence.
    pub violation: Option<String>,
}

/// What the time of an event means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Clock {
    /// Virtual or real nanoseconds since the run began.
    Nanoseconds,
    /// The number of the step: nobody measures time in a story.
    Steps,
}

/// One event, with everything that came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Happening {
    /// When; see [`Trace::clock`]. It never falls from one event to the next.
    pub at: u64,
    /// Where; nothing if it concerns the whole world.
    pub node: Option<NodeId>,
    /// What kind of event.
    pub what: What,
    /// The event in words: the request, the message, the alarm, the fault.
    pub text: String,
    /// Messages that left because of it.
    pub sends: Vec<Sending>,
    /// What was told to the layer above.
    pub tells: Vec<String>,
    /// What was saved.
    pub saves: Vec<String>,
    /// Alarms that were set or cancelled, in words.
    pub alarms: Vec<String>,
    /// The epoch of the node after the event, if its protocol has such a thing.
    pub epoch: Option<Epoch>,
}

/// Kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum What {
    /// The node starts for the first time, or again after a crash.
    Start,
    /// The layer above asks.
    Request,
    /// A message arrives.
    Deliver {
        /// Its number, as in [`Sending::message`]; 0 if its sending is not in the trace.
        message: u64,
        /// Its sender.
        from: NodeId,
    },
    /// A message of the node to itself is taken.
    Own,
    /// An alarm rings.
    Timer,
    /// Nothing more is at hand: the node flushes.
    Flush,
    /// What was saved has become durable.
    Sync,
    /// The node stops and loses what is not durable.
    Crash,
    /// A message is lost on its way, or finds nobody.
    Lost {
        /// Its number.
        message: u64,
    },
    /// A fault strikes or ends.
    Fault,
    /// Something is broken: the event in words is the violation.
    Violation,
}

/// A message that was sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sending {
    /// Its number in the run, from 1.
    pub message: u64,
    /// Its addressee.
    pub to: NodeId,
    /// What it says.
    pub text: String,
    /// What the network decides at once.
    pub fate: Fate,
}

/// What becomes of a message when it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fate {
    /// It is on its way.
    Travels,
    /// It is lost.
    Lost,
    /// It arrives twice.
    Doubled,
}

/// A span of time that a protocol numbers: a term, view, ballot, phase.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number.
    pub number: u64,
    /// Whether this node leads it.
    pub leads: bool,
}

impl Trace {
    /// Messages sent from one node to another, whatever became of them.
    pub fn messages(&self) -> u64 {
        self.events.iter().map(|event| event.sends.len() as u64).sum()
    }

    /// Messages sent whose text begins with this word.
    pub fn messages_called(&self, word: &str) -> u64 {
        let is_called = |sending: &&Sending| sending.text.split([' ', '(']).next() == Some(word);
        self.events.iter().flat_map(|event| &event.sends).filter(is_called).count() as u64
    }

    /// The trace as text, a line for each thing that happened.
    pub fn lines(&self) -> Vec<String> {
        self.events.iter().flat_map(|event| event.lines(self.clock)).collect()
    }
}

impl Happening {
    /// An event of which nothing has come yet.
    pub fn new(at: u64, node: Option<NodeId>, what: What, text: String) -> Happening {
        Happening {
            at,
            node,
            what,
            text,
            sends: Vec::new(),
            tells: Vec::new(),
            saves: Vec::new(),
            alarms: Vec::new(),
            epoch: None,
        }
    }

    /// The event and what came of it, a line each.
    pub fn lines(&self, clock: Clock) -> Vec<String> {
        let at = match clock {
            Clock::Nanoseconds => Moment(self.at).to_string(),
            Clock::Steps => format!("{:>4}", self.at),
        };
        let Some(node) = self.node else {
            return vec![format!("{at} {self}")];
        };
        let mut lines = vec![format!("{at} {node} {self}")];
        let mut add = |what: String| lines.push(format!("{at} {node} {what}"));
        for record in &self.saves {
            add(format!("saves {record}"));
        }
        for Sending { to, text, fate, .. } in &self.sends {
            let fate = match fate {
                Fate::Travels => "",
                Fate::Lost => " (lost)",
                Fate::Doubled => " (doubled)",
            };
            add(format!("sends {to} {text}{fate}"));
        }
        for told in &self.tells {
            add(format!("tells {told}"));
        }
        lines
    }
}

impl Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.what {
            What::Start if text.is_empty() => f.write_str("starts"),
            What::Start => f.write_str(text),
            What::Request => write!(f, "is asked {text}"),
            What::Deliver { from, .. } => write!(f, "gets from {from} {text}"),
            What::Own => write!(f, "gets from itself {text}"),
            What::Timer => write!(f, "hears the alarm {text}"),
            What::Flush => f.write_str("flushes"),
            What::Sync => f.write_str("has synced"),
            What::Crash => f.write_str("crashes"),
            What::Lost { .. } => write!(f, "never gets {text}"),
            What::Fault => f.write_str(text),
            What::Violation => write!(f, "VIOLATION {text}"),
        }
    }
}
