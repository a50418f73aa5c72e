//! A space-time diagram as a picture (Lamport 1978).

mod arrows;
pub(crate) mod frame;
mod legend;
pub(crate) mod marks;

use std::fmt::Write;

use model::Moment;
use world::trace::{Clock, Epoch, Happening, Trace, What};

use crate::ink::{self, COLOURS};
use crate::look::{Look, Toward};
use crate::scene::{Scene, epochs};
use crate::text::{columns, cut, escape, length, span};
use frame::{Frame, LETTER, ROW, WORDS};
use marks::{kind, named};

/// The space-time diagram of a run as one SVG element, complete as a file of its own.
///
/// Each node is a line that is broken while the node is down; its colour is its epoch, and it is
/// thick while the node leads. Each message is an arrow, broken with a cross if it is lost. Every
/// event has its mark and, where time goes downwards, its words. More than 2,000 events do not make
/// a picture: without a window, those around the violation are drawn, or the last ones, and the
/// picture says how many are left out.
pub fn svg(trace: &Trace, look: &Look) -> String {
    let scene = Scene::of(trace, look);
    Painter::new(trace, look, &scene).paint()
}

/// What painting needs, and what is painted so far.
struct Painter<'a> {
    trace: &'a Trace,
    look: &'a Look,
    scene: &'a Scene,
    frame: Frame,
    /// Where the words of each event are, along.
    words: Vec<f64>,
    /// And those of each silence.
    silences: Vec<f64>,
    facts: Facts,
    epochs: Vec<u64>,
    out: String,
}

/// The room above the lanes for the title and the names of lanes.
const HEAD: f64 = 84.0;

/// The width of a letter of the title, if it is a wide one.
const TITLE_LETTER: f64 = 11.0;

impl<'a> Painter<'a> {
    fn new(trace: &'a Trace, look: &'a Look, scene: &'a Scene) -> Painter<'a> {
        let times = trace.events[scene.window.clone()]
            .iter()
            .map(|event| columns(&moment(trace.clock, event.at)))
            .max()
            .unwrap_or(0);
        let extra = if trace.violation.is_some() { 18.0 } else { 0.0 };
        let facts = Facts::of(trace, scene);
        let top = HEAD + extra;
        let frame = Frame::of(scene, look.toward, top, times as f64 * LETTER, facts.widest());
        let (words, silences) = apart(scene);
        let epochs = epochs(trace);
        Painter { trace, look, scene, frame, words, silences, facts, epochs, out: String::new() }
    }

    fn paint(mut self) -> String {
        let (wide, low) = self.frame.end();
        let low = low.max(self.frame.top + self.words.last().map_or(0.0, |w| (w + 1.0) * ROW));
        let low = if self.look.toward == Toward::Down { low } else { self.frame.end().1 };
        let (legend, room) = legend::paint(self.trace, self.scene, &self.epochs, wide, low + 14.0);
        let (wide, high) = (length(wide), length(low + 14.0 + room));
        let title = escape(&self.trace.subject);
        let _ = write!(
            self.out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"spacetime\" role=\"img\" \
             viewBox=\"0 0 {wide} {high}\" width=\"{wide}\" height=\"{high}\">\
             <title>{title}: space-time diagram</title>"
        );
        if let Some(violation) = &self.trace.violation {
            let _ = write!(self.out, "<desc>Violation: {}</desc>", escape(violation));
        }
        self.out.push_str(&ink::style(self.look, ".spacetime"));
        let _ = writeln!(self.out, "<rect class=\"paper\" width=\"{wide}\" height=\"{high}\"/>");
        self.heading();
        self.ground();
        self.lines();
        arrows::paint(&mut self.out, self.scene, &self.frame);
        match self.look.toward {
            Toward::Down => self.rows(),
            Toward::Right => self.columns(),
        }
        self.out.push_str(&legend);
        self.out.push_str("</svg>\n");
        self.out
    }

    /// The title, what is counted, and the names of the lanes.
    fn heading(&mut self) {
        let (before, after) = self.scene.left_out;
        let drawn = self.scene.window.len();
        let mut facts = format!("{} nodes · {drawn} events", self.scene.lanes.len());
        for (count, which) in [(before, "earlier"), (after as u64, "later")] {
            if count > 0 {
                let _ = write!(facts, " · {count} {which} ones are not drawn");
            }
        }
        let fits = (self.frame.end().0 / TITLE_LETTER) as usize;
        let title = escape(&cut(&self.trace.subject, fits));
        self.words_at((16.0, 26.0), "title", &title);
        self.words_at((16.0, 44.0), "muted facts", &facts);
        if let Some(violation) = &self.trace.violation {
            let fits = ((self.frame.end().0 - 32.0) / LETTER) as usize;
            let words = escape(&cut(&format!("Violation: {violation}"), fits));
            self.words_at((16.0, 63.0), "wrong name", &words);
        }
        for (lane, node) in self.scene.lanes.iter().enumerate() {
            let (x, y) = self.frame.point(lane as f64, 0.0);
            let (x, y) = match self.look.toward {
                Toward::Down => (x, self.frame.top - 8.0),
                Toward::Right => (26.0, y + 4.0),
            };
            let (x, y) = (length(x), length(y));
            let _ = writeln!(
                self.out,
                "<text class=\"name\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{node}</text>"
            );
        }
    }

    /// Bands that lead the eye from a mark to its words, and silences.
    fn ground(&mut self) {
        if self.look.toward == Toward::Down {
            let right = length(self.frame.end().0);
            for (row, &along) in self.words.iter().enumerate().skip(1).step_by(2) {
                if along == self.scene.along[row] {
                    let top = length(self.frame.top + (along - 0.5) * ROW);
                    let _ = writeln!(
                        self.out,
                        "<rect class=\"band\" y=\"{top}\" width=\"{right}\" height=\"{ROW}\"/>"
                    );
                }
            }
        }
        for (silence, words_at) in self.scene.silences.iter().zip(self.silences.clone()) {
            let (x, y) = self.frame.point(-0.5, silence.at);
            let (path, words) = (self.across_at(x, y), span(silence.nanoseconds));
            let _ = writeln!(
                self.out,
                "<path class=\"rule silence\" stroke-dasharray=\"1 4\" d=\"{path}\"/>"
            );
            match self.look.toward {
                Toward::Down => {
                    let (_, y) = self.frame.point(0.0, words_at);
                    let words = format!("{words} of silence");
                    self.words_at((self.frame.words, y + 4.0), "muted small", &words);
                }
                Toward::Right => {
                    let y = self.frame.across().1 - 4.0;
                    self.middle((x, y), "muted small halo", &words);
                }
            }
        }
    }

    /// A stroke across all lanes at the place of a point.
    fn across_at(&self, x: f64, y: f64) -> String {
        let (from, to) = self.frame.across();
        let (x, y, from, to) = (length(x), length(y), length(from), length(to));
        match self.look.toward {
            Toward::Down => format!("M{from} {y}H{to}"),
            Toward::Right => format!("M{x} {from}V{to}"),
        }
    }

    fn lines(&mut self) {
        for line in &self.scene.lines {
            let (x, y) = self.frame.point(line.lane as f64, line.from);
            let (to_x, to_y) = self.frame.point(line.lane as f64, line.to);
            let class = match line.epoch {
                Some((rank, true)) => format!("line leads e{}", rank % COLOURS),
                Some((rank, false)) => format!("line e{}", rank % COLOURS),
                None => "line".to_string(),
            };
            let (x, y, to_x, to_y) = (length(x), length(y), length(to_x), length(to_y));
            let _ = writeln!(self.out, "<path class=\"{class}\" d=\"M{x} {y}L{to_x} {to_y}\"/>");
        }
    }

    /// Events, a row each: time, mark, words.
    fn rows(&mut self) {
        let mut shown = String::new();
        for (row, index) in self.scene.window.clone().enumerate() {
            let event = &self.trace.events[index];
            self.begin(index);
            let place = self.scene.along[row];
            let at = self.words[row];
            self.mark(event, place);
            let (_, y) = self.frame.point(0.0, at);
            let time = moment(self.trace.clock, event.at);
            if time != shown {
                let x = self.frame.across().0 - 12.0;
                let (x, y) = (length(x), length(y + 4.0));
                let _ = write!(
                    self.out,
                    "<text class=\"muted\" x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{time}</text>"
                );
                shown = time;
            }
            if at > place {
                self.leader(place, at);
            }
            self.sentence(event, row, y + 4.0);
            self.out.push_str("</g>\n");
        }
    }

    /// From where an event is to where its words had to go.
    fn leader(&mut self, place: f64, at: f64) {
        let (_, y) = self.frame.point(0.0, place);
        let (_, to) = self.frame.point(0.0, at);
        let x = self.frame.across().1 - 10.0;
        let (x, bend, end) = (length(x), length(x + 8.0), length(self.frame.words - 3.0));
        let (y, to) = (length(y), length(to));
        let _ = write!(self.out, "<path class=\"rule\" d=\"M{x} {y}H{bend}L{end} {to}\"/>");
    }

    /// An event in words, and what came of it more quietly.
    fn sentence(&mut self, event: &Happening, row: usize, y: f64) {
        let (words, effects) = &self.facts.rows[row];
        let class = match event.what {
            What::Violation => " class=\"wrong name\"",
            What::Crash | What::Lost { .. } | What::Fault => " class=\"wrong\"",
            _ => "",
        };
        let (x, y) = (length(self.frame.words), length(y));
        let words = escape(words);
        let _ = write!(self.out, "<text{class} x=\"{x}\" y=\"{y}\">{words}");
        if !effects.is_empty() {
            let effects = escape(effects);
            let _ = write!(self.out, "<tspan class=\"muted\"> {effects}</tspan>");
        }
        self.out.push_str("</text>");
    }

    /// Events one after the other, with as many first words as fit.
    fn columns(&mut self) {
        // Two lines of words below each lane, and one for times: how far each is taken.
        let mut taken = vec![[0.0f64; 2]; self.scene.lanes.len()];
        let mut times_taken = 0.0f64;
        let mut shown = String::new();
        for (row, index) in self.scene.window.clone().enumerate() {
            let event = &self.trace.events[index];
            let place = self.scene.along[row];
            self.begin(index);
            self.mark(event, place);
            let (x, _) = self.frame.point(0.0, place);
            let time = moment(self.trace.clock, event.at);
            let half = columns(&time) as f64 * LETTER / 2.0;
            if x - half > times_taken && time != shown {
                self.middle((x, self.frame.top + 2.0), "muted small", &time);
                times_taken = x + half + 14.0;
                shown = time;
            }
            if let Some(lane) = event.node.and_then(|node| self.scene.lane(node)) {
                let word = first_word(event);
                let half = columns(&word) as f64 * LETTER * 0.44;
                let free = taken[lane].iter().position(|taken| x - half > *taken);
                if let Some(level) = free.filter(|_| !word.is_empty()) {
                    let (_, y) = self.frame.point(lane as f64, place);
                    let y = y + 20.0 + level as f64 * 12.0;
                    self.middle((x, y), "small halo", &escape(&word));
                    taken[lane][level] = x + half + 7.0;
                }
            }
            self.out.push_str("</g>\n");
        }
    }

    /// Begins the group of one event; its title is what a reader sees who points at it.
    fn begin(&mut self, index: usize) {
        let event = &self.trace.events[index];
        let lines = event.lines(self.trace.clock).join(" · ");
        let (kind, lines) = (kind(event), escape(&cut(&lines, 400)));
        let _ = write!(
            self.out,
            "<g class=\"event\" data-kind=\"{kind}\" data-event=\"{index}\"><title>{lines}</title>"
        );
    }

    /// The marks of an event on its lane, or across all lanes if it concerns the whole world.
    fn mark(&mut self, event: &Happening, place: f64) {
        let Some(lane) = event.node.and_then(|node| self.scene.lane(node)) else {
            let (x, y) = self.frame.point(0.0, place);
            let path = self.across_at(x, y);
            let _ = write!(self.out, "<path class=\"rule wrongly\" d=\"{path}\"/>");
            // Where time goes rightwards, times are above the lanes.
            let end = if self.look.toward == Toward::Down { 0 } else { self.scene.lanes.len() };
            self.stamp(kind(event), self.frame.point(end as f64 - 0.5, place));
            return;
        };
        let point = self.frame.point(lane as f64, place);
        if !matches!(event.what, What::Lost { .. }) {
            self.stamp(kind(event), point);
        }
        if !event.tells.is_empty() {
            self.stamp("tells", point);
        }
        if !event.saves.is_empty() {
            self.stamp("saves", point);
        }
    }

    fn stamp(&mut self, name: &str, point: (f64, f64)) {
        self.out.push_str(&named(name).at(point));
    }

    fn words_at(&mut self, (x, y): (f64, f64), class: &str, words: &str) {
        let (x, y) = (length(x), length(y));
        let _ = writeln!(self.out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{words}</text>");
    }

    fn middle(&mut self, (x, y): (f64, f64), class: &str, words: &str) {
        let (x, y) = (length(x), length(y));
        let _ = write!(
            self.out,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{words}</text>"
        );
    }
}

/// The time of an event as pictures show it.
pub(crate) fn moment(clock: Clock, at: u64) -> String {
    match clock {
        Clock::Nanoseconds => Moment(at).to_string(),
        Clock::Steps => at.to_string(),
    }
}

/// The least distance of two lines of words, in rows.
const APART: f64 = 0.95;

/// Where the words of events and of silences are: beside what they say, or as far below as those
/// before them need.
fn apart(scene: &Scene) -> (Vec<f64>, Vec<f64>) {
    let mut silences = Vec::new();
    let mut words = Vec::with_capacity(scene.along.len());
    let mut free = 0.0f64;
    let mut next = scene.silences.iter().peekable();
    for (row, &along) in scene.along.iter().enumerate() {
        while let Some(silence) = next.next_if(|silence| silence.row <= row) {
            silences.push(free.max(silence.at));
            free = free.max(silence.at) + APART;
        }
        words.push(free.max(along));
        free = free.max(along) + APART;
    }
    (words, silences)
}

/// The words of each row: the event, and what came of it.
struct Facts {
    rows: Vec<(String, String)>,
}

impl Facts {
    fn of(trace: &Trace, scene: &Scene) -> Facts {
        let mut epochs = vec![None; scene.lanes.len()];
        let mut rows = Vec::with_capacity(scene.window.len());
        for (index, event) in trace.events[..scene.window.end].iter().enumerate() {
            let lane = event.node.and_then(|node| scene.lane(node));
            // The epoch that a node begins in is nothing that came of an event.
            let news = match (lane, event.epoch) {
                (Some(lane), Some(epoch)) => {
                    let before = epochs[lane].replace(epoch);
                    (before.is_some() && before != Some(epoch) || epoch.leads && before.is_none())
                        .then_some(epoch)
                }
                _ => None,
            };
            if index < scene.window.start {
                continue;
            }
            let node = event.node.map_or(String::new(), |node| format!("{node} "));
            let words = cut(&format!("{node}{event}"), WORDS);
            let room = WORDS.saturating_sub(columns(&words) + 1);
            let effects = if room > 4 { cut(&effects(event, news), room) } else { String::new() };
            rows.push((words, effects));
        }
        Facts { rows }
    }

    /// How many columns the longest row takes.
    fn widest(&self) -> usize {
        let wide = |(words, effects): &(String, String)| columns(words) + 1 + columns(effects);
        self.rows.iter().map(wide).max().unwrap_or(0)
    }
}

/// What came of an event, in words; its messages are seen.
fn effects(event: &Happening, epoch: Option<Epoch>) -> String {
    let mut parts: Vec<String> = event.tells.iter().map(|told| format!("tells {told}")).collect();
    parts.extend(event.saves.iter().map(|record| format!("saves {record}")));
    if let Some(Epoch { number, leads }) = epoch {
        parts.push(format!("{} epoch {number}", if leads { "leads" } else { "enters" }));
    }
    if parts.is_empty() { String::new() } else { format!("→ {}", parts.join("; ")) }
}

/// The word that says most of an event: the message's, request's or alarm's name.
fn first_word(event: &Happening) -> String {
    let word = match event.what {
        What::Crash => "crashes",
        What::Flush | What::Sync | What::Lost { .. } => "",
        What::Start => "starts",
        _ => event.text.split([' ', '(', '{']).next().unwrap_or_default(),
    };
    cut(word, 14)
}
