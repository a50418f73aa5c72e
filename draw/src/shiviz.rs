//! A run as a log that ShiViz takes (Beschastnikh et al., Visualizing Distributed System
//! Executions, TOSEM 2020).

use std::fmt::Write;

use world::trace::{Causality, Trace, What};

use crate::diagram::moment;

/// How ShiViz is to read a line. The vector stands before the event's words, and the words end
/// with the line: no words can be taken for a vector.
const PARSER: &str = r"(?<host>\S+) (?<clock>\{[^}]*\}) (?<time>\S+) (?<event>.*)";

/// A host for what happens at no node.
const WORLD: &str = "world";

/// The run as a file for ShiViz: a line with the parser's expression, an empty line in the place of
/// a delimiter of executions, and a line an event: `n0 {"n0":2,"n1":1} 0.000450s gets from n1
/// Vote`. The vectors are those of [`Causality`]. Faults and losses, which happen at no node, are
/// events of a host called `world` that nobody knows of.
pub fn shiviz(trace: &Trace) -> String {
    let causality = Causality::of(trace);
    let mut log = format!("{PARSER}\n\n");
    let mut faults = 0u64;
    for (index, event) in trace.events.iter().enumerate() {
        let place = event.node.filter(|node| node.index() < trace.nodes);
        let (host, clock) = match place {
            Some(node) if !matches!(event.what, What::Lost { .. }) => {
                let known = causality.vector(index).iter().enumerate();
                let known: Vec<String> = known
                    .filter(|(_, count)| **count > 0)
                    .map(|(node, count)| format!("\"n{node}\":{count}"))
                    .collect();
                (node.to_string(), known.join(","))
            }
            _ => {
                faults += 1;
                (WORLD.to_string(), format!("\"{WORLD}\":{faults}"))
            }
        };
        let mut words = match place {
            None => event.node.map_or(String::new(), |node| format!("{node} ")),
            Some(node) if host == WORLD => format!("{node} "),
            Some(_) => String::new(),
        };
        let _ = write!(words, "{event}");
        for (verb, texts) in [("saves", &event.saves), ("tells", &event.tells)] {
            texts.iter().for_each(|text| {
                let _ = write!(words, "; {verb} {text}");
            });
        }
        for sending in &event.sends {
            let _ = write!(words, "; sends {} {}", sending.to, sending.text);
        }
        let words: String = words.chars().map(|c| if ends_line(c) { ' ' } else { c }).collect();
        let _ = writeln!(log, "{host} {{{clock}}} {} {words}", moment(trace.clock, event.at));
    }
    log
}

/// Where a dot in a JavaScript expression stops, and other control characters.
fn ends_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
