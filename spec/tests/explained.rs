//! What a user reads about a small bad history of each object: what could have been answered
//! instead, two facts that contradict each other, and which operations they are about.

use spec::history::{Level, Limits, ModelName, Report, verify};

/// A history and what is said about its last answer.
struct Case {
    model: ModelName,
    /// Apart by semicolons: client, what happened, function and value.
    events: &'static str,
    could: &'static str,
    against: &'static str,
    marked: &'static [&'static str],
}

fn report(model: ModelName, events: &str) -> Report {
    let line = |event: &str| {
        let mut words = event.splitn(4, ' ');
        let mut word = || words.next().unwrap_or("nil");
        let (client, kind, f, value) = (word(), word(), word(), word());
        let keyed = f.split_once('/').map(|(f, key)| (f, format!(", :key \"{key}\"")));
        let (f, key) = keyed.unwrap_or((f, String::new()));
        format!("{{:process {client}, :type :{kind}, :f :{f}, :value {value}{key}}}\n")
    };
    let text: String = events.split("; ").map(line).collect();
    verify(&text, model, Level::Linearizable, &Limits::default()).expect("it is a history")
}

#[test]
fn two_facts_contradict_each_other() {
    for case in CASES {
        let report = report(case.model, case.events);
        let violation = report.violation.as_ref().expect("it is broken");
        let operations = &report.drawing.bars;
        let last = operations.iter().max_by_key(|bar| bar.returned).expect("there is one");
        let text = &report.explanation[1];
        assert!(text.ends_with(case.could), "{report}");
        assert_eq!(violation.facts[1], case.against, "{report}");
        assert_eq!(violation.operation, Some(last.operation), "{report}");
        let marked = operations.iter().filter(|bar| bar.conflict).map(|bar| &*bar.text);
        assert_eq!(marked.collect::<Vec<_>>(), case.marked, "{report}");
    }
    for model in ModelName::ALL {
        assert!(CASES.iter().any(|case| case.model == model), "{model}");
    }
}

/// What does not matter is left out, however much of it there is.
#[test]
fn a_long_history_is_told_by_what_matters() {
    let mut events = String::new();
    for owner in 0..60 {
        for f in ["acquire", "release"] {
            let client = owner % 3;
            events += &format!("{client} invoke {f} {owner}; {client} ok {f} {owner}; ");
        }
    }
    events += "7 invoke acquire 70; 7 ok acquire 70; 8 invoke release 70; 8 info release 70; \
        7 invoke acquire 71; 7 ok acquire 71; 9 invoke acquire 90; 9 ok acquire 90";
    let report = report(ModelName::Lock, &events);
    let violation = report.violation.as_ref().expect("three hold it, and one gave it back");
    assert!(violation.conflict.len() <= 4, "{report}");
    assert!(violation.facts[1].contains("acquire for 71 by client 7"), "{report}");
}

const CASES: &[Case] = &[
    Case {
        model: ModelName::Register,
        events: "0 invoke write 1; 0 ok write 1; 0 invoke write 2; 0 ok write 2; 1 invoke \
            read; 1 ok read 1",
        could: "it could only have returned 2.",
        against: "write 2 by client 0 (lines 3 to 4) took place wholly within that time.",
        marked: &["write 1", "write 2", "read returned 1"],
    },
    Case {
        model: ModelName::Register,
        events: "1 invoke read; 1 ok read 7",
        could: "it could only have returned nil.",
        against: "Nobody had been asked to write that.",
        marked: &["read returned 7"],
    },
    Case {
        model: ModelName::CasRegister,
        events: "0 invoke write 1; 0 ok write 1; 1 invoke cas [2 3]; 1 ok cas [2 3]",
        could: "it could only have found another value.",
        against: "No operation called before its return can have led to that.",
        marked: &["cas 2 to 3 swapped"],
    },
    Case {
        model: ModelName::CasRegister,
        events: "0 invoke write 1; 0 ok write 1; 1 invoke cas [1 2]; 1 fail cas [1 2]",
        could: "it could only have swapped.",
        against: "write 1 by client 0 (lines 1 to 2); and nothing called before line 4 makes \
            both possible.",
        marked: &["write 1", "cas 1 to 2 found another value"],
    },
    Case {
        model: ModelName::CasRegister,
        events: "0 invoke cas [nil 1]; 1 invoke cas [nil 1]; 0 ok cas [nil 1]; 1 ok cas [nil \
            1]",
        could: "it could only have found another value.",
        against: "cas nil to 1 by client 0 (lines 1 to 3) swapped; and nothing called before \
            line 4 makes both possible.",
        marked: &["cas nil to 1 swapped", "cas nil to 1 swapped"],
    },
    Case {
        model: ModelName::CasRegister,
        events: "0 invoke write 1; 0 ok write 1; 1 invoke cas [1 2]; 1 ok cas [1 2]; 0 invoke \
            read; 0 ok read 1",
        could: "it could only have returned 2.",
        against: "cas 1 to 2 by client 1 (lines 3 to 4) swapped; and nothing called before line \
            6 makes both possible.",
        marked: &["cas 1 to 2 swapped", "read returned 1"],
    },
    Case {
        model: ModelName::CasRegister,
        events: "0 invoke write 1; 0 ok write 1; 1 invoke cas [1 2]; 1 ok cas [1 2]; 2 invoke \
            cas [1 3]; 2 ok cas [1 3]",
        could: "it could only have found another value.",
        against: "cas 1 to 2 by client 1 (lines 3 to 4) swapped; and nothing called before line \
            6 makes both possible.",
        marked: &["cas 1 to 2 swapped", "cas 1 to 3 swapped"],
    },
    Case {
        model: ModelName::MultiRegister,
        events: "0 invoke txn [[:w :x 1] [:w :y 1]]; 0 ok txn [[:w :x 1] [:w :y 1]]; 1 invoke \
            txn [[:r :x nil] [:r :y nil]]; 1 ok txn [[:r :x 1] [:r :y nil]]",
        could: "it could only have returned x=1, y=1.",
        against: "Nothing called before line 4 leads to that, in any order.",
        marked: &["[read x, read y] returned x=1, y=nil"],
    },
    Case {
        model: ModelName::Kv,
        events: "0 invoke put/a \"x\"; 0 ok put/a; 1 invoke append/a \"y\"; 1 ok append/a; 1 \
            invoke get/a; 1 ok get/a \"x\"",
        could: "it could only have returned \"xy\".",
        against: "put \"a\" = \"x\" by client 0 (lines 1 to 2); append \"y\" to \"a\" by client \
            1 (lines 3 to 4); and nothing called before line 6 makes all of that possible.",
        marked: &["put \"a\" = \"x\"", "append \"y\" to \"a\"", "get \"a\" returned \"x\""],
    },
    Case {
        model: ModelName::Kv,
        events: "0 invoke put/a \"x\"; 0 ok put/a; 1 invoke get/b; 1 ok get/b \"x\"",
        could: "it could only have returned \"\".",
        against: "Nobody had been asked to write that.",
        marked: &["get \"b\" returned \"x\""],
    },
    Case {
        model: ModelName::Queue,
        events: "0 invoke enqueue 1; 0 ok enqueue 1; 1 invoke dequeue; 1 ok dequeue 1; 1 \
            invoke dequeue; 1 ok dequeue 1",
        could: "it could only have returned nothing.",
        against: "dequeue by client 1 (lines 3 to 4) returned 1.",
        marked: &["dequeue returned 1", "dequeue returned 1"],
    },
    Case {
        model: ModelName::Queue,
        events: "0 invoke enqueue 1; 0 ok enqueue 1; 1 invoke dequeue; 1 fail dequeue :empty",
        could: "it could only have returned 1.",
        against: "Throughout that time something was there, put in by: enqueue 1 by client 0 \
            (lines 1 to 2).",
        marked: &["enqueue 1", "dequeue returned nothing"],
    },
    Case {
        model: ModelName::Queue,
        events: "0 invoke enqueue 1; 0 ok enqueue 1; 0 invoke enqueue 1; 0 ok enqueue 1; 0 \
            invoke enqueue 2; 0 ok enqueue 2; 1 invoke dequeue; 1 ok dequeue 2",
        could: "it could only have returned 1.",
        against: "enqueue 1 by client 0 (lines 3 to 4); and nothing called before line 8 makes \
            both possible.",
        marked: &["enqueue 1", "dequeue returned 2"],
    },
    Case {
        model: ModelName::Stack,
        events: "0 invoke push 1; 0 ok push 1; 0 invoke push 2; 0 ok push 2; 1 invoke pop; 1 \
            ok pop 1",
        could: "it could only have returned 2.",
        against: "push 1 by client 0 (lines 1 to 2); push 2 by client 0 (lines 3 to 4); and \
            nothing called before line 6 makes all of that possible.",
        marked: &["push 1", "push 2", "pop returned 1"],
    },
    Case {
        model: ModelName::Stack,
        events: "0 invoke push 1; 0 ok push 1; 1 invoke pop; 1 ok pop 7",
        could: "it could only have returned 1.",
        against: "No operation called before its return can have led to that.",
        marked: &["pop returned 7"],
    },
    Case {
        model: ModelName::Set,
        events: "0 invoke add 3; 0 ok add 3; 1 invoke contains 3; 1 ok contains false",
        could: "it could only have returned true.",
        against: "add 3 by client 0 (lines 1 to 2); and nothing called before line 4 makes both \
            possible.",
        marked: &["add 3", "contains 3 returned false"],
    },
    Case {
        model: ModelName::Set,
        events: "0 invoke add 3; 0 ok add 3; 1 invoke remove 3; 1 ok remove true; 0 invoke \
            remove 3; 0 ok remove true",
        could: "it could only have returned false.",
        against: "remove 3 by client 1 (lines 3 to 4) returned true; and nothing called before \
            line 6 makes both possible.",
        marked: &["remove 3 returned true", "remove 3 returned true"],
    },
    Case {
        model: ModelName::Set,
        events: "0 invoke add 3; 0 ok add 3; 1 invoke remove 3; 1 ok remove; 1 invoke read; 1 \
            ok read [3]",
        could: "it could only have returned {}.",
        against: "add 3 by client 0 (lines 1 to 2); remove 3 by client 1 (lines 3 to 4); and \
            nothing called before line 6 makes all of that possible.",
        marked: &["add 3", "remove 3", "read returned {3}"],
    },
    Case {
        model: ModelName::Counter,
        events: "0 invoke add 3; 0 ok add 3; 1 invoke read; 1 ok read 5",
        could: "it could only have returned 3.",
        against: "Starting from 0 and adding 3, that is never reached.",
        marked: &["read returned 5"],
    },
    Case {
        model: ModelName::Counter,
        events: "0 invoke add 3; 0 ok add 3; 1 invoke add-and-get 2; 1 ok add-and-get 6",
        could: "it could only have returned 5.",
        against: "Nothing called before line 4 leads to that, in any order.",
        marked: &["add 2 and get returned 6"],
    },
    Case {
        model: ModelName::Counter,
        events: "0 invoke add-and-get 2; 0 ok add-and-get 2; 1 invoke add-and-get 2; 1 ok \
            add-and-get 2",
        could: "it could only have returned 4.",
        against: "add 2 and get by client 0 (lines 1 to 2) returned 2; and nothing called \
            before line 4 makes both possible.",
        marked: &["add 2 and get returned 2", "add 2 and get returned 2"],
    },
    Case {
        model: ModelName::Lock,
        events: "0 invoke acquire; 0 ok acquire; 1 invoke acquire; 1 ok acquire",
        could: "it could only have been refused.",
        against: "acquire for 0 by client 0 (lines 1 to 2) succeeded; and nothing called before \
            line 4 makes both possible.",
        marked: &["acquire for 0 succeeded", "acquire for 1 succeeded"],
    },
    Case {
        model: ModelName::Lock,
        events: "0 invoke acquire; 0 ok acquire; 0 invoke release; 0 ok release; 1 invoke \
            acquire; 1 ok acquire false",
        could: "it could only have succeeded.",
        against: "release for 0 by client 0 (lines 3 to 4) succeeded; and nothing called before \
            line 6 makes both possible.",
        marked: &["release for 0 succeeded", "acquire for 1 was refused"],
    },
    Case {
        model: ModelName::Lock,
        events: "0 invoke acquire; 0 ok acquire; 1 invoke release; 1 ok release",
        could: "it could only have been refused.",
        against: "No operation called before its return can have led to that.",
        marked: &["release for 1 succeeded"],
    },
    Case {
        model: ModelName::Lock,
        events: "0 invoke release; 0 ok release",
        could: "it could only have been refused.",
        against: "No operation called before its return can have led to that.",
        marked: &["release for 0 succeeded"],
    },
    Case {
        model: ModelName::Lock,
        events: "1 invoke acquire; 0 invoke acquire; 0 ok acquire; 1 info acquire; 0 invoke \
            acquire; 0 ok acquire",
        could: "it could only have been refused.",
        against: "acquire for 0 by client 0 (lines 2 to 3) succeeded; and nothing called before \
            line 6 makes both possible.",
        marked: &["acquire for 0 succeeded", "acquire for 0 succeeded"],
    },
    Case {
        model: ModelName::Revisions,
        events: "0 invoke put/a 1; 0 ok put/a 3; 0 invoke put/a 2; 0 ok put/a 5; 1 invoke get/a; \
            1 ok get/a [1 3]",
        could: "which was not possible at any point between its call and its return.",
        against: "put 2 to \"a\" by client 0 (lines 3 to 4) wrote at 5; and nothing called before \
            line 6 makes both possible.",
        marked: &["put 2 to \"a\" wrote at 5", "get \"a\" found 1 at 3"],
    },
];
