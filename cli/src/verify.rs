//! `synod verify`: judges a recorded history.

use std::io::Read;
use std::path::{Path, PathBuf};
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
    /// The history: a Jepsen log, EDN or JSON, an event a line or all in one array; - is standard
    /// input
    file: PathBuf,
    /// What it was recorded from: register, cas-register, multi-register, kv, queue, stack, set,
    /// counter, lock or revisions (of etcd's kind); of transactions, list-append or rw-register
    #[arg(long, value_parser = recorded)]
    model: Recorded,
    /// What an object promises: linearizable (unless told otherwise), sequential, causal,
    /// causal-convergence, weak-causal, pram, read-your-writes, monotonic-reads, monotonic-writes,
    /// writes-follow-reads or convergence
    #[arg(long)]
    level: Option<Level>,
    /// The isolation that transactions must have: strict-serializable unless told otherwise
    #[arg(long)]
    isolation: Option<IsolationModel>,
    /// Draw the history of an object into this file (.html or .svg), with the operations in
    /// conflict marked
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
        self.refuse_contradictions()?;
        let text = self.text()?;
        let limits = Limits {
            memory: self.memory << 20,
            time: Some(Duration::from_secs(self.seconds)),
            split_by_key: !self.together,
            ..Limits::default()
        };
        match self.model {
            Recorded::Object(model) => {
                let level = self.level.unwrap_or(Level::Linearizable);
                let report = verify(&text, model, level, &limits);
                let report = report.map_err(|error| file::fail(Path::new(&self.name()), error))?;
                let answer = crate::answer(&report, self.json, report.exit_code());
                self.draw(&report, answer)
            }
            Recorded::Transactions(workload) => {
                let isolation = self.isolation.unwrap_or(IsolationModel::STRICT_SERIALIZABLE);
                let report = verify_against(&text, workload, isolation, &limits);
                let report = report.map_err(|error| file::fail(Path::new(&self.name()), error))?;
                crate::answer(&report, self.json, report.exit_code())
            }
        }
    }

    /// What would be ignored is refused, and so is a diagram that could not be written: before the
    /// work, not after it.
    fn refuse_contradictions(&self) -> Result<(), Failure> {
        let wrong = match self.model {
            Recorded::Object(_) if self.isolation.is_some() => {
                "--isolation is for transactions; of an object, say --level"
            }
            Recorded::Transactions(_) if self.level.is_some() => {
                "--level is for objects; of transactions, say --isolation"
            }
            Recorded::Transactions(_) if self.diagram.is_some() => {
                "transactions are not drawn: leave --diagram out"
            }
            Recorded::Transactions(_) if self.together => {
                "--together is for objects: transactions are judged together as it is"
            }
            _ => match &self.diagram {
                Some(file) if !is_svg(file) && extension(file) != Some("html") => {
                    "the file for --diagram ends in .html or .svg"
                }
                diagram => return file::look([diagram.as_deref()]),
            },
        };
        Err(Failure::new(wrong))
    }

    fn is_standard_input(&self) -> bool {
        self.file.as_os_str() == "-"
    }

    /// What the history is called.
    fn name(&self) -> String {
        match self.is_standard_input() {
            true => "standard input".to_owned(),
            false => self.file.display().to_string(),
        }
    }

    fn text(&self) -> Result<String, Failure> {
        if !self.is_standard_input() {
            return file::read(&self.file);
        }
        let mut text = String::new();
        match std::io::stdin().read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Failure::new(format!("standard input cannot be read: {error}"))),
        }
    }

    /// Draws what was answered. If that fails, a bad verdict is still the exit code.
    fn draw(&self, report: &Report, answer: Result<(), Failure>) -> Result<(), Failure> {
        let Some(file) = &self.diagram else {
            return answer;
        };
        let written = file::write(file, picture(&self.name(), report, is_svg(file)));
        if let (Err(_), Err(failure)) = (&answer, &written) {
            eprintln!("synod: {failure}");
        }
        answer.and(written)
    }
}

fn extension(file: &Path) -> Option<&str> {
    file.extension()?.to_str()
}

fn is_svg(file: &Path) -> bool {
    extension(file) == Some("svg")
}

/// The operations of a history as bars: a picture, or a page with a caption.
fn picture(title: &str, report: &Report, is_svg: bool) -> String {
    let bars: Vec<Bar> = report
        .drawing
        .bars
        .iter()
        .map(|bar| Bar {
            process: format!("client {}", bar.client()),
            start: bar.called,
            end: bar.returned,
            text: bar.text.clone(),
            conflict: bar.conflict,
            note: format!("operation {}", bar.operation),
        })
        .collect();
    let look = Look::default();
    let history = draw::history(title, &bars, &look);
    if is_svg {
        return history;
    }
    let caption = match &report.violation {
        Some(violation) => violation.facts.join(" "),
        None => report.verdict.to_string(),
    };
    draw::sheet(title, &[(caption, history)], &look)
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        verify: Verify,
    }

    fn refusal(flags: &str) -> Option<String> {
        let words = ["verify", "-", "--model"].into_iter().chain(flags.split(' '));
        let alone = Alone::try_parse_from(words).expect("the flags are known");
        alone.verify.refuse_contradictions().err().map(|failure| failure.to_string())
    }

    #[test]
    fn flags_that_would_be_ignored_are_refused() {
        for (flags, why) in [
            ("list-append --level causal", "--level is for objects"),
            ("list-append --diagram x.html", "transactions are not drawn"),
            ("rw-register --together", "--together is for objects"),
            ("register --isolation serializable", "--isolation is for transactions"),
            ("register --diagram x.foo", "ends in .html or .svg"),
            ("register --diagram /there/is/no/such/x.svg", "there is no folder"),
        ] {
            let refusal = refusal(flags);
            assert!(refusal.as_ref().is_some_and(|said| said.contains(why)), "{refusal:?}");
        }
        for flags in ["register --level causal --diagram x.svg", "list-append", "kv --together"] {
            assert_eq!(refusal(flags), None);
        }
    }
}
