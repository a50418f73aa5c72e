//! The monitor of linearizability against the history checker, on thousands of small histories.

use std::fmt::{self, Display};
use std::time::Instant;

use model::{Never, NodeId, Out, Process, Random};
use serde::{Deserialize, Serialize};
use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{Limits, Recorder, Verdict, check};
use spec::monitor::{Linearizable, Monitor, Object};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
enum Ask {
    Read,
    Write(i64),
    Swap(i64, i64),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
enum Told {
    Read(Option<i64>),
    Written,
    Swapped(bool),
}

impl Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A register with compare-and-set: writes can be told from each other, and swaps can fail.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Cell(Option<i64>);

impl Object for Cell {
    type Operation = Ask;
    type Answer = Told;

    fn apply(&mut self, operation: &Ask) -> Told {
        match *operation {
            Ask::Read => Told::Read(self.0),
            Ask::Write(value) => {
                self.0 = Some(value);
                Told::Written
            }
            Ask::Swap(old, new) => {
                let fits = self.0 == Some(old);
                if fits {
                    self.0 = Some(new);
                }
                Told::Swapped(fits)
            }
        }
    }

    fn changes(operation: &Ask) -> bool {
        *operation != Ask::Read
    }
}

/// Nobody runs it: a monitor is about the types of a process.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Nobody;

impl Process for Nobody {
    type Request = Ask;
    type Indication = Told;
    type Message = Never;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, _: Ask, _: &mut Out<Self>) {}
    fn message(&mut self, _: NodeId, _: Never, _: &mut Out<Self>) {}
}

/// Both judges hear of one history as it happens.
struct Court {
    monitor: Linearizable<Cell>,
    recorder: Recorder<RegisterInput, RegisterOutput>,
    /// Who speaks for each node: a new name after a crash.
    people: [u64; 3],
    open: [Option<Ask>; 3],
    at: u64,
    /// What the monitor said first.
    verdict: Result<(), String>,
}

impl Court {
    fn heard(&mut self, random: &mut Random, cell: &mut Cell) {
        let node = random.below(3) as usize;
        let id = NodeId(node as u16);
        self.at += 1;
        let person = self.people[node];
        let Some(ask) = self.open[node] else {
            let value = random.below(3) as i64;
            let ask = match random.below(5) {
                0..2 => Ask::Read,
                2..4 => Ask::Write(value),
                _ => Ask::Swap(value, random.below(3) as i64),
            };
            self.open[node] = Some(ask);
            Monitor::<Nobody>::requested(&mut self.monitor, id, &ask);
            let input = match ask {
                Ask::Read => RegisterInput::Read,
                Ask::Write(value) => RegisterInput::Write(Some(value)),
                Ask::Swap(old, new) => RegisterInput::Cas(Some(old), Some(new)),
            };
            self.recorder.invoke(self.at, person, input).expect("one at a time");
            return;
        };
        self.open[node] = None;
        if random.chance(1, 4) {
            if random.chance(1, 2) {
                cell.apply(&ask);
            }
            Monitor::<Nobody>::crashed(&mut self.monitor, id);
            self.recorder.info(self.at, person).expect("it was open");
            self.people[node] += 3;
            return;
        }
        let mut told = cell.apply(&ask);
        // Now and then a lie, or the truth of another moment.
        if random.chance(1, 8) {
            told = match told {
                Told::Read(_) => Told::Read(Some(random.below(3) as i64)),
                Told::Swapped(fits) => Told::Swapped(!fits),
                Told::Written => Told::Written,
            };
        }
        if self.verdict.is_ok() {
            self.verdict = Monitor::<Nobody>::indicated(&mut self.monitor, id, &told);
        }
        let output = match told {
            Told::Read(value) => RegisterOutput::Value(value),
            Told::Written => RegisterOutput::Written,
            Told::Swapped(fits) => RegisterOutput::Swapped(fits),
        };
        self.recorder.ok(self.at, person, output).expect("it was open");
    }
}

#[test]
fn monitor_and_history_checker_agree() {
    let (mut sound, mut broken) = (0, 0);
    for seed in 0..6_000 {
        let mut random = Random::new(seed);
        let mut court = Court {
            monitor: Linearizable::new(Cell(None)),
            recorder: Recorder::new(),
            people: [0, 1, 2],
            open: [None; 3],
            at: 0,
            verdict: Ok(()),
        };
        let mut cell = Cell(None);
        for _ in 0..4 + random.below(16) {
            court.heard(&mut random, &mut cell);
        }
        let history = court.recorder.finish();
        let checked = check(&Register, &history, &Limits::default(), Instant::now());
        let is_sound = match checked.verdict {
            Verdict::Linearizable { .. } => true,
            Verdict::NotLinearizable { .. } => false,
            Verdict::Unknown { .. } => panic!("seed {seed}: a small history is decided"),
        };
        assert_eq!(court.verdict.is_ok(), is_sound, "seed {seed}: {:?} {history:?}", court.verdict);
        sound += u32::from(is_sound);
        broken += u32::from(!is_sound);
    }
    assert!(sound > 1_000 && broken > 500, "{sound} sound, {broken} broken");
}

#[test]
fn a_violation_names_what_was_told_and_what_could_be() {
    let mut monitor = Linearizable::new(Cell(None));
    let m = &mut monitor;
    let (a, b, c) = (NodeId(0), NodeId(1), NodeId(2));
    Monitor::<Nobody>::requested(m, a, &Ask::Write(1));
    Monitor::<Nobody>::requested(m, b, &Ask::Read);
    Monitor::<Nobody>::indicated(m, b, &Told::Read(Some(1))).expect("it may be so");
    Monitor::<Nobody>::requested(m, c, &Ask::Read);
    let why = Monitor::<Nobody>::indicated(m, c, &Told::Read(None)).expect_err("new, then old");
    assert!(why.starts_with("n2 asked: Read, and is told: Read(None)"), "{why}");
    assert!(why.ends_with("it can only be: Read(Some(1))."), "{why}");
}
