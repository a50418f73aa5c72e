//! Histories of executors whose isolation is known: what they cannot show is never found, and what
//! they can is.

#[allow(dead_code, reason = "each test uses a part")]
mod transactions_support;

use std::collections::BTreeMap;
use std::time::Instant;

use spec::history::Limits;
use spec::transactions::{Checked, IsolationModel, Workload, check};
use transactions_support::{Executor, Isolation, Shape, record};

fn run(workload: Workload, isolation: Isolation, seed: u64) -> Checked {
    let (clients, keys, transactions) = (5, 3, 40);
    let shape = Shape { workload, isolation, clients, keys, transactions, length: 4, unknown: 5 };
    let txns = Executor::run(shape, seed);
    let checked = check(&record(workload, &txns), &Limits::default(), Instant::now());
    assert_eq!(checked.stopped, None, "the limits are ample");
    checked
}

/// Never excludes the model; shows each of the anomalies in some run.
fn always(isolation: Isolation, model: &str, workload: Workload, expected: &[&str]) {
    let model: IsolationModel = model.parse().expect("the model is known");
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..300 {
        let checked = run(workload, isolation, seed);
        assert!(
            !checked.excludes(model),
            "{isolation:?} over {workload:?} is {model}, seed {seed}: {:#?}",
            checked.anomalies
        );
        for found in checked.anomalies {
            *met.entry(found.anomaly.to_string()).or_default() += 1;
        }
    }
    println!("{isolation:?} {workload:?}: {met:?}");
    for name in expected {
        assert!(met.contains_key(*name), "{isolation:?} over {workload:?} shows {name}: {met:?}");
    }
    if expected.is_empty() {
        assert!(met.is_empty(), "{isolation:?} over {workload:?} shows nothing: {met:?}");
    }
}

#[test]
fn serial_execution_is_strictly_serializable() {
    for workload in Workload::ALL {
        always(Isolation::Serial, "strict-serializable", workload, &[]);
    }
}

#[test]
fn snapshots_allow_write_skew_and_no_more() {
    let model = "strong-snapshot-isolation";
    for workload in Workload::ALL {
        always(Isolation::Snapshot, model, workload, &["write-skew", "G2-item"]);
    }
}

#[test]
fn parallel_snapshots_allow_long_forks_besides() {
    let model = "strong-session-parallel-snapshot-isolation";
    let lists = ["write-skew", "long-fork", "G-single-realtime"];
    always(Isolation::ParallelSnapshot, model, Workload::ListAppend, &lists);
    always(Isolation::ParallelSnapshot, model, Workload::RwRegister, &["write-skew", "long-fork"]);
}

#[test]
fn read_committed_loses_updates_and_skews_reads() {
    let model = "strong-read-committed";
    for workload in Workload::ALL {
        let expected = ["lost-update", "G-single", "internal"];
        always(Isolation::ReadCommitted, model, workload, &expected);
    }
}

#[test]
fn read_uncommitted_shows_what_is_not_committed() {
    let model = "strong-read-uncommitted";
    let expected = ["G1a", "G1b", "G1c", "incompatible-order"];
    always(Isolation::ReadUncommitted, model, Workload::ListAppend, &expected);
    let expected = ["G1a", "G1b", "G1c"];
    always(Isolation::ReadUncommitted, model, Workload::RwRegister, &expected);
}

#[test]
fn without_locks_writes_interleave() {
    let mut interleaved = 0;
    for seed in 0..100 {
        let checked = run(Workload::ListAppend, Isolation::Chaos, seed);
        let found = checked.anomalies.iter().any(|found| found.anomaly.to_string() == "G0");
        interleaved += u64::from(found);
    }
    assert!(interleaved > 50, "G0 was found in {interleaved} of 100 runs");
}
