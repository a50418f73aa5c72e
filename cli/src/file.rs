//! Files that a verb is told to read or write.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::path::Path;

use crate::failure::Failure;

/// The text of a file.
pub fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| fail(file, format_args!("cannot be read: {error}")))
}

/// Writes a file anew.
pub fn write(file: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| fail(file, format_args!("cannot be written: {error}")))
}

/// What is wrong with a file.
pub fn fail(file: &Path, why: impl Display) -> Failure {
    Failure::new(format!("{}: {why}", file.display()))
}

/// Whether a file can be read.
pub fn can_read(file: &Path) -> Result<(), Failure> {
    let opened = File::open(file).map(drop);
    opened.map_err(|error| fail(file, format_args!("cannot be read: {error}")))
}

/// Whether these files can be written, as far as that can be told without doing it: looked at
/// before work whose result would be lost.
pub fn look<'f>(files: impl IntoIterator<Item = Option<&'f Path>>) -> Result<(), Failure> {
    files.into_iter().flatten().try_for_each(can_write)
}

fn can_write(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        let opened = OpenOptions::new().append(true).open(file);
        return opened
            .map(drop)
            .map_err(|error| fail(file, format_args!("cannot be written: {error}")));
    }
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let folder = folder.display();
            Err(fail(file, format_args!("cannot be written: there is no folder {folder}")))
        }
        _ => Ok(()),
    }
}
