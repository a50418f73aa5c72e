//! The lab's verbs as a user calls them: protocols as real processes, nodes behind foreign
//! protocols, stories and pictures in files.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn synod(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_synod");
    Command::new(program).args(arguments).output().expect("The program can be started.")
}

/// The one line of JSON that a verb prints, and its exit code.
fn json(arguments: &[&str]) -> (Value, i32) {
    let mut all = arguments.to_vec();
    all.push("--json");
    let output = synod(&all);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_str(text.lines().next().unwrap_or_default());
    let value = value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}{errors}"));
    (value, output.status.code().unwrap_or(-1))
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Twenty entries and leavings at each of three processes cost 2(n-1) messages an entry.
#[test]
fn ricart_agrawala_runs_as_processes_over_tcp() {
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let page = folder.path().join("run.html");
    let page_name = page.display().to_string();
    let (report, code) = json(&[
        "run",
        "ricart-agrawala",
        "--requests",
        "40",
        "--pause",
        "0",
        "--diagram",
        &page_name,
    ]);
    assert_eq!((code, &report["violation"]), (0, &Value::Null), "{report}");
    assert_eq!(report["asked"], 120, "{report}");
    assert_eq!(report["told"], 120, "{report}");
    assert_eq!(report["messages"], 60 * 4, "{report}");
    let page = read(&page);
    assert!(page.starts_with("<!doctype html>") && page.contains("Request"), "the page is drawn");
}

/// The plan of one simulated run, with its crashes, cuts and pauses, done to real processes.
#[test]
fn the_faults_of_a_simulated_plan_are_done_to_processes() {
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let plan = folder.path().join("plan.json").display().to_string();
    let drawn = synod(&["sim", "raft", "--seed", "6", "--draw", &plan]);
    assert!(drawn.status.success(), "{drawn:?}");
    let simulated = synod(&["sim", "raft", "--plan", &plan]);
    assert!(simulated.status.success(), "{simulated:?}");
    let (report, code) = json(&["run", "raft", "--plan", &plan]);
    assert_eq!((code, &report["violation"]), (0, &Value::Null), "{report}");
    assert!(report["faults"].as_u64() > Some(10), "{report}");
}

/// A counterexample is a story, which explains itself, is drawn, and is replayed.
#[test]
fn a_counterexample_becomes_a_story_and_a_picture() {
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let (story, picture) = (folder.path().join("way.story"), folder.path().join("way.svg"));
    let (story_name, picture_name) = (story.display().to_string(), picture.display().to_string());
    let (report, code) = json(&[
        "check",
        "ricart-agrawala",
        "--mutant",
        "reply-inside",
        "--story",
        &story_name,
        "--diagram",
        &picture_name,
    ]);
    assert_eq!((code, &report["verdict"]), (1, &Value::from("violated")), "{report}");
    assert!(read(&story).contains("nodes ricart-agrawala 3 mutant=reply-inside"));
    assert!(read(&picture).starts_with("<svg"));
    // It says itself of which variant it is told, and goes as it was told until somebody lies.
    let (told, code) = json(&["story", &story_name]);
    assert_eq!((code, &told["differs"], &told["text"]), (0, &Value::Null, &read(&story).into()));
    std::fs::write(&story, read(&story).replacen("tells entered", "tells left", 1)).expect("a lie");
    let (told, code) = json(&["story", &story_name]);
    assert_eq!(code, 1, "{told}");
    assert!(told["differs"].as_str().is_some_and(|why| why.contains("tells entered")), "{told}");
    let shown = synod(&["trace", "ricart-agrawala", "--story", &story_name]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("VIOLATION"), "{shown}");
}

/// Our nodes under our harness, each with a workload that it serves: partitions, lost messages, and
/// clients whose history is judged. All at once, for most of the time is spent waiting.
#[test]
fn our_nodes_serve_maelstroms_workloads() {
    let read_committed = ["--isolation", "read-committed", "--total"];
    let tests: &[(&str, &str, &[&str])] = &[
        ("store", "lin-kv", &[]),
        ("store", "pn-counter", &[]),
        ("store", "txn-list-append", &[]),
        ("store", "kafka", &[]),
        ("abd", "lin-kv", &["--no-cas"]),
        ("eager-broadcast", "broadcast", &["--latency-dist", "exponential"]),
        ("uniform-broadcast", "g-counter", &[]),
        ("causal-broadcast", "g-set", &["--latency-dist", "uniform"]),
        ("batched-broadcast", "broadcast", &["--total"]),
        ("batched-broadcast", "txn-rw-register", &read_committed),
        ("alone", "unique-ids", &["--total"]),
    ];
    let start = |&(protocol, workload, more): &(&'static str, &'static str, &[&str])| {
        let program = env!("CARGO_BIN_EXE_synod");
        let child = Command::new(program)
            .args(["maelstrom", "test", workload, "--protocol", protocol, "--json"])
            .args(["--seconds", "4", "--rate", "50", "--latency", "3"])
            .args(["--partition", "--loss", "2"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn();
        (protocol, workload, child.expect("The program can be started."))
    };
    let children: Vec<_> = tests.iter().map(start).collect();
    for (protocol, workload, child) in children {
        let output = child.wait_with_output().expect("It ends.");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let report: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(output.status.code(), Some(0), "{workload} of {protocol}: {text}");
        assert!(report["ok"].as_u64() > Some(20), "{workload} of {protocol}: {text}");
    }
}

/// What a broadcast cannot promise is not promised, and found if it is demanded: transactions that
/// only read and write their own node's registers are not serializable.
#[test]
fn a_promise_that_a_protocol_does_not_make_is_found_broken() {
    let (report, code) = json(&[
        "maelstrom",
        "test",
        "txn-rw-register",
        "--protocol",
        "batched-broadcast",
        "--seconds",
        "2",
        "--rate",
        "300",
    ]);
    assert_eq!(code, 1, "{report}");
    assert_eq!(report["findings"][0]["property"], "strict-serializable", "{report}");
    let refused = synod(&["maelstrom", "test", "kafka", "--protocol", "abd"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("abd does not serve kafka; these do: store"), "{why}");
}

/// The challenges have targets, and are met or not.
#[test]
fn a_challenge_prints_what_it_measured() {
    let (measured, code) = json(&["maelstrom", "glomers", "3b", "--seconds", "1"]);
    assert_eq!((code, &measured["is_met"]), (0, &Value::Bool(true)), "{measured}");
    assert!(measured["stable_ms"]["max"].as_f64() < Some(5_000.0), "{measured}");
    let refused = synod(&["maelstrom", "glomers", "7"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
}

/// A node that forgets is found out: the harness is tested by a planted bug.
#[test]
fn a_node_that_invents_answers_is_found_out() {
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let node = folder.path().join("node.sh");
    // Every identifier that it gives is the same.
    let script = r#"
while read -r line; do
    id=$(printf '%s' "$line" | sed 's/.*"msg_id":\([0-9]*\).*/\1/')
    me=$(printf '%s' "$line" | sed 's/.*"dest":"\([^"]*\)".*/\1/')
    to=$(printf '%s' "$line" | sed 's/.*"src":"\([^"]*\)".*/\1/')
    case "$line" in
        *'"type":"init"'*) type='"type":"init_ok"' ;;
        *) type='"type":"generate_ok","id":7' ;;
    esac
    printf '{"src":"%s","dest":"%s","body":{%s,"in_reply_to":%s}}\n' "$me" "$to" "$type" "$id"
done
"#;
    std::fs::write(&node, script).expect("A file can be written.");
    let node = node.display().to_string();
    let output =
        synod(&["maelstrom", "test", "unique-ids", "--seconds", "1", "--json", "--", "sh", &node]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text.contains("was given by") && text.contains("uniqueness"), "{text}");
}
