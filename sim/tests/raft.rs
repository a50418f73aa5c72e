//! Raft bears everything that the simulator does to it; its mutants do not.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use canon::order::raft::{self, Mutant, Raft, Setup};
use model::order::Ask;
use model::{NodeId, Random};
use sim::{Campaign, OpenLoop, Report, campaign};
use spec::monitor::TotalOrder;
use world::{Invariant, Sometimes, Subject};

#[derive(Clone, Debug)]
struct Order {
    nodes: usize,
    mutant: Option<Mutant>,
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
        let reads = std::env::var_os("NOREAD").is_none();
        Some(if reads && random.chance(1, 4) { Ask::Read(count) } else { Ask::Propose(count) })
    }

    fn resized(&self, nodes: usize) -> Option<Order> {
        (nodes > 0).then_some(Order { nodes, ..self.clone() })
    }
}

fn of(nodes: usize, mutant: Option<Mutant>, runs: u64) -> Report {
    let plan = Campaign { runs, ..Campaign::default() };
    let plan = Campaign { options: sim::Options { shrink_runs: 300, ..plan.options }, ..plan };
    campaign(&Order { nodes, mutant }, &OpenLoop, &plan, &AtomicBool::new(false), |_| {})
}

#[test]
fn raft_keeps_its_promises() {
    for nodes in [1, 3, 5] {
        let report = of(nodes, None, 60);
        println!("{report}");
        assert_eq!(report.failures, 0, "{report}");
        assert!(report.missed.len() < 3 || nodes == 1, "{report}");
    }
}

#[test]
fn mutants_are_caught() {
    let mut survivors = BTreeSet::new();
    for mutant in Mutant::ALL {
        let runs = std::env::var("RUNS").map_or(400, |n| n.parse().unwrap());
        let report = of(3, Some(mutant), runs);
        match report.first_failure {
            Some(failure) => println!(
                "{mutant}: after {} runs: {}; {} nodes {} faults {} operations, {} shrink runs",
                report.runs,
                failure.violation,
                failure.plan.nodes,
                failure.plan.faults.len(),
                failure.plan.operations.len(),
                failure.shrink_runs
            ),
            None => {
                println!("{mutant}: survives {:.2} s", report.wall_s);
                survivors.insert(mutant);
            }
        }
    }
    assert!(survivors.len() <= 3, "{survivors:?}");
}
