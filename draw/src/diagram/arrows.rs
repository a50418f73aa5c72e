//! Messages as arrows.

use std::fmt::Write;

use crate::look::Toward;
use crate::scene::{Arrow, Course, Scene};
use crate::text::{cut, escape, length};

use super::frame::Frame;
use super::marks::named;

/// How many lanes from its end a lost message is drawn: its cross is between two lines.
const LOST: f64 = 0.5;

/// How many lanes are drawn of a message one end of which is not in the picture.
const FLYING: f64 = 0.45;

/// How far from the middle of a mark an arrow ends.
const CLEAR: f64 = 5.5;

type Point = (f64, f64);

pub(super) fn paint(out: &mut String, scene: &Scene, frame: &Frame) {
    for arrow in &scene.arrows {
        let (class, path) = if arrow.from.0 == arrow.to.0 {
            to_itself(arrow, frame)
        } else {
            straight(arrow, frame)
        };
        let (from, to) = (scene.lanes[arrow.from.0], scene.lanes[arrow.to.0]);
        let title = escape(&cut(&format!("{from} → {to}: {}", arrow.text), 300));
        let _ = writeln!(
            out,
            "<g data-message=\"{}\"><title>{title}</title><path class=\"message {class}\" \
             {path}</g>",
            arrow.message
        );
    }
}

/// The class of an arrow, and the rest of its path element with its head or cross.
fn straight(arrow: &Arrow, frame: &Frame) -> (&'static str, String) {
    let from = frame.point(arrow.from.0 as f64, arrow.from.1);
    let to = frame.point(arrow.to.0 as f64, arrow.to.1);
    let whole = (to.0 - from.0).hypot(to.1 - from.1).max(1.0);
    let lanes = arrow.from.0.abs_diff(arrow.to.0).max(1) as f64;
    let part = |share: f64| (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
    let near = part(1.0 - CLEAR / whole);
    match arrow.course {
        Course::Arrives => ("arrives", format!("d=\"{}\"/>{}", line(from, near), head(from, near))),
        Course::Enters => {
            let begin = part(1.0 - FLYING / lanes);
            ("enters", format!("d=\"{}\"/>{}", line(begin, near), head(from, near)))
        }
        Course::Flies => {
            let end = part(FLYING / lanes);
            ("flying", format!("d=\"{}\"/>{}", line(from, end), head(from, end)))
        }
        Course::Lost => {
            let end = part(1.0 - LOST / lanes);
            let cross = named("lost").at(end);
            ("lost", format!("d=\"{}\"/>{cross}", line(from, end)))
        }
    }
}

/// A message of a node to itself is a bow beside its line.
fn to_itself(arrow: &Arrow, frame: &Frame) -> (&'static str, String) {
    let from = frame.point(arrow.from.0 as f64, arrow.from.1);
    let to = frame.point(arrow.to.0 as f64, arrow.to.1);
    let class = match arrow.course {
        Course::Arrives => "arrives",
        Course::Enters => "enters",
        Course::Flies => "flying",
        Course::Lost => "lost",
    };
    let out = if frame.toward == Toward::Down { (26.0, 0.0) } else { (0.0, -26.0) };
    let bend = |point: Point| (point.0 + out.0, point.1 + out.1);
    let (a, b) = (bend(from), bend(to));
    let path = format!(
        "d=\"M{} {}C{} {} {} {} {} {}\"/>",
        length(from.0),
        length(from.1),
        length(a.0),
        length(a.1),
        length(b.0),
        length(b.1),
        length(to.0),
        length(to.1)
    );
    (class, path)
}

fn line(from: Point, to: Point) -> String {
    format!("M{} {}L{} {}", length(from.0), length(from.1), length(to.0), length(to.1))
}

/// The head of an arrow, at its end.
fn head(from: Point, end: Point) -> String {
    let angle = (end.1 - from.1).atan2(end.0 - from.0);
    let wing = |turn: f64| {
        let angle = angle + turn;
        (end.0 - 8.0 * angle.cos(), end.1 - 8.0 * angle.sin())
    };
    let (left, right) = (wing(0.38), wing(-0.38));
    format!(
        "<path class=\"head\" d=\"M{} {}L{} {}L{} {}Z\"/>",
        length(end.0),
        length(end.1),
        length(left.0),
        length(left.1),
        length(right.0),
        length(right.1)
    )
}
