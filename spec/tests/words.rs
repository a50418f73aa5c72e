//! How the operations of every model are written, in each format, and what is told about them.

use spec::history::{Answer, Level, Limits, ModelName, Report, verify};

fn report(model: ModelName, level: Level, text: &str) -> Report {
    verify(text, model, level, &Limits::default()).expect("the history is well formed")
}

/// Two texts of one history are judged alike, and as expected.
fn alike(model: ModelName, texts: &[&str], legal: bool) {
    for text in texts {
        let report = report(model, Level::Linearizable, text);
        assert_eq!(report.exit_code(), u8::from(!legal), "{report}");
        assert_eq!(report.drawing.bars.len(), report.operations);
        let marked = report.drawing.bars.iter().filter(|bar| bar.conflict).count();
        assert_eq!(marked > 0, !legal, "{report}");
    }
}

#[test]
fn queues_and_stacks() {
    let json = "{\"process\":0,\"type\":\"invoke\",\"f\":\"enqueue\",\"value\":1}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"enqueue\",\"value\":1}\n\
        {\"process\":1,\"type\":\"invoke\",\"f\":\"dequeue\"}\n\
        {\"process\":1,\"type\":\"ok\",\"f\":\"dequeue\",\"value\":1}\n\
        {\"process\":1,\"type\":\"invoke\",\"f\":\"dequeue\"}\n\
        {\"process\":1,\"type\":\"fail\",\"f\":\"dequeue\",\"error\":\"empty\"}";
    let edn = "#jepsen.history.Op{:process 0, :type :invoke, :f :enqueue, :value 1, :index 0}\n\
        #jepsen.history.Op{:process 0, :type :ok, :f :enqueue, :value 1, :time 3.5}\n\
        {:process 1, :type :invoke, :f :dequeue, :value nil, :ext {:a #{1 2} :b (x y)}}\n\
        {:process 1, :type :ok, :f :dequeue, :value 1}\n\
        {:process 1, :type :invoke, :f :dequeue, :value nil}\n\
        {:process 1, :type :fail, :f :dequeue, :value nil, :error [:empty]}";
    let log = "INFO  jepsen.util - 0 :invoke :enqueue 1\n\
        INFO  jepsen.util - 0 :ok :enqueue 1\n\
        INFO  jepsen.util - 1 :invoke :dequeue nil\n\
        INFO  jepsen.util - 1 :ok :dequeue 1\n\
        INFO  jepsen.util - 1 :invoke :dequeue nil\n\
        INFO  jepsen.util - 1 :fail :dequeue :empty";
    alike(ModelName::Queue, &[json, edn, log], true);
    let early = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.rotate_right(2);
        lines.join("\n")
    };
    let (json, edn, log) = (early(json), early(edn), early(log));
    alike(ModelName::Queue, &[&json, &edn, &log], true);
    let twice = log.replace(":fail :dequeue :empty", ":ok :dequeue 1");
    alike(ModelName::Queue, &[&twice], false);
    let stack = twice.replace("enqueue", "push").replace("dequeue", "pop");
    alike(ModelName::Stack, &[&stack], false);
}

#[test]
fn sets_counters_and_locks() {
    let set = |read: &str| {
        format!(
            "{{:process 0, :type :invoke, :f :add, :value 3}}\n\
             {{:process 0, :type :ok, :f :add, :value 3}}\n\
             {{:process 1, :type :invoke, :f :read, :value nil}}\n\
             {{:process 1, :type :ok, :f :read, :value {read}}}\n\
             {{:process 1, :type :invoke, :f :contains, :value 3}}\n\
             {{:process 1, :type :ok, :f :contains, :value true}}"
        )
    };
    alike(ModelName::Set, &[&set("#{3}"), &set("[3]"), &set("(3)")], true);
    alike(ModelName::Set, &[&set("#{}"), &set("#{3 4}")], false);
    let counter = |sum: i64| {
        format!(
            "INFO  jepsen.util - 0 :invoke :add 3\n\
             INFO  jepsen.util - 0 :ok :add 3\n\
             INFO  jepsen.util - 0 :invoke :decrement 1\n\
             INFO  jepsen.util - 0 :ok :decrement 1\n\
             INFO  jepsen.util - 0 :invoke :add-and-get 2\n\
             INFO  jepsen.util - 0 :ok :add-and-get [2 {sum}]"
        )
    };
    alike(ModelName::Counter, &[&counter(4)], true);
    alike(ModelName::Counter, &[&counter(5)], false);
    let lock = |second: &str| {
        format!(
            "INFO  jepsen.util - 0 :invoke :acquire nil\n\
             INFO  jepsen.util - 0 :ok :acquire nil\n\
             INFO  jepsen.util - 1 :invoke :acquire nil\n\
             INFO  jepsen.util - 1 {second}\n\
             INFO  jepsen.util - 0 :invoke :release nil\n\
             INFO  jepsen.util - 0 :ok :release nil"
        )
    };
    let (refused, failed) = (lock(":ok :acquire false"), lock(":fail :acquire nil"));
    alike(ModelName::Lock, &[&refused, &failed], true);
    alike(ModelName::Lock, &[&lock(":ok :acquire nil")], false);
}

#[test]
fn several_registers_and_plain_ones() {
    let edn = |seen: u8| {
        format!(
            "{{:process 0, :type :invoke, :f :txn, :value [[:w :x 1] [:w :y 1]]}}\n\
             {{:process 0, :type :ok, :f :txn, :value [[:w :x 1] [:w :y 1]]}}\n\
             {{:process 1, :type :invoke, :f :txn, :value [[:r :x nil] [:r :y nil]]}}\n\
             {{:process 1, :type :ok, :f :txn, :value [[:r :x 1] [:r :y {seen}]]}}"
        )
    };
    alike(ModelName::MultiRegister, &[&edn(1)], true);
    alike(ModelName::MultiRegister, &[&edn(2)], false);
    let json = "{\"process\":0,\"type\":\"invoke\",\"f\":\"txn\",\"value\":[[\"r\",\"x\",null]]}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"txn\",\"value\":[[\"r\",\"x\",null]]}";
    alike(ModelName::MultiRegister, &[json], true);
    let cas = "INFO  jepsen.util - 0 :invoke :cas [1 2]";
    let refused = verify(cas, ModelName::Register, Level::Linearizable, &Limits::default());
    assert_eq!(
        refused.map_err(|error| error.to_string()).err().as_deref(),
        Some("line 1: a register has read and write, not cas; a cas-register has")
    );
}

#[test]
fn unanswered_operations_are_explained() {
    let text = "INFO  jepsen.util - 3 :invoke :write 5\n\
        INFO  jepsen.util - 3 :info :write :timed-out\n\
        INFO  jepsen.util - 1 :invoke :read nil\n\
        INFO  jepsen.util - 1 :ok :read 5";
    let report = report(ModelName::Register, Level::Linearizable, text);
    assert_eq!(report.verdict, Answer::Holds(Level::Linearizable));
    assert_eq!(
        report.indefinite[0].text,
        "write 5 by client 3 (line 1, never answered) took effect: \
         it explains read by client 1 (lines 3 to 4) returned 5."
    );
}

#[test]
fn what_is_broken_is_drawn() {
    let mut text = String::new();
    for value in 10..20 {
        text += &format!("INFO  jepsen.util - 0 :invoke :write {value}\n");
        text += &format!("INFO  jepsen.util - 0 :ok :write {value}\n");
    }
    text += "INFO  jepsen.util - 3 :invoke :write 5\n\
        INFO  jepsen.util - 3 :info :write :timed-out\n\
        INFO  jepsen.util - 1 :invoke :read nil\n\
        INFO  jepsen.util - 1 :ok :read 5\n\
        INFO  jepsen.util - 2 :invoke :read nil\n\
        INFO  jepsen.util - 2 :ok :read 19";
    let report = report(ModelName::Register, Level::Linearizable, &text).to_string();
    let (_, drawn) = report.split_once("marked:\n").expect("something is in conflict");
    assert_eq!(drawn.lines().count(), 10, "more than can be seen at once is left out: {report}");
    let last: Vec<&str> = drawn.lines().skip(6).collect();
    assert_eq!(
        last,
        [
            "                          |-|           ! client 0: write 19",
            "                              |........   client 3: write 5, never answered",
            "                                |-|     ! client 1: read returned 5",
            "                                    |-| ! client 2: read returned 19",
        ]
    );
}

#[test]
fn final_reads_converge_or_not() {
    let text = |last: &str| {
        format!(
            "INFO  jepsen.util - 0 :invoke :write 1\n\
             INFO  jepsen.util - 0 :ok :write 1\n\
             INFO  jepsen.util - 1 :invoke :read nil\n\
             INFO  jepsen.util - 1 :ok :read nil\n\
             INFO  jepsen.util - 2 :invoke :read nil\n\
             INFO  jepsen.util - 2 :ok :read 1\n\
             INFO  jepsen.util - 1 :invoke :read nil\n\
             INFO  jepsen.util - 1 :ok :read {last}"
        )
    };
    let judge = |last| report(ModelName::Register, Level::Convergence, &text(last));
    assert_eq!(judge("1").verdict, Answer::Holds(Level::Convergence), "it caught up");
    let apart = judge("nil");
    assert_eq!(apart.verdict, Answer::Broken(Level::Convergence));
    assert_eq!(apart.explanation.len(), 5, "{apart}");
}

#[test]
fn no_answer_comes_from_thin_air() {
    for (model, asks, answers, source) in [
        (ModelName::Register, ":read nil", ":read 7", ":write 7"),
        (ModelName::CasRegister, ":read nil", ":read 7", ":cas [nil 7]"),
        (ModelName::CasRegister, ":cas [7 8]", ":cas [7 8]", ":write 7"),
        (ModelName::MultiRegister, ":txn [[:r x nil]]", ":txn [[:r x 7]]", ":txn [[:w x 7]]"),
        (ModelName::Queue, ":dequeue nil", ":dequeue 7", ":enqueue 7"),
        (ModelName::Stack, ":pop nil", ":pop 7", ":push 7"),
        (ModelName::Set, ":contains 7", ":contains true", ":add 7"),
        (ModelName::Counter, ":read nil", ":read 7", ":add 7"),
        (ModelName::Lock, ":release 7", ":release 7", ":acquire 7"),
    ] {
        let open = format!("INFO  jepsen.util - 0 :invoke {source}\n");
        let asked = format!("INFO  jepsen.util - 1 :invoke {asks}\n");
        let told = format!("INFO  jepsen.util - 1 :ok {answers}\n");
        for text in [format!("{asked}{told}"), format!("{asked}{told}{open}")] {
            let report = report(model, Level::Convergence, &text);
            assert_eq!(report.verdict, Answer::Broken(Level::Convergence), "{model}: {report}");
        }
        let report = report(model, Level::Convergence, &format!("{asked}{open}{told}"));
        assert_eq!(report.verdict, Answer::Holds(Level::Convergence), "{model}: {report}");
    }
}

#[test]
fn levels_are_found_by_name() {
    for level in Level::ALL {
        assert_eq!(level.to_string().parse(), Ok(level));
    }
    let unknown = "eventual".parse::<Level>().map_err(|error| error.to_string());
    assert!(
        unknown.is_err_and(|why| why.starts_with("there is no level \"eventual\"; the levels"))
    );
}

#[test]
fn a_guarantee_that_says_little_says_so() {
    let history = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":1}\n\
        {\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":2}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"write\",\"value\":2}\n\
        {\"process\":1,\"type\":\"invoke\",\"f\":\"read\"}\n\
        {\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":2}\n\
        {\"process\":1,\"type\":\"invoke\",\"f\":\"read\"}\n\
        {\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":1}";
    for level in [Level::MonotonicReads, Level::MonotonicWrites] {
        let report = report(ModelName::Register, level, history);
        assert_eq!(report.verdict, Answer::Holds(level));
        assert!(report.to_string().contains("pram asks for"), "{report}");
    }
    let report = report(ModelName::Register, Level::Pram, history);
    assert_eq!(report.verdict, Answer::Broken(Level::Pram));
    assert_eq!(report.caution, None);
}
