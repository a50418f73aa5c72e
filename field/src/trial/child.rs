//! A node's process, as the parent holds it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use model::NodeId;
use rustix::process::{Pid, Signal, kill_process};

use crate::wire::{Command, Line};

/// What a child says.
pub(super) enum Said {
    Line(NodeId, Line),
    /// It ended, in this life, and why.
    Ended(NodeId, u32, String),
}

/// A node's process. Dropping it ends the process and waits for it.
pub(super) struct Child {
    pid: Option<Pid>,
    input: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts this program with these arguments.
    pub(super) fn spawn(
        node: NodeId,
        arguments: &[String],
        tell: Sender<Said>,
    ) -> Result<Child, String> {
        let fail = |error| format!("cannot start {node}: {error}");
        let life = arguments.iter().find_map(|one| one.strip_prefix("--life="));
        let life = life.and_then(|life| life.parse().ok()).unwrap_or(0);
        let program = std::env::current_exe().map_err(fail)?;
        let mut process = std::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for the parent. And a group without a parent outside of it is awakened and
            // ended by the system, so that no stopped node is left when the parent is killed.
            .process_group(0)
            .spawn()
            .map_err(fail)?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let pid = Pid::from_raw(process.id() as i32);
        let reader = thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                // What a killed process was writing may be cut off in the middle of a line.
                if let Ok(line) = serde_json::from_str(&line) {
                    let _ = tell.send(Said::Line(node, line));
                }
            }
            let why = match process.wait() {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            let _ = tell.send(Said::Ended(node, life, why));
        });
        Ok(Child { pid, input, reader: Some(reader) })
    }

    /// Tells it something. A child that is gone does not hear it: its end is told elsewhere.
    pub(super) fn command(&mut self, command: &Command) {
        let Some(input) = &mut self.input else { return };
        let mut line = serde_json::to_vec(command).expect("A command is JSON.");
        line.push(b'\n');
        let _ = input.write_all(&line).and_then(|()| input.flush());
    }

    /// Stops it, as `kill -STOP` does, or lets it go on.
    pub(super) fn pause(&self, pause: bool) {
        self.signal(if pause { Signal::STOP } else { Signal::CONT });
    }

    /// Kills it, as `kill -9` does, and waits until it is gone and all it said is heard.
    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // A process that is gone already is past all signals.
        let _ = self.pid.map(|pid| kill_process(pid, signal));
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.input = None;
        // A process that was stopped cannot see that its input has ended.
        self.signal(Signal::CONT);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
