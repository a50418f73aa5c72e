//! The harness against nodes that are not ours: sound ones, broken ones that the checkers must
//! find out, and programs that are no nodes at all.
//!
//! The nodes are this very program: started with the name of a node, it is one.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use maelstrom::harness::{Report, Test, Workload};
use serde_json::{Value, json};

fn main() {
    match std::env::args().nth(1) {
        Some(node) if NODES.contains(&node.as_str()) => be(&node),
        _ => TESTS.iter().for_each(|(name, test)| {
            test();
            println!("test {name} ... ok");
        }),
    }
}

/// The tests, by name.
const TESTS: &[(&str, fn())] = &[
    ("programs_that_are_no_nodes_are_named_and_told_why", programs_that_are_no_nodes),
    ("a_program_that_is_not_there_is_named", a_program_that_is_not_there),
    ("a_node_that_does_not_read_keeps_nobody_waiting", a_node_that_does_not_read),
    ("an_answer_that_maelstrom_would_not_take_is_found", an_answer_of_another_shape),
    ("a_sound_set_passes_and_broken_ones_do_not", sets),
    ("a_sound_log_passes_and_broken_ones_do_not", logs),
];

/// The nodes, by name.
const NODES: &[&str] = &[
    "garbage",
    "no-body",
    "dies",
    "wrong-src",
    "nobody",
    "silent",
    "refuses",
    "misnumbers",
    "deaf",
    "extra",
    "set",
    "set-loses",
    "set-doubles",
    "log",
    "log-loses",
    "log-doubles",
    "log-skips",
    "log-goes-back",
    "log-reuses",
];

/// A short test of one of the nodes.
fn test(workload: Workload, node: &str) -> Result<Report, String> {
    let program = std::env::current_exe().expect("This program is there.");
    let test = Test {
        time: Duration::from_millis(600),
        rate: 1000,
        init: Duration::from_millis(if node == "silent" { 300 } else { 10_000 }),
        patience: Duration::from_millis(500),
        quiet: Duration::from_millis(50),
        ..Test::new(workload, program, vec![node.to_string()], 1)
    };
    test.run(&AtomicBool::new(false))
}

fn programs_that_are_no_nodes() {
    let cases = [
        ("garbage", "n0 wrote a line that is no message: hello, world"),
        ("no-body", "its body is no object"),
        ("dies", "n0 ended by itself: exit status: 3; its last words on standard error:\n  adieu"),
        ("wrong-src", "in the name of \"n7\": src must be its own name, n0"),
        ("nobody", "n0 wrote to \"x9\", which does not exist: there are n0 to n0"),
        ("silent", "n0 did not answer init within 0.3 s; last words of n0"),
        ("refuses", "n0 refused init: \"not today\""),
        ("misnumbers", "in_reply_to is 8, not the msg_id, 1"),
    ];
    for (node, words) in cases {
        let why = test(Workload::Echo, node).map(|report| report.to_string());
        let why = why.expect_err("This is no node.");
        assert!(why.contains(words), "{node}: {why}");
    }
}

fn a_program_that_is_not_there() {
    let program = "/there/is/no/such/program";
    let test = Test::new(Workload::Echo, program.into(), Vec::new(), 1);
    let why = test.run(&AtomicBool::new(false)).expect_err("It cannot be started.");
    assert!(why.starts_with(&format!("cannot start {program}")), "{why}");
}

/// More is written to it than any pipe holds.
fn a_node_that_does_not_read() {
    let report = test(Workload::TxnListAppend, "deaf").expect("It is a node, if a bad one.");
    assert_eq!((report.ok, report.findings[0].property.as_str()), (0, "availability"), "{report}");
}

fn an_answer_of_another_shape() {
    let report = test(Workload::Echo, "extra").expect("It is a node.");
    let text = report.to_string();
    assert!(text.contains("no answer with the field \"more\""), "{text}");
}

fn sets() {
    judged(Workload::GSet, "set", None);
    judged(Workload::GSet, "set-loses", Some("nothing is lost"));
    judged(Workload::GSet, "set-doubles", Some("no duplication"));
}

fn logs() {
    judged(Workload::Kafka, "log", None);
    judged(Workload::Kafka, "log-loses", Some("no lost write"));
    judged(Workload::Kafka, "log-doubles", Some("no duplicates"));
    judged(Workload::Kafka, "log-skips", Some("a poll skips nothing"));
    judged(Workload::Kafka, "log-goes-back", Some("polls move forward"));
    judged(Workload::Kafka, "log-reuses", Some("one message an offset"));
}

fn judged(workload: Workload, node: &str, property: Option<&str>) {
    let report = test(workload, node).expect("It is a node.");
    assert!(report.ok > 20, "{node}: {report}");
    let found: Vec<&str> = report.findings.iter().map(|one| one.property.as_str()).collect();
    match property {
        None => assert_eq!(found, Vec::<&str>::new(), "{node}: {report}"),
        Some(property) => assert!(found.contains(&property), "{node}: {report}"),
    }
}

/// What a node keeps.
#[derive(Default)]
struct State {
    set: Vec<Value>,
    logs: BTreeMap<String, Vec<(u64, Value)>>,
    committed: BTreeMap<String, Value>,
    count: u64,
}

fn be(node: &str) {
    let mut state = State::default();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).expect("The harness writes JSON.");
        let (mut src, mut dest) = (request["dest"].clone(), request["src"].clone());
        let mut body = match request["body"]["type"].as_str() {
            Some("init") => init(node),
            _ => state.answer(node, &request["body"]),
        };
        if node == "misnumbers" {
            body["in_reply_to"] = json!(8);
        } else if body.is_object() {
            body["in_reply_to"] = request["body"]["msg_id"].clone();
        }
        match node {
            "wrong-src" => src = json!("n7"),
            "nobody" => dest = json!("x9"),
            _ => {}
        }
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", json!({ "src": src, "dest": dest, "body": body }))
            .expect("The harness reads.");
    }
}

fn init(node: &str) -> Value {
    match node {
        "garbage" => println!("hello, world"),
        "no-body" => return json!(7),
        "silent" => {
            eprintln!("still warming up");
            std::thread::park();
        }
        "refuses" => return json!({ "type": "error", "code": 11, "text": "not today" }),
        _ => {}
    }
    json!({ "type": "init_ok" })
}

impl State {
    fn answer(&mut self, node: &str, body: &Value) -> Value {
        self.count += 1;
        match body["type"].as_str().unwrap_or_default() {
            _ if node == "dies" => {
                eprintln!("adieu");
                std::process::exit(3);
            }
            "txn" if node == "deaf" => loop {
                std::thread::park();
            },
            "echo" if node == "extra" => {
                json!({ "type": "echo_ok", "echo": body["echo"], "more": 1 })
            }
            "echo" => json!({ "type": "echo_ok", "echo": body["echo"] }),
            "add" => {
                let times = match node {
                    "set-loses" if self.count.is_multiple_of(9) => 0,
                    "set-doubles" if self.count.is_multiple_of(9) => 2,
                    _ => 1,
                };
                self.set.extend(std::iter::repeat_n(body["element"].clone(), times));
                json!({ "type": "add_ok" })
            }
            "read" => json!({ "type": "read_ok", "value": self.set }),
            "send" => self.send(node, body),
            "poll" => self.poll(node, body),
            "commit_offsets" => {
                for (key, offset) in body["offsets"].as_object().into_iter().flatten() {
                    self.committed.insert(key.clone(), offset.clone());
                }
                json!({ "type": "commit_offsets_ok" })
            }
            "list_committed_offsets" => {
                json!({ "type": "list_committed_offsets_ok", "offsets": self.committed })
            }
            _ => json!({ "type": "error", "code": 10, "text": "not supported" }),
        }
    }

    fn send(&mut self, node: &str, body: &Value) -> Value {
        let log = self.logs.entry(body["key"].to_string()).or_default();
        let is_odd = self.count.is_multiple_of(9);
        // Sparse, as the protocol allows.
        let offset = match log.last() {
            Some((last, _)) if node == "log-reuses" && is_odd => *last,
            _ => 2 * self.count,
        };
        if node != "log-loses" || !is_odd {
            log.push((offset, body["msg"].clone()));
        }
        if node == "log-doubles" && is_odd {
            log.push((offset + 1, body["msg"].clone()));
        }
        json!({ "type": "send_ok", "offset": offset })
    }

    fn poll(&mut self, node: &str, body: &Value) -> Value {
        let mut answer = json!({ "type": "poll_ok", "msgs": {} });
        for (key, from) in body["offsets"].as_object().into_iter().flatten() {
            let mut from = from.as_u64().unwrap_or(0);
            if node == "log-goes-back" {
                from = from.saturating_sub(3);
            }
            let log = self.logs.get(&json!(key).to_string()).into_iter().flatten();
            let mut pairs: Vec<_> = log.filter(|(offset, _)| *offset >= from).take(20).collect();
            if node == "log-skips" && pairs.len() > 2 {
                pairs.remove(1);
            }
            answer["msgs"][key] = json!(pairs);
        }
        answer
    }
}
