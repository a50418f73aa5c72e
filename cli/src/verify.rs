//! `synod verify`: judges a recorded history.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use spec::history::{Limits, ModelName, verify};
use spec::transactions::{IsolationModel, Workload, verify_against};

use crate::failure::Failure;

/// Which history, and what it must look like.
#[derive(Args)]
pub struct Verify {
    /// The history: a Jepsen log, EDN or JSON, an event a line
    file: PathBuf,
    /// What it was recorded from: cas-register or kv; of transactions, list-append or rw-register
    #[arg(long, value_parser = recorded)]
    model: Recorded,
    /// The isolation that transactions must have
    #[arg(long, default_value_t = IsolationModel::STRICT_SERIALIZABLE)]
    isolation: IsolationModel,
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
    /// Judges, prints, and exits 0 if linearizable, 1 if not, 2 if unknown.
    pub fn run(self) -> Result<(), Failure> {
        let fail = |why: String| Failure::new(format!("{}: {why}", self.file.display()));
        let text = fs::read_to_string(&self.file).map_err(|error| fail(error.to_string()))?;
        let limits = Limits {
            memory: self.memory << 20,
            time: Some(Duration::from_secs(self.seconds)),
            split_by_key: !self.together,
        };
        match self.model {
            Recorded::Object(model) => {
                let report = verify(&text, model, &limits);
                let report = report.map_err(|error| fail(error.to_string()))?;
                crate::answer(&report, self.json, report.exit_code())
            }
            Recorded::Transactions(workload) => {
                let report = verify_against(&text, workload, self.isolation, &limits);
                let report = report.map_err(|error| fail(error.to_string()))?;
                crate::answer(&report, self.json, report.exit_code())
            }
        }
    }
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
