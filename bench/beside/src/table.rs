//! The figures of several rounds, as a table and as a line of JSON.

use serde::Serialize;

use crate::measure::Cost;
use crate::point::Counts;

/// A system with a number of threads, both checkers beside each other.
#[derive(Serialize)]
pub struct Row {
    point: &'static str,
    threads: usize,
    synod: Figures,
    stateright: Figures,
    /// Ratios of medians, synod to stateright.
    states_per_s: f64,
    states_per_cpu_s: Option<f64>,
    bytes_per_state: f64,
}

/// What one checker needed.
#[derive(Serialize)]
struct Figures {
    counts: Counts,
    states_per_s: Spread,
    /// None if a round was too short for the clock that counts this time.
    states_per_cpu_s: Option<Spread>,
    bytes_per_state: Spread,
}

/// The median and the extremes of all rounds.
#[derive(Serialize)]
struct Spread {
    median: f64,
    least: f64,
    greatest: f64,
}

impl Spread {
    fn of(costs: &[Cost], figure: impl Fn(&Cost) -> f64) -> Spread {
        let mut figures: Vec<f64> = costs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let (half, last) = (figures.len() / 2, figures.len() - 1);
        let median = match figures.len() % 2 {
            0 => (figures[half - 1] + figures[half]) / 2.0,
            _ => figures[half],
        };
        Spread { median, least: figures[0], greatest: figures[last] }
    }

    /// With `digits` behind the point.
    fn shown(&self, digits: usize, unit: f64) -> String {
        let [median, least, greatest] =
            [self.median, self.least, self.greatest].map(|figure| figure / unit);
        format!("{median:.digits$} | {least:.digits$}..{greatest:.digits$}")
    }
}

/// Seconds on a core below which none are told: the clock ticks in hundredths, so that such a
/// time may be off by more than a tenth.
const LEAST_CPU: f64 = 0.1;

impl Figures {
    fn of(costs: &[Cost]) -> Figures {
        let is_long = costs.iter().all(|cost| cost.cpu_seconds >= LEAST_CPU);
        Figures {
            counts: costs[0].counts,
            states_per_s: Spread::of(costs, Cost::rate),
            states_per_cpu_s: is_long.then(|| Spread::of(costs, Cost::cpu_rate)),
            bytes_per_state: Spread::of(costs, Cost::bytes_per_state),
        }
    }
}

impl Row {
    /// The figures of at least one round each.
    pub fn new(point: &'static str, threads: usize, ours: &[Cost], theirs: &[Cost]) -> Row {
        let (synod, stateright) = (Figures::of(ours), Figures::of(theirs));
        let ratio = |of: fn(&Figures) -> &Spread| of(&synod).median / of(&stateright).median;
        let of_cpu = |of: &Figures| of.states_per_cpu_s.as_ref().map(|spread| spread.median);
        Row {
            point,
            threads,
            states_per_s: ratio(|figures| &figures.states_per_s),
            states_per_cpu_s: of_cpu(&synod).zip(of_cpu(&stateright)).map(|(a, b)| a / b),
            bytes_per_state: ratio(|figures| &figures.bytes_per_state),
            synod,
            stateright,
        }
    }
}

/// A thousand states a second are the unit of rates.
const THOUSAND: f64 = 1_000.0;

/// Prints the table in Markdown, the rates in thousands, and then one line of JSON.
pub fn print(rows: &[Row], rounds: usize, [before, after]: [&str; 2]) {
    println!("Medians of {rounds} rounds; load average {before} before and {after} after.\n");
    println!(
        "| point | threads | figure | synod | min..max | stateright | min..max | ratio |\n\
         | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for row in rows {
        let line = |figure: &str, of: &dyn Fn(&Figures) -> String, ratio: f64| {
            let (ours, theirs) = (of(&row.synod), of(&row.stateright));
            let Row { point, threads, .. } = row;
            println!("| {point} | {threads} | {figure} | {ours} | {theirs} | {ratio:.2} |");
        };
        line("1,000 states/s", &|of| of.states_per_s.shown(0, THOUSAND), row.states_per_s);
        if let Some(ratio) = row.states_per_cpu_s {
            let shown = |spread: &Spread| spread.shown(0, THOUSAND);
            let of_cpu = |of: &Figures| of.states_per_cpu_s.as_ref().map(shown).unwrap_or_default();
            line("1,000 states/CPU s", &of_cpu, ratio);
        }
        line("bytes/state", &|of| of.bytes_per_state.shown(1, 1.0), row.bytes_per_state);
    }
    let line = serde_json::json!({ "rounds": rounds, "load": [before, after], "rows": rows });
    println!("\n{line}");
}
