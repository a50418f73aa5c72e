//! One step of a hand-driven world, as a value and as the line of text that stands for it.

use std::fmt::{self, Display};

use model::{NodeId, NodeSet, Process};

/// One step of a world that is driven by hand, by a story or by the checker.
///
/// Its `Display` is the story's command line, such as `deliver n0 n1 RequestVote term=1`. A line
/// is read back without a parser for messages: it is compared with the `Display` of what is in
/// flight, armed or offered by the subject (see [`Stage`](super::Stage)).
///
/// After the step of an event, the node takes its messages to itself at once, in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Step<P: Process> {
    /// The layer above asks something at a node.
    Request {
        /// Where.
        node: NodeId,
        /// What.
        request: P::Request,
    },
    /// A packet in flight arrives.
    Deliver {
        /// Its sender.
        from: NodeId,
        /// Its addressee.
        to: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// A packet in flight is lost.
    Drop {
        /// Its sender.
        from: NodeId,
        /// Its addressee.
        to: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// A packet in flight is doubled: one more equal packet is in flight afterwards.
    Duplicate {
        /// Its sender.
        from: NodeId,
        /// Its addressee.
        to: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// A faulty node sends a forged message: one more packet is in flight.
    Forge {
        /// The faulty node.
        from: NodeId,
        /// Its addressee.
        to: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// An armed alarm rings.
    Fire {
        /// Whose.
        node: NodeId,
        /// Its name.
        timer: P::Timer,
    },
    /// Nothing more is at hand at a node: it flushes, until it emits nothing.
    Flush {
        /// Which node.
        node: NodeId,
    },
    /// The oldest frame of a node that is not yet durable becomes durable, and what waited for it
    /// leaves.
    Sync {
        /// Which node.
        node: NodeId,
    },
    /// A node stops. Of what was not durable, only its sends and indications remain in the world.
    Crash {
        /// Which node.
        node: NodeId,
    },
    /// A node that is down recovers what its disk holds, and starts.
    Restart {
        /// Which node.
        node: NodeId,
    },
    /// The answers that handlers get from `Out::choose` in the next step, in order; behind them
    /// every answer is 0.
    Choose {
        /// The answers.
        answers: Vec<u32>,
    },
    /// From now on, packets between nodes of different groups are lost, those in flight included.
    /// A node that is named in no group is a group of its own.
    Partition {
        /// The groups.
        groups: Vec<NodeSet>,
    },
    /// Every partition ends.
    Heal,
    /// Everything but alarms, crashes and losses happens until nothing is left to happen: packets
    /// arrive in the order in which they were sent, nodes flush, frames become durable.
    Settle,
}

impl<P: Process> Display for Step<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Request { node, request } => write!(f, "request {node} {request}"),
            Step::Deliver { from, to, message } => write!(f, "deliver {from} {to} {message}"),
            Step::Drop { from, to, message } => write!(f, "drop {from} {to} {message}"),
            Step::Duplicate { from, to, message } => write!(f, "duplicate {from} {to} {message}"),
            Step::Forge { from, to, message } => write!(f, "forge {from} {to} {message}"),
            Step::Fire { node, timer } => write!(f, "fire {node} {timer}"),
            Step::Flush { node } => write!(f, "flush {node}"),
            Step::Sync { node } => write!(f, "sync {node}"),
            Step::Crash { node } => write!(f, "crash {node}"),
            Step::Restart { node } => write!(f, "restart {node}"),
            Step::Choose { answers } => {
                f.write_str("choose")?;
                answers.iter().try_for_each(|answer| write!(f, " {answer}"))
            }
            Step::Partition { groups } => {
                f.write_str("partition")?;
                for (place, group) in groups.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { " |" })?;
                    group.iter().try_for_each(|node| write!(f, " {node}"))?;
                }
                Ok(())
            }
            Step::Heal => f.write_str("heal"),
            Step::Settle => f.write_str("settle"),
        }
    }
}
