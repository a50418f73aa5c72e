//! Explores every abstract specification at its usual size:
//! `cargo run --release -p check --example systems -- THREADS`.

use check::Limits;
use check::systems::{ALL, Asked};

fn main() {
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    for listed in ALL {
        let limits = Limits { threads, ..Limits::default() };
        let asked = Asked { limits, ..Asked::default() };
        match (listed.explore)(asked) {
            Ok(report) => print!("{}\n{report}\n", listed.card.name),
            Err(why) => eprintln!("{}: {why}", listed.card.name),
        }
    }
}
