//! Abstract specifications in the lab: state machines on paper, whose state counts others have
//! measured.

use check::systems::TwoPhase;

use crate::exhibit::{Abstract, Card};

impl Abstract for TwoPhase {
    const CARD: Card = Card {
        name: "two-phase-spec",
        what: "two-phase commit as an abstract specification; --size counts resource managers",
        family: "commit",
        file: "check/src/systems/two_phase.rs",
        source: "Gray, Lamport 2006, TwoPhase",
        nodes: 3,
        sizes: (1, 12),
    };
    const COUNTS: &'static str = "resource managers";

    fn sized(size: usize) -> TwoPhase {
        TwoPhase::new(size as u32)
    }
}
