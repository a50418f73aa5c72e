//! What the labs declare interchangeable is so: as many worlds are met as there are orbits of the
//! worlds of a plain search, and a breakage is found in as few steps.

#[path = "../../../check/tests/naive/mod.rs"]
mod naive;

use canon::broadcast::eager;
use canon::byzantine::phase_king::Mutant;
use check::{Bounds, Exploration, Explore, Report, Verdict};
use lab::{
    AbdLab, Broadcasters, EagerLab, Exhibit, PaxosLab, PhaseKingLab, RaftLab, UniformLab, Writers,
};
use model::NodeId;
use naive::{Naive, orbits};

fn explored<E: Exhibit>(lab: &E, bounds: &Bounds, symmetry: bool) -> Report {
    let bounds = Bounds { symmetry, ..bounds.clone() };
    Exploration::new(&Explore::new(lab, bounds)).run()
}

fn compared<E: Exhibit>(lab: E, bounds: Bounds, breakages: &[E::Mutant]) {
    let worlds = Naive::new(&lab, &bounds).worlds();
    let (whole, folded) = (explored(&lab, &bounds, false), explored(&lab, &bounds, true));
    // Without symmetry the order in which a node holds messages for others tells worlds apart.
    assert!(whole.distinct >= worlds.len() as u64, "{whole}");
    assert_eq!((folded.verdict, folded.distinct), (whole.verdict, orbits(&lab, &worlds)));
    assert_eq!(whole.verdict, Verdict::Holds, "{whole}");
    assert_eq!(folded.marks, whole.marks, "{folded}{whole}");
    for &mutant in breakages {
        let lab = lab.clone().broken(mutant);
        let (whole, folded) = (explored(&lab, &bounds, false), explored(&lab, &bounds, true));
        assert_eq!(whole.verdict, Verdict::Violated, "{mutant} {whole}");
        assert_eq!((folded.verdict, folded.steps), (whole.verdict, whole.steps), "{mutant}");
    }
}

#[test]
fn nodes_that_are_not_asked_are_alike() {
    let raft = RaftLab { entries: 9, terms: 9, ..RaftLab::new(3) };
    let bounds = Bounds { crashes: 0, fires: Some(1), ..raft.bounds() };
    compared(raft, bounds, &[]);
    let broadcasters = Broadcasters { nodes: 1, broadcasts: 2 };
    let eager = EagerLab { broadcasters, ..EagerLab::new(3) };
    let bounds = Bounds { fires: Some(0), ..eager.bounds() };
    compared(eager, bounds, &[eager::Mutant::DeliverAgain, eager::Mutant::RelayAsOwn]);
    let broadcasters = Broadcasters { nodes: 1, broadcasts: 1 };
    let uniform = UniformLab { broadcasters, ..UniformLab::new(3) };
    let bounds = Bounds { fires: Some(0), ..uniform.bounds() };
    compared(uniform, bounds, &[]);
    let paxos = PaxosLab { proposers: 1, deciders: 3, ..PaxosLab::new(3) };
    let bounds = Bounds { crashes: 0, fires: Some(0), ..paxos.bounds() };
    compared(paxos, bounds, &[]);
}

#[test]
fn nodes_that_only_read_are_alike() {
    let abd = AbdLab { writes: 0, ..AbdLab::new(3, Writers::One) };
    let bounds = abd.bounds();
    compared(abd, bounds, &[]);
}

/// Rounds are taken as one step, which a plain search does not know.
#[test]
fn who_is_never_king_is_like_the_others() {
    for traitor in [1, 3] {
        let traitors = [NodeId(traitor)].into_iter().collect();
        let lab = PhaseKingLab { most: 1, traitors: Some(traitors), ..PhaseKingLab::new(5) };
        for mutant in [None, Some(Mutant::NeverObey)] {
            let lab = PhaseKingLab { mutant, ..lab.clone() };
            let whole = explored(&lab, &lab.bounds(), false);
            let folded = explored(&lab, &lab.bounds(), true);
            assert_eq!((folded.verdict, folded.steps), (whole.verdict, whole.steps), "{folded}");
            assert!(folded.distinct < whole.distinct, "{folded}{whole}");
        }
    }
}
