//! Rounds in lockstep: far fewer worlds, and at the end the same as with all orders of messages,
//! for a protocol of rounds.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use canon::byzantine::phase_king::{Message, PhaseKing, Setup};
use canon::consensus::{Decide, Propose};
use check::{Bounds, Exploration, Explore, Flushing, Network, Report, Timing, Verdict};
use model::{NodeId, NodeSet};
use spec::monitor::Monitor;
use world::{Sometimes, Subject};

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Silent;

impl Monitor<PhaseKing> for Silent {
    fn indicated(&mut self, _: NodeId, _: &Decide<bool>) -> Result<(), String> {
        Ok(())
    }
}

/// Phase King that promises nothing; notes the values with which its runs end.
struct Kings {
    nodes: usize,
    most: usize,
    traitors: NodeSet,
    ends: Mutex<BTreeSet<Vec<bool>>>,
}

impl Subject for Kings {
    type Process = PhaseKing;
    type Monitor = Silent;

    fn name(&self) -> &'static str {
        "kings"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> PhaseKing {
        let members = NodeSet::first(self.nodes);
        let round = Duration::from_secs(1);
        PhaseKing::new(Setup { me, members, most: self.most, round, mutant: None })
    }

    fn monitor(&self) -> Silent {
        Silent
    }

    fn sometimes(&self) -> Vec<Sometimes<PhaseKing>> {
        vec![Sometimes { name: "a run ends", seen: |_, node| node.round() > 2 }]
    }

    fn requests(&self, _: NodeId) -> Vec<Propose<bool>> {
        vec![Propose(false), Propose(true)]
    }

    fn traitors(&self) -> NodeSet {
        self.traitors
    }

    fn forgeries(&self, _: NodeId, _: NodeId) -> Vec<Message> {
        let phases = 1..=self.most as u32 + 1;
        let values = phases.flat_map(|phase| [(phase, false), (phase, true)]);
        let lies =
            |(phase, value)| [Message::Value { phase, value }, Message::King { phase, value }];
        values.flat_map(lies).collect()
    }

    /// Rounds begin once all have a value.
    fn within(&self, nodes: &[&PhaseKing]) -> bool {
        let last = 2 * (self.most as u32 + 1);
        if nodes.iter().all(|node| node.round() > last) {
            let values = nodes.iter().flat_map(|node| node.value()).collect();
            self.ends.lock().expect("No thread panics.").insert(values);
        }
        let has_begun = nodes.iter().any(|node| node.round() > 0);
        !has_begun || nodes.iter().all(|node| node.value().is_some())
    }
}

/// The report, and the values with which runs end.
fn explored(
    nodes: usize,
    traitor: Option<u16>,
    timing: Timing,
    threads: usize,
) -> (Report, BTreeSet<Vec<bool>>) {
    let traitors: NodeSet = traitor.into_iter().map(NodeId).collect();
    let kings = Kings { nodes, most: traitors.len(), traitors, ends: Mutex::default() };
    let network = Network::Reliable { copies: 1 };
    let bounds = Bounds { network, timing, flushing: Flushing::Eager, ..Bounds::default() };
    let report = Exploration::new(&Explore::new(&kings, bounds)).threads(threads).run();
    assert_eq!((report.verdict, report.is_vacuous()), (Verdict::Holds, false), "{report}");
    (report, kings.ends.into_inner().expect("No thread panics."))
}

#[test]
fn runs_end_as_in_all_orders() {
    for (nodes, traitor) in [(2, None), (3, None), (3, Some(0)), (3, Some(2))] {
        let (whole, ends) = explored(nodes, traitor, Timing::Synchronous, 1);
        let (report, same) = explored(nodes, traitor, Timing::Lockstep, 1);
        assert_eq!(same, ends, "{report}{whole}");
        assert!(ends.len() > 1, "{ends:?}");
        assert!(report.distinct * 2 < whole.distinct, "{report}{whole}");
    }
}

#[test]
fn the_order_does_not_depend_on_threads() {
    let counts = [1, 2].map(|threads| {
        let (report, ends) = explored(4, Some(1), Timing::Lockstep, threads);
        (report.distinct, report.generated, report.depth, ends)
    });
    assert_eq!(counts[0], counts[1]);
}
