//! Broadcast over a tree, in batches, with links that lose: few messages for some delay.
//!
//! The nodes are a tree: `n0` is the root, and every node has so many children; with as many as
//! there are others, it is a star. A node passes a broadcast on to its neighbours in the tree but
//! the one that it came from, so each gets it once, by the only way there is. What is to be passed
//! on to a neighbour waits for a moment and goes as one message; the neighbour says up to where it
//! has got everything, and what it has not got is sent again after a while (*go back N*).
//!
//! This is the flooding of a spanning tree (Segall, "Distributed Network Protocols", 1983, protocol
//! PI) over links made reliable by cumulative acknowledgements, with the tree given. It costs
//! 2(n-1) messages a *batch*, however many broadcasts are in it.
//!
//! Model: fair-loss links, asynchrony, no faults: a node that stops cuts the tree. No quorum.
//! Left out: building the tree, and mending it.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display};
use core::time::Duration;

use model::{Never, NodeId, Out, Process, Value, named};
use serde::{Deserialize, Serialize};

use super::{Broadcast, Deliver};

/// What never changes at a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// This node.
    pub me: NodeId,
    /// The nodes are `n0` to `n(nodes-1)`.
    pub nodes: usize,
    /// How many children a node has in the tree, from 1.
    pub fanout: usize,
    /// How long a broadcast waits for others to travel with.
    pub wait: Duration,
    /// After how long what was not acknowledged is sent again.
    pub repeat: Duration,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

impl Setup {
    /// A star of the nodes `n0` to `n(nodes-1)`, seen from `me`. Batches of 50 ms: on links of
    /// 100 ms a broadcast is everywhere after 200 to 300 ms. Repeats after twice the 200 ms in
    /// which such a link brings an acknowledgement.
    pub fn new(me: NodeId, nodes: usize) -> Setup {
        Setup {
            me,
            nodes,
            fanout: nodes.saturating_sub(1).max(1),
            wait: Duration::from_millis(50),
            repeat: Duration::from_millis(400),
            mutant: None,
        }
    }

    /// The neighbours of this node in the tree: its parent, if it has one, and its children.
    fn neighbours(&self) -> impl Iterator<Item = NodeId> {
        let (me, fanout) = (self.me.index(), self.fanout.max(1));
        let parent = me.checked_sub(1).map(|before| before / fanout);
        let children = (me * fanout + 1..=me * fanout + fanout).take_while(|&c| c < self.nodes);
        parent.into_iter().chain(children).map(|node| NodeId(node as u16))
    }
}

/// What travels between neighbours.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message<V> {
    /// The broadcasts that follow the first `base` that were passed on over this link.
    Batch {
        /// How many were before these.
        base: u64,
        /// They, in order.
        items: Vec<Deliver<V>>,
    },
    /// The first so many have come.
    Acknowledge {
        /// How many.
        upto: u64,
    },
}

/// The alarms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// What has gathered leaves.
    Leave,
    /// What was not acknowledged leaves again.
    Repeat,
}

/// Batched broadcast at one node.
///
/// Invariants: what a link holds in `open` follows, in order, the first `acknowledged` that were
/// passed on over it; the first `sent` of `open` have left; the alarm to leave is armed exactly
/// while something has not, the one to repeat while something that has is not acknowledged.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Batched<V> {
    setup: Setup,
    links: Vec<Link<V>>,
}

/// The link to one neighbour, and from it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
struct Link<V> {
    to: NodeId,
    /// How many have been passed on and acknowledged.
    acknowledged: u64,
    /// Those after them.
    open: VecDeque<Deliver<V>>,
    /// How many of `open` have left.
    sent: usize,
    /// Whether something was acknowledged since the alarm to repeat was set.
    is_moving: bool,
    /// How many have come from the neighbour.
    got: u64,
}

impl<V: Value> Process for Batched<V> {
    type Request = Broadcast<V>;
    type Indication = Deliver<V>;
    type Message = Message<V>;
    type Timer = Timer;
    type Record = Never;

    fn request(&mut self, Broadcast(payload): Broadcast<V>, out: &mut Out<Self>) {
        self.take(None, Deliver { from: self.setup.me, payload }, out);
    }

    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        match message {
            // Segall 1983, PI, over go back N: what has come in order.
            Message::Batch { base, items } => self.take_batch(from, base, items, out),
            // Go back N: what need not leave again.
            Message::Acknowledge { upto } => self.take_acknowledgement(from, upto, out),
        }
    }

    fn timer(&mut self, timer: Timer, out: &mut Out<Self>) {
        match timer {
            Timer::Leave => self.leave(out),
            Timer::Repeat => self.repeat(out),
        }
    }
}

impl<V: Value> Batched<V> {
    /// A node that has heard nothing.
    pub fn new(setup: Setup) -> Batched<V> {
        let link = |to| Link {
            to,
            acknowledged: 0,
            open: VecDeque::new(),
            sent: 0,
            is_moving: false,
            got: 0,
        };
        Batched { setup, links: setup.neighbours().map(link).collect() }
    }

    /// How many broadcasts wait for an acknowledgement, on all links together.
    pub fn open(&self) -> usize {
        self.links.iter().map(|link| link.open.len()).sum()
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    /// Whether something waits to leave.
    fn gathers(&self) -> bool {
        self.links.iter().any(|link| link.sent < link.open.len())
    }

    /// Whether something that has left waits to be acknowledged.
    fn awaits(&self) -> bool {
        self.links.iter().any(|link| link.sent > 0)
    }

    /// Segall 1983, PI: delivers it, and passes it on to all neighbours but where it came from.
    fn take(&mut self, source: Option<NodeId>, item: Deliver<V>, out: &mut Out<Self>) {
        let gathered = self.gathers();
        let (no_relay, send_back) =
            (self.is_broken(Mutant::NoRelay), self.is_broken(Mutant::SendBack));
        for link in &mut self.links {
            let is_due = Some(link.to) != source && (source.is_none() || !no_relay);
            if is_due || send_back {
                link.open.push_back(item.clone());
            }
        }
        if !gathered && self.gathers() {
            out.set(Timer::Leave, self.setup.wait..self.setup.wait);
        }
        out.indicate(item);
    }

    /// What has not left leaves.
    fn leave(&mut self, out: &mut Out<Self>) {
        let awaited = self.awaits();
        for link in self.links.iter_mut().filter(|link| link.sent < link.open.len()) {
            let base = link.acknowledged + link.sent as u64;
            let items = link.open.iter().skip(link.sent).cloned().collect();
            link.sent = link.open.len();
            // Forgetting it is a crash, which this model does not have.
            out.send(link.to, Message::Batch { base, items });
        }
        if !awaited && self.awaits() {
            out.set(Timer::Repeat, self.setup.repeat..self.setup.repeat);
        }
    }

    fn take_batch(&mut self, from: NodeId, base: u64, items: Vec<Deliver<V>>, out: &mut Out<Self>) {
        let (beyond, again) =
            (self.is_broken(Mutant::TakeBeyond), self.is_broken(Mutant::TakeAgain));
        let Some(link) = self.links.iter_mut().find(|link| link.to == from) else {
            return;
        };
        if base.checked_add(items.len() as u64).is_none() {
            return; // Nobody has passed on 2^64 broadcasts: only a broken peer says so.
        }
        let mut fresh = Vec::new();
        for (place, item) in (1..).zip(items) {
            let number = base + place;
            // The next one; or one that has come already; or one before which others are missing.
            if number == link.got + 1 || (beyond && number > link.got) {
                link.got = number;
                fresh.push(item);
            } else if again && number <= link.got {
                fresh.push(item);
            }
        }
        // What was sent again is acknowledged again, for the first answer may be lost. Forgetting
        // it is a crash, which this model does not have.
        out.send(from, Message::Acknowledge { upto: link.got });
        fresh.into_iter().for_each(|item| self.take(Some(from), item, out));
    }

    fn take_acknowledgement(&mut self, from: NodeId, upto: u64, out: &mut Out<Self>) {
        let awaited = self.awaits();
        let Some(link) = self.links.iter_mut().find(|link| link.to == from) else {
            return;
        };
        // An acknowledgement that was overtaken says nothing new.
        let fresh = upto.saturating_sub(link.acknowledged).min(link.sent as u64);
        link.acknowledged += fresh;
        link.open.drain(..fresh as usize);
        link.sent -= fresh as usize;
        link.is_moving |= fresh > 0;
        if awaited && !self.awaits() {
            out.cancel(Timer::Repeat);
        }
    }

    /// Go back N: a link on which nothing moves has lost something, and all of it leaves again.
    fn repeat(&mut self, out: &mut Out<Self>) {
        if self.is_broken(Mutant::NeverRepeat) {
            return;
        }
        let gathered = self.gathers();
        for link in &mut self.links {
            if !core::mem::take(&mut link.is_moving) {
                link.sent = 0;
            }
        }
        self.leave(out);
        if gathered {
            out.cancel(Timer::Leave);
        }
        if self.awaits() {
            out.set(Timer::Repeat, self.setup.repeat..self.setup.repeat);
        }
    }
}

/// Nothing counts as acknowledged that has not come, and nothing has come that was not passed on.
///
/// # Errors
/// Which link contradicts it.
pub fn what_is_acknowledged_has_come<V: Value>(nodes: &[&Batched<V>]) -> Result<(), String> {
    for node in nodes {
        let me = node.setup.me;
        for link in &node.links {
            let there = nodes.iter().find(|other| other.setup.me == link.to);
            let back = there.and_then(|other| other.links.iter().find(|back| back.to == me));
            let Some(got) = back.map(|back| back.got) else { continue };
            let (low, high) = (link.acknowledged, link.acknowledged + link.sent as u64);
            if !(low..=high).contains(&got) {
                let to = link.to;
                return Err(format!(
                    "{to} has {got} broadcasts from {me}, of which {low} are acknowledged and \
                     {high} have left."
                ));
            }
        }
    }
    Ok(())
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// Nothing is sent again.
        NeverRepeat,
        /// A batch is taken although one before it is missing.
        TakeBeyond,
        /// A batch that has come already is taken again.
        TakeAgain,
        /// Nothing is passed on.
        NoRelay,
        /// A broadcast is passed on to where it came from, too.
        SendBack,
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Batch { base, items } => {
                write!(f, "Batch base={base} [")?;
                for (place, Deliver { from, payload }) in items.iter().enumerate() {
                    write!(f, "{}{from}:{payload}", if place == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
            Message::Acknowledge { upto } => write!(f, "Acknowledge upto={upto}"),
        }
    }
}

impl Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Timer::Leave => "leave",
            Timer::Repeat => "repeat",
        })
    }
}
