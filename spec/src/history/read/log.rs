//! Logs of Jepsen runs: `INFO  jepsen.util - 3  :invoke  :cas  [3 4]`.
//!
//! After the logger's name stand process, type, function and value, apart by blanks or tabs. Lines
//! of other loggers are skipped, and so are events of a nemesis.

use super::{Client, Event, Kind, Line, Term, edn};

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/// Whether the line looks like a line of a log.
pub(super) fn is_log(line: &str) -> bool {
    level_first(line) || line.contains("jepsen.util - ")
}

/// What a line holds.
pub fn event(line: &str) -> Result<Line, String> {
    let Some((_, event)) = line.split_once("jepsen.util - ") else {
        return match level_first(line) {
            true => Ok(Line::Other),
            false => Err("not a line of a log".to_owned()),
        };
    };
    let (process, event) = word(event);
    let process = Client::named(process.strip_prefix(':').unwrap_or(process));
    if process.is_nemesis() {
        return Ok(Line::Nemesis);
    }
    let (kind, event) = word(event);
    let Some(kind) = kind.strip_prefix(':').and_then(Kind::from_name) else {
        return match process {
            // The logger says other things, too, but none that begin with a number.
            Client::Named(_) if !kind.starts_with(':') => Ok(Line::Other),
            _ => Err(format!("there is no event type {kind:?}")),
        };
    };
    let (f, value) = word(event);
    let Some(f) = f.strip_prefix(':') else {
        return Err(format!("{f:?} is not a function"));
    };
    Ok(Line::Event(Event {
        process,
        kind,
        f: Some(f.into()),
        key: None,
        value: match value {
            "" => Term::Nil,
            value => edn::term(value)?,
        },
        error: Term::Nil,
    }))
}

fn level_first(line: &str) -> bool {
    LEVELS.contains(&word(line).0)
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}
