//! Searches too long for their limits end undecided, and say which limit it was.

use std::fmt::Write;
use std::time::{Duration, Instant};

use spec::history::models::{Register, RegisterInput, RegisterOutput};
use spec::history::{
    Answer, History, Level, Limits, ModelName, Recorder, Report, Stop, judge, verify,
};

/// Appends that all overlap, and a get that saw one of them twice and another not at all. There are
/// twenty factorial orders, and nothing about any of them is wrong before the get.
fn hard_history() -> String {
    let mut text = String::new();
    let letters: Vec<char> = ('a'..='t').collect();
    for kind in ["invoke", "ok"] {
        for (process, letter) in letters.iter().enumerate() {
            let event = format!(r#""process":{process},"type":"{kind}","f":"append""#);
            writeln!(text, r#"{{{event},"key":"k","value":"{letter}"}}"#).expect("text grows");
        }
    }
    let seen: String =
        letters.iter().map(|&letter| if letter == 'b' { 'a' } else { letter }).collect();
    text.push_str(r#"{"process":0,"type":"invoke","f":"get","key":"k"}"#);
    writeln!(text, "\n{{\"process\":0,\"type\":\"ok\",\"f\":\"get\",\"value\":\"{seen}\"}}")
        .expect("text grows");
    text
}

fn undecided(memory: usize, time: Option<Duration>, split_by_key: bool) -> Report {
    let limits = Limits { memory, time, split_by_key, ..Limits::default() };
    let report = verify(&hard_history(), ModelName::Kv, Level::Linearizable, &limits)
        .expect("the history is well formed");
    assert_eq!(report.verdict, Answer::Unknown);
    assert_eq!(report.exit_code(), 2);
    assert_eq!(report.operations, 21);
    assert!(report.bytes <= memory, "{} bytes held of {memory}", report.bytes);
    assert!(report.covered.is_some(), "what was covered is told");
    report
}

#[test]
fn memory_caps_are_kept() {
    for memory in [0, 1000, 100_000, 4 << 20] {
        for split_by_key in [true, false] {
            let report = undecided(memory, None, split_by_key);
            assert_eq!(report.limit, Some(Stop::Memory));
            assert!(report.to_string().starts_with("unknown (the memory allowed"), "{report}");
        }
    }
}

#[test]
fn caps_bound_what_is_held_and_not_what_is_there() {
    let held = undecided(4 << 20, None, true);
    assert!(held.bytes > 1 << 20, "the memory allowed is used: {} bytes", held.bytes);
    assert!(held.explored > 10_000, "and used for something: {}", held.explored);
}

#[test]
fn deadlines_are_kept() {
    for milliseconds in [0, 1, 30] {
        let report = undecided(usize::MAX, Some(Duration::from_millis(milliseconds)), true);
        assert_eq!(report.limit, Some(Stop::Deadline));
        assert!(report.to_string().starts_with("unknown (the time allowed"), "{report}");
    }
}

/// With no deadline the work allowed alone says where a search stops, on whatever machine.
#[test]
fn work_stops_at_the_same_place_every_time() {
    let mut explored = Vec::new();
    for work in [0, 1_000, 1_000_000] {
        let limits = Limits { work: Some(work), time: None, ..Limits::default() };
        let ask = || verify(&hard_history(), ModelName::Kv, Level::Linearizable, &limits);
        let [one, other] = [ask(), ask()].map(|report| report.expect("it is well formed"));
        assert_eq!(one.verdict, Answer::Unknown);
        assert_eq!(one.limit, Some(Stop::Work));
        assert!(one.to_string().starts_with("unknown (the work allowed"), "{one}");
        assert_eq!((one.explored, one.bytes), (other.explored, other.bytes));
        assert_eq!(one.covered, other.covered);
        assert!(one.explored <= work, "{} configurations for {work}", one.explored);
        explored.push(one.explored);
    }
    assert!(explored.is_sorted() && explored[2] > 50_000, "{explored:?}");
}

#[test]
fn a_hard_key_does_not_hide_an_easy_one() {
    let mut text = hard_history();
    text.push_str("{\"process\":0,\"type\":\"invoke\",\"f\":\"get\",\"key\":\"other\"}\n");
    text.push_str("{\"process\":0,\"type\":\"ok\",\"f\":\"get\",\"value\":\"never written\"}\n");
    let limits = Limits { memory: 1 << 20, time: None, ..Limits::default() };
    let report = verify(&text, ModelName::Kv, Level::Linearizable, &limits)
        .expect("the history is well formed");
    assert_eq!(report.verdict, Answer::Broken(Level::Linearizable));
    assert_eq!(report.exit_code(), 1);
}

/// One client that writes, and reads what it wrote.
fn alone(operations: u64) -> History<RegisterInput, RegisterOutput> {
    let mut recorder = Recorder::new();
    for number in 0..operations {
        let value = Some((number / 2) as i64);
        let (input, output) = match number % 2 {
            0 => (RegisterInput::Write(value), RegisterOutput::Written),
            _ => (RegisterInput::Read, RegisterOutput::Value(value)),
        };
        recorder.invoke(2 * number + 1, 0, input).expect("the client is idle");
        recorder.ok(2 * number + 2, 0, output).expect("the client has called");
    }
    recorder.finish()
}

#[test]
fn deadlines_are_kept_in_long_sessions() {
    let history = alone(500_000);
    for level in [Level::Pram, Level::MonotonicReads, Level::ReadYourWrites] {
        let start = Instant::now();
        let limits = Limits { time: Some(Duration::from_millis(500)), ..Limits::default() };
        judge(&Register, &history, level, &limits, start).expect("every value is written once");
        // What is square in the length of a session takes twenty seconds here.
        assert!(start.elapsed() < Duration::from_secs(5), "{level}: {:?}", start.elapsed());
    }
}
