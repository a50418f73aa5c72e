//! Histories that nobody can have judged never pass, and clients may have any names.

mod reading;

use reading::{error, report};
use spec::history::{Answer, Level, Limits, ModelName, verify};
use spec::transactions::{Conclusion, Workload};

/// A read of what nobody wrote, by a client written so, in each format.
fn thin_air(json: &str, edn: &str) -> [String; 3] {
    [
        format!(
            "{{\"process\":{json},\"type\":\"invoke\",\"f\":\"read\"}}\n\
             {{\"process\":{json},\"type\":\"ok\",\"f\":\"read\",\"value\":5}}"
        ),
        format!(
            "{{:type :invoke, :process {edn}, :f :read}}\n\
             {{:type :ok, :process {edn}, :f :read, :value 5}}"
        ),
        format!(
            "INFO  jepsen.util - {edn} :invoke :read nil\n\
             INFO  jepsen.util - {edn} :ok :read 5"
        ),
    ]
}

#[test]
fn clients_may_have_any_names() {
    let great = "99999999999999999999999";
    for (json, edn, name) in [
        ("0", "0", "0"),
        ("\"1\"", "1", "1"),
        ("\"c1\"", ":c1", "c1"),
        ("\"worker nemesissary\"", ":nemesissary", "nemesissary"),
        ("18446744073709551615", "18446744073709551615", "18446744073709551615"),
        ("\"99999999999999999999999\"", great, great),
    ] {
        for text in thin_air(json, edn) {
            let report = report(ModelName::Register, &text);
            assert_eq!(report.verdict, Answer::Broken(Level::Linearizable), "{text}");
            let said = report.explanation.join("\n");
            assert!(said.contains(&format!("{name} (lines 1 to 2) returned 5")), "{said}");
            assert!(report.to_string().contains(&format!("{name}: read returned 5")), "{report}");
        }
    }
    let two = "{\"process\":\"a\",\"type\":\"invoke\",\"f\":\"read\"}\n\
        {\"process\":\"b\",\"type\":\"invoke\",\"f\":\"read\"}\n";
    let twice = format!("{two}{{\"process\":\"b\",\"type\":\"invoke\",\"f\":\"read\"}}");
    assert_eq!(
        error(ModelName::Register, &twice),
        "line 3: process b calls, but its operation of line 2 is still open"
    );
    assert_eq!(
        error(ModelName::Register, &two.replace("\"b\"", "null")),
        "line 2: the process is neither a whole number nor a name"
    );
    let lock = "{\"process\":\"a\",\"type\":\"invoke\",\"f\":\"acquire\"}";
    assert_eq!(
        error(ModelName::Lock, lock),
        "line 1: an owner is a whole number: say as the value for whom client a asks"
    );
}

#[test]
fn what_was_not_judged_is_unknown() {
    for text in thin_air("\"nemesis\"", ":nemesis")
        .iter()
        .chain(&thin_air("\"nemesis-2\"", ":jepsen/nemesis"))
    {
        let report = report(ModelName::Register, text);
        assert_eq!((report.verdict, report.exit_code()), (Answer::Unknown, 2), "{report}");
        let said = report.to_string();
        assert!(said.contains("no operation was called: both events are of a nemesis"), "{said}");
        assert!(!said.contains("used up"), "{said}");
    }
    let open = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}";
    let report = report(ModelName::Register, open);
    assert_eq!(report.verdict, Answer::Unknown);
    assert!(report.to_string().ends_with("no operation was answered"), "{report}");
    for level in Level::ALL {
        let limits = Limits::default();
        let report = verify(open, ModelName::Register, level, &limits).expect("it is a history");
        assert_eq!(report.verdict, Answer::Unknown, "{level}");
    }
    for (text, why) in [
        (&*open.replace("read", "txn").replace('}', ",\"value\":[]}"), "no transaction committed"),
        (
            "{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"split\"}",
            "no transaction was called: the only event is of a nemesis",
        ),
    ] {
        let limits = Limits::default();
        let report = spec::transactions::verify(text, Workload::ListAppend, &limits)
            .expect("it is a history");
        assert_eq!(report.verdict, Conclusion::Unknown, "{report}");
        assert!(report.to_string().contains(why), "{report}");
    }
}

#[test]
fn arrays_and_marks_of_encoding_are_read() {
    let lines = |separator: &str| {
        [
            "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}",
            "{\"process\":0,\"type\":\"ok\",\"f\":\"write\"}",
            "{\"process\":1,\"type\":\"invoke\",\"f\":\"read\",\"x\":\"\\\"]}\"}",
            "{\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":SEEN}",
        ]
        .join(separator)
    };
    let edn = "{:process 0, :type :invoke, :f :write, :value 1}\
        #jepsen.history.Op{:process 0, :type :ok, :f :write}, ; a comment {\n\
        {:process 1, :type :invoke, :f :read :x #{1 [2]}} \
        {:process 1 :type :ok :f :read :value SEEN}";
    for text in [
        format!("\u{feff}{}", lines("\n")),
        format!("[{}]", lines(",")),
        format!("\u{feff} \n[\n{}\n]\n", lines(",\n  ")),
        format!("[{edn}]"),
        format!("({edn})"),
        format!(
            "\u{feff}{}",
            "{:process 1, :type :invoke, :f :read}\n\
            {:process 1 :type :ok :f :read :value SEEN}"
        ),
    ] {
        let good = if text.contains("write") { "1" } else { "nil" };
        let good = report(ModelName::Register, &text.replace("SEEN", good));
        assert_eq!(good.verdict, Answer::Holds(Level::Linearizable), "{text}");
        let bad = report(ModelName::Register, &text.replace("SEEN", "2"));
        assert_eq!(bad.verdict, Answer::Broken(Level::Linearizable), "{text}");
        let own_lines = !text.contains("[{") && !text.contains("({");
        assert_eq!(bad.to_string().contains("counted"), !own_lines, "{bad}");
    }
    let read = |text: &str| error(ModelName::Register, text);
    let array = format!("[{}", lines(","));
    assert_eq!(read(&array), "the array has no end: is the file whole?");
    assert_eq!(read(&format!("{array}]]")), "something follows the array");
    assert!(read("[[1]]").starts_with("line 1: no event in a known format"));
    assert_eq!(read("[1 2]"), "event 1 of the array: expected an EDN map or a JSON object");
    let mixed = array.replace("{\"process\":1,\"type\":\"ok\"", "7,{\"process\":1,\"type\":\"ok\"");
    assert!(read(&format!("{mixed}]")).starts_with("event 4 of the array: not a JSON object"));
    let twice = array.replace("\"type\":\"ok\"", "\"type\":\"invoke\"");
    assert!(
        read(&format!("{twice}]")).starts_with("event 2 of the array: process 0 calls"),
        "errors name the event: {}",
        read(&format!("{twice}]"))
    );
    assert!(read("[]").starts_with("no event in a known format"));
}
