//! Two-phase commit has the numbers of states that other explorers report for it.

use check::systems::{Specification, TwoPhase};
use check::{Exploration, Report, Verdict};

fn explored(managers: usize, threads: usize) -> Report {
    Exploration::new(&TwoPhase::new(managers)).threads(threads).run()
}

#[test]
fn three_managers_are_counted_as_tlc_counts_them() {
    let report = explored(3, 1);
    assert_eq!(report.verdict, Verdict::Holds);
    assert_eq!((report.distinct, report.generated, report.depth), (288, 1146, 11));
    assert_eq!((report.outside, report.waiting), (0, 0));
    assert!(report.marks.iter().all(|mark| mark.reached));
    assert_eq!(report.exit_code(), 0);
}

#[test]
fn counts_do_not_depend_on_threads() {
    for managers in [5, 7] {
        let (one, two) = (explored(managers, 1), explored(managers, 2));
        assert_eq!(one.distinct, if managers == 5 { 8_832 } else { 296_448 });
        assert_eq!(
            (one.distinct, one.generated, one.depth, one.verdict),
            (two.distinct, two.generated, two.depth, two.verdict)
        );
    }
}
