//! What is explored by both.

use std::fmt::Debug;
use std::hash::Hash;

use check::systems::{Specification, TwoPhase};
use check::{Exploration, Report, Verdict};
use serde::{Deserialize, Serialize};
use stateright::{Checker, Model};

use crate::{paxos, two_phase};

/// A checker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    Ours,
    Stateright,
}

impl Tool {
    pub const ALL: [Tool; 2] = [Tool::Ours, Tool::Stateright];

    pub fn name(self) -> &'static str {
        match self {
            Tool::Ours => "synod",
            Tool::Stateright => "stateright",
        }
    }
}

/// A system of a size.
pub struct Point {
    pub name: &'static str,
    system: System,
    /// Distinct states; both checkers must find so many.
    distinct: u64,
}

enum System {
    TwoPhase { managers: u32 },
    Register { clients: u8 },
}

/// What an exploration found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counts {
    pub distinct: u64,
    /// Initial states and all successors, repeated ones included.
    pub generated: u64,
}

/// Everything that is measured. The counts of two-phase commit are those that TLC and other
/// explorers report; those of the register were found by both checkers alike.
pub const POINTS: [Point; 4] = [
    Point { name: "2pc-7", system: System::TwoPhase { managers: 7 }, distinct: 296_448 },
    Point { name: "2pc-9", system: System::TwoPhase { managers: 9 }, distinct: 10_340_352 },
    Point { name: "paxos-2", system: System::Register { clients: 2 }, distinct: 16_668 },
    Point { name: "paxos-3", system: System::Register { clients: 3 }, distinct: 1_194_428 },
];

impl Point {
    /// Explores all states, and asserts that every property holds.
    pub fn explore(&self, tool: Tool, threads: usize) -> Counts {
        let counts = match (&self.system, tool) {
            (&System::TwoPhase { managers }, Tool::Ours) => {
                ours(Exploration::new(&TwoPhase::new(managers as usize)).threads(threads).run())
            }
            (&System::TwoPhase { managers }, Tool::Stateright) => {
                theirs(two_phase::TwoPhase { managers }, threads)
            }
            (&System::Register { clients }, Tool::Ours) => {
                ours(paxos::ours::explore(&paxos::ours::Register { clients }, threads))
            }
            (&System::Register { clients }, Tool::Stateright) => {
                theirs(paxos::theirs::register(clients), threads)
            }
        };
        assert_eq!(counts.distinct, self.distinct, "{} counts otherwise.", tool.name());
        counts
    }
}

fn ours(report: Report) -> Counts {
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks.iter().all(|mark| mark.reached), "{report}");
    Counts { distinct: report.distinct, generated: report.generated }
}

fn theirs<M>(model: M, threads: usize) -> Counts
where
    M: Model<State: Clone + PartialEq + Hash + Debug + Send + Sync + 'static>,
    M: Model<Action: Clone + PartialEq + Debug> + Send + Sync + 'static,
{
    let checker = model.checker().threads(threads).spawn_bfs().join();
    checker.assert_properties();
    Counts {
        distinct: checker.unique_state_count() as u64,
        generated: checker.state_count() as u64,
    }
}
