//! How a command fails: what was wrong, what to do, and the exit code.

use std::fmt;

/// The exit code of what something was found broken by: safety, or a promise of a verdict.
pub const BROKEN: u8 = 1;

/// The exit code of a question that stays open, and of a command that could not do what it was
/// asked.
pub const UNKNOWN: u8 = 2;

/// The exit code of a node that refuses its damaged log.
pub const DAMAGED: u8 = 3;

/// The exit code of a run in which what is promised does not come.
pub const STUCK: u8 = 4;

/// The exit code of a run in which a step panics.
pub const PANIC: u8 = 5;

/// What the exit codes mean, for people.
pub const CODES: &str = "\
Exit codes:
  0  what was asked holds, or was done
  1  something is broken: safety is violated, a history breaks its promise, a story goes otherwise
  2  unknown: stopped by Ctrl-C or a limit; or the command could not do what it was asked
  3  a node refuses its damaged log
  4  something promised does not come (liveness, in synod sim)
  5  a step panics (in synod sim)

With --json, what is found and what goes wrong are JSON on standard output, an error as
{\"error\": \"...\"}. One line is printed, but by list, theory, maelstrom glomers, check --all and
sim --all one for each thing.
";

/// What ends the program with a message on standard error and a code that is not zero.
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// The process's exit code.
    pub code: u8,
}

impl Failure {
    /// A failure with exit code 2: the command could not do what it was asked.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: UNKNOWN }
    }

    /// A node's log is damaged: its exit code 3 tells a parent that the other nodes may go on.
    pub fn damaged(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), code: DAMAGED }
    }

    /// A verdict other than the good one, already printed: only the code is left to say.
    pub fn verdict(code: u8) -> Failure {
        Failure { message: String::new(), code }
    }

    /// Whether there is something to print.
    pub fn is_silent(&self) -> bool {
        self.message.is_empty()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// How a command ends that has printed its verdict and then had something to write: a file that
/// cannot be written is said, but hides no verdict.
pub fn ended(code: u8, written: Result<(), Failure>) -> Result<(), Failure> {
    match (code, written) {
        (0, written) => written,
        (code, Ok(())) => Err(Failure::verdict(code)),
        (code, Err(failure)) => Err(Failure { code, ..failure }),
    }
}
