//! The textbook's anomalies by their names, planted faults, formats and limits.

#[allow(dead_code, reason = "each test uses a part")]
mod transactions_support;

use std::time::{Duration, Instant};

use model::Random;
use spec::history::{Limits, Stop};
use spec::transactions::{
    Checked, Conclusion, IsolationModel, Workload, check, verify, verify_against,
};
use transactions_support::{Executor, Fate, Isolation, Op, Shape, Txn, record};

/// A history in short. A line is a process and what it does: `0 x+1 y=1,2` is a transaction at
/// one go, `0 (x+1` begins one; `0 )` commits it, `0 !` aborts it, and `0 ?` leaves it unknown.
fn story(text: &str) -> Vec<Txn> {
    let mut txns: Vec<Txn> = Vec::new();
    for (now, line) in (1..).zip(text.lines().map(str::trim).filter(|line| !line.is_empty())) {
        let (process, rest) = line.split_once(' ').expect("a process and what it does");
        let process = process.parse().expect("the process is a number");
        let open = txns.iter_mut().rev().find(|txn| txn.process == process);
        let fate = match rest {
            ")" => Fate::Ok,
            "!" => Fate::Fail,
            "?" => Fate::Info,
            _ => {
                let ops = rest.trim_start_matches('(').split(' ').map(operation).collect();
                let ended = if rest.starts_with('(') { u64::MAX } else { 2 * now + 1 };
                txns.push(Txn { process, called: 2 * now, ended, fate: Fate::Ok, ops });
                continue;
            }
        };
        let open = open.expect("the process has begun a transaction");
        (open.ended, open.fate) = (2 * now, fate);
    }
    txns
}

fn operation(text: &str) -> Op {
    let key = "xyzvw".find(&text[..1]).expect("the key is one of xyzvw");
    let numbers = text[2..].split(',').filter(|number| !number.is_empty());
    let numbers: Vec<i64> = numbers.map(|number| number.parse().expect("a number")).collect();
    match &text[1..2] {
        "+" => Op::Write(key, numbers[0]),
        _ => Op::Read(key, numbers),
    }
}

fn judge(workload: Workload, text: &str) -> Checked {
    let checked = check(&record(workload, &story(text)), &Limits::default(), Instant::now());
    assert_eq!(checked.stopped, None, "the limits are ample");
    checked
}

/// The story shows these anomalies and no others, and this is what is left of the models.
fn shows(workload: Workload, text: &str, anomalies: &[&str], strongest: &[&str]) -> Checked {
    let checked = judge(workload, text);
    let found: Vec<String> =
        checked.anomalies.iter().map(|found| found.anomaly.to_string()).collect();
    assert_eq!(found, anomalies, "{text}{checked:#?}");
    let left: Vec<String> = checked.strongest().iter().map(ToString::to_string).collect();
    assert_eq!(left, strongest, "{text}{checked:#?}");
    checked
}

fn lists(text: &str, anomalies: &[&str], strongest: &[&str]) {
    shows(Workload::ListAppend, text, anomalies, strongest);
}

fn registers(text: &str, anomalies: &[&str], strongest: &[&str]) {
    shows(Workload::RwRegister, text, anomalies, strongest);
}

const STRICT: &[&str] = &["strict-serializable"];
const NONE: &[&str] = &[];
const COMMITTED: &[&str] = &["strong-read-committed"];
const UNCOMMITTED: &[&str] = &["strong-read-uncommitted"];
const SNAPSHOT: &[&str] = &["strong-snapshot-isolation"];
const PARALLEL: &[&str] = &["strong-parallel-snapshot-isolation"];

#[test]
fn what_is_in_order_is_strictly_serializable() {
    lists("0 x+1\n1 x=1 y+1\n0 y=1 x+2\n2 x=1,2", &[], STRICT);
    registers("0 x+1\n1 x=1 y+1\n0 y=1 x+2\n2 x=2", &[], STRICT);
    lists("0 (x+1\n1 x=\n1 x=1\n0 )", &[], STRICT);
}

#[test]
fn writes_that_overwrite_each_other_are_g0() {
    lists("0 (x+1 y+1\n1 x+2 y+2\n0 )\n2 x=1,2 y=2,1", &["G0"], NONE);
    let process = "1 (x+2 y+2\n0 x+1\n0 y+1\n1 )\n2 x=2,1 y=1,2";
    lists(process, &["G0-process"], &["serializable"]);
    let realtime = "1 (x+2 y+2\n0 x+1\n3 y+1\n1 )\n2 x=2,1 y=1,2";
    lists(realtime, &["G0-realtime"], &["strong-session-serializable"]);
}

#[test]
fn reads_of_what_is_not_committed_are_g1() {
    lists("0 (x+1\n0 !\n1 x=1", &["G1a"], UNCOMMITTED);
    registers("0 (x+1\n0 !\n1 x=1", &["G1a"], UNCOMMITTED);
    lists("0 (x+1 x+2\n1 x=1\n0 )", &["G1b", "G-single"], UNCOMMITTED);
    registers("0 (x+1 x+2\n1 x=1\n0 )", &["G1b"], UNCOMMITTED);
    lists("0 (x+1 y=2\n1 y+2 x=1\n0 )", &["G1c"], UNCOMMITTED);
    registers("0 (x+1 y=2\n1 y+2 x=1\n0 )", &["G1c"], UNCOMMITTED);
    let left = ["serializable", "strong-read-uncommitted"];
    lists("0 x=1\n0 x+1", &["G1c-process"], &left);
    let left = ["strong-session-serializable", "strong-read-uncommitted"];
    lists("0 x=1\n1 x+1", &["G1c-realtime"], &left);
}

#[test]
fn read_skew_is_g_single() {
    lists("0 (x+1 y+1\n1 x= y=1\n0 )\n2 x=1", &["G-single"], COMMITTED);
    registers("0 (x+1 y+1\n1 x= y=1\n0 )", &["G-single"], COMMITTED);
    // What was written and never read comes later than all that was read.
    lists("0 (x+1 y+1\n1 x= y=1\n0 )", &["G-single"], COMMITTED);
    lists("0 (x+2 y+1\n1 x+1\n2 y=1 x=1\n0 )", &["G-single"], COMMITTED);
    let left = ["serializable", "strong-read-committed"];
    lists("0 x+1\n0 x=", &["G-single-process"], &left);
    registers("0 x+1\n0 x=", &["G-single-process"], &left);
    let left = ["strong-session-serializable", "strong-read-committed"];
    lists("0 x+1\n1 x=", &["G-single-realtime"], &left);
    registers("0 x+1\n1 x=", &["G-single-realtime"], &left);
    // Which version came first is known by time alone.
    registers("0 x+1\n1 x+2\n2 x=1", &["G-single-realtime"], &left);
}

#[test]
fn lost_updates_are_named() {
    let text = "0 (x= x+1\n1 x= x+2\n0 )\n2 x=1,2";
    lists(text, &["lost-update", "G-single"], COMMITTED);
    lists("0 (x= x+1\n1 x= x+2\n0 )", &["lost-update", "G2-item"], COMMITTED);
    let text = "0 (x= x+1\n1 x= x+2\n0 )\n2 x=2";
    registers(text, &["lost-update", "G2-item"], COMMITTED);
}

#[test]
fn skewed_writes_are_g2_of_two() {
    let text = "0 (x= y+1\n1 y= x+1\n0 )\n2 x=1 y=1";
    lists(text, &["write-skew"], SNAPSHOT);
    registers(text, &["write-skew"], SNAPSHOT);
    let three = "0 (x= y+1\n1 (y= z+1\n2 z= x+1\n0 )\n1 )\n3 x=1 y=1 z=1";
    lists(three, &["G2-item"], SNAPSHOT);
    registers(three, &["G2-item"], SNAPSHOT);
    // Serializable as 1, 2, 0, but 0 ended before 2 was called.
    let text = "1 (x= y+1\n0 x+1\n2 y=\n1 )\n3 x=1 y=1";
    let left = ["strong-session-serializable", "strong-snapshot-isolation"];
    lists(text, &["G2-item-realtime"], &left);
    registers(text, &["G2-item-realtime"], &left);
    let text = "1 (x= y+1\n0 x+1\n0 y=\n1 )\n3 x=1 y=1";
    lists(text, &["G2-item-process"], &["serializable", "strong-snapshot-isolation"]);
}

#[test]
fn readers_that_disagree_are_a_long_fork() {
    let text = "0 (x+1\n1 (y+1\n2 (x=1 y=\n3 x= y=1\n0 )\n1 )\n2 )";
    lists(text, &["long-fork"], PARALLEL);
    registers(text, &["long-fork"], PARALLEL);
    let text = "0 (x+1\n1 (y+1 z+1\n2 (x=1 y=\n3 (z=1 w+1\n4 w=1 x=\n0 )\n1 )\n2 )\n3 )";
    lists(text, &["G-nonadjacent"], PARALLEL);
    registers(text, &["G-nonadjacent"], PARALLEL);
}

#[test]
fn values_and_lists_that_cannot_be_are_named() {
    lists("0 x=7", &["garbage-read"], NONE);
    registers("0 x=7", &["garbage-read"], NONE);
    lists("0 x+1\n1 x=1,1", &["duplicate-elements"], NONE);
    let text = "0 (x+1\n1 x+2\n0 )\n2 (x=1,2\n3 x=2,1\n2 )";
    lists(text, &["incompatible-order"], UNCOMMITTED);
    lists("0 x+1 x+2\n1 x=2,1", &["G1b", "incompatible-order"], UNCOMMITTED);
    lists("0 (x+1\n0 !\n1 x+2\n2 x=1,2", &["G1a", "dirty-update"], UNCOMMITTED);
    lists("0 x=1 x+1", &["future-read"], UNCOMMITTED);
    registers("0 x=1 x+1", &["future-read"], UNCOMMITTED);
}

#[test]
fn transactions_that_contradict_themselves_are_named() {
    lists("0 x= x+1 x=", &["internal"], COMMITTED);
    lists("0 x+1 x+2 x=2", &["incompatible-order", "internal"], UNCOMMITTED);
    lists("0 x= x+1 x=1 x+2 x=1,2", &[], STRICT);
    registers("0 x+1 x=", &["internal"], COMMITTED);
    registers("0 x= x+1 x=1 x+2 x=2", &[], STRICT);
    registers("0 x+1\n1 x+2 x=1", &["internal"], COMMITTED);
}

#[test]
fn what_nobody_knows_counts_only_if_it_was_seen() {
    for workload in Workload::ALL {
        shows(workload, "0 (x+1\n0 ?\n1 x=\n2 x=", &[], STRICT);
        shows(workload, "0 (x+1\n0 ?\n1 x=\n2 x=1\n1 x=1", &[], STRICT);
        // Half of it is seen, so all of it took place.
        shows(workload, "0 (x+1 y+1\n0 ?\n1 x= y=1", &["G-single"], COMMITTED);
        // It may take effect after what its process did later.
        shows(workload, "0 (x+1\n0 ?\n0 x=\n1 x=1", &[], STRICT);
        // Not before it was called.
        let left = ["strong-session-serializable", "strong-read-uncommitted"];
        shows(workload, "1 x=1\n0 (x+1\n0 ?", &["G1c-realtime"], &left);
    }
}

#[test]
fn the_explanation_says_why() {
    let text = "0 (x+1 y+5\n1 x= y=5\n0 )\n2 x=1";
    let checked = judge(Workload::ListAppend, text);
    assert_eq!(
        checked.anomalies[0].explanation,
        [
            "T2 read key 0 as [], without T1's append of 1: T2 before T1",
            "but T1 appended 5 to key 1, and T2 read it, in [5]: T1 before T2",
            "T1 = [append 0 1] [append 1 5], process 0, called line 2, committed line 6",
            "T2 = [r 0 []] [r 1 [5]], process 1, called line 4, committed line 5",
        ]
    );
}

/// A single client runs one transaction after the other, so that every answer is determined.
#[test]
fn every_single_planted_fault_is_caught() {
    let mut random = Random::new(3);
    for workload in Workload::ALL {
        let mut caught = 0;
        for seed in 0..400 {
            let isolation = Isolation::Serial;
            let (clients, keys, transactions) = (1, 2, 30);
            let shape =
                Shape { workload, isolation, clients, keys, transactions, length: 4, unknown: 0 };
            let mut txns = Executor::run(shape, seed);
            let sound = check(&record(workload, &txns), &Limits::default(), Instant::now());
            assert!(sound.anomalies.is_empty(), "{:?}", sound.anomalies);
            let Some(planted) = plant(workload, &mut txns, &mut random) else {
                continue;
            };
            let checked = check(&record(workload, &txns), &Limits::default(), Instant::now());
            let strict = IsolationModel::STRICT_SERIALIZABLE;
            assert!(checked.excludes(strict), "{workload:?} {seed} {planted}: {txns:#?}");
            caught += 1;
        }
        assert!(caught > 150, "only {caught} faults were planted");
    }
}

/// Changes one committed read, and says how.
fn plant(workload: Workload, txns: &mut [Txn], random: &mut Random) -> Option<String> {
    let aborted: Vec<i64> = written(txns, Fate::Fail);
    let all = written(txns, Fate::Ok);
    let committed = txns.iter_mut().filter(|txn| txn.fate == Fate::Ok);
    let mut reads: Vec<&mut Vec<i64>> = committed
        .flat_map(|txn| &mut txn.ops)
        .filter_map(|op| match op {
            Op::Read(_, seen) => Some(seen),
            Op::Write(..) => None,
        })
        .collect();
    let chosen = random.below(reads.len() as u64) as usize;
    let seen = &mut *reads[chosen];
    let before = seen.clone();
    match (workload, random.below(5)) {
        (_, 0) => drop(seen.pop()),
        (Workload::ListAppend, 1) if seen.len() > 1 => {
            let place = random.below(seen.len() as u64 - 1) as usize;
            seen.swap(place, place + 1);
        }
        (Workload::ListAppend, 2) => seen.extend(before.last()),
        (Workload::ListAppend, 3) => seen.extend(aborted.first()),
        (Workload::RwRegister, 1..=3) => {
            *seen = vec![all[random.below(all.len() as u64) as usize]];
        }
        _ => seen.push(77_777),
    }
    (*seen != before).then(|| format!("{before:?} became {seen:?}"))
}

fn written(txns: &[Txn], fate: Fate) -> Vec<i64> {
    let of = txns.iter().filter(|txn| txn.fate == fate).flat_map(|txn| &txn.ops);
    let values = of.filter_map(|op| match op {
        Op::Write(_, value) => Some(*value),
        Op::Read(..) => None,
    });
    values.collect()
}

const EDN: &str = r#"
; Two transactions at once.
{:index 0, :time 3, :type :invoke, :process 0, :f :txn, :value [[:append :x 1] [:r "y" nil]]}
{:type :info, :process :nemesis, :f :partition, :value {:a #{1 2} :b (3 [4])}}
{:index 1, :time 4, :type :invoke, :process 1, :f :txn, :value [[:r :x nil] [:append "y" 1]]}
{:type :ok, :process 0, :f :txn, :value [[:append :x 1] [:r "y" []]]}
{:type :ok, :process 1, :f :txn, :value [[:r :x nil] [:append "y" 1]], :error [:odd #inst "x"]}
"#;

const JSON: &str = r#"
{"type": "invoke", "process": 0, "f": "txn", "value": [["w", "x", 1], ["r", "y", null]]}
{"type": "info", "process": "nemesis", "f": "kill", "value": {"a": 1}}
{"type": "invoke", "process": 1, "f": "txn", "value": [["r", "x", null], ["w", "y", 1]]}
{"type": "ok", "process": 0, "f": "txn", "value": [["w", "x", 1], ["r", "y", null]]}
{"type": "ok", "process": 1, "f": "txn", "value": [["r", "x", null], ["w", "y", 1]]}
"#;

#[test]
fn texts_are_read_and_judged() {
    for (text, workload) in [(EDN, Workload::ListAppend), (JSON, Workload::RwRegister)] {
        let report = verify(text, workload, &Limits::default()).expect("the text is well formed");
        assert_eq!((report.verdict, report.exit_code()), (Conclusion::Violated, 1));
        let model: IsolationModel = "snapshot-isolation".parse().expect("the model is known");
        let report = verify_against(text, workload, model, &Limits::default());
        let report = report.expect("the text is well formed");
        assert_eq!((report.verdict, report.exit_code()), (Conclusion::Holds, 0));
        let json = serde_json::to_value(&report).expect("a report can be written");
        assert_eq!(json["verdict"], "holds");
        assert_eq!(json["expected"], "snapshot-isolation");
        assert_eq!(json["strongest"][0], "strong-snapshot-isolation");
        assert_eq!(json["excluded"][0], "repeatable-read");
        assert_eq!(json["anomalies"][0]["name"], "write-skew");
        let words = report.to_string();
        assert!(words.contains("write-skew (found 1, excludes repeatable-read)"), "{words}");
    }
}

#[test]
fn texts_that_are_no_histories_are_refused() {
    let call = r#"{"type": "invoke", "process": 0, "f": "txn", "value": [["append", "x", 1]]}"#;
    let refused = [
        ("", "no event in a known format"),
        (r#"{"type": "invoke", "process": 0, "f": "read"}"#, "line 1: expected a transaction"),
        (r#"{"type": "invoke", "process": 0, "value": 3}"#, "line 1: expected a list"),
        (
            r#"{"type": "invoke", "process": 0, "value": [["w", "x", 1]]}"#,
            "line 1: list-append has",
        ),
        (r#"{"type": "invoke", "process": 0, "value": [["append", "x", "a"]]}"#, "values are int"),
        (r#"{"type": "ok", "process": 0, "value": []}"#, "line 1: process 0 ends an operation"),
        (&format!("{call}\n{call}"), "line 2: process 0 calls"),
        (&format!("{call}\n{}", call.replace(": 0", ": 1")), "a second time"),
        (&format!("{call}\n{}", call.replace("invoke", "ok").replace("1]", "2]")), "the writes"),
        (&format!("{call}\n{}", call.replace("invoke", "ok").replace("\"x", "\"y")), "the keys"),
        (&format!("{call}\n{{\"type\": \"ok\", \"process\": 0, \"value\": []}}"), "1 operations"),
    ];
    for (text, expected) in refused {
        let error = verify(text, Workload::ListAppend, &Limits::default());
        let error = error.expect_err("the text is no history").to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = "snapshots".parse::<IsolationModel>().expect_err("there is no such model");
    assert!(error.to_string().contains("snapshot-isolation, repeatable-read"), "{error}");
}

fn long(transactions: usize) -> Vec<Txn> {
    let (workload, isolation) = (Workload::ListAppend, Isolation::ReadUncommitted);
    let (clients, keys) = (4, 8);
    let shape = Shape { workload, isolation, clients, keys, transactions, length: 3, unknown: 5 };
    Executor::run(shape, 1)
}

#[test]
fn limits_are_kept_and_said() {
    let history = record(Workload::ListAppend, &long(2000));
    let whole = check(&history, &Limits::default(), Instant::now());
    assert_eq!(whole.stopped, None);
    let mut stopped = 0;
    for memory in (0..whole.bytes).step_by(whole.bytes / 50) {
        let checked = check(&history, &Limits { memory, ..Limits::default() }, Instant::now());
        assert_eq!(checked.stopped, Some(Stop::Memory), "{memory} bytes are not enough");
        assert!(checked.bytes <= memory, "{} bytes were held of {memory}", checked.bytes);
        for found in &checked.anomalies {
            let same = |whole: &spec::transactions::Found| whole.anomaly == found.anomaly;
            assert!(whole.anomalies.iter().any(same), "{found:?} is found without limits too");
        }
        stopped += 1;
    }
    assert!(stopped >= 50);
    let limits = Limits { time: Some(Duration::ZERO), ..Limits::default() };
    let checked = check(&history, &limits, Instant::now());
    assert_eq!(checked.stopped, Some(Stop::Deadline));
    let report = verify(EDN, Workload::ListAppend, &limits).expect("the text is well formed");
    assert_eq!((report.verdict, report.exit_code()), (Conclusion::Unknown, 2));
    assert!(report.to_string().contains("the time allowed was used up"), "{report}");
}

/// Everything between a write and a read that misses it is in one cycle.
#[test]
fn a_stale_read_after_a_long_time_is_two_transactions() {
    let mut txns =
        vec![Txn { process: 0, called: 1, ended: 2, fate: Fate::Ok, ops: vec![Op::Write(0, 1)] }];
    let many = 50_000;
    for number in 1..many {
        let (process, called) = (number % 7, 2 * number + 1);
        let ops = vec![Op::Write(1, number as i64)];
        txns.push(Txn { process, called, ended: called + 1, fate: Fate::Ok, ops });
    }
    let (called, ops) = (2 * many + 1, vec![Op::Read(0, Vec::new())]);
    txns.push(Txn { process: 9, called, ended: called + 1, fate: Fate::Ok, ops });
    let history = record(Workload::ListAppend, &txns);
    let checked = check(&history, &Limits::default(), Instant::now());
    assert_eq!(checked.stopped, None);
    assert_eq!(checked.anomalies.len(), 1, "{:?}", checked.anomalies);
    assert_eq!(checked.anomalies[0].anomaly.to_string(), "G-single-realtime");
    assert_eq!(checked.anomalies[0].explanation.len(), 4, "{:?}", checked.anomalies);
}
