//! The weather of a world, and the faults that strike it, as data.

use std::fmt::{self, Display};
use std::time::Duration;

use model::{NodeId, NodeSet};
use serde::{Deserialize, Serialize};

use crate::failures::Failures;

/// A microsecond, in nanoseconds.
pub const MICROS: u64 = 1_000;
/// A millisecond, in nanoseconds.
pub const MILLIS: u64 = 1_000_000;
/// A second, in nanoseconds.
pub const SECONDS: u64 = 1_000_000_000;

/// Spans between two bounds, in nanoseconds, each as likely as any other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// The shortest.
    pub least: u64,
    /// The longest.
    pub most: u64,
}

impl Spread {
    /// The span that 64 random bits stand for.
    pub(super) fn pick(self, bits: u64) -> u64 {
        let width = self.most.saturating_sub(self.least);
        self.least + ((u128::from(bits) * u128::from(width)) >> 64) as u64
    }
}

/// How network, disks and clocks behave when nothing in particular is wrong. Rates are in
/// millionths.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Climate {
    /// How long a packet travels.
    pub delay: Spread,
    /// How many packets travel longer.
    pub late_ppm: u32,
    /// By how much.
    pub late: Spread,
    /// How many packets are lost.
    pub loss_ppm: u32,
    /// How many packets arrive twice.
    pub duplicate_ppm: u32,
    /// How many packets arrive with the words of the one that was sent before them.
    #[serde(default)]
    pub corrupt_ppm: u32,
    /// Whether a crash may take with it the last of what the node has on its way to each other:
    /// even perfect links promise nothing to who stops.
    #[serde(default)]
    pub orphans: bool,
    /// Whether a packet never overtakes another from the same sender, as on a TCP connection. The
    /// second copy of a doubled one still may.
    pub ordered: bool,
    /// Processor time that a node's wake costs; arrivals in the meantime are taken together.
    pub wake: Spread,
    /// How long a sync takes.
    pub sync: Spread,
    /// How many syncs take longer.
    pub slow_sync_ppm: u32,
    /// By how much.
    pub slow_sync: Spread,
    /// Whether a node waits for its disk, instead of working on while it syncs.
    pub blocking: bool,
    /// The most by which a node's clock runs too fast or too slow.
    pub drift_ppm: u32,
}

impl Climate {
    /// A quiet data centre: nothing is lost, packets take 0.1 to 0.3 ms, syncs 0.2 to 1 ms.
    pub fn calm() -> Climate {
        Climate {
            delay: Spread { least: 100 * MICROS, most: 300 * MICROS },
            late_ppm: 0,
            late: Spread { least: 0, most: 0 },
            loss_ppm: 0,
            duplicate_ppm: 0,
            corrupt_ppm: 0,
            orphans: false,
            ordered: true,
            wake: Spread { least: 5 * MICROS, most: 20 * MICROS },
            sync: Spread { least: 200 * MICROS, most: MILLIS },
            slow_sync_ppm: 0,
            slow_sync: Spread { least: 0, most: 0 },
            blocking: false,
            drift_ppm: 0,
        }
    }
}

/// The moment of a crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fuse {
    /// At once, when the node has taken everything at hand.
    Now,
    /// When it has taken this many more events, whatever else is at hand.
    Events(u32),
    /// When it has saved this many more frames: at the moment at which forgetting hurts most.
    Saves(u32),
    /// When its next sync ends: it fails, and what the node saved is not durable. A node that goes
    /// on after that cannot know what is on its disk, so it stops.
    Sync,
}

/// A fuse that has not burnt down after this time goes out, in nanoseconds: a node that nothing
/// happens to is not worth waiting for.
pub const FUSE: u64 = SECONDS;

/// One thing that goes wrong, and when it ends by itself. Spans are in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fault {
    /// A node stops and starts again.
    Crash {
        /// Which node.
        node: NodeId,
        /// How long it is down, from then on.
        down: u64,
        /// At what moment.
        fuse: Fuse,
        /// How much survives of the frames that were not yet durable: a prefix of this many 256ths
        /// of them. The frame behind the prefix is torn, and its checksum says so.
        keep: u8,
        /// Whether the disk had been compacted to the process's own `records`.
        compacted: bool,
    },
    /// A node stops, and while it is down one of its durable frames is damaged. When it comes back,
    /// the checksum says so, and it refuses to go on: what it had promised may have stood there.
    /// With nothing durable yet, it is a crash like any other.
    Rot {
        /// Which node.
        node: NodeId,
        /// How long it is down before it looks at its log.
        down: u64,
        /// Which frame, counted round from the first durable one.
        frame: u64,
    },
    /// A node stops, and comes back with an older log: its disk has forgotten the last frames that
    /// it had said to be durable, and no checksum tells.
    Forget {
        /// Which node.
        node: NodeId,
        /// How long it is down.
        down: u64,
        /// How many frames are forgotten, if there are so many.
        frames: u64,
    },
    /// A node stands still, as under SIGSTOP; its clock and its disk go on.
    Pause {
        /// Which node.
        node: NodeId,
        /// How long.
        span: u64,
    },
    /// Packets from one set to the other are lost.
    Cut {
        /// The senders.
        from: NodeSet,
        /// The addressees.
        to: NodeSet,
        /// Whether packets the other way are lost, too.
        both: bool,
        /// How long.
        span: u64,
    },
    /// Packets from one set to the other wait until the end of the span.
    Clog {
        /// The senders.
        from: NodeSet,
        /// The addressees.
        to: NodeSet,
        /// How long.
        span: u64,
    },
    /// The syncs of a node that begin within the span end only after it.
    Stall {
        /// Which node.
        node: NodeId,
        /// How long.
        span: u64,
    },
    /// A node's clock runs at another rate from now on.
    Skew {
        /// Which node.
        node: NodeId,
        /// How much too fast, in millionths; too slow when negative.
        ppm: i32,
    },
    /// A node loses some of what it sends, or of what it is sent.
    Omit {
        /// Which node.
        node: NodeId,
        /// How much of what it sends, in millionths.
        sent_ppm: u32,
        /// How much of what it is sent, in millionths.
        received_ppm: u32,
        /// How long.
        span: u64,
    },
    /// A node's clock leaps forward, as after a sleep of the machine. Only a process that reads its
    /// clock (`Out::now`) sees it: alarms are spans, and ring when they would have.
    Leap {
        /// Which node.
        node: NodeId,
        /// How far, in nanoseconds.
        by: u64,
    },
    /// A node's clock is set back; seen like a leap.
    Back {
        /// Which node.
        node: NodeId,
        /// How far, in nanoseconds.
        by: u64,
    },
    /// The whole network loses and doubles more.
    Storm {
        /// How many more packets are lost, in millionths.
        loss_ppm: u32,
        /// How many more packets arrive twice, in millionths.
        duplicate_ppm: u32,
        /// How long.
        span: u64,
    },
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |span: &u64| Duration::from_nanos(*span);
        match self {
            Fault::Crash { node, down, fuse, keep, compacted } => {
                let disk = if *compacted { ", compacted" } else { "" };
                let down = time(down);
                let after = match fuse {
                    Fuse::Now => "now".to_string(),
                    Fuse::Events(count) => format!("after {count} events"),
                    Fuse::Saves(count) => format!("after {count} saves"),
                    Fuse::Sync => "when its next sync fails".to_string(),
                };
                write!(f, "crash {node} {after} for {down:?}, keeps {keep}/256{disk}")
            }
            Fault::Rot { node, down, frame } => {
                write!(f, "crash {node} for {:?}, damages frame {frame} of its log", time(down))
            }
            Fault::Forget { node, down, frames: u64::MAX } => {
                write!(f, "crash {node} for {:?}, its disk forgets everything", time(down))
            }
            Fault::Forget { node, down, frames } => write!(
                f,
                "crash {node} for {:?}, its disk forgets the last {frames} frames",
                time(down)
            ),
            Fault::Pause { node, span } => write!(f, "pause {node} for {:?}", time(span)),
            Fault::Cut { from, to, both, span } => {
                let arrow = if *both { "<->" } else { "->" };
                write!(f, "cut {from} {arrow} {to} for {:?}", time(span))
            }
            Fault::Clog { from, to, span } => {
                write!(f, "clog {from} -> {to} for {:?}", time(span))
            }
            Fault::Stall { node, span } => {
                write!(f, "stall the disk of {node} for {:?}", time(span))
            }
            Fault::Skew { node, ppm } => write!(f, "skew the clock of {node} by {ppm} ppm"),
            Fault::Omit { node, sent_ppm, received_ppm, span } => write!(
                f,
                "omissions of {node}: {sent_ppm} ppm sent, {received_ppm} ppm received for {:?}",
                time(span)
            ),
            Fault::Leap { node, by } => write!(f, "the clock of {node} leaps by {:?}", time(by)),
            Fault::Back { node, by } => {
                write!(f, "the clock of {node} is set back by {:?}", time(by))
            }
            Fault::Storm { loss_ppm, duplicate_ppm, span } => write!(
                f,
                "storm: loss +{loss_ppm} ppm, duplication +{duplicate_ppm} ppm for {:?}",
                time(span)
            ),
        }
    }
}

/// How often each kind of fault really happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Nodes that were up and stopped.
    pub crashes: u64,
    /// Nodes that stopped with work at hand.
    pub crashes_at_work: u64,
    /// Frames that were lost because they were not yet durable.
    pub frames_lost: u64,
    /// Frames that survived a crash before anybody was told that they are durable.
    pub frames_kept: u64,
    /// Nodes that came back.
    pub restarts: u64,
    /// Restarts from a compacted disk.
    pub compactions: u64,
    /// Pauses.
    pub pauses: u64,
    /// Packets lost at random.
    pub losses: u64,
    /// Packets that arrived twice.
    pub duplicates: u64,
    /// Packets that overtook another of the same sender.
    pub reorderings: u64,
    /// Packets that travelled longer than usual.
    pub late: u64,
    /// Packets lost to a cut in both directions, or in one.
    pub cuts: u64,
    /// Packets that waited in a clogged link.
    pub clogs: u64,
    /// Syncs that took longer than usual.
    pub slow_syncs: u64,
    /// Syncs that a stall held up.
    pub stalls: u64,
    /// Clocks that changed their rate.
    pub skews: u64,
    /// Storms.
    pub storms: u64,
    /// Packets that arrived with the words of others.
    #[serde(default)]
    pub corruptions: u64,
    /// Packets that were lost because their sender crashed.
    #[serde(default)]
    pub orphans: u64,
    /// Nodes that began to omit.
    #[serde(default)]
    pub omissions: u64,
    /// Clocks that leapt, whether or not anybody read them.
    #[serde(default)]
    pub leaps: u64,
    /// Byzantine nodes.
    #[serde(default)]
    pub traitors: u64,
    /// Clocks that were set back, whether or not anybody read them.
    #[serde(default)]
    pub set_back: u64,
    /// Syncs that failed.
    #[serde(default)]
    pub failed_syncs: u64,
    /// Nodes that refused their damaged logs.
    #[serde(default)]
    pub refusals: u64,
    /// Durable frames that disks forgot.
    #[serde(default)]
    pub frames_forgotten: u64,
}

impl Tally {
    /// Whether a kind of fault cannot happen in a model, by its phrase.
    pub fn is_ruled_out(phrase: &str, failures: &Failures) -> bool {
        let crash = failures.crashes > 0;
        let is_possible = match phrase {
            "a node crashes" | "a node crashes with work at hand" => crash,
            "a crash loses frames" | "a crash keeps frames nobody was told of" => crash,
            "a node restarts" | "a node restarts from a compacted disk" => {
                crash && failures.recovery
            }
            "a packet is lost" | "a cut loses a packet" => failures.loss,
            "a packet is doubled" => failures.duplication,
            "a storm breaks out" => failures.loss || failures.duplication,
            "a packet overtakes another" => failures.reordering,
            "a node is paused" | "a packet is late" | "a clog holds a packet" => {
                failures.asynchrony
            }
            "a sync is slow" | "a disk stalls" => failures.asynchrony,
            "a clock changes its rate" | "a clock leaps" | "a clock is set back" => failures.drift,
            "a sync fails" => crash && failures.recovery,
            "a node refuses its damaged log" => failures.may_rot(),
            "a disk forgets" => failures.amnesia,
            "a packet is corrupted" => failures.corruption,
            "a crash loses what is on its way" => crash && !failures.loss,
            "a node omits" => failures.omission,
            "a node is a traitor" => failures.traitors > 0,
            _ => true,
        };
        !is_possible
    }

    /// Each kind as a phrase, with its count.
    pub fn each(&self) -> [(&'static str, u64); 26] {
        [
            ("a node crashes", self.crashes),
            ("a node crashes with work at hand", self.crashes_at_work),
            ("a crash loses frames", self.frames_lost),
            ("a crash keeps frames nobody was told of", self.frames_kept),
            ("a node restarts", self.restarts),
            ("a node restarts from a compacted disk", self.compactions),
            ("a node is paused", self.pauses),
            ("a packet is lost", self.losses),
            ("a packet is doubled", self.duplicates),
            ("a packet overtakes another", self.reorderings),
            ("a packet is late", self.late),
            ("a cut loses a packet", self.cuts),
            ("a clog holds a packet", self.clogs),
            ("a sync is slow", self.slow_syncs),
            ("a disk stalls", self.stalls),
            ("a clock changes its rate", self.skews),
            ("a storm breaks out", self.storms),
            ("a packet is corrupted", self.corruptions),
            ("a crash loses what is on its way", self.orphans),
            ("a node omits", self.omissions),
            ("a clock leaps", self.leaps),
            ("a node is a traitor", self.traitors),
            ("a clock is set back", self.set_back),
            ("a sync fails", self.failed_syncs),
            ("a node refuses its damaged log", self.refusals),
            ("a disk forgets", self.frames_forgotten),
        ]
    }
}
