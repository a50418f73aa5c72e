//! The program `synod`: one screen of verbs, each in a file of its own.

mod failure;
mod serve;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Distributed systems, written once: explored, simulated and served.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Start here:
  synod up                              a three-node store on this machine, for any etcd v3 client
  synod check raft --nodes 3            explore the same Raft exhaustively, within small bounds
  synod sim raft --nodes 5 --runs 1000  simulate it under faults; any failure replays from its seed
"
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
}

fn main() -> ExitCode {
    let done = match Program::parse().verb {
        Verb::Up(up) => up.run(),
        Verb::Serve(serve) => serve.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("synod: {failure}");
            }
            ExitCode::from(failure.code)
        }
    }
}
