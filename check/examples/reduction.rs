//! Measures what it brings to follow one order of steps that commute, on Raft of three nodes:
//! `cargo run --release -p check --example reduction -- CRASHES FIRES THREADS`.

#[path = "../tests/rafts/mod.rs"]
mod rafts;

use check::{Bounds, Exploration, Explore};
use rafts::Rafts;

fn main() {
    let numbers = std::env::args().skip(1).map(|text| text.parse().unwrap_or(1));
    let numbers: Vec<u16> = numbers.chain([1, 1, 1]).take(3).collect();
    let subject = Rafts::asked();
    for reduction in [false, true] {
        let bounds = Bounds { reduction, symmetry: false, ..rafts::bounds(numbers[0], numbers[1]) };
        let system = Explore::new(&subject, bounds);
        let exploration = Exploration::new(&system).threads(numbers[2].into()).states(3_000_000);
        let report = exploration.run();
        println!("{report}{}", report.stats);
    }
}
