//! Explores two-phase commit:
//! `cargo run --release -p check --example two_phase -- MANAGERS THREADS`.

use check::Exploration;
use check::systems::{Specification, TwoPhase};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse());
    let managers = arguments.next().and_then(Result::ok).unwrap_or(7);
    let threads = arguments.next().and_then(Result::ok).unwrap_or(1);
    let report = Exploration::new(&TwoPhase::new(managers)).threads(threads).run();
    print!("{report}{}", report.stats);
}
