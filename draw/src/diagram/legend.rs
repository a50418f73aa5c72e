//! What the marks and colours of a picture mean: only those that it has.

use std::collections::BTreeSet;
use std::fmt::Write;

use world::trace::Trace;

use crate::ink::COLOURS;
use crate::scene::{Course, Scene};
use crate::text::{columns, length};

use super::frame::LETTER;
use super::marks::{MARKS, kind};

/// Rows of the legend that begin at `top`, and the room that they take.
pub(super) fn paint(
    trace: &Trace,
    scene: &Scene,
    epochs: &[u64],
    wide: f64,
    top: f64,
) -> (String, f64) {
    let mut out = format!(
        "<g class=\"legend\"><path class=\"rule\" d=\"M16 {y}H{to}\"/>\n",
        y = length(top),
        to = length(wide - 16.0)
    );
    let (mut x, mut y) = (16.0, top + 22.0);
    for (sign, words) in entries(trace, scene, epochs) {
        let room = 28.0 + columns(&words) as f64 * LETTER * 0.9 + 18.0;
        if x + room > wide && x > 16.0 {
            (x, y) = (16.0, y + 20.0);
        }
        let (at, middle, base, words_at) =
            (length(x + 14.0), length(y - 4.0), length(y), length(x + 34.0));
        let _ = writeln!(
            out,
            "<g transform=\"translate({at} {middle})\">{sign}</g>\
             <text class=\"muted small\" x=\"{words_at}\" y=\"{base}\">{words}</text>"
        );
        x += room + 6.0;
    }
    out.push_str("</g>\n");
    (out, y - top + 18.0)
}

/// Signs with their words.
fn entries(trace: &Trace, scene: &Scene, epochs: &[u64]) -> Vec<(String, String)> {
    let events = &trace.events[scene.window.clone()];
    let mut present: BTreeSet<&str> = events.iter().map(kind).collect();
    if events.iter().any(|event| !event.tells.is_empty()) {
        present.insert("tells");
    }
    if events.iter().any(|event| !event.saves.is_empty()) {
        present.insert("saves");
    }
    let is_lost = |arrow: &crate::scene::Arrow| arrow.course == Course::Lost;
    if scene.arrows.iter().any(is_lost) {
        present.insert("lost");
    }
    let mut entries: Vec<(String, String)> = MARKS
        .iter()
        .filter(|mark| present.contains(mark.name))
        .map(|mark| (mark.centred(), mark.words.to_string()))
        .collect();
    if scene.arrows.iter().any(|arrow| arrow.course == Course::Flies) {
        let sign = "<path class=\"message flying\" d=\"M-13 0H13\"/>".to_string();
        entries.push((sign, "on its way".to_string()));
    }
    let seen: BTreeSet<(usize, bool)> = scene.lines.iter().filter_map(|line| line.epoch).collect();
    let ranks: BTreeSet<usize> = seen.iter().map(|(rank, _)| *rank).collect();
    for rank in ranks.iter().take(COLOURS) {
        let sign = format!("<path class=\"line e{}\" d=\"M-13 0H13\"/>", rank % COLOURS);
        entries.push((sign, format!("epoch {}", epochs[*rank])));
    }
    if seen.iter().any(|(_, leads)| *leads) {
        let sign = "<path class=\"line leads\" d=\"M-13 0H13\"/>".to_string();
        entries.push((sign, "leads".to_string()));
    }
    entries
}
