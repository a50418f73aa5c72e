//! How values look in a trace: one short line, whatever they hold.

use core::ascii;
use core::fmt::{self, Display};

/// A key or a value is shown up to this many bytes: enough for a path such as
/// `/registry/pods/default`, and few enough that a put fits a line of 100 columns.
const SHOWN_BYTES: usize = 24;

/// A list is shown up to this many items.
const SHOWN_ITEMS: usize = 4;

/// Bytes as text: printable ASCII as it is, the rest escaped, abbreviated when long (`abc..+1000`).
pub(super) struct Text<'a>(pub &'a [u8]);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().min(SHOWN_BYTES);
        for byte in &self.0[..shown] {
            write!(f, "{}", ascii::escape_default(*byte))?;
        }
        match self.0.len() - shown {
            0 => Ok(()),
            rest => write!(f, "..+{rest}"),
        }
    }
}

/// A list in brackets, abbreviated when long (`[a b c d ..+120]`).
pub(super) struct List<'a, T>(pub &'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().min(SHOWN_ITEMS);
        f.write_str("[")?;
        for (i, item) in self.0[..shown].iter().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { " " })?;
        }
        match self.0.len() - shown {
            0 => f.write_str("]"),
            rest => write!(f, " ..+{rest}]"),
        }
    }
}
