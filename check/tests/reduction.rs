//! Of orders of steps that commute one is followed, and that changes no answer and no world.

mod chance;
mod naive;
mod rafts;
mod toys;
mod voters;

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Mutex;

use canon::order::raft::Mutant;
use chance::Lots;
use check::{
    Bounds, Exploration, Explore, Flushing, Judgement, Network, Report, Shareable, Successors,
    System, Timing, Verdict, Violation,
};
use model::Random;
use naive::Naive;
use rafts::Rafts;
use toys::{Flaw, Noting, counting};
use voters::{Flaw as Mistake, Voters};
use world::story;

/// The same system with or without reduction, which notes all states that are judged.
struct Noted<'a, X: System> {
    system: &'a X,
    is_reduced: bool,
    met: Mutex<HashSet<X::State>>,
}

impl<X: System<State: Eq, Action: Display>> System for Noted<'_, X> {
    type State = X::State;
    type Move = X::Move;
    type Action = X::Action;
    type Worker = X::Worker;

    fn name(&self) -> String {
        self.system.name()
    }

    fn bounds(&self) -> Vec<String> {
        self.system.bounds()
    }

    fn sometimes(&self) -> Vec<&'static str> {
        self.system.sometimes()
    }

    fn reached(&self, worker: &X::Worker) -> u64 {
        self.system.reached(worker)
    }

    fn worker(&self) -> X::Worker {
        self.system.worker()
    }

    fn initial(&self, worker: &mut X::Worker) -> Result<Vec<X::State>, Violation> {
        self.system.initial(worker)
    }

    fn next(
        &self,
        worker: &mut X::Worker,
        state: &X::State,
        successors: &mut Successors<X::Move, X::State>,
    ) {
        self.system.next(worker, state, successors);
    }

    fn is_reduced(&self) -> bool {
        self.is_reduced && self.system.is_reduced()
    }

    fn next_awake(
        &self,
        worker: &mut X::Worker,
        state: &X::State,
        asleep: &[u64],
        successors: &mut Successors<X::Move, X::State>,
    ) {
        self.system.next_awake(worker, state, asleep, successors);
    }

    fn judge(&self, worker: &mut X::Worker, state: &X::State) -> Judgement {
        let is_new = self.met.lock().expect("no thread panics").insert(state.clone());
        assert!(is_new, "A state is judged once.");
        self.system.judge(worker, state)
    }

    fn action(&self, worker: &mut X::Worker, state: &X::State, taken: X::Move) -> X::Action {
        self.system.action(worker, state, taken)
    }

    fn story(&self, actions: &[X::Action], violation: &Violation) -> String {
        self.system.story(actions, violation)
    }
}

/// States of one exploration at most; what is larger is not compared.
const MOST: usize = 50_000;

/// Explores with and without reduction, and compares.
fn compared<S: Shareable>(subject: &S, bounds: &Bounds) -> (Report, Report) {
    let bounds = Bounds { reduction: true, symmetry: false, ..bounds.clone() };
    // Both use the same numbers, so that their worlds can be compared.
    let system = Explore::new(subject, bounds);
    let explored = |is_reduced, threads| {
        let noted = Noted { system: &system, is_reduced, met: Mutex::default() };
        let report = Exploration::new(&noted).threads(threads).states(MOST).run();
        (report, noted.met.into_inner().expect("no thread panics"))
    };
    let (whole, all) = explored(false, 1);
    if whole.verdict == Verdict::Unknown {
        return (whole.clone(), whole);
    }
    let (report, met) = explored(true, 1);
    let answer = |r: &Report| {
        let property = r.violation.as_ref().map(|violation| violation.property.clone());
        (r.verdict, r.steps, r.depth, property)
    };
    assert_eq!((whole.verdict, whole.steps), (report.verdict, report.steps), "{whole}{report}");
    if whole.verdict == Verdict::Violated {
        // What breaks before the first step has no story.
        if whole.steps == 0 {
            return (whole, report);
        }
        story::check(subject, &report.story).expect("the story is what happens");
        return (whole, report);
    }
    assert_eq!(answer(&whole), answer(&report));
    assert!(met == all, "{} of {} worlds are met: {report}", met.len(), all.len());
    let counts = |r: &Report| (r.distinct, r.outside, r.depth_within, r.stats.levels.clone());
    assert_eq!(counts(&whole), counts(&report));
    assert_eq!(whole.marks, report.marks);
    assert!(report.generated <= whole.generated);
    let (two, _) = explored(true, 2);
    assert_eq!((two.distinct, two.generated), (report.distinct, report.generated), "{two}");
    (whole, report)
}

#[test]
fn protocols_drawn_by_lot_are_explored_whole() {
    let mut random = Random::new(41);
    let (mut wholes, mut reduced, mut violations, mut outside) = (0, 0, 0, 0);
    for seed in 0..600 {
        let copies = 1 + random.below(2) as u8;
        let networks = [
            Network::Lossy { copies },
            Network::Duplicating,
            Network::Reliable { copies },
            Network::Fifo { copies },
        ];
        let flushing = if random.chance(1, 2) { Flushing::Free } else { Flushing::Eager };
        let bounds = Bounds {
            network: networks[random.below(4) as usize],
            crashes: random.below(3) as u16,
            recovery: random.chance(3, 4),
            fires: Some(random.below(3) as u16),
            forgeries: Some(random.below(3) as u16),
            flushing,
            ..Bounds::default()
        };
        let subject = Lots {
            seed,
            wrong: [0, 0, 50, 400][random.below(4) as usize],
            false_promises: [0, 0, 6, 30][random.below(4) as usize],
            outside: [0, 4, 30][random.below(3) as usize],
            has_traitor: random.chance(1, 4),
        };
        let (whole, report) = compared(&subject, &bounds);
        violations += u64::from(whole.verdict == Verdict::Violated);
        outside += u64::from(whole.outside > 0);
        if whole.verdict == Verdict::Holds {
            wholes += whole.generated - whole.distinct;
            reduced += report.generated - report.distinct;
        }
    }
    assert!(violations > 100 && outside > 100, "{violations} {outside}");
    assert!(reduced * 2 < wholes, "{reduced} of {wholes} repeated arrivals are left");
}

#[test]
fn toys_are_explored_whole_in_fewer_steps() {
    let lossy = |copies| Network::Lossy { copies };
    for network in [lossy(1), lossy(2), Network::Duplicating] {
        for (flushing, crashes) in [(Flushing::Free, 1), (Flushing::Eager, 2)] {
            let bounds = Bounds { network, crashes, fires: Some(1), flushing, ..Bounds::default() };
            let (whole, report) = compared(&Noting::default(), &bounds);
            let naive = Naive::new(&Noting::default(), &bounds).count();
            assert_eq!((whole.distinct, whole.generated), naive);
            assert_eq!((report.verdict, report.distinct), (Verdict::Holds, naive.0));
            assert!(report.generated < whole.generated, "{whole}{report}");
        }
    }
    let links = [Network::Reliable { copies: 1 }, Network::Fifo { copies: 1 }];
    for network in links {
        let bounds = Bounds { network, crashes: 1, fires: Some(1), ..Bounds::default() };
        let (whole, report) = compared(&Noting::default(), &bounds);
        assert!(report.generated < whole.generated, "{whole}{report}");
    }
    let bounds = Bounds { crashes: 2, ..Bounds::default() };
    let (_, report) = compared(&counting(Flaw::None), &bounds);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    for flaw in [Flaw::Early, Flaw::Panic] {
        let (whole, _) = compared(&counting(flaw), &Bounds { crashes: 1, ..Bounds::default() });
        assert_eq!((whole.verdict, whole.steps), (Verdict::Violated, 4));
    }
}

#[test]
fn elections_are_explored_whole_in_fewer_steps() {
    let flushing = Flushing::Eager;
    let bounds = Bounds { crashes: 0, fires: Some(0), flushing, ..Bounds::default() };
    let (whole, report) = compared(&Voters::new(3), &bounds);
    assert_eq!(report.verdict, Verdict::Holds);
    let repeated = |report: &Report| report.generated - report.distinct;
    assert!(repeated(&report) * 2 < repeated(&whole), "{whole}{report}");
    for (flaw, crashes) in [(Mistake::VoteNotSaved, 1), (Mistake::FewerVotes, 0)] {
        let subject = Voters { flaw, ..Voters::new(3) };
        let (whole, _) = compared(&subject, &Bounds { crashes, ..bounds.clone() });
        assert_eq!(whole.verdict, Verdict::Violated, "{whole}");
    }
}

#[test]
fn raft_is_explored_whole_in_fewer_steps() {
    for (crashes, fires, terms) in [(0, 1, 9), (1, 1, 9), (1, 2, 0)] {
        let subject = Rafts { terms, ..Rafts::asked() };
        let (whole, report) = compared(&subject, &rafts::bounds(crashes, fires));
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        // Where every second world lies outside of the bounds, no two steps need commute.
        assert!(report.generated < whole.generated || whole.outside > 0, "{whole}{report}");
    }
    let subject = Rafts { mutant: Some(Mutant::VoteNotSaved), terms: 1, ..Rafts::asked() };
    let (whole, _) = compared(&subject, &rafts::bounds(1, 2));
    assert_eq!(whole.verdict, Verdict::Violated, "{whole}");
}

#[test]
fn what_is_not_reduced_says_so() {
    let bounds = Bounds { reduction: true, ..Bounds::default() };
    let said = |subject: &Voters, bounds: &Bounds| {
        let system = Explore::new(subject, bounds.clone());
        (system.is_reduced(), system.bounds().pop().expect("there are bounds"))
    };
    let (is_reduced, bound) = said(&Voters::new(3), &bounds);
    assert!(!is_reduced && bound.ends_with("because worlds count as one by symmetry"), "{bound}");
    let whole = Bounds { symmetry: false, ..bounds };
    let (is_reduced, bound) = said(&Voters::new(3), &whole);
    assert!(is_reduced && bound.starts_with("of orders of steps that commute"), "{bound}");
    let timed = Bounds { timing: Timing::Ordered, ..whole };
    let (is_reduced, bound) = said(&Voters::new(3), &timed);
    assert!(!is_reduced && bound.ends_with("because time is kept"), "{bound}");
}
