//! A process of the program under test: what it prints and how it ends are events.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
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

/// How a process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ending {
    /// The exit code, or nothing after a signal.
    pub code: Option<i32>,
    /// All it said on standard error.
    pub said: String,
}

/// A running process. Dropping it waits for its end, which its owner must have seen to.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    has_ended: Arc<AtomicBool>,
    /// A node that runs with its parent stops when this is closed.
    input: Option<ChildStdin>,
    listener: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts the program under test and tells what it says.
    pub fn spawn(source: Source, arguments: &[String], tell: Sender<Heard>) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_synod"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("The program under test was built.");
        let (pid, input) = (child.id(), child.stdin.take());
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = has_ended.clone();
        let listener = thread::spawn(move || {
            let words = thread::spawn(move || {
                let mut said = Vec::new();
                // What was said before an error is still worth having.
                let _ = errors.map(|mut errors| errors.read_to_end(&mut said));
                String::from_utf8_lossy(&said).into_owned()
            });
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                // A town that has been left hears nothing any more.
                let _ = tell.send(Heard::Line(source, event));
            }
            let said = words.join().unwrap_or_default();
            let status = child.wait();
            ended.store(true, Ordering::Release);
            let code = status.ok().and_then(|status| status.code());
            let _ = tell.send(Heard::Ended(source, Ending { code, said }));
        });
        Process { pid, has_ended, input, listener: Some(listener) }
    }

    /// Asks the process to end.
    pub fn terminate(&self) {
        if !self.has_ended.load(Ordering::Acquire) {
            signal(self.pid, Signal::TERM);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.terminate();
        self.input = None;
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// Ends a process at once, as a crash would.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // A process that has ended in the meantime needs no signal.
    let _ = pid.map(|pid| kill_process(pid, signal));
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

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "exit code {code}: {}", self.said.trim()),
            None => write!(f, "by a signal: {}", self.said.trim()),
        }
    }
}
