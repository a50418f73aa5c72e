//! Symmetry of a real protocol: Raft, sound and broken, explored with and without it.

mod naive;
mod rafts;

use canon::order::raft::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use naive::Naive;
use rafts::{Rafts, bounds};
use world::story;

fn explored(subject: &Rafts, bounds: &Bounds, symmetry: bool) -> Report {
    let bounds = Bounds { symmetry, ..bounds.clone() };
    Exploration::new(&Explore::new(subject, bounds)).run()
}

#[test]
fn worlds_of_raft_are_as_many_as_orbits() {
    for is_asked in [false, true] {
        let subject = Rafts { mutant: None, is_asked, terms: u64::MAX };
        let bounds = bounds(0, 1);
        let worlds = Naive::new(&subject, &bounds).worlds();
        let report = explored(&subject, &bounds, true);
        assert_eq!((report.verdict, report.outside), (Verdict::Holds, 0), "{report}");
        let orbits = naive::orbits(&subject, &worlds);
        assert_eq!(report.distinct, orbits, "of {}: {report}", worlds.len());
    }
}

#[test]
fn a_broken_raft_is_found_as_soon_in_fewer_worlds() {
    let subject = Rafts { mutant: Some(Mutant::VoteNotSaved), is_asked: false, terms: 1 };
    let bounds = bounds(1, 2);
    let whole = explored(&subject, &bounds, false);
    let report = explored(&subject, &bounds, true);
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, whole.steps), "{report}");
    assert!(report.distinct * 4 < whole.distinct, "{report}{whole}");
    story::check(&subject, &report.story).expect("the story is what happens");
    let sound = Rafts { mutant: None, ..subject };
    let (whole, report) = (explored(&sound, &bounds, false), explored(&sound, &bounds, true));
    assert_eq!((report.verdict, whole.verdict), (Verdict::Holds, Verdict::Holds), "{report}");
    assert!(report.distinct * 5 < whole.distinct, "{report}{whole}");
}
