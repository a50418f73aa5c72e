//! A process of ours, as its parent holds it: what it prints and how it ends are told.

use std::fmt::{self, Display};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

/// What a process says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// A line on standard output.
    Line(String),
    /// It has ended: the last that is told.
    Ended(Ending),
}

/// How a process ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ending {
    /// The exit code, or nothing after a signal.
    pub code: Option<i32>,
    /// The end of what it said on standard error.
    pub said: String,
    /// The system's words for it.
    pub status: String,
}

/// A running process. It is expected to end when its standard input does, so that it never
/// outlives its parent. Dropping it closes its input and waits for its end.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    has_ended: Arc<AtomicBool>,
    input: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a program, and tells what it says.
    ///
    /// # Errors
    /// The system cannot start it.
    pub fn spawn(
        program: &Path,
        arguments: &[String],
        mut tell: impl FnMut(Said) + Send + 'static,
    ) -> io::Result<Process> {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the parent. And a group without a parent outside of it is awakened and
            // ended by the system, so that no stopped process is left when the parent is killed.
            .process_group(0)
            .spawn()?;
        let (pid, input) = (process.id(), process.stdin.take());
        let (output, errors) = (process.stdout.take(), process.stderr.take());
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = has_ended.clone();
        let reader = thread::spawn(move || {
            let words = errors.map(|errors| thread::spawn(move || last_words(errors)));
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            lines.map_while(Result::ok).for_each(|line| tell(Said::Line(line)));
            let said = words.and_then(|thread| thread.join().ok()).unwrap_or_default();
            let status = process.wait();
            ended.store(true, Ordering::Release);
            let code = status.as_ref().ok().and_then(|status| status.code());
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            tell(Said::Ended(Ending { code, said, status }));
        });
        Ok(Process { pid, has_ended, input, reader: Some(reader) })
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Writes a line to its standard input. A process that is gone does not hear it: its end is
    /// told elsewhere.
    pub fn write(&mut self, mut line: Vec<u8>) {
        let Some(input) = &mut self.input else { return };
        line.push(b'\n');
        let _ = input.write_all(&line).and_then(|()| input.flush());
    }

    /// Ends its standard input: it should stop by itself.
    pub fn close(&mut self) {
        self.input = None;
    }

    /// Asks it to stop, as `kill` does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Stops it, as `kill -STOP` does, or lets it go on.
    pub fn pause(&self, pause: bool) {
        self.signal(if pause { Signal::STOP } else { Signal::CONT });
    }

    /// Kills it, as `kill -9` does, and waits until it is gone and all it said is told.
    pub fn kill(self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, which: Signal) {
        // The number of a process that has ended may be another's by now.
        if !self.has_ended.load(Ordering::Acquire) {
            signal(self.pid, which);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.close();
        // A process that was stopped cannot see that its input has ended.
        self.signal(Signal::CONT);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// Kills a process of which only the number is known, as `kill -9` does. Its parent must not have
/// waited for it yet.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // A process that has just ended needs no signal.
    let _ = pid.map(|pid| kill_process(pid, signal));
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

impl Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.said.trim() {
            "" => f.write_str(&self.status),
            said => f.write_str(said),
        }
    }
}
