//! Batched broadcast in the lab.

use std::time::Duration;

use canon::broadcast::Broadcast;
use canon::broadcast::batched::{Batched, Message, Mutant, Setup, what_is_acknowledged_has_come};
use check::Bounds;
use model::{Event, NodeId, Random};
use spec::monitor::ReliableBroadcast;
use world::timed::MILLIS;
use world::{Invariant, Links, Sometimes, Subject, SystemModel};

use super::Broadcasters;
use crate::exhibit::{Card, Dial, Exhibit, Open};
use crate::theory::{Measure, delays_until, even_run};

/// Batched broadcast, its tree, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct BatchedLab {
    /// How many nodes.
    pub nodes: usize,
    /// How many children a node has in the tree.
    pub fanout: usize,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: who broadcasts how often.
    pub broadcasters: Broadcasters,
}

impl BatchedLab {
    /// The sound protocol on a tree with two children a node; two nodes broadcast twice when it is
    /// explored.
    pub fn new(nodes: usize) -> BatchedLab {
        BatchedLab { nodes, fanout: 2, mutant: None, broadcasters: Broadcasters::default() }
    }
}

impl Subject for BatchedLab {
    type Process = Batched<u64>;
    type Monitor = ReliableBroadcast<u64>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    /// With the times of a data centre instead of a wide area.
    fn process(&self, node: NodeId) -> Batched<u64> {
        Batched::new(Setup {
            fanout: self.fanout,
            wait: Duration::from_millis(5),
            repeat: Duration::from_millis(40),
            mutant: self.mutant,
            ..Setup::new(node, self.nodes)
        })
    }

    fn monitor(&self) -> ReliableBroadcast<u64> {
        ReliableBroadcast::regular()
    }

    fn invariants(&self) -> Vec<Invariant<Batched<u64>>> {
        let holds = what_is_acknowledged_has_come;
        vec![Invariant { name: "what is acknowledged has come", holds }]
    }

    fn sometimes(&self) -> Vec<Sometimes<Batched<u64>>> {
        vec![
            Sometimes { name: "two travel together", seen: |event, _| is_full(event) },
            Sometimes { name: "everything is acknowledged", seen: is_done },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Broadcast<u64>> {
        self.broadcasters.requests(node)
    }

    fn request(&self, _: NodeId, count: u64, _: &mut Random) -> Option<Broadcast<u64>> {
        Some(Broadcast(count))
    }

    fn model(&self) -> SystemModel {
        SystemModel { links: Links::FairLoss, ..SystemModel::faultless(self.nodes) }
    }

    fn resized(&self, nodes: usize) -> Option<BatchedLab> {
        Some(BatchedLab { nodes, ..self.clone() })
    }
}

impl Exhibit for BatchedLab {
    type Workload = Open;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "batched-broadcast",
        what: "broadcasts go down a tree in batches, over links that lose",
        family: "broadcast",
        file: "canon/src/broadcast/batched.rs",
        source: "Segall 1983, PI",
        nodes: 3,
        sizes: (1, 25),
    };

    const NEEDS: &'static [&'static str] = &["links", "faults"];

    fn sized(nodes: usize) -> BatchedLab {
        BatchedLab::new(nodes)
    }

    fn broken(self, mutant: Mutant) -> BatchedLab {
        BatchedLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { fires: Some(4), ..super::bounds() }
    }

    fn quick() -> (BatchedLab, Bounds) {
        let broadcasters = Broadcasters { broadcasts: 1, ..Broadcasters::default() };
        let lab = BatchedLab { broadcasters, ..BatchedLab::new(3) };
        let bounds = lab.bounds();
        (lab, bounds)
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        let fanout = Dial::number("fanout", "how many children a node has", &mut self.fanout);
        [fanout].into_iter().chain(self.broadcasters.dials()).collect()
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let lab = BatchedLab { fanout: nodes, ..BatchedLab::new(nodes) };
        let asked = [1, 2, 3].map(|number| (MILLIS, NodeId(0), Broadcast(number)));
        let trace = even_run(&lab, &asked, 1);
        let told = trace.events.iter().flat_map(|event| &event.tells).count();
        assert_eq!(told, 3 * nodes, "Every node delivers what was broadcast without faults.");
        let latest = delays_until(&trace, "deliver").expect("It was delivered.");
        vec![
            Measure::exact(
                nodes,
                "messages a batch",
                "from node to node, acknowledgements included; three broadcasts of the root at \
                 once, nothing is lost",
                trace.messages() as f64,
                ("2(n-1)", 2.0 * (nodes as f64 - 1.0)),
            ),
            Measure::exact(
                nodes,
                "delays until the last node delivers",
                "the longest chain of messages from the request to a delivery, in a star; the wait \
                 for the batch is not counted",
                f64::from(latest),
                ("1", 1.0),
            ),
        ]
    }
}

fn is_full(event: &Event<Batched<u64>>) -> bool {
    matches!(event, Event::Message(_, Message::Batch { items, .. }) if items.len() > 1)
}

fn is_done(event: &Event<Batched<u64>>, node: &Batched<u64>) -> bool {
    matches!(event, Event::Message(_, Message::Acknowledge { .. })) && node.open() == 0
}
