//! The served store under the faults of a plan, as `synod chaos` does them: what a sound store
//! bears, and what it must be caught at when its disks lie.

use std::path::Path;
use std::process::Command;

use model::{NodeId, NodeSet};
use serde_json::Value;
use sim::{Plan, Strike};
use tempfile::TempDir;
use world::timed::{Climate, Fault, Fuse, MILLIS, SECONDS};

/// Faults at these times, among three nodes that all heal.
fn plan(faults: Vec<(u64, Fault)>, heal: u64, core: NodeSet) -> Plan {
    let faults = faults.into_iter().map(|(at, fault)| Strike { at: at * MILLIS, fault });
    Plan {
        seed: 1,
        nodes: 3,
        climate: Climate::calm(),
        traitors: NodeSet::EMPTY,
        operations: Vec::new(),
        faults: faults.collect(),
        heal: heal * MILLIS,
        core,
        settle: 3 * SECONDS,
    }
}

fn nodes(nodes: &[u16]) -> NodeSet {
    nodes.iter().map(|node| NodeId(*node)).collect()
}

fn crash(node: u16, down: u64) -> Fault {
    let (node, fuse) = (NodeId(node), Fuse::Now);
    Fault::Crash { node, down: down * MILLIS, fuse, keep: 0, compacted: false }
}

fn cut(from: &[u16], to: &[u16], both: bool, span: u64) -> Fault {
    Fault::Cut { from: nodes(from), to: nodes(to), both, span: span * MILLIS }
}

fn synod(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let program = env!("CARGO_BIN_EXE_synod");
    let output = Command::new(program).args(arguments).arg("--json").current_dir(folder).output();
    let output = output.expect("The program can be started.");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(text.lines().next().unwrap_or_default());
    let report = report.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output:?}"));
    (report, output.status.code().unwrap_or(-1))
}

/// Does the faults of a plan; then the history that was saved is verified by itself.
fn chaos(plan: &Plan) -> (Value, i32, TempDir) {
    plan.check().expect("The plan can be performed.");
    let folder = tempfile::tempdir().expect("A folder can be made.");
    let text = serde_json::to_string(plan).expect("A plan is JSON.");
    std::fs::write(folder.path().join("plan.json"), text).expect("There is room for it.");
    let (report, code) = synod(folder.path(), &["chaos", "--plan", "plan.json"]);
    println!("{report}");
    (report, code, folder)
}

fn verify(folder: &TempDir) -> (Value, i32) {
    synod(folder.path(), &["verify", "synod-history.jsonl", "--model", "revisions"])
}

#[test]
fn the_store_bears_crashes_cuts_and_pauses() {
    let faults = vec![
        (200, crash(0, 300)),
        (300, Fault::Pause { node: NodeId(1), span: 500 * MILLIS }),
        (1000, cut(&[0], &[1, 2], true, 400)),
        (1100, Fault::Skew { node: NodeId(1), ppm: 100 }),
        (1500, cut(&[1, 2], &[0], false, 400)),
        (1600, Fault::Clog { from: nodes(&[2]), to: nodes(&[0, 1]), span: 200 * MILLIS }),
        (1900, Fault::Storm { loss_ppm: 100_000, duplicate_ppm: 0, span: 300 * MILLIS }),
        (2000, crash(2, 100)),
    ];
    let (report, code, folder) = chaos(&plan(faults, 2300, nodes(&[0, 1, 2])));
    assert_eq!((code, &report["violation"]), (0, &Value::Null), "{report}");
    assert!(report["history"].as_str().is_some_and(|text| text.starts_with("linearizable")));
    assert!(report["recovered_in"].is_f64(), "{report}");
    assert_eq!(report["faults"], 7, "{report}");
    assert!(report["resets"].as_u64() > Some(4), "{report}");
    let omitted = report["not_done"].to_string();
    assert!(omitted.contains("1 faults of clocks") && omitted.contains("losses"), "{report}");
    let (verdict, code) = verify(&folder);
    assert_eq!((code, &verdict["verdict"]), (0, &"linearizable".into()), "{verdict}");
    assert!(verdict["operations"].as_u64() > Some(100), "{verdict}");
}

fn forget(node: u16) -> Fault {
    Fault::Forget { node: NodeId(node), down: 200 * MILLIS, frames: u64::MAX }
}

/// While one node is cut off, the others acknowledge; then their folders are emptied. What was
/// acknowledged is gone, and the history alone shows it: such a cluster may never recover.
#[test]
fn two_folders_that_are_emptied_are_noticed() {
    let faults = vec![(100, cut(&[2], &[0, 1], true, 1100)), (900, forget(0)), (900, forget(1))];
    let plan = Plan { settle: 0, ..plan(faults, 3500, nodes(&[0, 1, 2])) };
    let (report, code, folder) = chaos(&plan);
    assert_eq!((code, &report["violation"]["class"]), (1, &"safety".into()), "{report}");
    let (verdict, code) = verify(&folder);
    assert_eq!((code, &verdict["verdict"]), (1, &"not-linearizable".into()), "{verdict}");
}

/// A cluster that forgets everything at once is well again, and has lost what it acknowledged.
#[test]
fn a_lost_acknowledged_write_is_missed() {
    let faults = (0..3).map(|node| (500, forget(node))).collect();
    let (report, code, _) = chaos(&plan(faults, 900, nodes(&[0, 1, 2])));
    assert_eq!((code, &report["violation"]["class"]), (1, &"safety".into()), "{report}");
    let text = report["violation"]["text"].to_string();
    assert!(text.contains("an acknowledged write is lost"), "{report}");
}

/// A bit of a stopped node's log turns: it must say so and stay away, and the others go on.
#[test]
fn a_rotten_log_is_refused_and_the_others_go_on() {
    let rot = Fault::Rot { node: NodeId(1), down: 100 * MILLIS, frame: 7 };
    let (report, code, _) = chaos(&plan(vec![(300, rot)], 1000, nodes(&[0, 2])));
    assert_eq!((code, &report["violation"]), (0, &Value::Null), "{report}");
    let refusals = report["refusals"].as_array().cloned().unwrap_or_default();
    assert_eq!(refusals.len(), 1, "{report}");
    assert!(refusals[0].as_str().is_some_and(|text| text.contains("is damaged at byte")));
}
