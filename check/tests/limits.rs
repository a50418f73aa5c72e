//! An exploration that cannot be finished says so, and what it covered.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use check::systems::{Specification, TwoPhase};
use check::{Exploration, Judgement, Report, Successors, System, Verdict, Violation};

fn assert_unknown(report: &Report, because: &str) {
    assert_eq!((report.verdict, report.exit_code()), (Verdict::Unknown, 2), "{report}");
    let reason = report.reason.as_deref().unwrap_or_default();
    assert!(reason.contains(because), "{reason}");
    assert!(report.waiting > 0 && report.distinct < 296_448, "{report}");
}

#[test]
fn a_limit_of_states_time_or_memory_answers_unknown() {
    let system = TwoPhase::new(7);
    let report = Exploration::new(&system).states(1_000).run();
    assert_unknown(&report, "1000 states");
    assert!((1_000..2_000).contains(&report.distinct), "{report}");
    let report = Exploration::new(&system).time(Duration::ZERO).run();
    assert_unknown(&report, "time limit");
    for threads in [1, 2] {
        let memory = 3 << 20;
        let report = Exploration::new(&system).threads(threads).memory(memory).run();
        assert_unknown(&report, "memory limit of 3 MiB");
        let bytes = report.bytes_per_state * report.distinct as f64;
        assert!(bytes <= memory as f64, "{bytes}");
        assert!(report.distinct > 20_000, "the memory is used: {report}");
    }
}

#[test]
fn it_can_be_interrupted_and_tells_its_progress() {
    let flag = AtomicBool::new(true);
    let report = Exploration::new(&TwoPhase::new(7)).interrupt(&flag).run();
    assert_unknown(&report, "interrupted");
    flag.store(false, Ordering::Relaxed);
    assert_eq!(Exploration::new(&TwoPhase::new(3)).interrupt(&flag).run().distinct, 288);
}

#[test]
fn a_system_that_cannot_be_saved_says_so() {
    let report = Exploration::new(&Ladder(|| Judgement::Within)).states(5).checkpoint("none").run();
    let reason = report.reason.unwrap_or_default();
    assert!(reason.ends_with("it cannot be saved, because this system cannot"), "{reason}");
}

/// Counts up from 0 by 1 or 2; what happens at 10 differs.
struct Ladder(fn() -> Judgement);

impl System for Ladder {
    type State = u32;
    type Move = u32;
    type Action = String;
    type Worker = ();

    fn name(&self) -> String {
        "ladder".into()
    }

    fn worker(&self) {}

    fn initial(&self, (): &mut ()) -> Result<Vec<u32>, Violation> {
        Ok(vec![0])
    }

    fn next(&self, (): &mut (), state: &u32, successors: &mut Successors<u32, u32>) {
        assert_ne!(*state, 13, "Thirteen has no successors.");
        for step in [1, 2] {
            successors.add(step, state + step);
        }
    }

    fn judge(&self, (): &mut (), state: &u32) -> Judgement {
        if *state == 10 { self.0() } else { Judgement::Within }
    }

    fn action(&self, (): &mut (), state: &u32, step: u32) -> String {
        format!("{state} + {step}")
    }
}

#[test]
fn the_first_violation_is_a_shortest_one() {
    let broken = || Judgement::Broken(Violation { property: "low".into(), text: "10".into() });
    let report = Exploration::new(&Ladder(broken)).run();
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 5));
    assert_eq!(report.story, "0 + 2\n2 + 2\n4 + 2\n6 + 2\n8 + 2\n");
}

#[test]
fn a_panic_of_a_system_is_a_violation_with_the_way_to_it() {
    let report = Exploration::new(&Ladder(|| Judgement::Within)).run();
    let violation = report.violation.expect("it panics");
    assert!(violation.text.contains("Thirteen has no successors."), "{violation}");
    // Seven steps lead to 13, and the eighth panics.
    assert_eq!((violation.property.as_str(), report.steps), ("no panic", 8));
    let report = Exploration::new(&Ladder(|| panic!("Ten."))).run();
    assert_eq!(report.steps, 5);
}

#[test]
fn states_outside_of_the_bounds_are_counted_and_not_left() {
    let report = Exploration::new(&Ladder(|| Judgement::Outside)).states(12).run();
    assert_eq!(report.outside, 1, "{report}");
}
