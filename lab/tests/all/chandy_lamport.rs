//! Chandy and Lamport's snapshots under the lab's tools.

use crate::trial::{
    bears_its_model_in, breaks_without_its_needs, explored, is_caught_in, is_caught_within,
};
use canon::snapshot::chandy_lamport::Mutant;
use check::Verdict;
use lab::snapshot::{Recorded, cuts};
use lab::{ChandyLamportLab, Exhibit, Open};
use model::{Named, NodeId};
use sim::{Options, draw, perform};
use world::trace::{Happening, Trace};
use world::{Subject, SystemModel};

#[test]
fn it_holds_in_every_world_of_small_spaces() {
    let spaces = [(1, 1, 2, 1), (2, 2, 1, 2), (2, 1, 2, 2), (3, 1, 1, 3), (3, 1, 2, 1)];
    let distinct = spaces.map(|(nodes, transfers, snapshots, beginners)| {
        let sound = ChandyLamportLab::new(nodes);
        let report = explored(&ChandyLamportLab { transfers, snapshots, beginners, ..sound });
        assert_eq!(report.verdict, Verdict::Holds, "{report}");
        report.distinct
    });
    assert_eq!(distinct, [4, 1_943, 4_254, 30_123, 114_386]);
}

#[test]
fn it_bears_random_runs_in_every_size() {
    bears_its_model_in::<ChandyLamportLab>([1, 2, 3, 5, 9], 2, 60);
}

/// Each mutant with the runs of three nodes within which the simulator must catch it, and the steps
/// of the shortest way to break it, where there is one: what never comes is not seen by exploring.
const MUTANTS: [(Mutant, u64, Option<u64>); 4] = [
    (Mutant::ForgetChannels, 10, Some(9)),
    (Mutant::RecordBeyondMarker, 20, Some(9)),
    (Mutant::LateState, 10, Some(8)),
    (Mutant::NoMarkerBack, 10, None),
];

#[test]
fn every_mutant_is_caught() {
    assert_eq!(MUTANTS.map(|(mutant, ..)| mutant), *Mutant::ALL);
    for (mutant, runs, steps) in MUTANTS {
        is_caught_within::<ChandyLamportLab>(mutant, runs);
        let lab = ChandyLamportLab { beginners: 1, ..ChandyLamportLab::new(3).broken(mutant) };
        if let Some(steps) = steps {
            is_caught_in(&lab, steps);
        }
    }
}

#[test]
fn every_assumption_is_needed() {
    breaks_without_its_needs::<ChandyLamportLab>(3, 20);
}

/// C1 and C2, from the trace alone: the cut is consistent, each node's account is what it had,
/// less what it had sent, and what had arrived; and each channel's state is what is under way.
fn judge(lab: &ChandyLamportLab, trace: &Trace) -> Result<usize, String> {
    let is_marker = |text: &str| text.starts_with("Marker #");
    let recorded = |event: &Happening| {
        let markers = event.sends.iter().filter_map(|s| s.text.strip_prefix("Marker #"));
        markers.map(|number| number.parse().expect("A marker has a number.")).collect()
    };
    let found = cuts(trace, recorded, is_marker)?;
    for snapshot in &found {
        for node in NodeId::first(lab.nodes) {
            let expected = expected(lab, snapshot, node);
            let told = &snapshot.told[node.index()];
            if *told != expected {
                let number = snapshot.snapshot;
                return Err(format!("{node} told #{number}: {told}, but it is {expected}."));
            }
        }
    }
    Ok(found.len())
}

fn expected(lab: &ChandyLamportLab, snapshot: &Recorded, node: NodeId) -> String {
    let money = |texts: &[String]| -> u64 {
        let amounts = texts.iter().map(|text| text.strip_prefix("Credit $").expect("It is money."));
        amounts.map(|amount| amount.parse::<u64>().expect("It is an amount.")).sum()
    };
    let (arrived, sent) = &snapshot.passed[node.index()];
    let first = lab.process(node).application().balance();
    let mut text = format!("${}", first + money(arrived) - money(sent));
    for from in NodeId::first(lab.nodes).filter(|&from| from != node) {
        let under_way =
            snapshot.under_way.get(&(from, node)).map_or(String::new(), |t| t.join(", "));
        text.push_str(&format!(", from {from} [{under_way}]"));
    }
    text
}

fn traced(lab: &ChandyLamportLab, seed: u64, model: Option<SystemModel>) -> Trace {
    let plan = draw(lab, seed, &Options { model, ..Options::default() });
    perform(lab, &Open::default(), &plan, 1, usize::MAX).trace.expect("It was asked for.")
}

#[test]
fn every_recorded_cut_is_consistent_and_complete() {
    let (mut found, mut caught) = (0, 0);
    for nodes in [2, 3, 5] {
        let lab = ChandyLamportLab::new(nodes);
        for seed in 1..=20 {
            let trace = traced(&lab, seed, None);
            found += judge(&lab, &trace).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
            let parts = trace.events.iter().flat_map(|event| &event.tells);
            caught += parts.filter(|told| told.contains("[Credit")).count();
        }
    }
    assert!(found > 700 && caught > 500, "{found} snapshots, {caught} with money under way");
}

/// The judge of traces is not blind: where markers overtake money, it says so.
#[test]
fn a_cut_over_unordered_channels_is_not_consistent() {
    let lab = ChandyLamportLab::new(3);
    let weaker = lab.model().without(3, "order").expect("It is an assumption.");
    let wrong = (1..=20).filter(|&seed| judge(&lab, &traced(&lab, seed, Some(weaker))).is_err());
    assert!(wrong.count() > 0);
}
