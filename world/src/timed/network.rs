//! Links between nodes.

use model::{NodeId, NodeSet, Random};

use super::climate::{Climate, Tally};

/// One direction between two nodes. Each has its own randomness, so that what happens on one does
/// not change what happens on another.
struct Link {
    random: Random,
    /// Cuts that hold now.
    cuts: u16,
    clogged_until: u64,
    /// Omissions that hold now, of its sender and its addressee, in millionths.
    omission: u32,
    /// When the last packet so far arrives.
    last_arrival: u64,
}

pub(super) struct Network {
    nodes: usize,
    links: Vec<Link>,
    /// What storms add, in millionths.
    storm_loss: u32,
    storm_duplicate: u32,
}

/// When a packet arrives; twice, if it is doubled; never, if it is lost.
pub(super) struct Arrivals {
    pub(super) first: Option<u64>,
    pub(super) second: Option<u64>,
}

impl Network {
    pub(super) fn new(nodes: usize, seed: u64) -> Self {
        let link = |name: usize| Link {
            random: Random::child(seed, &format!("link {} {}", name / nodes, name % nodes)),
            cuts: 0,
            clogged_until: 0,
            omission: 0,
            last_arrival: 0,
        };
        let links = (0..nodes * nodes).map(link).collect();
        Network { nodes, links, storm_loss: 0, storm_duplicate: 0 }
    }

    /// Whether there is such a node.
    pub(super) fn reaches(&self, node: NodeId) -> bool {
        node.index() < self.nodes
    }

    pub(super) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.links[from.index() * self.nodes + to.index()].cuts > 0
    }

    /// Decides what becomes of a packet. Every packet draws the same number of random bits, so
    /// that calmer weather leaves the delays of the others as they were.
    pub(super) fn send(
        &mut self,
        (from, to): (NodeId, NodeId),
        now: u64,
        climate: &Climate,
        tally: &mut Tally,
    ) -> Arrivals {
        let link = &mut self.links[from.index() * self.nodes + to.index()];
        let (travel, dice) = (link.random.bits(), link.random.bits());
        if link.cuts > 0 {
            tally.cuts += 1;
            return Arrivals { first: None, second: None };
        }
        if happens(
            dice,
            0,
            climate.loss_ppm.saturating_add(self.storm_loss).saturating_add(link.omission),
        ) {
            tally.losses += 1;
            return Arrivals { first: None, second: None };
        }
        let mut at = now;
        if link.clogged_until > now {
            tally.clogs += 1;
            at = link.clogged_until;
        }
        at += climate.delay.pick(travel);
        if happens(dice, 20, climate.late_ppm) {
            tally.late += 1;
            at += climate.late.pick(travel.rotate_left(32));
        }
        if at < link.last_arrival {
            if climate.ordered {
                at = link.last_arrival;
            } else {
                tally.reorderings += 1;
            }
        }
        link.last_arrival = link.last_arrival.max(at);
        let mut second = None;
        if happens(dice, 40, climate.duplicate_ppm.saturating_add(self.storm_duplicate)) {
            tally.duplicates += 1;
            second = Some(at + climate.delay.pick(travel.rotate_left(16)));
        }
        Arrivals { first: Some(at), second }
    }

    pub(super) fn cut(&mut self, from: NodeSet, to: NodeSet) {
        self.each(from, to, |link| link.cuts += 1);
    }

    pub(super) fn mend(&mut self, from: NodeSet, to: NodeSet) {
        self.each(from, to, |link| link.cuts -= 1);
    }

    pub(super) fn clog(&mut self, from: NodeSet, to: NodeSet, until: u64) {
        self.each(from, to, |link| link.clogged_until = link.clogged_until.max(until));
    }

    pub(super) fn storm(&mut self, loss_ppm: u32, duplicate_ppm: u32) {
        self.storm_loss += loss_ppm;
        self.storm_duplicate += duplicate_ppm;
    }

    pub(super) fn calm(&mut self, loss_ppm: u32, duplicate_ppm: u32) {
        self.storm_loss -= loss_ppm;
        self.storm_duplicate -= duplicate_ppm;
    }

    /// From now on a node omits so many more of the messages that it sends and is sent.
    pub(super) fn omit(&mut self, node: NodeId, sent_ppm: u32, received_ppm: u32) {
        let (one, all) = (NodeSet::from_iter([node]), NodeSet::first(self.nodes));
        self.each(one, all, |link| link.omission += sent_ppm);
        self.each(all, one, |link| link.omission += received_ppm);
    }

    /// The end of an omission.
    pub(super) fn attend(&mut self, node: NodeId, sent_ppm: u32, received_ppm: u32) {
        let (one, all) = (NodeSet::from_iter([node]), NodeSet::first(self.nodes));
        self.each(one, all, |link| link.omission -= sent_ppm);
        self.each(all, one, |link| link.omission -= received_ppm);
    }

    /// Every cut, clog, omission and storm is over.
    pub(super) fn heal(&mut self) {
        for link in &mut self.links {
            (link.cuts, link.clogged_until, link.omission) = (0, 0, 0);
        }
        (self.storm_loss, self.storm_duplicate) = (0, 0);
    }

    fn each(&mut self, from: NodeSet, to: NodeSet, change: impl Fn(&mut Link)) {
        for sender in from.iter().filter(|node| node.index() < self.nodes) {
            for receiver in to.iter().filter(|node| node.index() < self.nodes) {
                if sender != receiver {
                    change(&mut self.links[sender.index() * self.nodes + receiver.index()]);
                }
            }
        }
    }
}

/// Whether something of the given rate happens, by the 20 random bits from `shift` on: finer than
/// a millionth.
fn happens(dice: u64, shift: u32, ppm: u32) -> bool {
    (((dice >> shift) & 0xf_ffff) * 1_000_000) >> 20 < u64::from(ppm)
}
