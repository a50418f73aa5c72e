//! Files that a verb is told to read or write.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// The text of a file.
pub fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| fail(file, error))
}

/// Writes a file anew.
pub fn write(file: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| fail(file, error))
}

/// What is wrong with a file.
pub fn fail(file: &Path, why: impl Display) -> Failure {
    Failure::new(format!("{}: {why}", file.display()))
}
