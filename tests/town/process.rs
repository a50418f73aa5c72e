//! A process of the program under test: what it prints and how it ends are events.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::Sender;

use field::process::Said;
pub use field::process::{Ending, Process, kill};
use serde_json::Value;

/// Who is heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The parent of the whole cluster.
    Up,
    /// A node that was started by itself.
    Node(u16),
}

/// What is heard.
#[derive(Debug)]
pub enum Heard {
    /// A line on standard output, which is JSON.
    Line(Source, Value),
    /// The process has ended.
    Ended(Source, Ending),
}

/// Starts the program under test and tells what it says.
pub fn spawn(source: Source, arguments: &[String], tell: Sender<Heard>) -> Process {
    let program = Path::new(env!("CARGO_BIN_EXE_synod"));
    let process = Process::spawn(program, arguments, move |said| {
        // A town that has been left hears nothing any more.
        let _ = tell.send(match said {
            Said::Line(line) => {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                Heard::Line(source, event)
            }
            Said::Ended(ending) => Heard::Ended(source, ending),
        });
    });
    process.expect("The program under test was built.")
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Heard::Line(Source::Up, event) => write!(f, "up: {event}"),
            Heard::Line(Source::Node(node), event) => write!(f, "n{node}: {event}"),
            Heard::Ended(Source::Up, ending) => write!(f, "up ended: {ending}"),
            Heard::Ended(Source::Node(node), ending) => write!(f, "n{node} ended: {ending}"),
        }
    }
}
