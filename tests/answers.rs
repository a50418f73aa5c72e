//! What the verbs answer when something is wrong, contradictory or cut short: never a good answer.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synod"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What it prints on standard output and on standard error, and its exit code.
fn synod(arguments: &[&str]) -> (String, String, i32) {
    told(command(arguments).output().expect("The program can be started."))
}

fn told(output: Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}

fn name(folder: &Path, file: &str) -> String {
    folder.join(file).display().to_string()
}

/// Phase King, whose size decides how many traitors it bears, replays by its file alone. Whatever
/// contradicts the file is refused, wherever a plan is read.
#[test]
fn a_saved_failure_holds_its_variant() {
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let saved = name(folder.path(), "saved.json");
    let (found, _, code) =
        synod(&["sim", "phase-king", "--mutant", "obey-always", "--save", &saved]);
    assert_eq!(code, 1, "{found}");
    let (again, why, code) = synod(&["sim", "phase-king", "--replay", &saved]);
    assert_eq!(code, 1, "{again}{why}");
    let broken = again.lines().last().expect("It says what is broken.");
    assert!(found.contains(broken), "{broken}: {found}");
    let traced = synod(&["trace", "phase-king", "--plan", &saved]);
    assert!(traced.0.contains("VIOLATION"), "{}", traced.0);
    for (verb, flag) in [("sim", "--replay"), ("sim", "--plan"), ("trace", "--plan")] {
        let (_, why, code) = synod(&[verb, "paxos", flag, &saved]);
        assert_eq!(code, 2, "{why}");
        assert!(why.contains("it is a failing run of phase-king, not of paxos"), "{why}");
        let (_, why, code) = synod(&[verb, "phase-king", flag, &saved, "--mutant", "fewer-phases"]);
        assert_eq!(code, 2, "{why}");
        assert!(why.contains("one with --mutant obey-always"), "{why}");
    }
    let (_, why, code) = synod(&["run", "raft", "--plan", &saved]);
    assert_eq!((code, why.contains("not of raft")), (2, true), "{why}");
    // Told that it is of the sound protocol, the run shows nothing: that is no pass.
    let text = std::fs::read_to_string(&saved).expect("It was written.");
    std::fs::write(&saved, text.replace("\"obey-always\"", "null")).expect("It can be written.");
    let (_, why, code) = synod(&["sim", "phase-king", "--replay", &saved]);
    assert_eq!((code, why.contains("this run breaks nothing now")), (2, true), "{why}");
}

/// How long a program may take to begin: many times what it takes on a busy machine.
const START: Duration = Duration::from_secs(20);

/// A stopped run says so and does not exit as one that has found nothing.
#[test]
fn whoever_is_stopped_has_no_answer() {
    let stopped: &[&[&str]] = &[
        &["sim", "raft", "--runs", "100000000"],
        &["sim", "--all", "--runs", "100000000"],
        &["run", "ricart-agrawala", "--requests", "1000000"],
        &["maelstrom", "test", "unique-ids", "--protocol", "alone", "--seconds", "600"],
        &["maelstrom", "glomers", "2", "--seconds", "600"],
    ];
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let mut running = Vec::new();
    for arguments in stopped {
        let child = command(arguments).current_dir(folder.path()).spawn();
        running.push((arguments, child.expect("The program can be started.")));
    }
    for (_, child) in &running {
        let begins = Instant::now();
        while !hears_interrupts(child.id()) && begins.elapsed() < START {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(child), Signal::INT).expect("It runs.");
    }
    let ended: Vec<_> = running
        .into_iter()
        .map(|(arguments, child)| (arguments, told(child.wait_with_output().expect("It ends."))))
        .collect();
    for (arguments, (out, why, code)) in ended {
        assert_eq!(code, 2, "{arguments:?}: {out}{why}");
        assert!(format!("{out}{why}").contains("stopped"), "{arguments:?}: {out}{why}");
    }
}

/// Whether a process has asked to be told of Ctrl-C, as it does when its work begins.
fn hears_interrupts(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (Signal::INT.as_raw() - 1) & 1 == 1)
}

/// Bad input is refused before there is work to lose, in a sentence; under --json as JSON.
#[test]
fn what_cannot_be_done_is_refused_at_once() {
    let refused: &[(&[&str], &str)] = &[
        (&["check", "nope"], "there is no protocol"),
        (&["check", "paxos", "--set", "a=b"], "has no knob"),
        (&["check", "paxos", "--nodes", "0"], "takes 1 to 9 nodes"),
        (&["check", "paxos", "--diagram", "x.foo"], "a diagram ends in"),
        (&["check", "paxos", "--story", "/nope/w.story"], "there is no folder /nope"),
        (&["check", "paxos", "--checkpoint", "/nope/x"], "there is no folder /nope"),
        (&["check", "paxos", "--resume", "/nope/x"], "cannot be read"),
        (&["check", "raft", "--liveness", "--network", "lossy"], "--network reliable or fifo"),
        (&["check", "paxos", "--threads", "999999"], "999999"),
        (&["sim", "paxos", "--threads", "999999"], "999999"),
        (&["sim", "paxos", "--runs", "0"], "--runs"),
        (&["sim", "paxos", "--save", "/nope/x"], "there is no folder /nope"),
        (&["run", "paxos", "--diagram", "/nope/x.svg"], "there is no folder /nope"),
        (&["trace", "paxos", "--events", "0"], "--events"),
        (&["trace", "paxos", "--story", "x", "--seed", "3"], "cannot be used with"),
        (&["impossible", "cap", "--runs", "0"], "--runs"),
        (&["maelstrom", "test", "lin-kv", "--nodes", "999999"], "1 to 256 nodes"),
    ];
    for (arguments, why) in refused {
        let (out, error, code) = synod(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(why), "{arguments:?}: {error}");
        let (out, error, code) = synod(&[*arguments, &["--json"]].concat());
        let value: Value = serde_json::from_str(&out).unwrap_or_default();
        assert_eq!((code, error.as_str()), (2, ""), "{arguments:?}: {out}");
        assert!(value["error"].as_str().is_some_and(|error| error.contains(why)), "{out}");
    }
}

/// A file that cannot be written after all hides no verdict.
#[test]
fn a_verdict_comes_before_its_files() {
    let broken = ["check", "paxos", "--quick", "--mutant", "fewer-promises"];
    let (out, why, code) = synod(&[&broken[..], &["--story", "/dev/full"]].concat());
    assert_eq!(code, 1, "{out}{why}");
    assert!(out.contains("violated") && why.contains("/dev/full: cannot be written"), "{out}{why}");
}

/// An answer that nobody can read is no good answer; a reader who has read enough is no error.
#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("It is a device.");
    let list = command(&["list"]).stdout(full).output().expect("It can be started.");
    let (_, why, code) = told(list);
    assert_eq!((code, why.contains("standard output cannot be written")), (2, true), "{why}");
    let mut child = command(&["trace", "raft"]).spawn().expect("It can be started.");
    drop(child.stdout.take());
    let (_, why, code) = told(child.wait_with_output().expect("It ends."));
    assert_eq!((code, why.as_str()), (0, ""));
}

/// The served store is asked as a real process, and its answers are judged.
#[test]
fn the_store_is_used_as_processes() {
    let (out, why, code) = synod(&["run", "store", "--requests", "20", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_default();
    assert_eq!((code, &report["asked"]), (0, &Value::from(60)), "{out}{why}");
    assert!(report["told"].as_u64() >= Some(55), "{out}");
}

/// The last events, and how many came before.
#[test]
fn a_trace_keeps_as_many_events_as_it_is_told() {
    let (out, _, code) = synod(&["trace", "paxos", "--events", "3", "--json"]);
    let trace: Value = serde_json::from_str(&out).unwrap_or_default();
    assert_eq!((code, trace["events"].as_array().map(Vec::len)), (0, Some(3)), "{out}");
    assert!(trace["omitted"].as_u64() > Some(100), "{out}");
}
