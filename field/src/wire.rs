//! What parent and nodes write to each other: one line of JSON each.

use std::net::SocketAddr;

use model::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use world::trace::Happening;

/// What a parent tells a node, on its standard input. The end of the input ends the node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Where the nodes listen, by number; then the node starts.
    Start(Vec<SocketAddr>),
    /// The layer above asks this, which prints like that.
    Ask(Json, String),
    /// How the links to the others are from now on, by number.
    Links(Vec<Quality>),
    /// Syncs that begin before this time end only then, in nanoseconds.
    Stall(u64),
    /// The clock runs too fast by so many millionths.
    Skew(i32),
    /// The clock leaps forward by so many nanoseconds, or back, if there are fewer than none.
    Leap(i64),
}

/// How a link is, from its sender's side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Quality {
    /// Nothing gets through.
    pub cut: bool,
    /// What is sent waits until the link is no longer clogged.
    pub clogged: bool,
    /// How much is lost, in millionths.
    pub loss_ppm: u32,
    /// How much is doubled, in millionths.
    pub duplicate_ppm: u32,
}

/// What a node prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Line {
    /// It listens here and waits for [`Command::Start`].
    Listens(SocketAddr),
    /// It does not start: its disk is damaged, and this is where.
    Refuses(String),
    /// Something happened.
    Happened {
        /// What, for the trace.
        happening: Box<Happening>,
        /// What was asked, if anything was. A list, since a request may itself be `null`.
        asked: Vec<Json>,
        /// What was told to the layer above, in order.
        told: Vec<Json>,
    },
}

/// What travels between nodes: four bytes of length, lowest first, then this as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Packet {
    /// The sender.
    pub from: NodeId,
    /// The number of the sending in the trial.
    pub number: u64,
    /// The message.
    pub message: Json,
}

/// The longest packet that a node takes: far longer than any protocol of the lab writes, and short
/// enough that a stranger on the port cannot exhaust memory.
pub const MAX_PACKET: usize = 1 << 20;
