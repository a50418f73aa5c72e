//! Figures over the number of nodes: what was measured beside what the formula says.

use std::fmt::Write;

use crate::ink::{self, COLOURS};
use crate::look::Look;
use crate::text::{columns, escape, length};

/// One series of a chart.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Its name, as the legend has it: `measured`, `2(n - 1)`.
    pub name: String,
    /// How it is drawn.
    pub shape: Shape,
    /// Which series belong together, such as a formula and what was measured: they have the same
    /// colour.
    pub group: usize,
    /// Its points: n, and the figure. Those that are no number are left out.
    pub points: Vec<(f64, f64)>,
}

/// How a series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A point each: what was measured.
    Points,
    /// A line: what a formula says.
    Line,
}

const WIDE: f64 = 640.0;
const PLOT: (f64, f64, f64, f64) = (68.0, 74.0, 616.0, 350.0);

/// A chart as one SVG element: lines and points over n from 0, with the axes named `x` and `y`.
/// Points of different groups have different shapes, so that no two are told apart by colour alone.
pub fn chart(title: &str, x: &str, y: &str, series: &[Series], look: &Look) -> String {
    let all = || series.iter().flat_map(finite);
    let (across, up) = (Axis::of(all().map(|point| point.0)), Axis::of(all().map(|point| point.1)));
    let (left, top, right, bottom) = PLOT;
    let place = |(x, y): (f64, f64)| {
        (left + (right - left) * across.share(x), bottom - (bottom - top) * up.share(y))
    };
    let mut plot = axes(&across, &up, x, y);
    for (number, one) in series.iter().enumerate() {
        let places: Vec<(f64, f64)> = finite(one).map(place).collect();
        let _ = write!(plot, "<g data-series=\"{number}\">");
        match one.shape {
            Shape::Line => {
                let path: Vec<String> =
                    places.iter().map(|p| format!("{} {}", length(p.0), length(p.1))).collect();
                let (path, colour) = (path.join("L"), one.group % COLOURS);
                if !path.is_empty() {
                    let _ = write!(plot, "<path class=\"line e{colour}\" d=\"M{path}\"/>");
                }
            }
            Shape::Points => {
                places.iter().for_each(|place| plot.push_str(&point(one.group, *place)));
            }
        }
        plot.push_str("</g>\n");
    }
    let (legend, room) = legend(series);
    let (high, title) = (length(bottom + 58.0 + room), escape(title));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" \
         viewBox=\"0 0 {WIDE} {high}\" width=\"{WIDE}\" height=\"{high}\"><title>{title}</title>\
         {style}\n<rect class=\"paper\" width=\"{WIDE}\" height=\"{high}\"/>\n\
         <text class=\"title\" x=\"16\" y=\"28\">{title}</text>\n{plot}{legend}</svg>\n",
        style = ink::style(look, ".chart"),
    )
}

fn finite(series: &Series) -> impl Iterator<Item = (f64, f64)> + '_ {
    series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite())
}

/// Points of successive groups: disc, square, diamond, triangle.
fn point(group: usize, (x, y): (f64, f64)) -> String {
    let shape = match group % 4 {
        0 => "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z",
        1 => "M-4-4H4V4H-4Z",
        2 => "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
        _ => "M0-5L5 4H-5Z",
    };
    let (x, y, colour) = (length(x), length(y), group % COLOURS);
    format!("<path class=\"point f{colour}\" transform=\"translate({x} {y})\" d=\"{shape}\"/>")
}

fn axes(across: &Axis, up: &Axis, x: &str, y: &str) -> String {
    let (left, top, right, bottom) = PLOT;
    let mut out = String::new();
    for tick in up.ticks() {
        let at = bottom - (bottom - top) * up.share(tick);
        let (line, base, words) = (length(at), length(at + 4.0), number(tick));
        let _ = writeln!(
            out,
            "<path class=\"rule\" d=\"M{left} {line}H{right}\"/><text class=\"muted small\" \
             x=\"{}\" y=\"{base}\" text-anchor=\"end\">{words}</text>",
            length(left - 8.0)
        );
    }
    for tick in across.ticks() {
        let at = length(left + (right - left) * across.share(tick));
        let (base, words) = (length(bottom + 18.0), number(tick));
        let _ = writeln!(
            out,
            "<path class=\"rule\" d=\"M{at} {bottom}v5\"/><text class=\"muted small\" \
             x=\"{at}\" y=\"{base}\" text-anchor=\"middle\">{words}</text>"
        );
    }
    let (x, y) = (escape(x), escape(y));
    let _ = writeln!(
        out,
        "<text class=\"muted\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">{x}</text>\
         <text class=\"muted\" x=\"16\" y=\"{}\">{y}</text>",
        length(bottom + 38.0),
        length(top - 18.0)
    );
    out
}

fn legend(series: &[Series]) -> (String, f64) {
    let (mut x, mut y) = (PLOT.0, PLOT.3 + 58.0);
    let mut out = String::from("<g class=\"legend\">");
    for one in series {
        let room = 46.0 + columns(&one.name) as f64 * 6.6;
        if x + room > WIDE && x > PLOT.0 {
            (x, y) = (PLOT.0, y + 20.0);
        }
        let sign = match one.shape {
            Shape::Points => point(one.group, (x + 10.0, y - 4.0)),
            Shape::Line => format!(
                "<path class=\"line e{}\" d=\"M{} {}h20\"/>",
                one.group % COLOURS,
                length(x),
                length(y - 4.0)
            ),
        };
        let (words_at, base, name) = (length(x + 26.0), length(y), escape(&one.name));
        let _ =
            write!(out, "{sign}<text class=\"small\" x=\"{words_at}\" y=\"{base}\">{name}</text>");
        x += room;
    }
    out.push_str("</g>\n");
    (out, y - PLOT.3 - 58.0 + 18.0)
}

/// An axis from 0, or from below it, with ticks at round figures.
struct Axis {
    from: f64,
    to: f64,
    step: f64,
}

/// About how many ticks an axis has.
const TICKS: f64 = 6.0;

impl Axis {
    fn of(values: impl Iterator<Item = f64>) -> Axis {
        let (low, high) =
            values.fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
        let reach = if high > low { high - low } else { 1.0 };
        let power = 10f64.powf((reach / TICKS).log10().floor());
        let wanted = reach / TICKS / power;
        let round = [1.0, 2.0, 5.0].into_iter().find(|round| wanted <= *round).unwrap_or(10.0);
        let step = round * power;
        let to = if high > low { (high / step).ceil() * step } else { 1.0 };
        Axis { from: (low / step).floor() * step, to, step }
    }

    fn share(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        let count = ((self.to - self.from) / self.step).round() as u32;
        (0..=count).map(|tick| self.from + f64::from(tick) * self.step)
    }
}

/// A figure on an axis: short, and exact enough for a round one.
fn number(value: f64) -> String {
    let (size, sign) = (value.abs(), if value < 0.0 { "-" } else { "" });
    let short = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    match size {
        size if size >= 1e15 => format!("{sign}{size:e}"),
        size if size >= 1e9 => format!("{sign}{} G", short(size / 1e9)),
        size if size >= 1e6 => format!("{sign}{} M", short(size / 1e6)),
        size if size >= 1e4 => format!("{sign}{} k", short(size / 1e3)),
        size if size >= 0.01 || size == 0.0 => format!("{sign}{}", short(size)),
        _ => format!("{sign}{size:e}"),
    }
}
