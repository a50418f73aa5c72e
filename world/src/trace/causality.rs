//! Happened-before, computed from a trace (Lamport 1978), and cuts through it (Chandy and Lamport
//! 1985; Mattern 1989).

use std::collections::BTreeMap;

use model::NodeId;

use super::{Trace, What};

/// The causal order of a trace's events.
///
/// Each event that happens at a node has a vector with a place for every node: how many events of
/// that node it knows of, its own included. One event happened before another exactly if the other
/// knows of it (Fidge 1988, Mattern 1989). A crash does not end a node's line: what a node
/// recovers, it knows.
#[derive(Clone, Debug)]
pub struct Causality {
    nodes: usize,
    /// For each event: where, its number at its node from 1, and its vector.
    events: Vec<Option<(NodeId, u32)>>,
    vectors: Vec<u32>,
    /// For each event that delivers a message, the event that sent it.
    sent_by: Vec<Option<usize>>,
    depth: Vec<u32>,
}

impl Causality {
    /// Computes it in one pass: time and memory are events times nodes.
    pub fn of(trace: &Trace) -> Causality {
        let nodes = trace.nodes;
        let mut now = vec![vec![0u32; nodes]; nodes];
        let mut depth_now = vec![0u32; nodes];
        let mut senders: BTreeMap<u64, usize> = BTreeMap::new();
        let mut order = Causality {
            nodes,
            events: Vec::with_capacity(trace.events.len()),
            vectors: Vec::with_capacity(trace.events.len() * nodes),
            sent_by: Vec::with_capacity(trace.events.len()),
            depth: Vec::with_capacity(trace.events.len()),
        };
        for (index, event) in trace.events.iter().enumerate() {
            let place = event.node.filter(|node| node.index() < nodes);
            let happens = place.filter(|_| !matches!(event.what, What::Lost { .. }));
            let Some(node) = happens else {
                order.events.push(None);
                order.vectors.extend(std::iter::repeat_n(0, nodes));
                order.sent_by.push(None);
                order.depth.push(0);
                continue;
            };
            let me = node.index();
            let sender = match event.what {
                What::Deliver { message, .. } => senders.get(&message).copied(),
                _ => None,
            };
            if let Some(sender) = sender {
                let known = &order.vectors[sender * nodes..(sender + 1) * nodes];
                now[me]
                    .iter_mut()
                    .zip(known)
                    .for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
                depth_now[me] = depth_now[me].max(order.depth[sender] + 1);
            }
            now[me][me] += 1;
            order.events.push(Some((node, now[me][me])));
            order.vectors.extend_from_slice(&now[me]);
            order.sent_by.push(sender);
            order.depth.push(depth_now[me]);
            senders.extend(event.sends.iter().map(|sending| (sending.message, index)));
        }
        order
    }

    /// Whether event `a` happened before event `b`; both are indices into the trace.
    pub fn precedes(&self, a: usize, b: usize) -> bool {
        let (Some((node, number)), Some(_)) = (self.events[a], self.events[b]) else {
            return false;
        };
        a != b && self.vector(b)[node.index()] >= number
    }

    /// Whether neither of two different events happened before the other.
    pub fn concurrent(&self, a: usize, b: usize) -> bool {
        a != b && !self.precedes(a, b) && !self.precedes(b, a)
    }

    /// The vector of an event: how many events of each node it knows of. All 0 if the event does
    /// not happen at a node.
    pub fn vector(&self, event: usize) -> &[u32] {
        &self.vectors[event * self.nodes..(event + 1) * self.nodes]
    }

    /// The event that sent the message that this event delivers.
    pub fn sent_by(&self, event: usize) -> Option<usize> {
        self.sent_by[event]
    }

    /// The longest chain of messages that leads to this event: its cost in message delays.
    pub fn delays(&self, event: usize) -> u32 {
        self.depth[event]
    }

    /// Everything that happened before an event, oldest first.
    pub fn past(&self, event: usize) -> Vec<usize> {
        (0..event).filter(|&earlier| self.precedes(earlier, event)).collect()
    }

    /// Whether a cut is consistent: no event inside knows of one outside.
    ///
    /// # Errors
    /// An event inside, and the event outside whose message it has received.
    pub fn check(&self, cut: &Cut) -> Result<(), (usize, usize)> {
        for (event, place) in self.events.iter().enumerate() {
            let Some((node, number)) = *place else { continue };
            if !cut.holds(node, number) {
                continue;
            }
            if let Some(sender) = self.sent_by[event]
                && let Some((from, sent)) = self.events[sender]
                && !cut.holds(from, sent)
            {
                return Err((event, sender));
            }
        }
        Ok(())
    }
}

/// A cut: for each node, how many of its events lie inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut(pub Vec<u32>);

impl Cut {
    fn holds(&self, node: NodeId, number: u32) -> bool {
        self.0.get(node.index()).is_some_and(|&inside| number <= inside)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Clock, Fate, Recorder};
    use super::*;

    /// Every event of small random traces, against the definition: a path of steps at one node
    /// and of messages.
    #[test]
    fn vectors_agree_with_the_definition_of_happened_before() {
        let mut random = model::Random::new(7);
        for _ in 0..200 {
            let trace = random_trace(&mut random);
            let order = Causality::of(&trace);
            let count = trace.events.len();
            let mut before = vec![vec![false; count]; count];
            for (b, event) in trace.events.iter().enumerate() {
                for a in 0..b {
                    let sent = matches!(event.what, What::Deliver { message, .. }
                        if trace.events[a].sends.iter().any(|s| s.message == message));
                    if trace.events[a].node == event.node || sent {
                        before[a][b] = true;
                        (0..a).for_each(|c| before[c][b] |= before[c][a]);
                    }
                }
            }
            for (a, after) in before.iter().enumerate() {
                for (b, &is_before) in after.iter().enumerate() {
                    assert_eq!(order.precedes(a, b), is_before, "{a} {b} of {trace:?}");
                }
            }
            consistent_cuts_are_closed(&trace, &order);
        }
    }

    /// A cut is consistent exactly if it holds the past of all it holds.
    fn consistent_cuts_are_closed(trace: &Trace, order: &Causality) {
        for code in 0..4u32.pow(3) {
            let cut = Cut(vec![code % 4, code / 4 % 4, code / 16]);
            let inside = |event: usize| {
                let (node, number) = order.events[event].expect("each event has its node");
                cut.holds(node, number)
            };
            let is_closed = (0..trace.events.len())
                .filter(|&event| inside(event))
                .all(|event| order.past(event).into_iter().all(inside));
            assert_eq!(order.check(&cut).is_ok(), is_closed);
        }
    }

    fn random_trace(random: &mut model::Random) -> Trace {
        let mut recorder = Recorder::new(usize::MAX);
        let mut flying: Vec<(u64, NodeId)> = Vec::new();
        for step in 0..12u64 {
            let some = NodeId(random.below(3) as u16);
            let arrives = !flying.is_empty() && random.chance(1, 2);
            let node = if arrives {
                let (message, to) = flying.remove(random.below(flying.len() as u64) as usize);
                let what = What::Deliver { message, from: some };
                recorder.begin(step, Some(to), what, String::new());
                to
            } else {
                recorder.begin(step, Some(some), What::Timer, String::new());
                some
            };
            let to = NodeId((node.0 + 1) % 3);
            recorder.send(step + 1, to, String::new(), Fate::Travels);
            flying.push((step + 1, to));
        }
        recorder.trace("random", 3, Clock::Steps)
    }
}
