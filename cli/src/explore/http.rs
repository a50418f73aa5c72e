//! As much of HTTP as one page on one's own machine needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// The longest body that is read: a story of tens of thousands of commands.
const MAX_BODY: u64 = 4 << 20;

/// The longest head that is read; browsers send a few hundred bytes.
const MAX_HEAD: u64 = 64 << 10;

/// How long a browser may take to send its request, so that an idle connection does not block the
/// next one.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a browser asks.
pub enum Request<'a> {
    /// This path.
    Get(&'a str),
    /// This path, with a body.
    Post(&'a str, &'a str),
}

/// What it is answered.
pub enum Answer {
    /// A page.
    Html(String),
    /// Data.
    Json(String),
    /// There is no such thing.
    Missing,
}

/// Answers browsers, one request after the other, for ever.
///
/// # Errors
/// The listener fails. A connection that fails is the browser's to repeat.
pub fn serve(
    listener: &TcpListener,
    host: &str,
    mut answer: impl FnMut(Request<'_>) -> Answer,
) -> io::Result<()> {
    for stream in listener.incoming() {
        // The next request comes on a connection of its own, so a broken one harms nobody.
        let _ = one(stream?, host, &mut answer);
    }
    Ok(())
}

fn one(
    mut stream: TcpStream,
    host: &str,
    answer: &mut impl FnMut(Request<'_>) -> Answer,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?).take(MAX_HEAD);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut is_ours) = (0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            // A page from elsewhere that was made to point here by its name is not ours.
            "host" => is_ours = value.trim() == host || value.trim().starts_with("localhost:"),
            _ => {}
        }
    }
    let mut body = String::new();
    reader.set_limit(length);
    if length <= MAX_BODY {
        reader.read_to_string(&mut body)?;
    }
    let words: Vec<&str> = first.split_whitespace().collect();
    let answer = match words[..] {
        _ if !is_ours || length > MAX_BODY => Answer::Missing,
        ["GET", path, _] => answer(Request::Get(path)),
        ["POST", path, _] => answer(Request::Post(path, &body)),
        _ => Answer::Missing,
    };
    let (status, kind, body) = match answer {
        Answer::Html(page) => ("200 OK", "text/html; charset=utf-8", page),
        Answer::Json(json) => ("200 OK", "application/json", json),
        Answer::Missing => ("404 Not Found", "text/plain", "There is no such page.".into()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
