//! One node's process, as its parent sees it.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use super::Heard;
use crate::failure::Failure;

/// A node's process. It stops when its standard input ends, so it never outlives its parent.
pub struct Child {
    pid: u32,
    command: String,
    input: Option<ChildStdin>,
}

impl Child {
    /// Starts `synod` with these arguments, and tells what it prints and that it ended.
    pub fn spawn(node: u16, arguments: Vec<String>, tell: Sender<Heard>) -> Result<Child, Failure> {
        let fail = |error| Failure::new(format!("cannot start n{node}: {error}"));
        let program = std::env::current_exe().map_err(fail)?;
        let mut process = Command::new(&program)
            .args(&arguments)
            .args(["--json", "--with-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(fail)?;
        let child = Child {
            pid: process.id(),
            command: format!("{} {}", program.display(), arguments.join(" ")),
            input: process.stdin.take(),
        };
        let (output, errors) = (process.stdout.take(), process.stderr.take());
        thread::spawn(move || {
            let complaint = errors.map(|errors| thread::spawn(move || last_words(errors)));
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                // The parent listens as long as it runs.
                let _ = tell.send(Heard::Line(node, line));
            }
            let status = process.wait();
            let said = complaint.and_then(|thread| thread.join().ok()).unwrap_or_default();
            let code = status.as_ref().ok().and_then(ExitStatus::code);
            let why = match (said.trim(), status) {
                ("", Ok(status)) => format!("{status}"),
                ("", Err(error)) => format!("{error}"),
                (said, _) => said.to_string(),
            };
            let _ = tell.send(Heard::Ended(node, code, why));
        });
        Ok(child)
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The command that starts this node alone.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Asks the node to stop.
    pub fn stop(&mut self) {
        self.input = None;
    }
}

/// The end of what a process says on standard error: enough for a panic with its backtrace.
fn last_words(mut errors: impl Read) -> String {
    const KEPT: usize = 16 << 10;
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(count @ 1..) = errors.read(&mut chunk) {
        said.extend_from_slice(&chunk[..count]);
        said.drain(..said.len().saturating_sub(KEPT));
    }
    String::from_utf8_lossy(&said).into_owned()
}
