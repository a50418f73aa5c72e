//! `synod explore`: a run by hand, on a page in the browser.
//!
//! The page holds a tree of commands; whatever is chosen, it sends the story so far, and is
//! answered with what that story leads to. The server keeps nothing: a story is the whole state.

mod http;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use clap::Args;
use lab::{Entry, Settings};
use serde_json::json;

use crate::failure::Failure;
use crate::variant::Variant;
use http::{Answer, Request};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What to explore, and where from.
#[derive(Args)]
pub struct Explore {
    /// A protocol of `synod list`
    protocol: String,
    #[command(flatten)]
    variant: Variant,
    /// Begin at the end of this story, such as one that synod check has written
    #[arg(long, value_name = "FILE")]
    story: Option<PathBuf>,
    /// The port of the page, on this machine alone; 0 for any
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Say where the page is in one line of JSON
    #[arg(long)]
    json: bool,
}

impl Explore {
    /// Serves the page until the program is ended.
    pub fn run(self) -> Result<(), Failure> {
        let entry = lab::find(&self.protocol).map_err(Failure::new)?;
        let settings = self.variant.settings();
        let story = match &self.story {
            Some(file) => crate::file::read(file)?,
            None => String::new(),
        };
        // A story that cannot be followed is told here, not on a page that stays empty.
        look(entry, &settings, &story).map_err(Failure::new)?;
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let listener = TcpListener::bind(address)
            .map_err(|error| Failure::new(format!("cannot listen on {address}: {error}")))?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let (name, page_at) = (entry.card.name, format!("http://{address}/"));
        match self.json {
            true => crate::print_json(&json!({ "protocol": name, "page": page_at }))?,
            false => crate::say(format_args!("{name}: {page_at}  (Ctrl-C ends)")),
        }
        let begin = json!({
            "protocol": entry.card.name, "what": entry.card.what, "story": story,
        });
        let page = page(&begin.to_string());
        http::serve(&listener, &address.to_string(), |request| match request {
            Request::Get("/") => Answer::Html(page.clone()),
            Request::Post("/look", body) => Answer::Json(view(entry, &settings, body)),
            Request::Get(_) | Request::Post(..) => Answer::Missing,
        })
        .map_err(|error| Failure::new(format!("{address}: {error}")))
    }
}

/// The page with everything it needs.
fn page(begin: &str) -> String {
    // Inside of a script, the only text that must not stand is the one that ends it.
    let begin = begin.replace("</", "<\\/");
    PAGE.replace("/*STYLE*/", STYLE).replace("/*BEGIN*/null", &begin).replace("/*SCRIPT*/", SCRIPT)
}

fn look(entry: &Entry, settings: &Settings, story: &str) -> Result<lab::walk::View, String> {
    (entry.runs()?.walk)(settings, story)
}

/// What a story leads to, or why it cannot be followed.
fn view(entry: &Entry, settings: &Settings, story: &str) -> String {
    match look(entry, settings, story) {
        Ok(view) => json!({ "view": view, "picture": crate::trace::picture(&view.trace) }),
        Err(why) => json!({ "error": why }),
    }
    .to_string()
}
