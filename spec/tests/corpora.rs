//! Every verdict of the recorded histories in `tests/corpora`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spec::history::{Answer, Level, Limits, ModelName, Report, verify};

const LEGAL: Answer = Answer::Holds(Level::Linearizable);
const ILLEGAL: Answer = Answer::Broken(Level::Linearizable);

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora")
}

fn answer(path: &Path, model: ModelName, split_by_key: bool) -> Report {
    let text = fs::read_to_string(path).expect("the corpus is part of the repository");
    let time = Some(Duration::from_secs(60));
    let limits = Limits { memory: 2 << 30, time, split_by_key, ..Limits::default() };
    let report =
        verify(&text, model, Level::Linearizable, &limits).expect("the history is well formed");
    println!("{}: {report}\n", path.display());
    report
}

#[test]
fn every_etcd_history_has_its_verdict() {
    let folder = corpora().join("etcd-jepsen");
    let verdicts = fs::read_to_string(folder.join("verdicts.tsv")).expect("verdicts are recorded");
    let mut count = 0;
    for line in verdicts.lines() {
        let (file, verdict) = line.split_once('\t').expect("a file and its verdict");
        let expected = match verdict {
            "linearizable" => LEGAL,
            "not-linearizable" => ILLEGAL,
            other => panic!("there is no verdict {other}"),
        };
        let report = answer(&folder.join(file), ModelName::CasRegister, true);
        assert_eq!(report.verdict, expected, "{file}");
        count += 1;
    }
    assert_eq!(count, 52, "every history is checked");
}

#[test]
fn every_kv_history_has_its_verdict_split_or_not() {
    for split_by_key in [true, false] {
        for (name, expected) in
            [("c01-ok", LEGAL), ("c01-bad", ILLEGAL), ("c10-ok", LEGAL), ("c10-bad", ILLEGAL)]
        {
            let path = corpora().join(format!("kv/{name}.txt"));
            let report = answer(&path, ModelName::Kv, split_by_key);
            assert_eq!(report.verdict, expected, "{name}, split by key: {split_by_key}");
        }
    }
}
