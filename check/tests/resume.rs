//! An exploration that ended early goes on from a file, and its totals are those of one that did
//! not end.

mod naive;
mod toys;
mod voters;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use check::systems::{ALL, Asked};
use check::{
    Bounds, Exploration, Explore, Flushing, Limits, Network, Report, Shareable, Timing, Verdict,
};
use toys::{Noting, counting};
use voters::{Flaw, Voters};
use world::story;

/// A file of its own for each test.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.checkpoint"))
}

/// Explores so many states at a time, each time from the file, with a system made anew.
fn in_parts(explore: impl Fn(Limits) -> Report, path: &Path, part: usize) -> Report {
    let mut states = part;
    let mut goes_on = false;
    for count in 0.. {
        let report = explore(Limits {
            states,
            threads: 1 + count % 2,
            checkpoint: Some(path.to_path_buf()),
            resume: goes_on.then(|| path.to_path_buf()),
            ..Limits::default()
        });
        if report.verdict != Verdict::Unknown {
            assert!(count > 0, "it was done in parts: {report}");
            return report;
        }
        let reason = report.reason.clone().unwrap_or_default();
        assert!(reason.contains("it can be gone on from"), "{report}");
        assert_eq!(report.stats.levels.iter().sum::<u64>(), report.distinct, "{report}");
        goes_on = true;
        states = report.distinct as usize + part;
    }
    unreachable!("the count has no end")
}

fn assert_same<S: Shareable>(subject: &S, bounds: Bounds, name: &str, part: usize) -> Report {
    let explore = |limits: Limits| {
        Exploration::new(&Explore::new(subject, bounds.clone())).within(limits).run()
    };
    same_in_parts(explore, name, part)
}

fn same_in_parts(explore: impl Fn(Limits) -> Report, name: &str, part: usize) -> Report {
    let path = file(name);
    let whole = explore(Limits::default());
    let report = in_parts(explore, &path, part);
    let totals = |r: &Report| (r.verdict, r.steps, r.marks.clone(), r.bounds.clone());
    assert_eq!(totals(&report), totals(&whole), "{report}{whole}");
    if whole.verdict == Verdict::Holds {
        let counts = |r: &Report| (r.distinct, r.generated, r.depth, r.outside, r.waiting);
        assert_eq!(counts(&report), counts(&whole), "{report}");
        assert_eq!(report.stats.levels, whole.stats.levels);
        assert_eq!(report.stats.left, whole.stats.left);
    }
    fs::remove_file(path).expect("it was written");
    report
}

#[test]
fn parts_make_the_whole() {
    let bounds = Bounds { crashes: 1, fires: Some(1), ..Bounds::default() };
    assert_same(&Noting::default(), bounds.clone(), "notes", 40);
    let network = Network::Fifo { copies: 1 };
    let timed = Bounds { network, timing: Timing::Ordered, ..bounds };
    assert_same(&Noting::default(), timed, "timed", 20);
    let eager = Bounds { fires: Some(0), flushing: Flushing::Eager, ..Bounds::default() };
    assert_same(&Voters::new(3), eager.clone(), "voters", 300);
    let reduced = Bounds { reduction: true, symmetry: false, ..eager };
    assert_same(&Voters::new(3), reduced, "reduced", 1_000);
}

/// At the sizes beside the usual one where that has more states than a test should leave.
#[test]
fn specifications_are_explored_in_parts_too() {
    for listed in ALL {
        let size = match listed.card.name {
            "lamport-mutex-spec" => 2,
            "paxos-commit-spec" => 1,
            "echo-spec" => 4,
            "transaction-commit-spec" => 5,
            _ => listed.card.usual,
        };
        let explore = |limits: Limits| {
            let asked = Asked { size: Some(size), limits, ..Asked::default() };
            (listed.explore)(asked).expect("There is such a size.")
        };
        let part = explore(Limits::default()).distinct as usize / 5;
        let report = same_in_parts(explore, listed.card.name, part);
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
    }
}

#[test]
fn a_breakage_does_not_go_on_from_the_sound_specification() {
    for listed in ALL {
        let path = file(&format!("{}-broken", listed.card.name));
        let explored = |mutant: Option<&str>, limits| {
            let limits = Limits { states: 20, ..limits };
            (listed.explore)(Asked { mutant, limits, ..Asked::default() })
                .expect("There is such a mutant.")
        };
        explored(None, Limits { checkpoint: Some(path.clone()), ..Limits::default() });
        for mutant in (listed.mutants)() {
            let resume = Some(path.clone());
            let report = explored(Some(&mutant), Limits { resume, ..Limits::default() });
            let reason = report.reason.unwrap_or_default();
            assert!(reason.contains("it was saved of"), "{} {mutant}: {reason}", listed.card.name);
        }
        fs::remove_file(path).expect("it was written");
    }
}

/// The flaw shows in the fresh processes; what shows nowhere is said with the variant.
#[test]
fn a_variant_does_not_go_on_from_another() {
    let path = file("variant");
    let bounds = Bounds { crashes: 1, fires: Some(0), ..Bounds::default() };
    let explored = |flaw, word: &str, limits| {
        let subject = Voters { flaw, ..Voters::new(3) };
        let system = Explore::new(&subject, bounds.clone()).of_variant(vec![word.into()]);
        Exploration::new(&system).within(Limits { states: 100, ..limits }).run()
    };
    let checkpoint = Some(path.clone());
    explored(Flaw::None, "terms=1", Limits { checkpoint, ..Limits::default() });
    for (flaw, word, goes_on) in [
        (Flaw::None, "terms=1", true),
        (Flaw::None, "terms=2", false),
        (Flaw::VoteNotSaved, "terms=1", false),
    ] {
        let resume = Some(path.clone());
        let reason = explored(flaw, word, Limits { resume, ..Limits::default() }).reason;
        let reason = reason.unwrap_or_default();
        assert_eq!(!reason.contains("it was saved of"), goes_on, "{word}: {reason}");
    }
    fs::remove_file(path).expect("it was written");
}

#[test]
fn a_violation_beyond_the_checkpoint_is_told_from_the_start() {
    let subject = Voters { flaw: Flaw::VoteNotSaved, ..Voters::new(3) };
    let flushing = Flushing::Eager;
    let bounds = Bounds { crashes: 1, fires: Some(0), flushing, ..Bounds::default() };
    let report = assert_same(&subject, bounds, "broken", 60);
    assert_eq!(report.verdict, Verdict::Violated);
    story::check(&subject, &report.story).expect("the story is what happens");
    assert!(report.story.contains("violation: "), "{}", report.story);
}

#[test]
fn an_interrupted_exploration_is_saved_too() {
    let (subject, path) = (Noting::default(), file("interrupted"));
    let bounds = Bounds { crashes: 1, fires: Some(1), ..Bounds::default() };
    let whole = Exploration::new(&Explore::new(&subject, bounds.clone())).run();
    let system = Explore::new(&subject, bounds.clone());
    let flag = AtomicBool::new(true);
    let report = Exploration::new(&system).interrupt(&flag).checkpoint(&path).run();
    assert_eq!(report.verdict, Verdict::Unknown);
    let report = Exploration::new(&Explore::new(&subject, bounds)).resume(&path).run();
    assert_eq!((report.verdict, report.distinct), (Verdict::Holds, whole.distinct));
    fs::remove_file(path).expect("it was written");
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let path = file("refused");
    let bounds = Bounds { crashes: 1, fires: Some(1), ..Bounds::default() };
    let reason = |report: Report| {
        assert_eq!(report.verdict, Verdict::Unknown, "{report}");
        report.reason.unwrap_or_default()
    };
    let resumed = |bounds: &Bounds| {
        let subject = Noting::default();
        reason(Exploration::new(&Explore::new(&subject, bounds.clone())).resume(&path).run())
    };
    let _ = fs::remove_file(&path);
    assert!(resumed(&bounds).contains("cannot be opened"));
    let system = Explore::new(&Noting { has_flaw: false }, bounds.clone());
    reason(Exploration::new(&system).states(100).checkpoint(&path).run());
    let other = Bounds { crashes: 0, ..bounds.clone() };
    assert!(resumed(&other).contains("another system or within other bounds"));
    let whole = fs::read(&path).expect("it was written");
    for length in (0..whole.len()).step_by(97) {
        fs::write(&path, &whole[..length]).expect("it can be written");
        assert!(resumed(&bounds).contains("cannot be gone on from"), "{length}");
    }
    for bit in (0..8 * whole.len()).step_by(331) {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &damaged).expect("it can be written");
        assert!(resumed(&bounds).contains("cannot be gone on from"), "{bit}");
    }
    fs::write(&path, b"No checkpoint at all.").expect("it can be written");
    assert!(resumed(&bounds).contains("no saved exploration"));
    fs::remove_file(&path).expect("it was written");
    let counter = counting(toys::Flaw::None);
    let nowhere = file("no/such/folder");
    let system = Explore::new(&counter, bounds);
    let report = Exploration::new(&system).states(2).checkpoint(nowhere).run();
    assert!(reason(report).contains("it cannot be saved to"));
}
