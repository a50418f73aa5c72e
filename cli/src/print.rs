//! What a verb prints on standard output.

use std::fmt::Display;
use std::io::{Write, stdout};
use std::process::exit;

use serde::Serialize;

use crate::failure::Failure;

/// Prints a line. Whoever closes the pipe has read enough, and the program ends.
pub fn say(line: impl Display) {
    if writeln!(stdout(), "{line}").is_err() {
        exit(0);
    }
}

/// Prints a line if anybody still reads: for work that goes on without a reader.
pub fn tell(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints one line of JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    say(serde_json::to_string(value).map_err(|error| Failure::new(error.to_string()))?);
    Ok(())
}

/// Prints a report that answers a question, and exits with the code of its answer.
pub fn answer(report: &(impl Serialize + Display), as_json: bool, code: u8) -> Result<(), Failure> {
    match as_json {
        true => print_json(report)?,
        false => say(report),
    }
    if code == 0 { Ok(()) } else { Err(Failure::verdict(code)) }
}
