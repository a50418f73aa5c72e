//! Protocols are explored as their drivers would run them, and what is found can be replayed.

mod naive;
mod toys;

use check::{Bounds, Exploration, Explore, Flushing, Network, Report, Shareable, Verdict};
use toys::{Counting, Flaw, Noting, counting};
use world::story;

fn explored<S: Shareable>(subject: &S, bounds: Bounds) -> Report {
    let one = Exploration::new(&Explore::new(subject, bounds.clone())).run();
    let two = Exploration::new(&Explore::new(subject, bounds)).threads(2).run();
    assert_eq!((one.verdict, one.steps), (two.verdict, two.steps), "threads change nothing");
    if one.verdict == Verdict::Holds {
        let counts = |report: &Report| (report.distinct, report.generated, report.depth);
        assert_eq!(counts(&one), counts(&two));
        assert_eq!(one.marks, two.marks);
    }
    one
}

fn crashes(crashes: u16) -> Bounds {
    Bounds { crashes, ..Bounds::default() }
}

#[test]
fn an_answer_before_the_disk_is_caught_by_a_crash() {
    let subject = counting(Flaw::Early);
    assert_eq!(explored(&subject, crashes(0)).verdict, Verdict::Holds, "it takes a crash");
    let report = explored(&subject, crashes(1));
    assert_eq!(report.verdict, Verdict::Violated);
    // By hand: request, deliver Add, deliver Added, crash; or the crash before the answer.
    assert_eq!(report.steps, 4, "{report}");
    let violation = report.violation.expect("a violated report has one");
    assert_eq!(violation.property, "acknowledged sums are kept");
    assert_eq!(violation.text, "1 was acknowledged, but the sum is 0.");
    story::check(&subject, &report.story).expect("the story is what happens");
    assert!(report.story.contains("\ncrash n1\n"), "{}", report.story);
    assert!(report.story.contains("violation: "), "{}", report.story);
}

#[test]
fn an_answer_that_waits_for_the_disk_survives_crashes() {
    let report = explored(&counting(Flaw::None), crashes(2));
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
    assert!(report.marks[0].reached && report.outside == 0);
    assert!(report.bounds.iter().any(|bound| bound == "crashes: 2 at most"));
}

#[test]
fn the_worlds_of_one_addition_are_those_counted_by_hand() {
    let subject = Counting { requests: vec![1], ..counting(Flaw::None) };
    // In turn: nothing, Add in flight, saved and held, synced with Added in flight, acknowledged.
    let report = explored(&subject, crashes(0));
    assert_eq!((report.distinct, report.generated, report.depth), (5, 5, 5));
}

#[test]
fn only_a_network_that_duplicates_adds_twice() {
    let subject = counting(Flaw::None);
    let report = explored(&subject, Bounds { network: Network::Duplicating, ..crashes(0) });
    // By hand: a request for 2, and Add arrives twice.
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 3), "{report}");
    story::check(&subject, &report.story).expect("the story is what happens");
    assert!(report.story.contains("\nduplicate n0 n1 Add(2)\ndeliver"), "{}", report.story);
}

#[test]
fn choices_are_enumerated_and_told() {
    let subject = Noting { has_flaw: true };
    let report = explored(&subject, crashes(0));
    // By hand: the request at n0, noted as 11, is flushed.
    assert_eq!((report.verdict, report.steps), (Verdict::Violated, 2), "{report}");
    assert!(report.story.contains("\nchoose 1\nrequest n0 10\n"), "{}", report.story);
    story::check(&subject, &report.story).expect("the story is what happens");
}

#[test]
fn a_panic_is_a_violation() {
    let subject = counting(Flaw::Panic);
    let report = explored(&subject, crashes(0));
    assert_eq!((report.verdict, report.steps, report.exit_code()), (Verdict::Violated, 4, 1));
    let violation = report.violation.as_ref().expect("a violated report has one");
    assert!(violation.text.starts_with("The client cannot take 1. ("), "{violation}");
    story::check(&subject, &report.story).expect("the story is what happens");
}

#[test]
fn a_missed_mark_is_reported() {
    let subject = Counting { has_idle_mark: true, ..counting(Flaw::None) };
    let report = explored(&subject, crashes(0));
    assert_eq!(report.missed().map(|mark| mark.name).collect::<Vec<_>>(), ["the sum is 200"]);
    assert!(!report.is_vacuous());
    let nothing_asked = Counting { requests: Vec::new(), ..subject };
    let report = explored(&nothing_asked, crashes(0));
    assert!(report.is_vacuous() && report.distinct == 1);
    assert!(report.to_string().contains("None of the marks was reached"), "{report}");
}

#[test]
fn reliable_links_keep_the_order_that_others_do_not() {
    // The sum is 1 on the way to 3 exactly when the requests arrive in their order.
    let subject = counting(Flaw::None);
    let lossy = explored(&subject, Bounds::default());
    let fifo = explored(&subject, Bounds { network: Network::Fifo { copies: 1 }, ..crashes(0) });
    assert!(fifo.distinct < lossy.distinct, "{fifo}{lossy}");
}

#[test]
fn memoised_steps_explore_the_worlds_of_naive_ones() {
    for network in
        [Network::Lossy { copies: 1 }, Network::Lossy { copies: 2 }, Network::Duplicating]
    {
        for (flushing, crashes) in [(Flushing::Free, 0), (Flushing::Free, 1), (Flushing::Eager, 1)]
        {
            let bounds = Bounds { network, crashes, fires: Some(2), flushing, ..Bounds::default() };
            let subject = Noting::default();
            let naive = naive::Naive::new(&subject, &bounds).count();
            let report = explored(&subject, bounds);
            assert_eq!(report.verdict, Verdict::Holds);
            assert_eq!((report.distinct, report.generated), naive, "{report}");
        }
    }
}

#[test]
fn a_report_is_one_line_of_json() {
    let report = explored(&counting(Flaw::Early), crashes(1));
    let line = serde_json::to_string(&report).expect("a report is plain data");
    assert!(!line.contains('\n'));
    let value: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!(value["verdict"], "violated");
    assert_eq!(value["subject"], "counter, 2 nodes");
    assert_eq!(value["violation"]["property"], "acknowledged sums are kept");
    for field in ["distinct", "generated", "depth", "seconds", "states_per_s", "bytes_per_state"] {
        assert!(value[field].is_number(), "{field}");
    }
}
