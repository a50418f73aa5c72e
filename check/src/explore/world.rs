//! A world as a row of numbers, and what the network does to its packets.

use model::NodeId;

use super::{Bounds, Network};

/// A world: numbers of the nodes, then of the monitor, then a bit for each request that was made,
/// then the budgets, then the packets in flight.
pub type World = Box<[u32]>;

/// Where in a world its parts are.
#[derive(Clone)]
pub struct Shape {
    pub nodes: usize,
    /// For each node, the first of its requests among the bits of all; and their number at last.
    pub requests: Vec<u32>,
    /// Whether forged messages are counted, in a word of their own behind the other budgets.
    pub counts_forgeries: bool,
}

/// Stands for a budget of alarms without end.
const ENDLESS: u32 = 0xffff;

impl Shape {
    pub fn monitor(&self) -> usize {
        self.nodes
    }

    fn made(&self) -> usize {
        self.nodes + 1
    }

    fn budgets(&self) -> usize {
        self.made() + (self.requests[self.nodes] as usize).div_ceil(32)
    }

    /// Where the packets begin.
    pub fn packets(&self) -> usize {
        self.budgets() + 1 + usize::from(self.counts_forgeries)
    }

    /// Everything but the nodes, the monitor and the packets, at first.
    pub fn fresh(&self, bounds: &Bounds) -> Vec<u32> {
        let mut words = vec![0; self.packets()];
        let fires = bounds.fires.map_or(ENDLESS, |fires| u32::from(fires).min(ENDLESS - 1));
        words[self.budgets()] = u32::from(bounds.crashes) << 16 | fires;
        if let Some(forgeries) = bounds.forgeries.filter(|_| self.counts_forgeries) {
            words[self.budgets() + 1] = u32::from(forgeries);
        }
        words
    }

    pub fn crashes(&self, world: &[u32]) -> u32 {
        world[self.budgets()] >> 16
    }

    pub fn spend_crash(&self, world: &mut [u32]) {
        world[self.budgets()] -= 1 << 16;
    }

    pub fn fires(&self, world: &[u32]) -> u32 {
        world[self.budgets()] & 0xffff
    }

    pub fn spend_fire(&self, world: &mut [u32]) {
        if self.fires(world) != ENDLESS {
            world[self.budgets()] -= 1;
        }
    }

    pub fn may_forge(&self, world: &[u32]) -> bool {
        !self.counts_forgeries || world[self.budgets() + 1] > 0
    }

    pub fn may_forge_twice(&self, world: &[u32]) -> bool {
        !self.counts_forgeries || world[self.budgets() + 1] > 1
    }

    pub fn spend_forgery(&self, world: &mut [u32]) {
        if self.counts_forgeries {
            world[self.budgets() + 1] -= 1;
        }
    }

    /// How many requests a node may be asked.
    pub fn requests_of(&self, node: NodeId) -> u32 {
        self.requests[node.index() + 1] - self.requests[node.index()]
    }

    fn bit(&self, node: NodeId, request: u32) -> (usize, u32) {
        let bit = self.requests[node.index()] + request;
        (self.made() + bit as usize / 32, 1 << (bit % 32))
    }

    pub fn is_made(&self, world: &[u32], node: NodeId, request: u32) -> bool {
        let (word, bit) = self.bit(node, request);
        world[word] & bit != 0
    }

    /// Renames the requests that were made: each becomes another one in `row`.
    pub fn rename_made(&self, world: &[u32], row: &mut [u32], becomes: &[u32]) {
        row[self.made()..self.budgets()].fill(0);
        for (request, &other) in becomes.iter().enumerate() {
            if world[self.made() + request / 32] >> (request % 32) & 1 == 1 {
                row[self.made() + other as usize / 32] |= 1 << (other % 32);
            }
        }
    }

    pub fn make(&self, world: &mut [u32], node: NodeId, request: u32) {
        let (word, bit) = self.bit(node, request);
        world[word] |= bit;
    }
}

/// The way from one node to another.
pub type Channel = (NodeId, NodeId);

impl Network {
    /// The packets that can arrive now, by their places in `flight`: each kind once.
    pub fn deliverable(
        self,
        flight: &[u32],
        channel: impl Fn(u32) -> Channel,
        mut deliver: impl FnMut(usize),
    ) {
        for (place, &packet) in flight.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| flight[before]);
            let is_hidden = match self {
                Network::Lossy { .. } | Network::Duplicating | Network::Reliable { .. } => {
                    before == Some(packet)
                }
                Network::Fifo { .. } => before.map(&channel) == Some(channel(packet)),
            };
            if !is_hidden {
                deliver(place);
            }
        }
    }

    /// Whether a packet leaves the network when it arrives.
    pub fn consumes(self) -> bool {
        self != Network::Duplicating
    }

    /// Adds a packet to a world whose packets begin at `start`. Returns false if the cap on
    /// copies refuses it.
    pub fn post(
        self,
        world: &mut Vec<u32>,
        start: usize,
        packet: u32,
        channel: impl Fn(u32) -> Channel,
    ) -> bool {
        let flight = &world[start..];
        match self {
            Network::Lossy { copies } => {
                let place = flight.partition_point(|&other| other < packet);
                let same = flight[place..].iter().take_while(|&&other| other == packet).count();
                if same >= usize::from(copies) {
                    return false;
                }
                world.insert(start + place, packet);
            }
            Network::Duplicating => {
                if let Err(place) = flight.binary_search(&packet) {
                    world.insert(start + place, packet);
                }
            }
            Network::Reliable { .. } => {
                let place = flight.partition_point(|&other| other < packet);
                world.insert(start + place, packet);
            }
            Network::Fifo { .. } => {
                let way = channel(packet);
                let place = flight.partition_point(|&other| channel(other) <= way);
                world.insert(start + place, packet);
            }
        }
        true
    }

    /// Whether a reliable link holds more copies of a packet than the cap allows: unlike a lossy
    /// one it may not refuse them, so the world lies outside of the bounds.
    pub fn is_over(self, flight: &[u32]) -> bool {
        match self {
            Network::Lossy { .. } | Network::Duplicating => false,
            // Equal packets stand side by side.
            Network::Reliable { copies } => {
                let copies = usize::from(copies);
                flight.windows(copies + 1).any(|row| row[0] == row[copies])
            }
            Network::Fifo { copies } => {
                let count = |packet| flight.iter().filter(|&&other| other == packet).count();
                flight.iter().any(|&packet| count(packet) > usize::from(copies))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets 10 to 19 go from n0 to n1, 20 to 29 from n1 to n0.
    fn channel(packet: u32) -> Channel {
        let from = NodeId((packet / 10 - 1) as u16);
        (from, NodeId(1 - from.0))
    }

    fn posted(network: Network, packets: &[u32]) -> (Vec<u32>, usize) {
        let mut world = vec![7];
        let kept = packets.iter().filter(|&&p| network.post(&mut world, 1, p, channel)).count();
        assert_eq!(world.remove(0), 7, "what stands before the packets stays");
        (world, kept)
    }

    fn deliverable(network: Network, flight: &[u32]) -> Vec<u32> {
        let mut list = Vec::new();
        network.deliverable(flight, channel, |place| list.push(flight[place]));
        list
    }

    #[test]
    fn a_lossy_network_keeps_a_capped_bag() {
        let network = Network::Lossy { copies: 2 };
        assert_eq!(posted(network, &[12, 20, 11, 12, 12]), (vec![11, 12, 12, 20], 4));
        assert_eq!(deliverable(network, &[11, 12, 12, 20]), [11, 12, 20]);
    }

    #[test]
    fn a_duplicating_network_keeps_a_set() {
        assert_eq!(posted(Network::Duplicating, &[12, 11, 12]), (vec![11, 12], 3));
        assert!(!Network::Duplicating.consumes());
    }

    #[test]
    fn a_reliable_network_refuses_nothing() {
        let network = Network::Reliable { copies: 1 };
        let (flight, kept) = posted(network, &[12, 20, 11, 12]);
        assert_eq!((&flight[..], kept), (&[11, 12, 12, 20][..], 4));
        assert_eq!(deliverable(network, &flight), [11, 12, 20]);
        assert!(network.is_over(&flight) && !network.is_over(&flight[2..]));
    }

    #[test]
    fn a_link_in_order_keeps_its_order() {
        let network = Network::Fifo { copies: 1 };
        let (flight, _) = posted(network, &[21, 12, 11, 20, 12]);
        assert_eq!(flight, [12, 11, 12, 21, 20]);
        assert_eq!(deliverable(network, &flight), [12, 21]);
        assert!(network.is_over(&flight) && !network.is_over(&flight[1..]));
    }
}
