//! What can be wrong with a log, in words an operator can act on.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

use super::{Identity, MAX_FRAME};

/// Why a log could not be opened, or cannot go on.
#[derive(Debug)]
pub enum LogError {
    /// The operating system refused something.
    Io {
        /// What was being done, as in "write".
        doing: &'static str,
        /// The file or folder it was done to.
        path: PathBuf,
        /// The system's own word.
        source: io::Error,
    },
    /// Another process has the folder open.
    Locked {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder belongs to another cluster or another node.
    Foreign {
        /// The segment that says so.
        file: PathBuf,
        /// Whose it is.
        found: Identity,
        /// Who wanted to open it.
        expected: Identity,
    },
    /// Bytes that no crash explains: they rotted, were overwritten or were cut off.
    Damaged {
        /// The segment.
        file: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// Segments that must exist do not.
    Missing {
        /// The first file that is not there.
        file: PathBuf,
        /// What proves that it was.
        because: String,
    },
    /// The caller could not use a frame that is intact.
    Rejected {
        /// The segment.
        file: PathBuf,
        /// Where the frame begins, in bytes.
        offset: u64,
        /// The frame's sequence number.
        sequence: u64,
        /// The caller's words.
        reason: String,
    },
    /// A payload above [`MAX_FRAME`]; the log is as it was before.
    TooLarge {
        /// The payload's bytes.
        bytes: usize,
    },
    /// An earlier write or sync failed: what is on disk is unknown until the log is opened anew.
    Poisoned,
}

impl LogError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
        move |source| LogError::Io { doing, path: path.to_owned(), source }
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            LogError::Locked { dir } => write!(
                f,
                "the log in {} is in use by another process: stop it, or choose another folder",
                dir.display()
            ),
            LogError::Foreign { file, found, expected } => write!(
                f,
                "{} belongs to {found}, but this is {expected}: start with the folder of this \
                 node",
                file.display()
            ),
            LogError::Damaged { file, offset, found, expected } => write!(
                f,
                "{} is damaged at byte {offset}: found {found}, expected {expected}. No crash \
                 explains this. Keep the folder and restore the file; the other nodes go on. Do \
                 not start this node empty: it has promised votes and entries",
                file.display()
            ),
            LogError::Missing { file, because } => write!(
                f,
                "{} is missing: {because}. Bring the file back; the other nodes go on. Do not \
                 start this node empty: it has promised votes and entries",
                file.display()
            ),
            LogError::Rejected { file, offset, sequence, reason } => write!(
                f,
                "frame {sequence} at byte {offset} of {} is intact but of no use: {reason}",
                file.display()
            ),
            LogError::TooLarge { bytes } => {
                write!(f, "a frame of {bytes} bytes is above the limit of {MAX_FRAME}")
            }
            LogError::Poisoned => write!(
                f,
                "an earlier write or sync of the log failed, so what is on disk is unknown: \
                 restart the process"
            ),
        }
    }
}

impl error::Error for LogError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            LogError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
