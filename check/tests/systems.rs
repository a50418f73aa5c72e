//! The abstract specifications have the numbers of states that TLC records for their modules, and
//! their breakages are caught.

use std::collections::BTreeSet;
use std::path::Path;

use check::systems::{ALL, Asked, LamportMutex, Listed, Specification};
use check::{Exploration, Limits, Report, Verdict};

fn listed(name: &str) -> &'static Listed {
    ALL.iter().find(|listed| listed.card.name == name).expect("Tests name what there is.")
}

fn explored(name: &str, size: Option<usize>, threads: usize) -> Report {
    let asked = Asked { size, limits: Limits { threads, ..Limits::default() }, ..Asked::default() };
    (listed(name).explore)(asked).expect("There is such a size.")
}

/// What TLC counts: distinct states within the constraint, all states generated, and the depth.
fn as_tlc_counts(report: &Report) -> (u64, u64, u64) {
    (report.distinct - report.outside, report.generated, report.depth_within)
}

/// The manifests of tlaplus/Examples, model by model, but for one depth.
#[test]
fn states_are_as_many_as_tlc_counts() {
    let recorded = [
        ("alternating-bit-spec", None, (240, 1_392, 10)),
        ("byzantine-broadcast-spec", None, (14_424, 227_344, 7)),
        ("lamport-mutex-spec", None, (724_274, 2_729_079, 61)),
        ("token-ring-spec", None, (46_656, 248_832, 1)),
        ("termination-detection-spec", None, (4_097, 53_271, 14)),
        // The manifest says depth 10, which TLC's search with several workers may overstate.
        ("ewd840-spec", None, (302, 2_001, 9)),
        ("ewd840-spec", Some(4), (1_566, 15_986, 12)),
        ("chang-roberts-spec", None, (137, 227, 10)),
        ("echo-spec", None, (75, 116, 16)),
        ("voting-spec", None, (6_752, 41_017, 16)),
        ("paxos-spec", None, (3_921, 23_563, 17)),
        ("transaction-commit-spec", None, (34, 94, 7)),
        ("two-phase-spec", None, (288, 1_146, 11)),
        ("blocking-commit-spec", None, (54_944, 218_352, 21)),
        ("non-blocking-commit-spec", None, (4_284, 23_988, 19)),
        ("paxos-commit-spec", None, (1_321_761, 16_959_159, 28)),
    ];
    for (name, size, counts) in recorded {
        let report = explored(name, size, 1);
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        assert_eq!(as_tlc_counts(&report), counts, "{name}\n{report}");
        assert_eq!(report.missed().count(), 0, "{report}");
    }
    let names: BTreeSet<&str> = recorded.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names.len(), ALL.len(), "Each specification has recorded numbers.");
}

/// Breadth first, so the steps are the fewest that show the breakage.
#[test]
fn breakages_are_caught() {
    let expected = [
        ("alternating-bit-spec", "take-any-ack", "correctness", 3),
        ("alternating-bit-spec", "reorder", "correctness", 8),
        ("byzantine-broadcast-spec", "echo-early", "unforgeability", 1),
        ("byzantine-broadcast-spec", "accept-early", "relay", 2),
        ("byzantine-broadcast-spec", "too-many-faulty", "unforgeability", 1),
        ("lamport-mutex-spec", "enter-unacknowledged", "mutual exclusion", 4),
        ("lamport-mutex-spec", "leave-ties", "mutual exclusion", 12),
        ("token-ring-spec", "no-bottom", "a token", 0),
        ("token-ring-spec", "count-up", "closure", 1),
        ("termination-detection-spec", "overlook-messages", "safe", 2),
        ("termination-detection-spec", "wake-alone", "quiescence", 1),
        ("ewd840-spec", "stay-white", "termination", 5),
        ("ewd840-spec", "pass-unstained", "termination", 3),
        ("chang-roberts-spec", "pass-larger", "one leader", 6),
        ("chang-roberts-spec", "win-by-larger", "one leader", 3),
        ("echo-spec", "answer-early", "parents know their children", 7),
        ("echo-spec", "last-asker", "parents know their children", 9),
        ("voting-spec", "ignore-votes", "agreement", 7),
        ("voting-spec", "quorum-behind", "agreement", 4),
        ("paxos-spec", "ignore-votes", "agreement", 12),
        ("paxos-spec", "vote-below-promise", "agreement", 12),
        ("transaction-commit-spec", "commit-alone", "consistency", 3),
        ("transaction-commit-spec", "abort-late", "consistency", 5),
        ("two-phase-spec", "commit-unasked", "consistency", 3),
        ("two-phase-spec", "abort-prepared", "consistency", 9),
        ("blocking-commit-spec", "commit-on-one-yes", "all have voted yes (AC2)", 12),
        ("blocking-commit-spec", "abort-untold", "agreement (AC1)", 14),
        ("non-blocking-commit-spec", "decide-first", "agreement (AC1)", 13),
        ("non-blocking-commit-spec", "forget-the-dead", "agreement (AC1)", 14),
        ("non-blocking-commit-spec", "never-abort", "non-blocking (AC5)", 4),
        ("paxos-commit-spec", "ignore-votes", "consistency", 16),
        ("paxos-commit-spec", "promise-of-one", "consistency", 15),
    ];
    let mut caught = Vec::new();
    for listed in ALL {
        for mutant in (listed.mutants)() {
            let asked = Asked { mutant: Some(&mutant), ..Asked::default() };
            let report = (listed.explore)(asked).expect("There is such a mutant.");
            let property = report.violation.clone().map(|violation| violation.property);
            caught.push((listed.card.name, mutant, property, report.steps));
        }
    }
    let expected = expected.map(|(name, mutant, property, steps)| {
        (name, mutant.to_string(), Some(property.to_string()), steps)
    });
    assert_eq!(caught, expected);
}

/// A state that did not fit its bits would break a property or panic, which is a violation too.
#[test]
fn properties_hold_at_the_least_and_the_largest_sizes() {
    for listed in ALL {
        for size in [*listed.card.sizes.start(), *listed.card.sizes.end()] {
            let limits = Limits { states: 50_000, ..Limits::default() };
            let asked = Asked { size: Some(size), limits, ..Asked::default() };
            let report = (listed.explore)(asked).expect("There is such a size.");
            assert_ne!(report.verdict, Verdict::Violated, "{} {size}\n{report}", listed.card.name);
        }
    }
}

#[test]
fn what_there_is_not_is_named() {
    for listed in ALL {
        for size in [listed.card.sizes.start() - 1, listed.card.sizes.end() + 1] {
            let asked = Asked { size: Some(size), ..Asked::default() };
            let why = (listed.explore)(asked).expect_err("There is no such size.");
            assert!(why.contains(listed.card.counted) && why.contains(&size.to_string()), "{why}");
        }
        let asked = Asked { mutant: Some("none-such"), ..Asked::default() };
        let why = (listed.explore)(asked).expect_err("There is no such mutant.");
        assert!((listed.mutants)().iter().all(|name| why.contains(name)), "{why}");
    }
}

#[test]
fn the_list_names_files_that_exist_and_each_name_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let missing = ALL.iter().find(|listed| !root.join(listed.card.file).is_file());
    assert!(missing.is_none(), "{:?} does not exist.", missing.map(|listed| listed.card.file));
    let names: BTreeSet<&str> = ALL.iter().map(|listed| listed.card.name).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn counts_under_a_constraint_do_not_depend_on_threads() {
    let (one, two) =
        (explored("lamport-mutex-spec", None, 1), explored("lamport-mutex-spec", None, 2));
    assert_eq!(as_tlc_counts(&one), as_tlc_counts(&two));
    assert_eq!((one.outside, one.depth), (two.outside, two.depth));
}

#[test]
fn later_clocks_reach_more_states_of_lamports_mutex() {
    let within = |clock| {
        let report = Exploration::new(&LamportMutex::new(2).latest(clock)).run();
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        (report.distinct - report.outside, report.depth_within)
    };
    let bounded: Vec<_> = (1..=6).map(within).collect();
    assert!(bounded.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1), "{bounded:?}");
}
