//! What a partition costs, and what consistency costs without one.

use lab::cap::{Row, measure};

#[test]
fn a_partition_takes_consistency_or_availability() {
    let report = measure(5, 4);
    assert_eq!(report.rows.len(), 6, "{report}");
    for Row { protocol, partitioned, minority, majority, violations, undecided, .. } in &report.rows
    {
        assert_eq!(*undecided, 0, "{report}");
        assert!(minority.asked > 1_000 && majority.asked > 1_000, "{report}");
        match (protocol.as_str(), partitioned) {
            // What answers at once, on both sides, contradicts itself.
            ("local", true) => {
                assert_eq!((minority.percent(), majority.percent()), (100.0, 100.0), "{report}");
                assert_eq!(*violations, report.runs, "{report}");
            }
            // What is consistent does not answer on one side.
            (_, true) => {
                assert_eq!((minority.answered, *violations), (0, 0), "{report}");
                assert!(majority.percent() > 75.0, "{report}");
            }
            (_, false) => {
                assert_eq!((minority.percent(), majority.percent()), (100.0, 100.0), "{report}");
                assert_eq!(*violations, 0, "{report}");
            }
        }
    }
    // Else, without a partition, consistency costs time: whoever asks a majority waits for it.
    let calm = |name| report.rows.iter().find(|row| row.protocol == name && !row.partitioned);
    let (abd, local) = (calm("abd").expect("it is there"), calm("local").expect("it is there"));
    assert!(abd.reads.median > local.reads.median, "{report}");
    assert_eq!(measure(5, 4), report, "equal arguments give equal reports");
}
