//! Raft bears everything that the simulator does to it; its mutants do not.

use std::sync::atomic::AtomicBool;

use canon::order::raft::{self, Mutant, Raft, Setup};
use model::order::Ask;
use model::{NodeId, Random};
use sim::{Campaign, OpenLoop, Options, Report, campaign};
use spec::monitor::TotalOrder;
use world::{Invariant, Sometimes, Subject};

#[derive(Clone, Debug)]
struct Order {
    nodes: usize,
    mutant: Option<Mutant>,
    /// Whether every other request is a read.
    reads: bool,
}

impl Subject for Order {
    type Process = Raft<u64>;
    type Monitor = TotalOrder<u64>;

    fn name(&self) -> &'static str {
        "raft"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> Raft<u64> {
        Raft::new(Setup { mutant: self.mutant, ..Setup::new(me, self.nodes) })
    }

    fn monitor(&self) -> TotalOrder<u64> {
        TotalOrder::new()
    }

    fn invariants(&self) -> Vec<Invariant<Raft<u64>>> {
        vec![
            Invariant { name: "Election Safety", holds: raft::election_safety },
            Invariant { name: "Log Matching", holds: raft::log_matching },
            Invariant { name: "Leader Completeness", holds: raft::leader_completeness },
            Invariant { name: "State Machine Safety", holds: raft::state_machine_safety },
        ]
    }

    fn sometimes(&self) -> Vec<Sometimes<Raft<u64>>> {
        vec![
            Sometimes { name: "a node leads", seen: |_, node| node.is_leader() },
            Sometimes { name: "ten entries commit", seen: |_, node| node.commit() >= 10 },
        ]
    }

    fn request(&self, _: NodeId, count: u64, random: &mut Random) -> Option<Ask<u64>> {
        let read = self.reads && random.chance(1, 2);
        Some(if read { Ask::Read(count) } else { Ask::Propose(count) })
    }

    fn resized(&self, nodes: usize) -> Option<Order> {
        (nodes > 0).then_some(Order { nodes, ..self.clone() })
    }
}

fn of(order: &Order, runs: u64) -> Report {
    let options = Options { shrink_runs: 300, ..Options::default() };
    let plan = Campaign { runs, options, ..Campaign::default() };
    campaign(order, &OpenLoop, &plan, &AtomicBool::new(false), |_| {})
}

#[test]
fn raft_keeps_its_promises() {
    for nodes in [1, 3, 5] {
        for reads in [false, true] {
            let report = of(&Order { nodes, mutant: None, reads }, 100);
            println!("{report}");
            assert_eq!(report.failures, 0, "{report}");
            // A single node has no links on which anything could go wrong.
            let expected = if nodes == 1 { 7 } else { 0 };
            assert!(report.missed.len() <= expected, "{report}");
        }
    }
}

#[test]
fn mutants_are_caught() {
    // How many runs are enough, with room to spare. The other mutants need rarer coincidences,
    // and are for the checker.
    let budgets = [
        (Mutant::FewerVotes, 100),
        (Mutant::FewerCopies, 500),
        (Mutant::VoteAgain, 200),
        (Mutant::VoteForOldLog, 200),
        (Mutant::KeepConflict, 200),
        (Mutant::EarlyAppendReply, 200),
        (Mutant::TakeStaleTerm, 1_000),
        (Mutant::EarlyVote, 2_000),
        (Mutant::ReadUnasked, 500),
        (Mutant::ReadBeforeNoOp, 500),
    ];
    for (mutant, runs) in budgets {
        let report = of(&Order { nodes: 3, mutant: Some(mutant), reads: true }, runs);
        let failure = report.first_failure.unwrap_or_else(|| panic!("{mutant} survives"));
        println!("{mutant}, after {} runs: {}", report.runs, failure.violation);
    }
}
