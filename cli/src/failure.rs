//! How a command fails: what was wrong, what to do, and the exit code.

use std::fmt;

/// The exit code of a node that refuses its damaged log.
pub const DAMAGED: u8 = 3;

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
        Failure { message: message.into(), code: 2 }
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
