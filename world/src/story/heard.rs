//! What the layer above did and heard.

use std::fmt::{self, Display};

use model::{NodeId, Process};
use spec::monitor::Monitor;

/// One thing that a monitor is told: all that a promise to the layer above can be about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Heard<P: Process> {
    /// The layer above asked.
    Asked(NodeId, P::Request),
    /// It was told.
    Told(NodeId, P::Indication),
    /// The node crashed.
    Crashed(NodeId),
    /// The node is Byzantine from the beginning.
    Faulty(NodeId),
    /// Faults have healed.
    Healed,
}

impl<P: Process> Heard<P> {
    /// Tells it to a monitor.
    ///
    /// # Errors
    /// What it breaks, as a sentence.
    pub fn tell<M: Monitor<P>>(&self, monitor: &mut M) -> Result<(), String> {
        match self {
            Heard::Asked(node, request) => monitor.requested(*node, request),
            Heard::Told(node, told) => return monitor.indicated(*node, told),
            Heard::Crashed(node) => monitor.crashed(*node),
            Heard::Faulty(node) => monitor.faulty(*node),
            Heard::Healed => monitor.healed(),
        }
        Ok(())
    }

    /// Where it happened, if at one node.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Heard::Asked(node, _)
            | Heard::Told(node, _)
            | Heard::Crashed(node)
            | Heard::Faulty(node) => Some(*node),
            Heard::Healed => None,
        }
    }
}

impl<P: Process> Display for Heard<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Heard::Asked(node, request) => write!(f, "{node} is asked {request}"),
            Heard::Told(node, told) => write!(f, "{node} tells {told}"),
            Heard::Crashed(node) => write!(f, "{node} crashes"),
            Heard::Faulty(node) => write!(f, "{node} is Byzantine"),
            Heard::Healed => f.write_str("faults heal"),
        }
    }
}
