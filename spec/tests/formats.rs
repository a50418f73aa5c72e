//! What recorded histories look like, what is said about them, and what is wrong with bad ones.

mod reading;

use reading::{error, report};
use spec::history::{Answer, Level, ModelName};

const LEGAL: Answer = Answer::Holds(Level::Linearizable);
const ILLEGAL: Answer = Answer::Broken(Level::Linearizable);

use ModelName::{CasRegister, Kv};

#[test]
fn an_explanation_says_what_was_possible_instead() {
    let text = r#"
        {"process": 0, "type": "invoke", "f": "write", "value": 1}
        {"process": 0, "type": "ok", "f": "write"}
        {"process": 1, "type": "invoke", "f": "write", "value": 2}
        {"process": 0, "type": "invoke", "f": "write", "value": 3}
        {"process": 0, "type": "ok", "f": "write", "value": 3}
        {"process": 2, "type": "invoke", "f": "read"}
        {"process": 2, "type": "ok", "f": "read", "value": 1}
    "#;
    let report = report(CasRegister, text);
    assert_eq!(report.verdict, ILLEGAL);
    assert_eq!(report.exit_code(), 1);
    assert_eq!(
        report.explanation,
        [
            "The history is linearizable up to line 8, but not with that line:",
            "read by client 2 (lines 7 to 8) returned 1, \
             but at that point it could only have returned 3 or 2.",
            "What is broken: a read returns the value written last.",
            "  From the return of write 1 by client 0 (lines 2 to 3) until the call of \
             read by client 2 (lines 7 to 8) returned 1 their value was there.",
            "  write 3 by client 0 (lines 5 to 6) took place wholly within that time.",
            "What could have led to it, the latest first:",
            "  write 1 by client 0 (lines 2 to 3), \
             certainly followed by write 3 by client 0 (lines 5 to 6)",
            "An order that goes so far ends with: write 1 by client 0 (lines 2 to 3), \
             write 3 by client 0 (lines 5 to 6).",
            "Open at line 8: write 2 by client 1 (line 4, never answered).",
        ]
    );
}

#[test]
fn json_reports_are_one_line_with_stable_names() {
    let text = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n\
                {\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":null}";
    let mut good = report(CasRegister, text);
    assert_eq!(good.exit_code(), 0);
    (good.seconds, good.bytes, good.explored) = (0.5, 100, 1);
    assert_eq!(
        serde_json::to_string(&good).expect("a report is JSON"),
        "{\"verdict\":\"linearizable\",\"model\":\"cas-register\",\"operations\":1,\"seconds\":0.5,\
         \"explored\":1,\"bytes\":100,\"explanation\":[],\"witness\":[0],\
         \"level\":\"linearizable\",\
         \"drawing\":{\"bars\":[{\"operation\":0,\"process\":0,\"called\":1,\"returned\":2,\
         \"ended\":\"answered\",\"text\":\"read returned nil\",\"conflict\":false,\"order\":0}],\
         \"omitted\":0}}"
    );
    assert_eq!(
        good.to_string(),
        "linearizable: 1 operation, model cas-register, 0.500 s, 1 configuration, 0.0 MiB"
    );
}

#[test]
fn the_three_formats_say_the_same() {
    let json = r#"{"process":0,"type":"invoke","f":"cas","value":[1,2]}
        {"process":0,"type":"fail","f":"cas","value":[1,2]}
        {"process":0,"type":"invoke","f":"write","value":1}
        {"process":0,"type":"info","f":"write","error":"timeout"}
        {"process":0,"type":"invoke","f":"cas","value":[1,2]}
        {"process":0,"type":"ok","f":"cas","value":[1,2]}"#;
    let edn = "{:process 0, :type :invoke, :f :cas, :value [1 2]}\n\
        {:process 0, :type :fail, :f :cas, :value [1 2]}\n\
        {:process :nemesis, :type :info, :f :start, :value nil}\n\
        {:process 0, :type :invoke, :f :write, :value 1, :time 5}\n\
        {:process 0, :type :info, :f :write, :value :timed-out, :error \"a \\\"b\\u00e9\"}\n\
        {:process 0, :type :invoke, :f :cas, :value [1 2]}\n\
        {:process 0, :type :ok, :f :cas, :value [1 2]}";
    let log = "INFO  jepsen.core - running\n\
        INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n\
        INFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n\
        INFO  jepsen.util - :nemesis\t:info\t:start\tnil\r\n\
        INFO  jepsen.util - 0   :invoke :write  1\n\
        INFO  jepsen.util - 0\t:info\t:write\t:timed-out\n\
        INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n\
        INFO  jepsen.util - 0\t:ok\t:cas\t[1 2]\n";
    for text in [json, edn, log] {
        let report = report(CasRegister, text);
        assert_eq!(report.operations, 3);
        assert_eq!(report.witness, Some(vec![0, 1, 2]), "the write that timed out is needed");
    }
}

#[test]
fn a_failed_cas_with_its_pair_found_another_value() {
    let seen = |fail: &str, read: u8| {
        let text = format!(
            "INFO  jepsen.util - 0 :invoke :write 1\n\
             INFO  jepsen.util - 0 :ok :write 1\n\
             INFO  jepsen.util - 0 :invoke :cas [1 2]\n\
             INFO  jepsen.util - 0 :fail :cas {fail}\n\
             INFO  jepsen.util - 1 :invoke :read nil\n\
             INFO  jepsen.util - 1 :ok :read {read}\n"
        );
        report(CasRegister, &text).verdict
    };
    assert_eq!(seen("[1 2]", 1), ILLEGAL, "it was 1 and no other value");
    assert_eq!(seen("nil", 1), LEGAL, "it did not happen");
    assert_eq!(seen("nil", 2), ILLEGAL, "it did not happen");
    assert_eq!(seen(":timed-out", 2), LEGAL, "nobody knows");
    assert_eq!(seen(":timed-out", 1), LEGAL, "nobody knows");
}

#[test]
fn bad_histories_are_refused_with_their_line() {
    let known = "no event in a known format: expected a Jepsen log, or EDN maps or JSON objects, \
                 one a line or all in one array";
    assert_eq!(error(Kv, ""), known);
    assert_eq!(error(Kv, "\n\nhello"), format!("line 3: {known}"));
    let invoke = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}";
    assert_eq!(
        error(CasRegister, &format!("{invoke}\n\n{invoke}")),
        "line 3: process 0 calls, but its operation of line 1 is still open"
    );
    for kind in ["ok", "fail", "info"] {
        let end = invoke.replace("invoke", kind);
        assert_eq!(
            error(CasRegister, &end),
            "line 1: process 0 ends an operation, but has none open"
        );
    }
    assert_eq!(
        error(CasRegister, &format!("{invoke}\n{{\"process\":0,\"type\":\"ok\",\"f\":\"write\"}}")),
        "line 2: process 0 ends a write, but called a read in line 1"
    );
    assert_eq!(
        error(Kv, "{:process 0, :type :invoke, :f :get, :value nil}"),
        "line 1: an operation of kv needs a key"
    );
    assert_eq!(
        error(CasRegister, "{:process 0, :type :invoke, :f :get, :value nil}"),
        "line 1: a register has read and write, and a cas-register cas, too, but not get"
    );
    assert_eq!(
        error(CasRegister, "INFO jepsen.util - 0 :invoke :cas [1 2 3]"),
        "line 1: expected a pair [old new], found a list of another shape"
    );
    for number in ["99999999999999999999", "-1.5"] {
        assert_eq!(
            error(CasRegister, &format!("INFO jepsen.util - 0 :invoke :write {number}")),
            "line 1: expected nil or an integer, found a number that is not an integer of 64 bits"
        );
    }
}

#[test]
fn broken_lines_are_errors_and_nothing_worse() {
    let deep = format!("{{:process 0, :value {}", "[".repeat(100_000));
    let deep_json = format!("{{\"process\": {}", "[".repeat(100_000));
    for text in [
        "{:process 0",
        "{:process 0, :type :invoke, :f :write, :value \"x",
        "{:process 0, :type :invoke, :f :write, :value \"\\u12\"}",
        "{:process 0, :type :invoke, :f :write, :value \"\\ué0é\"}",
        "{:process -1, :type :invoke, :f :read}",
        "{:process 0, :type :begin, :f :read}",
        "{:process 0 :type :invoke :f :read :value nil} {}",
        "{:process 0, :type :invoke, :f :read, :value (}",
        "{\"process\": 0, \"type\": \"invoke\", \"f\": 3}",
        "{\"process\": -1, \"type\": \"invoke\", \"f\": \"read\"}",
        "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": 1.5}",
        "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": 99999999999999999999}",
        "{\"process\": 0",
        "{\"type\": \"invoke\", \"f\": \"read\"}",
        "INFO jepsen.util - 0",
        "INFO jepsen.util - 0 :invoke read nil",
        "INFO jepsen.util - 0 :invoke :write [1",
        "INFO jepsen.util - 0 :invoke :write 1 2",
        "INFO jepsen.util - 0 :invoke :read nil\nhello",
        &deep,
        &deep_json,
    ] {
        let start = error(CasRegister, text);
        assert!(start.starts_with("line "), "{start}");
    }
}

#[test]
fn models_are_found_by_name() {
    for model in ModelName::ALL {
        assert_eq!(model.to_string().parse(), Ok(model));
    }
    let unknown = "heap".parse::<ModelName>().map_err(|error| error.to_string());
    assert_eq!(
        unknown,
        Err("there is no model \"heap\"; the models are: register, cas-register, multi-register, \
             kv, queue, stack, set, counter, lock, revisions"
            .to_owned())
    );
}
