//! The two generals: whatever they agree on before, links that lose make them disagree.

use crate::trial::{breaks_without_its_needs, explored, simulated};
use canon::consensus::two_generals::{AtDawn, Order, Protocol};
use check::Verdict;
use lab::theory::calm_run;
use lab::{Exhibit, TOGETHER, TwoGeneralsLab};
use model::NodeId;

/// Up to eight messengers, and all numbers of them that can be enough where none is lost.
fn protocols() -> impl Iterator<Item = TwoGeneralsLab> {
    (0..=8).flat_map(|messengers| {
        let Protocol { enough: [most, most_of_second], .. } = Protocol::cautious(messengers);
        let pairs = (0..=most).flat_map(move |a| (0..=most_of_second).map(move |b| [a, b]));
        pairs.map(move |enough| TwoGeneralsLab { protocol: Protocol { messengers, enough } })
    })
}

/// All of them keep the other promise: with the order, and if nothing is lost, both attack.
#[test]
fn where_nothing_is_lost_both_attack() {
    for lab in protocols() {
        let trace = calm_run(&lab, 1, &[(TOGETHER, NodeId(0), Order)], 2);
        let attack = AtDawn::Attack.to_string();
        let attacks = trace.events.iter().filter(|event| event.tells.contains(&attack));
        assert_eq!(attacks.count(), 2, "{:?}", lab.protocol);
    }
}

#[test]
fn every_protocol_has_a_run_in_which_they_disagree() {
    let mut protocols_seen = 0;
    for lab in protocols() {
        let report = explored(&lab);
        assert_eq!(report.verdict, Verdict::Violated, "{:?}: {report}", lab.protocol);
        let violation = report.violation.expect("It is violated.").text;
        assert!(violation.contains("attacks, but"), "{:?}: {violation}", lab.protocol);
        protocols_seen += 1;
    }
    assert_eq!(protocols_seen, 95);
}

#[test]
fn they_agree_where_links_lose_nothing_and_not_where_they_lose() {
    let lab = TwoGeneralsLab::sized(2);
    let report = simulated(&lab, 500, None);
    assert_eq!(report.failures, 0, "{report}");
    breaks_without_its_needs::<TwoGeneralsLab>(2, 250);
}
