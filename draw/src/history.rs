//! A recorded history: operations as bars, a row a process.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::ink;
use crate::look::Look;
use crate::text::{columns, cut, escape, length};

/// One operation of a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bar {
    /// Who called it.
    pub process: String,
    /// When it was called, in any unit: a position or a time.
    pub start: u64,
    /// When it returned; nothing if it was never answered, and so may take effect at any time
    /// after its start, or never.
    pub end: Option<u64>,
    /// What was called and what it returned, in one short line.
    pub text: String,
    /// Whether it is one of those that cannot be ordered.
    pub conflict: bool,
    /// More, for a reader who points at it.
    pub note: String,
}

const NAMES_AT: f64 = 16.0;
const ROW: f64 = 34.0;
const HEIGHT: f64 = 22.0;
const TOP: f64 = 54.0;
/// The width of a letter of names, and of the smaller ones in bars.
const LETTER: f64 = 7.3;
const SMALL_LETTER: f64 = 6.4;

/// The most distinct moments that get a column of their own each (12,000 units); a longer history
/// is drawn to scale.
const MOST_COLUMNS: usize = 400;
const COLUMN: f64 = 30.0;

/// Columns are wider than that as long as the whole fits on a screen.
const SCREEN: f64 = 960.0;

/// A history as one SVG element. Times are drawn in order, evenly: only their order decides whether
/// a history is linearizable (Herlihy and Wing 1990). Concurrent operations of one process, which
/// happen when one was never answered, go to rows of their own. A bar without an end is open and
/// fades; those in conflict are marked by colour and by a thick border.
pub fn history(title: &str, bars: &[Bar], look: &Look) -> String {
    let rows = rows(bars);
    let names = bars.iter().map(|bar| columns(&bar.process).min(24)).max().unwrap_or(0);
    let left = NAMES_AT + names as f64 * LETTER + 18.0;
    let places = Places::of(bars, left);
    let count = rows.iter().map(|row| row.1 + 1).max().unwrap_or(1);
    let wide = (places.right + 40.0).max(520.0);
    let high = TOP + count as f64 * ROW + 44.0;
    let (width, height) = (length(wide), length(high));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"history\" role=\"img\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\
         <title>{title}</title>{style}{own}\n<rect class=\"paper\" width=\"{width}\" \
         height=\"{height}\"/>\n<text class=\"title\" x=\"16\" y=\"28\">{title}</text>\n",
        title = escape(title),
        style = ink::style(look, ".history"),
        own = own_style(look),
    );
    let mut named: BTreeMap<&str, ()> = BTreeMap::new();
    for (bar, &(_, row)) in bars.iter().zip(&rows) {
        if named.insert(&bar.process, ()).is_none() {
            let (y, x) = (length(TOP + row as f64 * ROW + HEIGHT / 2.0 + 4.0), NAMES_AT);
            let name = escape(&cut(&bar.process, 24));
            let rule = length(TOP + row as f64 * ROW - (ROW - HEIGHT) / 2.0);
            let _ = writeln!(
                out,
                "<path class=\"rule\" d=\"M16 {rule}H{}\"/>\
                 <text class=\"name\" x=\"{x}\" y=\"{y}\">{name}</text>",
                length(wide - 16.0)
            );
        }
    }
    for (number, (bar, &(_, row))) in bars.iter().zip(&rows).enumerate() {
        out.push_str(&paint(number, bar, TOP + row as f64 * ROW, &places, wide));
    }
    out.push_str(&legend(bars, high - 18.0));
    out.push_str("</svg>\n");
    out
}

fn own_style(look: &Look) -> String {
    let paints = |inks: &ink::Inks| {
        format!(
            ".history .bar{{fill:{};stroke:{}}}.history .conflict{{stroke:{};stroke-width:2.5}}\
             .history .open{{stroke-dasharray:4 3}}",
            inks.band, inks.message, inks.wrong
        )
    };
    let (light, dark) = (paints(&ink::LIGHT), paints(&ink::DARK));
    match look.theme {
        crate::Theme::Light => format!("<style>{light}</style>"),
        crate::Theme::Dark => format!("<style>{dark}</style>"),
        crate::Theme::Auto => {
            format!("<style>{light}@media (prefers-color-scheme:dark){{{dark}}}</style>")
        }
    }
}

fn paint(number: usize, bar: &Bar, top: f64, places: &Places, wide: f64) -> String {
    let (from, to) = (places.x(bar.start), bar.end.map_or(wide - 16.0, |end| places.x(end)));
    let to = to.max(from + 4.0);
    let mut class = String::from("bar");
    if bar.conflict {
        class.push_str(" conflict");
    }
    if bar.end.is_none() {
        class.push_str(" open");
    }
    let (x, y, bottom) = (length(from), length(top), length(top + HEIGHT));
    let shape = match bar.end {
        Some(_) => format!("M{x} {y}H{to}V{bottom}H{x}Z", to = length(to)),
        None => format!("M{to} {y}H{x}V{bottom}H{to}", to = length(to)),
    };
    let fits = ((to - from - 10.0) / SMALL_LETTER).max(0.0) as usize;
    let words = if fits >= 2 { escape(&shorten(&bar.text, fits)) } else { String::new() };
    let end = bar.end.map_or("never answered".to_string(), |end| end.to_string());
    let title = format!("{}: {} ({} to {end}) {}", bar.process, bar.text, bar.start, bar.note);
    format!(
        "<g data-operation=\"{number}\"><title>{title}</title><path class=\"{class}\" \
         d=\"{shape}\"/><text class=\"small\" x=\"{x}\" y=\"{y}\">{words}</text></g>\n",
        title = escape(title.trim()),
        x = length(from + 5.0),
        y = length(top + HEIGHT / 2.0 + 4.0),
    )
}

/// What was called and returned, in so many columns: what it returned is what a reader looks for,
/// so if not all fits, what was called is cut.
fn shorten(text: &str, fits: usize) -> String {
    let Some((called, returned)) = text.split_once(" returned ").filter(|_| columns(text) > fits)
    else {
        return cut(text, fits);
    };
    let arrow = format!("→ {returned}");
    match fits.checked_sub(columns(&arrow) + 1) {
        Some(room) if room >= 1 => format!("{} {arrow}", cut(called, room)),
        _ => cut(&arrow, fits),
    }
}

fn legend(bars: &[Bar], y: f64) -> String {
    let mut entries = vec![("bar", "an operation, from call to return")];
    if bars.iter().any(|bar| bar.end.is_none()) {
        entries.push(("bar open", "never answered"));
    }
    if bars.iter().any(|bar| bar.conflict) {
        entries.push(("bar conflict", "in conflict"));
    }
    let mut out = String::from("<g class=\"legend\">");
    let mut x = 16.0;
    for (class, words) in entries {
        let (at, top, base, words_at) = (length(x), length(y - 11.0), length(y), length(x + 30.0));
        let _ = write!(
            out,
            "<path class=\"{class}\" d=\"M{at} {top}h22v14h-22Z\"/>\
             <text class=\"muted small\" x=\"{words_at}\" y=\"{base}\">{words}</text>"
        );
        x += 56.0 + words.len() as f64 * LETTER * 0.88;
    }
    out.push_str("</g>\n");
    out
}

/// The row of each bar, beside its process: processes by name, shorter names first so that 10
/// follows 9, and within one the first row that is free.
fn rows(bars: &[Bar]) -> Vec<(usize, usize)> {
    let mut processes: Vec<&str> = bars.iter().map(|bar| bar.process.as_str()).collect();
    processes.sort_unstable_by_key(|name| (name.len(), *name));
    processes.dedup();
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by_key(|&bar| bars[bar].start);
    let mut levels: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut placed = vec![(0, 0); bars.len()];
    for index in order {
        let bar = &bars[index];
        let key = (bar.process.len(), bar.process.as_str());
        let process = processes.partition_point(|name| (name.len(), *name) < key);
        let busy = levels.entry(&bar.process).or_default();
        let level = busy.iter().position(|until| *until <= bar.start).unwrap_or_else(|| {
            busy.push(0);
            busy.len() - 1
        });
        busy[level] = bar.end.unwrap_or(u64::MAX);
        placed[index] = (process, level);
    }
    let mut first = 0;
    let mut begins = Vec::new();
    for name in &processes {
        begins.push(first);
        first += levels[name].len();
    }
    placed.into_iter().map(|(process, level)| (process, begins[process] + level)).collect()
}

/// Where times are.
struct Places {
    moments: Vec<u64>,
    left: f64,
    right: f64,
    column: f64,
}

impl Places {
    /// Columns are as wide as the words of the shortest bars need, if that fits on a screen.
    fn of(bars: &[Bar], left: f64) -> Places {
        let mut moments: Vec<u64> =
            bars.iter().flat_map(|bar| [Some(bar.start), bar.end]).flatten().collect();
        moments.sort_unstable();
        moments.dedup();
        let words = bars.iter().map(|bar| columns(&bar.text)).max().unwrap_or(0) as f64 * LETTER;
        let count = moments.len().max(1) as f64;
        let column = (words + 14.0).min(SCREEN / count).max(COLUMN);
        let column = column.min(MOST_COLUMNS as f64 * COLUMN / count);
        let right = left + moments.len().saturating_sub(1) as f64 * column;
        Places { moments, left, right, column }
    }

    fn x(&self, at: u64) -> f64 {
        self.left + self.moments.partition_point(|moment| *moment < at) as f64 * self.column
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn what_was_returned_is_cut_last() {
        let short = |fits| shorten("dequeue returned 17", fits);
        let expected = [
            (19, "dequeue returned 17"),
            (18, "dequeue → 17"),
            (12, "dequeue → 17"),
            (9, "deq… → 17"),
            (5, "→ 17"),
            (4, "→ 17"),
            (3, "→ …"),
        ];
        for (fits, words) in expected {
            assert_eq!(short(fits), words, "{fits}");
        }
        assert_eq!(shorten("write 17", 5), "writ…");
    }
}
