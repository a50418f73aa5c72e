//! What clients may be told, and what no store tells.

use chaos::{Class, Event, Recording, judge};
use model::NodeId;
use spec::history::models::{Ask, RevisionsInput, RevisionsOutput};

/// A history in which each client asks and is answered at once: client, key, what, the answer and
/// the store's revision.
fn history(calls: &[(u64, &str, Ask, RevisionsOutput, i64)]) -> Vec<(u64, Event)> {
    let recording = Recording::default();
    for (process, key, ask, output, revision) in calls.iter().cloned() {
        let input = RevisionsInput { key: key.into(), ask, seen: None };
        recording.note(Event::Asked { process, node: NodeId(0), input });
        recording.note(Event::Answered { process, output, revision });
    }
    recording.events()
}

const SOUND: [(u64, &str, Ask, RevisionsOutput, i64); 4] = [
    (0, "a", Ask::Put { value: 10 }, RevisionsOutput::Written(2), 2),
    (1, "b", Ask::Put { value: 20 }, RevisionsOutput::Written(3), 3),
    (0, "a", Ask::Swap { at: 3, value: 11 }, RevisionsOutput::Found(Some((10, 2))), 3),
    (1, "a", Ask::Swap { at: 2, value: 21 }, RevisionsOutput::Written(4), 4),
];

/// The class and the first words of what is wrong.
fn wrong(events: &[(u64, Event)]) -> Option<(Class, String)> {
    let violation = judge(events).violation;
    violation.map(|violation| (violation.class, violation.text.join(" ")))
}

#[test]
fn a_sound_history_is_that_of_a_single_store() {
    let mut events = history(&SOUND);
    // A write that was never answered, and is seen all the same.
    let input = RevisionsInput { key: "b".into(), ask: Ask::Put { value: 30 }, seen: None };
    let unanswered = Event::Unanswered { process: 2, why: "nobody knows".to_string() };
    events.push((1 << 40, Event::Asked { process: 2, node: NodeId(1), input }));
    events.push((1 << 41, unanswered));
    events.push((1 << 42, Event::Fault("crash n1".to_string())));
    let input = RevisionsInput { key: "b".into(), ask: Ask::Get, seen: None };
    events.push((1 << 43, Event::Asked { process: 0, node: NodeId(2), input }));
    let output = RevisionsOutput::Found(Some((30, 5)));
    events.push((1 << 44, Event::Answered { process: 0, output, revision: 5 }));
    let judged = judge(&events);
    assert_eq!(judged.violation, None);
    assert!(judged.verdict.starts_with("linearizable: 6 operations"), "{}", judged.verdict);
    // The answer in between must have been of the same revision.
    if let Some((_, Event::Answered { output, .. })) = events.last_mut() {
        *output = RevisionsOutput::Found(Some((20, 2)));
    }
    assert!(wrong(&events).is_some_and(|(class, _)| class == Class::Safety));
    // Nothing asked is nothing wrong.
    assert_eq!(wrong(&[]), None);
}

/// Every key by itself is well, but the store wrote two keys at one revision, or answered from an
/// older state than it had told before: only all keys together show it.
#[test]
fn a_store_that_falls_back_is_caught_though_every_key_is_well() {
    for (output, revision) in [
        (RevisionsOutput::Written(4), 4),
        (RevisionsOutput::Written(3), 3),
        (RevisionsOutput::Found(None), 3),
    ] {
        let ask = match output {
            RevisionsOutput::Written(_) => Ask::Put { value: 99 },
            RevisionsOutput::Found(_) => Ask::Get,
        };
        let mut calls = SOUND.to_vec();
        calls.push((3, "c", ask, output, revision));
        let (class, text) = wrong(&history(&calls)).expect("It fell back.");
        assert_eq!(class, Class::Safety);
        assert!(text.contains("revision 4 had been told"), "{text}");
        let last = calls.last_mut().expect("It was put there.");
        if let RevisionsOutput::Written(at) = &mut last.3 {
            *at = 5;
        }
        last.4 = 5;
        assert_eq!(wrong(&history(&calls)), None);
    }
}

#[test]
fn nonsense_is_no_answer() {
    let mut events = history(&SOUND);
    let last = events.last_mut().expect("Something happened.");
    last.1 = Event::Nonsense { process: 1, what: "two puts".to_string() };
    let (class, text) = wrong(&events).expect("No store answers so.");
    assert_eq!(class, Class::Safety);
    assert!(text.contains("two puts"), "{text}");
}
