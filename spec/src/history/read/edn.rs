//! EDN maps, one a line: `{:process 0, :type :invoke, :f :put, :key "a", :value "x"}`.
//!
//! As much of EDN as histories use: nil, keywords, integers, strings, vectors, lists, sets and
//! maps. A tag (`#jepsen.history.Op{...}`) is passed over.

use super::{Client, Event, Kind, Line, Term};

/// What a line holds.
pub fn event(line: &str) -> Result<Line, String> {
    let mut scanner = Scanner { rest: untagged(line) };
    scanner.expect('{')?;
    let (mut process, mut kind, mut f, mut key) = (None, None, None, None);
    let (mut value, mut error) = (Term::Nil, Term::Nil);
    while !scanner.accept('}') {
        let Term::Word(name) = scanner.term(0)? else {
            return Err("a map has keywords for keys".to_owned());
        };
        let term = scanner.term(0)?;
        match (&*name, term) {
            ("process", Term::Int(number)) => {
                let number = u64::try_from(number);
                let number = number.map_err(|_| "the process is negative".to_owned())?;
                process = Some(Client::Number(number));
            }
            ("process", Term::Word(name) | Term::Text(name)) => {
                process = Some(Client::named(&name));
            }
            ("process", _) => return Err(super::NO_PROCESS.to_owned()),
            ("type", Term::Word(name)) => kind = Some(name),
            ("f", Term::Word(name)) => f = Some(name),
            ("key", term) => key = Some(term),
            ("value", term) => value = term,
            ("error", term) => error = term,
            _ => {}
        }
    }
    if !scanner.rest.trim().is_empty() {
        return Err("something follows the map".to_owned());
    }
    let process = process.ok_or("the event has no :process")?;
    if process.is_nemesis() {
        return Ok(Line::Nemesis);
    }
    let kind = kind.ok_or("the event has no :type")?;
    Ok(Line::Event(Event {
        process,
        kind: Kind::from_name(&kind).ok_or_else(|| format!("there is no event type :{kind}"))?,
        f,
        key,
        value,
        error,
    }))
}

/// The text without the tag that it begins with, if it does.
pub(super) fn untagged(text: &str) -> &str {
    let rest = text.strip_prefix('#').unwrap_or(text);
    let name = |c: char| c.is_alphanumeric() || ".-_/*+!?$%&=<>".contains(c);
    match rest.starts_with(name) && rest.len() < text.len() {
        true => rest.trim_start_matches(name).trim_start(),
        false => text,
    }
}

/// Reads a single term that fills the text.
pub(super) fn term(text: &str) -> Result<Term, String> {
    let mut scanner = Scanner { rest: text };
    let term = scanner.term(0)?;
    match scanner.rest.trim() {
        "" => Ok(term),
        rest => Err(format!("the value is followed by {rest:?}")),
    }
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// Vectors within vectors, at most: no history has more than two, and the stack must not
    /// overflow.
    const DEPTH: usize = 16;

    fn skip_blank(&mut self) {
        let blank = |byte: &u8| matches!(byte, b' ' | b',' | b'\t');
        let begin = self.rest.bytes().position(|byte| !blank(&byte));
        self.rest = &self.rest[begin.unwrap_or(self.rest.len())..];
        // Other blanks are rare, and some are of several bytes.
        if self.rest.starts_with(|c: char| c.is_whitespace()) {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        }
    }

    /// Where the word or number at hand ends.
    fn token_end(&self) -> usize {
        const ENDS: &[u8] = b" ,\"[]{}()\t\r\n\x0b\x0c";
        let end = self.rest.bytes().position(|byte| ENDS.contains(&byte) || !byte.is_ascii());
        let end = end.unwrap_or(self.rest.len());
        let ends = |c: char| c.is_whitespace() || ",\"[]{}()".contains(c);
        self.rest[end..].find(ends).map_or(self.rest.len(), |more| end + more)
    }

    fn accept(&mut self, wanted: char) -> bool {
        self.skip_blank();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.accept(wanted) {
            true => Ok(()),
            false => Err(format!("expected {wanted:?} at {:?}", excerpt(self.rest))),
        }
    }

    fn term(&mut self, depth: usize) -> Result<Term, String> {
        if depth > Self::DEPTH {
            return Err("vectors are nested too deeply".to_owned());
        }
        self.skip_blank();
        let first = self.rest.bytes().next();
        let inside = self.rest.get(1..).unwrap_or("");
        match (first, inside.bytes().next()) {
            (Some(b'"'), _) => {
                self.rest = inside;
                return self.text();
            }
            (Some(b'['), _) => {
                self.rest = inside;
                return Ok(Term::List(self.terms(']', depth)?));
            }
            (Some(b'('), _) | (Some(b'{'), _) | (Some(b'#'), Some(b'{')) => {
                let close = if first == Some(b'(') { ')' } else { '}' };
                self.rest = if first == Some(b'#') { &inside[1..] } else { inside };
                return Ok(Term::List(self.terms(close, depth)?));
            }
            (Some(b'#'), _) => {
                let end = self.rest.find(|c: char| c.is_whitespace() || "{[(\"".contains(c));
                self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
                return self.term(depth + 1);
            }
            _ => {}
        }
        let end = self.token_end();
        let (token, rest) = self.rest.split_at(end);
        if token.is_empty() {
            return Err(format!("expected a value at {:?}", excerpt(rest)));
        }
        self.rest = rest;
        Ok(match (token, token.parse()) {
            ("nil", _) => Term::Nil,
            (_, Ok(number)) => Term::Int(number),
            _ => Term::Word(token.strip_prefix(':').unwrap_or(token).into()),
        })
    }

    /// The terms of a collection whose opening has been read.
    fn terms(&mut self, close: char, depth: usize) -> Result<Vec<Term>, String> {
        let mut terms = Vec::new();
        while !self.accept(close) {
            terms.push(self.term(depth + 1)?);
        }
        Ok(terms)
    }

    /// The rest of a string whose opening quote has been read.
    fn text(&mut self) -> Result<Term, String> {
        let mut text = String::new();
        loop {
            let special = self.rest.find(['"', '\\']).ok_or("a string has no end")?;
            text.push_str(&self.rest[..special]);
            let quote = self.rest[special..].starts_with('"');
            self.rest = &self.rest[special + 1..];
            if quote {
                return Ok(Term::Text(text.into()));
            }
            text.push(self.escape()?);
        }
    }

    /// The character that an escape stands for, whose backslash has been read.
    fn escape(&mut self) -> Result<char, String> {
        let mut rest = self.rest.chars();
        let character = match rest.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(same @ ('"' | '\\')) => same,
            Some('u') => {
                let code = rest.as_str().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                rest.nth(3);
                code.and_then(char::from_u32).ok_or("a string has a bad \\u escape")?
            }
            _ => return Err("a string has an unknown escape".to_owned()),
        };
        self.rest = rest.as_str();
        Ok(character)
    }
}

/// The beginning of a text, for an error.
fn excerpt(text: &str) -> String {
    text.chars().take(20).collect()
}
