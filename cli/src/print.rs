//! What a verb prints on standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stdout};
use std::process::exit;

use serde::Serialize;

use crate::failure::{Failure, UNKNOWN};

/// Prints a line. Whoever closes the pipe has read enough, and the program ends; an answer that
/// cannot be written for another reason is lost, and must not look like a good one.
pub fn say(line: impl Display) {
    match writeln!(stdout(), "{line}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(error) => {
            eprintln!("synod: standard output cannot be written: {error}");
            exit(i32::from(UNKNOWN));
        }
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

/// Prints a report.
pub fn show(report: &(impl Serialize + Display), as_json: bool) -> Result<(), Failure> {
    match as_json {
        true => print_json(report),
        false => {
            say(report);
            Ok(())
        }
    }
}

/// Prints a report that answers a question, and exits with the code of its answer.
pub fn answer(report: &(impl Serialize + Display), as_json: bool, code: u8) -> Result<(), Failure> {
    show(report, as_json)?;
    if code == 0 { Ok(()) } else { Err(Failure::verdict(code)) }
}
