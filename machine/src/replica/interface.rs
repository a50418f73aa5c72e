//! What a replica is asked, tells, says to its peers, saves and is woken by.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

/// Asked by a client of this node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Request<C, Q> {
    /// Do this. The answer carries the same `id`; ids rise from one request to the next at this
    /// node while it is up.
    Ask {
        /// The request's number.
        id: u64,
        /// What to do.
        operation: Operation<C, Q>,
    },
    /// Nobody waits any longer for the answers to requests below this id. What is under way may
    /// still take effect.
    Forget {
        /// The first id that somebody waits for.
        before: u64,
    },
}

/// What a client wants done.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Operation<C, Q> {
    /// Change the state, exactly once.
    Update(C),
    /// Read a state that holds everything that was answered anywhere before now.
    Read(Q),
    /// Read the state of this node, which may be behind.
    Peek(Q),
}

/// Told to the clients of this node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Indication<R> {
    /// The answer to a request.
    Answer {
        /// The request's number.
        id: u64,
        /// The machine's reply.
        reply: R,
    },
    /// Who leads now, as far as this node knows.
    Leader {
        /// The order's term, view or epoch.
        term: u64,
        /// The leader, if one is known.
        leader: Option<NodeId>,
    },
}

/// A message of a replica or of the order below it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message<O, C> {
    /// The order's.
    Order(O),
    /// To the leader: propose these.
    Forward(Vec<Command<C>>),
    /// To oneself: this life's number is on disk.
    Begin,
}

/// What a replica or the order below it writes to the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record<O> {
    /// The order's.
    Order(O),
    /// The node has begun its life of this number.
    Life(u64),
}

/// The alarms of a replica and of the order below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer<O> {
    /// The order's.
    Order(O),
    /// It is time to ask again for what was not answered.
    Retry,
}

/// Where a command came from. A node numbers its commands from 1 in each life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The node whose client asked.
    pub node: NodeId,
    /// Which of the node's lives it was, counted from 1.
    pub life: u64,
    /// The command's number in that life.
    pub number: u64,
}

/// A machine's command with its origin, as the order carries it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Command<C> {
    /// Where it came from: the key under which it is applied once.
    pub origin: Origin,
    /// What the machine is to do.
    pub body: C,
}

impl<C: Display, Q: Display> Display for Request<C, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Ask { id, operation } => write!(f, "#{id} {operation}"),
            Request::Forget { before } => write!(f, "forget below #{before}"),
        }
    }
}

impl<C: Display, Q: Display> Display for Operation<C, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Update(command) => write!(f, "{command}"),
            Operation::Read(query) => write!(f, "{query}"),
            Operation::Peek(query) => write!(f, "here: {query}"),
        }
    }
}

impl<R: Display> Display for Indication<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Indication::Answer { id, reply } => write!(f, "#{id} {reply}"),
            Indication::Leader { term, leader: Some(node) } => {
                write!(f, "{node} leads term {term}")
            }
            Indication::Leader { term, leader: None } => write!(f, "term {term} has no leader yet"),
        }
    }
}

impl<O: Display, C: Display> Display for Message<O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Order(message) => write!(f, "{message}"),
            Message::Forward(commands) => {
                f.write_str("Forward [")?;
                for (place, command) in commands.iter().enumerate() {
                    write!(f, "{}{command}", if place == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
            Message::Begin => f.write_str("Begin"),
        }
    }
}

impl<O: Display> Display for Record<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Order(record) => write!(f, "{record}"),
            Record::Life(life) => write!(f, "Life {life}"),
        }
    }
}

impl<O: Display> Display for Timer<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Timer::Order(timer) => write!(f, "{timer}"),
            Timer::Retry => f.write_str("retry"),
        }
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.node, self.life, self.number)
    }
}

impl<C: Display> Display for Command<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin, self.body)
    }
}
