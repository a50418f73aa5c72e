//! The processes that are nodes, and what they say.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::Test;
use crate::message::Envelope;

/// What a node's process says.
pub(super) enum Said {
    /// A message.
    Message(usize, Envelope),
    /// A line that is no message.
    Strange(usize, String),
    /// Its output has ended.
    Ended(usize),
}

/// The longest line that a node may write: a read of a million numbers is shorter.
const MAX_LINE: u64 = 1 << 24;

/// Lines on standard error that are kept, for whoever has to find out why a node ended.
const LAST_WORDS: usize = 10;

/// How long a process whose output has ended may take to end, before it is said to live on.
const ENDING: Duration = Duration::from_secs(1);

/// A node's process. Dropping it ends the process.
pub(super) struct Process {
    child: Child,
    /// A thread of its own writes, so that a node which does not read keeps nobody waiting.
    input: Option<Sender<Vec<u8>>>,
    last_words: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    /// Starts a node.
    pub(super) fn start(test: &Test, node: usize, tell: Sender<Said>) -> Result<Process, String> {
        let program = test.binary.display();
        let mut child = Command::new(&test.binary)
            .args(&test.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the harness, which then ends its nodes in good order.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (input, lines) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            let Some(mut stdin) = stdin else { return };
            // A process that has ended says so on its own.
            while let Ok(line) = lines.recv()
                && stdin.write_all(&line).and_then(|()| stdin.flush()).is_ok()
            {}
        });
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let heard = Arc::clone(&last_words);
        thread::spawn(move || {
            each_line(stderr, |line| {
                eprintln!("n{node}: {line}");
                if let Ok(mut heard) = heard.lock() {
                    heard.push_back(line.to_string());
                    if heard.len() > LAST_WORDS {
                        heard.pop_front();
                    }
                }
                true
            });
        });
        thread::spawn(move || {
            each_line(stdout, |line| tell.send(said(node, line)).is_ok());
            let _ = tell.send(Said::Ended(node));
        });
        Ok(Process { child, input: Some(input), last_words })
    }

    /// Writes a message to its standard input.
    pub(super) fn give(&self, envelope: &Envelope) {
        let mut line = serde_json::to_vec(envelope).expect("A message is JSON.");
        line.push(b'\n');
        // A process that has ended says so on its own.
        let _ = self.input.as_ref().map(|input| input.send(line));
    }

    /// How it ended, and what it said last.
    pub(super) fn ending(&mut self) -> String {
        let begin = Instant::now();
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status.to_string(),
                Ok(None) if begin.elapsed() < ENDING => thread::park_timeout(ENDING / 100),
                Ok(None) => break "it closed its standard output and goes on".to_string(),
                Err(error) => break error.to_string(),
            }
        };
        match self.last_words() {
            None => status,
            Some(words) => format!("{status}; its last words on standard error:\n{words}"),
        }
    }

    /// The last lines on standard error, if there were any.
    pub(super) fn last_words(&self) -> Option<String> {
        let words = self.last_words.lock().ok()?;
        let words: Vec<String> = words.iter().map(|line| format!("  {line}")).collect();
        (!words.is_empty()).then(|| words.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        // A node that does not see that its input has ended is not waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands over every line, until there are no more or nobody wants one.
fn each_line(source: Option<impl Read>, mut take: impl FnMut(&str) -> bool) {
    let Some(source) = source else { return };
    let mut source = BufReader::new(source);
    let mut line = Vec::new();
    loop {
        line.clear();
        match source.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                if !take(text.trim_end_matches(['\n', '\r'])) {
                    return;
                }
            }
        }
    }
}

fn said(node: usize, line: &str) -> Said {
    match serde_json::from_str::<Envelope>(line) {
        Ok(envelope) if envelope.body["type"].is_string() => Said::Message(node, envelope),
        Ok(Envelope { body: Json::Object(_), .. }) => {
            Said::Strange(node, format!("{} (its body has no type)", shortened(line)))
        }
        Ok(_) => Said::Strange(node, format!("{} (its body is no object)", shortened(line))),
        Err(error) => Said::Strange(node, format!("{} ({error})", shortened(line))),
    }
}

/// Characters of a strange line that are shown.
const SHOWN: usize = 300;

fn shortened(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        None => line.to_string(),
        Some((end, _)) => format!("{}...", &line[..end]),
    }
}
