//! This project's checker beside stateright, on the same systems, in one run on one machine.
//!
//! `beside [--rounds COUNT] [POINT...]` explores each point with one and with two threads, in
//! turns, each time in a process of its own, and prints a table and one line of JSON.

mod measure;
mod paxos;
mod point;
mod table;
mod two_phase;

use measure::{ALONE, Cost};
use point::{POINTS, Point, Tool};
use table::Row;

/// Both checkers explore with so many threads: the machine of docs/performance.md has two cores.
const THREADS: [usize; 2] = [1, 2];

/// Enough for a median.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [ALONE, name, tool, threads] => alone(name, tool, threads),
        ["--rounds", count, ref names @ ..] => compare(number(count), &points(names)),
        ref names => compare(ROUNDS, &points(names)),
    }
}

fn alone(name: &str, tool: &str, threads: &str) {
    let tool = Tool::ALL.into_iter().find(|known| known.name() == tool);
    let tool = tool.unwrap_or_else(|| quit("The tools are synod and stateright."));
    let cost = measure::here(points(&[name])[0], tool, number(threads));
    println!("{}", serde_json::to_string(&cost).expect("Numbers can be written as JSON."));
}

fn compare(rounds: usize, points: &[&'static Point]) {
    let load = measure::load();
    let mut rows = Vec::new();
    for &point in points {
        for threads in THREADS {
            let mut costs: [Vec<Cost>; 2] = Default::default();
            for _ in 0..rounds {
                for (tool, costs) in Tool::ALL.into_iter().zip(&mut costs) {
                    let cost = measure::apart(point, tool, threads);
                    let (name, tool) = (point.name, tool.name());
                    eprintln!("{name}, {threads} threads, {tool}: {cost:?}");
                    costs.push(cost);
                }
            }
            let [ours, theirs] = costs;
            rows.push(Row::new(point.name, threads, &ours, &theirs));
        }
    }
    table::print(&rows, rounds, [&load, &measure::load()]);
}

fn points(names: &[&str]) -> Vec<&'static Point> {
    let known: &'static [Point] = &POINTS;
    if names.is_empty() {
        return known.iter().collect();
    }
    let all: Vec<&str> = known.iter().map(|point| point.name).collect();
    let find = |name: &&str| {
        let point = known.iter().find(|point| point.name == *name);
        point.unwrap_or_else(|| quit(&format!("{name} is not known: choose of {all:?}.")))
    };
    names.iter().map(find).collect()
}

fn number(word: &str) -> usize {
    let number = word.parse().ok().filter(|&number| number > 0);
    number.unwrap_or_else(|| quit(&format!("{word} is not a number above 0.")))
}

fn quit(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2)
}
