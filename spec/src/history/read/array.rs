//! All events in one array: JSON's `[{...}, {...}]`, EDN's `[{...} {...}]` or `({...} {...})`.
//!
//! Here an array is only taken apart into its elements; what they say is read like lines.

use super::ReadError;
use crate::history::operation::Fault;

/// Whether the text is an array.
pub(super) fn begins(text: &str) -> bool {
    let lines = text.lines().map(str::trim_start);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(';'));
    lines.next().is_some_and(|line| {
        line.starts_with('(') || line.starts_with('[') && !super::log::is_log(line)
    })
}

/// The elements of an array, each with the number of the line that it begins in. Errors if the
/// array has no end, or if anything follows it.
pub(super) fn elements(text: &str) -> Result<Vec<(u64, &str)>, ReadError> {
    let whole = |what: &str| ReadError { line: 0, fault: Fault::Syntax(what.to_owned()) };
    let mut elements = Vec::new();
    let (mut depth, mut line, mut opened) = (0, 1, false);
    // Where the element at hand begins, and in which line.
    let mut begun: Option<(usize, u64)> = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let blank = matches!(byte, b' ' | b',' | b'\t' | b'\r' | b'\n' | b';');
        let closes = matches!(byte, b']' | b')' | b'}');
        if depth == 1
            && (blank || closes)
            // A tag and what it is put before are one element, with or without a blank between.
            && let Some((from, number)) = begun.take_if(|(from, _)| closes || !is_tag(text, *from))
        {
            elements.push((number, &text[from..at]));
        }
        match byte {
            b'\n' => line += 1,
            b';' => line += u64::from(bytes.any(|(_, byte)| byte == b'\n')),
            _ if blank => {}
            _ if depth == 0 && opened => return Err(whole("something follows the array")),
            _ if depth == 0 => (depth, opened) = (1, true),
            _ if closes => {
                depth -= 1;
                if depth == 1
                    && let Some((from, number)) = begun.take()
                {
                    elements.push((number, &text[from..=at]));
                }
            }
            _ => {
                begun = begun.or(Some((at, line)));
                match byte {
                    b'[' | b'(' | b'{' => depth += 1,
                    b'"' => line += string_lines(&mut bytes),
                    _ => {}
                }
            }
        }
    }
    match depth {
        0 => Ok(elements),
        _ => Err(whole("the array has no end: is the file whole?")),
    }
}

fn is_tag(text: &str, from: usize) -> bool {
    text[from..].starts_with('#')
}

/// Passes over the rest of a string, and counts the lines that end in it.
fn string_lines(bytes: &mut impl Iterator<Item = (usize, u8)>) -> u64 {
    let mut lines = 0;
    while let Some((_, byte)) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => drop(bytes.next()),
            _ => lines += u64::from(byte == b'\n'),
        }
    }
    lines
}

/// An error about the element of an array that is at its position.
pub(super) fn fault(error: ReadError) -> ReadError {
    let number = error.line;
    let what = match error.fault {
        Fault::UnknownFormat => "expected an EDN map or a JSON object".to_owned(),
        fault => ReadError { line: 0, fault }.to_string(),
    };
    ReadError { line: 0, fault: Fault::Syntax(format!("event {number} of the array: {what}")) }
}
