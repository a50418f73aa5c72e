//! `synod chaos`: the served store under the faults of a plan, as real processes.

use std::path::PathBuf;
use std::time::Duration;

use ::chaos::{Chaos as Trial, Habits};
use clap::Args;
use lab::Settings;
use sim::Plan;

use crate::failure::Failure;
use crate::variant::Saved;
use crate::watch::{Line, interrupt};

/// Which faults, and how the store is used meanwhile.
#[derive(Args)]
#[command(after_help = "\
A plan is the file that `synod sim store --draw FILE` writes and `synod sim store --plan FILE`
simulates: faults with their times in nanoseconds. Here they are done to a real cluster of
`synod serve`, on free ports, in a folder of its own:

  crash             kill -9, and a new start on the same log
  pause             SIGSTOP, SIGCONT
  cut, isolation    connections between the nodes break and no others come about, also one way
  clog              what is sent waits
  storm, omission   connections break, as often as packets would be lost
  rot               a bit of a stopped node's log is turned: the node must refuse to start
  forget            the last frames of a stopped node's log are taken away, unseen (--without disk)

What cannot be done to a real process from outside is named in the report. Clients get, put and
compare-and-swap all the time; once faults have healed, every node of the plan's core must take
writes again, and every acknowledged write must be there. Exits with 0, or with the class of what
was broken: 1 safety, 4 liveness, 5 a node that ended by itself; 2 if it could not be found out.

  synod chaos --seed 6                          a plan drawn from a seed
  synod sim store --seed 6 --draw plan.json     the same plan as a file
  synod chaos --plan plan.json --trace
  synod verify synod-history.jsonl --model revisions
")]
pub struct Chaos {
    /// Do the faults of this plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "nodes"])]
    plan: Option<PathBuf>,
    /// Without a plan: draw one from this seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Without a plan: for so many nodes
    #[arg(long)]
    nodes: Option<usize>,
    /// How many clients use the store
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=1000))]
    clients: u64,
    /// Milliseconds between an answer and a client's next request
    #[arg(long, default_value_t = 5)]
    pause: u64,
    /// Milliseconds that a client waits for an answer; then nobody knows what became of the request
    #[arg(long, default_value_t = 2000)]
    patience: u64,
    /// Where the history is written, faults included: JSON lines for `synod verify`
    #[arg(long, value_name = "FILE", default_value = "synod-history.jsonl")]
    history: PathBuf,
    /// Keep the nodes' logs in this folder, which must be new or empty
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Print every fault when it is done
    #[arg(long)]
    trace: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Chaos {
    /// Runs the cluster, judges what its clients saw, and exits with the verdict's code.
    pub fn run(self) -> Result<(), Failure> {
        let plan = self.plan()?;
        let program = std::env::current_exe()
            .map_err(|error| Failure::new(format!("this program is not found: {error}")))?;
        let folder = self.folder()?;
        let millis = Duration::from_millis;
        let habits = Habits {
            clients: self.clients,
            pause: millis(self.pause),
            patience: millis(self.patience),
            seed: plan.seed,
        };
        let trial = Trial { plan, habits, program, folder: folder.clone() };
        let (mut line, says) = (Line::new(), self.trace && !self.json);
        let mut tell = |at: Duration, what: &str| match says {
            true => crate::say(format_args!("{:8.3} s  {what}", at.as_secs_f64())),
            false => line.show(format_args!("{:.1} s: {what}", at.as_secs_f64())),
        };
        let ran = trial.run(interrupt(), &mut tell);
        line.clear();
        if self.data.is_none() {
            std::fs::remove_dir_all(&folder).map_err(|error| crate::file::fail(&folder, error))?;
        }
        let (mut report, history) = ran.map_err(Failure::new)?;
        crate::file::write(&self.history, history)?;
        report.file = Some(self.history.clone());
        let code = report.exit_code();
        let answered = crate::answer(&report, self.json, code);
        if !self.json {
            let file = self.history.display();
            crate::say(format_args!("history: synod verify {file} --model revisions"));
        }
        answered
    }

    fn plan(&self) -> Result<Plan, Failure> {
        let store = lab::find("store").map_err(Failure::new)?;
        if let Some(file) = &self.plan {
            return Saved::read(file, store, &Settings::default()).map(|saved| saved.plan);
        }
        let draw = store.runs().map_err(Failure::new)?.plan;
        let settings = Settings { nodes: self.nodes, ..Settings::default() };
        draw(&settings, self.seed).map_err(Failure::new)
    }

    /// The folder of the nodes' logs, which is empty.
    fn folder(&self) -> Result<PathBuf, Failure> {
        let own = || std::env::temp_dir().join(format!("synod-chaos-{}", std::process::id()));
        let folder = self.data.clone().unwrap_or_else(own);
        let fail = |error| crate::file::fail(&folder, error);
        std::fs::create_dir_all(&folder).map_err(fail)?;
        match std::fs::read_dir(&folder).map_err(fail)?.next() {
            None => Ok(folder),
            Some(_) => Err(crate::file::fail(
                &folder,
                "it is not empty: a store that holds something already cannot be judged",
            )),
        }
    }
}
