//! `synod impossible`: what no protocol can do, as experiments.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};

use crate::failure::{BROKEN, Failure, ended};
use crate::file;

/// Which experiment.
#[derive(Args)]
pub struct Impossible {
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Subcommand)]
enum Experiment {
    /// Two generals agree on an attack by messengers who may be caught: for any number of them
    /// there is a run in which one attacks alone
    TwoGenerals {
        /// How many messengers go at most
        #[arg(long, default_value_t = 4)]
        messengers: u32,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// A deterministic consensus is kept undecided for as long as asked, though every message
    /// arrives (Fischer, Lynch, Paterson 1985)
    Flp {
        /// Events of the run
        #[arg(long, default_value_t = 200)]
        events: usize,
        /// Write the run to this file, as a story
        #[arg(long, value_name = "FILE")]
        story: Option<PathBuf>,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Every replication protocol through the same partition, and without it: who answers, who
    /// contradicts himself, how long it takes (Gilbert, Lynch 2002; Abadi 2012)
    Cap {
        /// How many nodes
        #[arg(long, default_value_t = 5)]
        nodes: usize,
        /// Runs, each of its own seed
        #[arg(long, default_value_t = 10, value_parser = value_parser!(u64).range(1..))]
        runs: u64,
        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
}

/// The most messengers of an experiment: worlds double with each.
const MOST_MESSENGERS: u32 = 12;

impl Impossible {
    /// Makes the experiment and prints what came of it.
    pub fn run(self) -> Result<(), Failure> {
        match self.experiment {
            Experiment::TwoGenerals { messengers, json } => {
                if messengers > MOST_MESSENGERS {
                    let why = format!("at most {MOST_MESSENGERS} messengers can go, not more");
                    return Err(Failure::new(why));
                }
                // That they disagree is what the experiment shows, so it is no failure.
                crate::answer(&lab::disagreement(messengers), json, 0)
            }
            Experiment::Flp { events, story, json } => {
                file::look([story.as_deref()])?;
                let report = lab::flp::bivalent_run(events);
                crate::show(&report, json)?;
                let told = story.map_or(Ok(()), |file| file::write(&file, report.story()));
                ended(if report.stuck.is_some() { BROKEN } else { 0 }, told)
            }
            Experiment::Cap { nodes, runs, json } => {
                if !(2..=9).contains(&nodes) {
                    return Err(Failure::new("the experiment takes 2 to 9 nodes"));
                }
                crate::answer(&lab::cap::measure(nodes, runs), json, 0)
            }
        }
    }
}
