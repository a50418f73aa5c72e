//! The program `synod`: one screen of verbs, each in a file of its own.

mod chaos;
mod check;
mod explore;
mod failure;
mod file;
mod impossible;
mod list;
mod maelstrom;
mod print;
mod run;
mod serve;
mod sim;
mod story;
mod theory;
mod trace;
mod up;
mod variant;
mod verify;
mod watch;

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use failure::{CODES, Failure};
use print::{answer, print_json, say, show};

/// What to try first.
const START: &str = "\
Start here:
  synod up                              a three-node store on this machine, for any etcd v3 client
  synod check raft --nodes 3            explore the same Raft exhaustively, within small bounds
  synod sim raft --nodes 5 --runs 1000  simulate it under faults; any failure replays from its seed
  synod trace raft                      watch one run; --diagram run.html draws it
  synod run raft                        run it as real processes over TCP
  synod chaos                           crash, pause and cut off the served store, and judge it
";

/// Distributed systems, written once: explored, simulated and served.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = START,
    after_long_help = format!("{START}\n{CODES}")
)]
struct Program {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start a cluster on this machine and keep it running until Ctrl-C
    Up(up::Up),
    /// Run one node of a cluster
    Serve(serve::Serve),
    /// Simulate a protocol: many long random runs under faults
    Sim(sim::Sim),
    /// Explore a protocol: all short runs within bounds
    Check(check::Check),
    /// Show one run, event by event, as lines or as a picture
    Trace(trace::Show),
    /// Tell a run driven step by step, and whether it still goes as its file says
    Story(story::Story),
    /// Measure costs beside the textbooks' formulas
    Theory(theory::Theory),
    /// Explore a protocol by hand, in a browser: choose each next event, go back, branch
    Explore(explore::Explore),
    /// What no protocol can do, as experiments: two generals, FLP, CAP
    Impossible(impossible::Impossible),
    /// Run any protocol as real processes over TCP, under real faults if wished
    Run(run::Run),
    /// Do the faults of a plan to the served store, as real processes, and judge what clients saw
    Chaos(chaos::Chaos),
    /// Be a node of Maelstrom's, or test anybody's nodes as Maelstrom does
    Maelstrom(maelstrom::Both),
    /// Judge a recorded history: is it linearizable?
    Verify(verify::Verify),
    /// List the protocols
    List(list::List),
}

fn main() -> ExitCode {
    let as_json = std::env::args().take_while(|word| word != "--").any(|word| word == "--json");
    let program = Program::try_parse().unwrap_or_else(|error| match error.use_stderr() {
        true if as_json => {
            // Its first part says what is wrong; usage comes behind it.
            let text = error.to_string();
            let why = text.split("\n\n").next().unwrap_or_default();
            complain(why.trim_start_matches("error: "), true);
            std::process::exit(error.exit_code());
        }
        _ => error.exit(),
    });
    // A server answers nothing: who started it reads standard error.
    let as_json = as_json && !matches!(program.verb, Verb::Serve(_) | Verb::Up(_));
    match run(program.verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                complain(failure.to_string(), as_json);
            }
            ExitCode::from(failure.code)
        }
    }
}

/// Says what went wrong: to people on standard error, to programs where they listen.
fn complain(why: impl Display, as_json: bool) {
    match as_json {
        true => say(serde_json::json!({ "error": why.to_string() })),
        false => eprintln!("synod: {why}"),
    }
}

fn run(verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Up(up) => up.run(),
        Verb::Serve(serve) => serve.run(),
        Verb::Sim(sim) => sim.run(),
        Verb::Check(check) => check.run(),
        Verb::Trace(show) => show.run(),
        Verb::Story(story) => story.run(),
        Verb::Theory(theory) => theory.run(),
        Verb::Explore(explore) => explore.run(),
        Verb::Impossible(experiment) => experiment.run(),
        Verb::Run(run) => run.run(),
        Verb::Chaos(chaos) => chaos.run(),
        Verb::Maelstrom(both) => both.run(),
        Verb::Verify(verify) => verify.run(),
        Verb::List(list) => list.run(),
    }
}
