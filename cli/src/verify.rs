//! `synod verify`: judges a recorded history.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use draw::{Bar, Look};
use spec::history::{Level, Limits, ModelName, Report, verify};
use spec::transactions::{IsolationModel, Workload, verify_against};

use crate::failure::Failure;
use crate::file;

/// Which history, and what it must look like.
#[derive(Args)]
pub struct Verify {
    /// The history: a Jepsen log, EDN or JSON, an event a line
    file: PathBuf,
    /// What it was recorded from: register, cas-register, multi-register, kv, queue, stack, set,
    /// counter, lock or revisions (of etcd's kind); of transactions, list-append or rw-register
    #[arg(long, value_parser = recorded)]
    model: Recorded,
    /// What is promised: linearizable, sequential, causal, causal-convergence, weak-causal, pram,
    /// read-your-writes, monotonic-reads, monotonic-writes, writes-follow-reads or convergence
    #[arg(long, default_value_t = Level::Linearizable)]
    level: Level,
    /// The isolation that transactions must have
    #[arg(long, default_value_t = IsolationModel::STRICT_SERIALIZABLE)]
    isolation: IsolationModel,
    /// Draw the history into this file (.html), with the operations in conflict marked
    #[arg(long, value_name = "FILE")]
    diagram: Option<PathBuf>,
    /// Seconds to take at most; beyond that the answer is unknown
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// MiB to hold at most; beyond that the answer is unknown
    #[arg(long, default_value_t = 2048)]
    memory: usize,
    /// Judge all keys together, though the model says that they are independent
    #[arg(long)]
    together: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    /// Judges, prints, and exits 0 if the promise is kept, 1 if not, 2 if unknown.
    pub fn run(self) -> Result<(), Failure> {
        let text = file::read(&self.file)?;
        let limits = Limits {
            memory: self.memory << 20,
            time: Some(Duration::from_secs(self.seconds)),
            split_by_key: !self.together,
            ..Limits::default()
        };
        match self.model {
            Recorded::Object(model) => {
                let report = verify(&text, model, self.level, &limits);
                let report = report.map_err(|error| file::fail(&self.file, error))?;
                if let Some(file) = &self.diagram {
                    let page = picture(&self.file.display().to_string(), &report);
                    file::write(file, page)?;
                }
                crate::answer(&report, self.json, report.exit_code())
            }
            Recorded::Transactions(workload) => {
                let report = verify_against(&text, workload, self.isolation, &limits);
                let report = report.map_err(|error| file::fail(&self.file, error))?;
                crate::answer(&report, self.json, report.exit_code())
            }
        }
    }
}

/// The operations of a history as bars, on a page.
fn picture(title: &str, report: &Report) -> String {
    let bars: Vec<Bar> = report
        .drawing
        .bars
        .iter()
        .map(|bar| Bar {
            process: format!("client {}", bar.process),
            start: bar.called,
            end: bar.returned,
            text: bar.text.clone(),
            conflict: bar.conflict,
            note: format!("operation {}", bar.operation),
        })
        .collect();
    let look = Look::default();
    let caption = match &report.violation {
        Some(violation) => violation.facts.join(" "),
        None => report.verdict.to_string(),
    };
    draw::sheet(title, &[(caption, draw::history(title, &bars, &look))], &look)
}

/// What a history was recorded from.
#[derive(Clone, Copy)]
enum Recorded {
    Object(ModelName),
    Transactions(Workload),
}

fn recorded(name: &str) -> Result<Recorded, String> {
    if let Some(workload) = Workload::ALL.into_iter().find(|workload| workload.name() == name) {
        return Ok(Recorded::Transactions(workload));
    }
    let transactions = Workload::ALL.map(Workload::name).join(", ");
    name.parse()
        .map(Recorded::Object)
        .map_err(|error| format!("{error}; of transactions: {transactions}"))
}
