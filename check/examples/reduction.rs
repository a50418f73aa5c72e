//! Measures what it brings to follow one order of steps that commute, on Raft of three nodes:
//! `cargo run --release -p check --example reduction -- CRASHES FIRES THREADS`.

use canon::order::raft::{Raft, Setup, election_safety, log_matching};
use check::{Bounds, Exploration, Explore, Flushing};
use model::NodeId;
use model::order::Ask;
use spec::monitor::TotalOrder;
use world::{Invariant, Subject};

struct Small;

impl Subject for Small {
    type Process = Raft<u64>;
    type Monitor = TotalOrder<u64>;

    fn name(&self) -> &'static str {
        "raft"
    }

    fn nodes(&self) -> usize {
        3
    }

    fn process(&self, node: NodeId) -> Raft<u64> {
        Raft::new(Setup::new(node, 3))
    }

    fn monitor(&self) -> TotalOrder<u64> {
        TotalOrder::new()
    }

    fn invariants(&self) -> Vec<Invariant<Raft<u64>>> {
        vec![
            Invariant { name: "election safety", holds: election_safety },
            Invariant { name: "log matching", holds: log_matching },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Ask<u64>> {
        if node == NodeId(0) { vec![Ask::Propose(7)] } else { Vec::new() }
    }
}

fn main() {
    let numbers = std::env::args().skip(1).map(|text| text.parse().unwrap_or(1));
    let numbers: Vec<u16> = numbers.chain([1, 1, 1]).take(3).collect();
    for reduction in [false, true] {
        let bounds = Bounds {
            crashes: numbers[0],
            fires: Some(numbers[1]),
            flushing: Flushing::Eager,
            reduction,
            ..Bounds::default()
        };
        let system = Explore::new(&Small, bounds);
        let exploration = Exploration::new(&system).threads(numbers[2].into()).states(3_000_000);
        let report = exploration.run();
        println!("{report}{}", report.stats);
    }
}
