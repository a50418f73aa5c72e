//! Why a run is wrong, in words: what is promised, the facts that contradict each other, and what
//! would have been right.
//!
//! Facts are found by taking away. Of what the layer above did and heard, whatever can be left out
//! without changing the monitor's sentence has nothing to do with it; what is left are the facts.
//! Of the nodes, whichever can be put back to where it was without mending the invariant is not
//! part of what breaks it; of the others, the fact is the step that brought it there.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use model::{Moment, NodeId, Process};
use serde::{Deserialize, Serialize};
use spec::monitor::Monitor;

use crate::story::{self, Heard, StoryError};
use crate::subject::Subject;
use crate::trace::{Clock, Happening, Trace, What};
use crate::violation::Violation;

/// Why a run is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Explanation {
    /// What is broken.
    pub verdict: Violation,
    /// What is promised, in words, if the monitor has them.
    pub property: Option<String>,
    /// The facts that contradict each other, oldest first: two, where two are enough.
    pub facts: Vec<Fact>,
    /// What else must be so for these facts to contradict each other.
    pub grounds: Vec<Fact>,
    /// The last event after which all was well.
    pub well: Option<Fact>,
    /// What could have been told instead of the last fact. It could always have been silent.
    pub legal: Vec<String>,
    /// The events around the facts, a line each.
    pub excerpt: Vec<String>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fact {
    /// Where, if at one node.
    pub node: Option<NodeId>,
    /// When; see `clock`.
    pub at: u64,
    /// What `at` counts.
    pub clock: Clock,
    /// What, in words.
    pub text: String,
}

/// Facts that are looked through at most: each is left out in turn, and a monitor hears all others.
/// Half a million sentences heard take about a second.
const HEARD: usize = 1_000;

/// Events on either side of a fact that an excerpt shows.
const AROUND: usize = 1;

/// Explains what a story breaks; nothing if it breaks nothing.
///
/// # Errors
/// The story cannot be performed.
pub fn story<S: Subject>(subject: &S, text: &str) -> Result<Option<Explanation>, StoryError> {
    let mut seen: Vec<(usize, Vec<S::Process>)> = Vec::new();
    let (stage, _) = story::follow(subject, text, |stage| {
        let nodes = NodeId::first(subject.nodes());
        let processes = nodes.filter_map(|node| stage.process(node).cloned()).collect();
        seen.push((stage.events(), processes));
    })?;
    let trace = stage.trace();
    let Some(violation) = stage.violation() else { return Ok(None) };
    let mut explanation = run(subject, &trace, stage.heard(), violation);
    if let Violation::Invariant(name, _) = violation {
        explanation.facts = involved(subject, &trace, &seen, name);
        explanation.excerpt = excerpt(&trace, &explanation.facts);
    }
    Ok(Some(explanation))
}

/// Explains what is wrong with a run, from its record and what was heard in it.
pub fn run<S: Subject>(
    subject: &S,
    trace: &Trace,
    heard: &[(u64, Heard<S::Process>)],
    verdict: &Violation,
) -> Explanation {
    let mut explanation = Explanation {
        verdict: verdict.clone(),
        property: None,
        facts: Vec::new(),
        grounds: Vec::new(),
        well: well(trace),
        legal: Vec::new(),
        excerpt: Vec::new(),
    };
    match verdict {
        Violation::Safety(_) => contradict(subject, trace.clock, heard, &mut explanation),
        Violation::Liveness(_) => explanation.facts = since_healing(trace.clock, heard),
        Violation::Invariant(name, _) => explanation.property = Some(name.clone()),
        Violation::Panic(_) => {}
    }
    if explanation.facts.is_empty() {
        explanation.facts.extend(broken(trace).map(|event| Fact::of(&trace.events[event], trace)));
    }
    explanation.excerpt = excerpt(trace, &explanation.facts);
    explanation
}

/// The event that broke something: the last before the violation.
fn broken(trace: &Trace) -> Option<usize> {
    let end = trace.events.iter().position(|event| event.what == What::Violation)?;
    end.checked_sub(1)
}

/// The last event after which all was well.
fn well(trace: &Trace) -> Option<Fact> {
    let event = broken(trace)?.checked_sub(1)?;
    Some(Fact::of(&trace.events[event], trace))
}

/// Finds what contradicts the last thing that was told.
fn contradict<S: Subject>(
    subject: &S,
    clock: Clock,
    heard: &[(u64, Heard<S::Process>)],
    explanation: &mut Explanation,
) {
    let begin = heard.len().saturating_sub(HEARD);
    let Some(((at, last), before)) = heard[begin..].split_last() else { return };
    let fold = |list: &[(u64, Heard<S::Process>)]| {
        let mut monitor = subject.monitor();
        let all_well = list.iter().all(|(_, one)| one.tell(&mut monitor).is_ok());
        all_well.then_some(monitor)
    };
    let Some(monitor) = fold(before) else { return };
    let Heard::Told(node, told) = last else { return };
    let Err(why) = monitor.clone().indicated(*node, told) else { return };
    explanation.property = monitor.promise(*node, told).map(str::to_string);
    explanation.legal = legal(&monitor, *node, told, heard);
    let mut left = before.to_vec();
    let mut place = left.len();
    while place > 0 {
        place -= 1;
        let mut fewer = left.clone();
        fewer.remove(place);
        let says = fold(&fewer).map(|mut monitor| last.tell(&mut monitor));
        if says == Some(Err(why.clone())) {
            left = fewer;
        }
    }
    // What another node was told says more than what this one was, and that more than what was
    // asked.
    let is_told = |one: &&(u64, Heard<S::Process>)| matches!(one.1, Heard::Told(..));
    let others = left.iter().filter(is_told).rfind(|(_, one)| one.node() != Some(*node));
    let against = others.or_else(|| left.iter().rfind(is_told)).or(left.last()).cloned();
    let fact = |(at, one): &(u64, Heard<S::Process>)| Fact {
        node: one.node(),
        at: *at,
        clock,
        text: one.to_string(),
    };
    explanation.facts.extend(against.iter().map(fact));
    explanation.facts.push(fact(&(*at, last.clone())));
    left.retain(|one| Some(one) != against.as_ref());
    explanation.grounds = left.iter().map(fact).collect();
}

/// What the node could have told instead: of all that was told in the run and is called alike,
/// what the monitor would have accepted.
fn legal<P: Process, M: Monitor<P>>(
    monitor: &M,
    node: NodeId,
    told: &P::Indication,
    heard: &[(u64, Heard<P>)],
) -> Vec<String> {
    let name = |one: &P::Indication| one.to_string().split(' ').next().map(str::to_string);
    let mut legal = Vec::new();
    for (_, one) in heard {
        let Heard::Told(_, other) = one else { continue };
        let words = other.to_string();
        let is_new = name(other) == name(told) && !legal.contains(&words);
        if is_new && monitor.clone().indicated(node, other).is_ok() {
            legal.push(words);
        }
    }
    legal
}

/// For each node what it was asked and told since faults healed.
fn since_healing<P: Process>(clock: Clock, heard: &[(u64, Heard<P>)]) -> Vec<Fact> {
    let healed = heard.iter().position(|(_, one)| matches!(one, Heard::Healed)).unwrap_or(0);
    let since = &heard[healed..];
    let nodes: BTreeSet<NodeId> = since.iter().filter_map(|(_, one)| one.node()).collect();
    let mut facts = Vec::new();
    for node in nodes {
        let mine = || since.iter().filter(|(_, one)| one.node() == Some(node));
        let asked = mine().filter(|(_, one)| matches!(one, Heard::Asked(..))).count();
        let told = mine().filter(|(_, one)| matches!(one, Heard::Told(..)));
        let last = told.clone().last();
        let last_words = last.map_or("nothing".to_string(), |(_, one)| one.to_string());
        let text = format!(
            "{node} was asked {asked} times and told {} times since faults healed; last: \
             {last_words}",
            told.count()
        );
        facts.push(Fact { node: Some(node), at: last.map_or(0, |(at, _)| *at), clock, text });
    }
    facts
}

/// The steps that brought the nodes to where they contradict an invariant.
fn involved<S: Subject>(
    subject: &S,
    trace: &Trace,
    seen: &[(usize, Vec<S::Process>)],
    name: &str,
) -> Vec<Fact> {
    let invariants = subject.invariants();
    let Some(invariant) = invariants.iter().find(|one| one.name == name) else {
        return Vec::new();
    };
    let Some((_, last)) = seen.last() else { return Vec::new() };
    let traitors = subject.traitors();
    let mut facts = Vec::new();
    for node in NodeId::first(last.len()).filter(|node| !traitors.contains(*node)) {
        let fails = |then: &S::Process| {
            let nodes = NodeId::first(last.len()).filter(|node| !traitors.contains(*node));
            let of = |one: NodeId| if one == node { then } else { &last[one.index()] };
            let processes: Vec<&S::Process> = nodes.map(of).collect();
            (invariant.holds)(&processes).is_err()
        };
        let mended = seen.iter().rposition(|(_, processes)| !fails(&processes[node.index()]));
        let Some(mended) = mended else { continue };
        let (begin, end) = (seen[mended].0, seen.get(mended + 1).map_or(0, |next| next.0));
        let events = begin..end.min(trace.events.len());
        let own = events.rev().find(|&event| trace.events[event].node == Some(node));
        facts.extend(own.map(|event| (event, Fact::of(&trace.events[event], trace))));
    }
    facts.sort_by_key(|(event, _)| *event);
    facts.into_iter().map(|(_, fact)| fact).collect()
}

/// The events of these facts, the violation, and what is around them.
fn excerpt(trace: &Trace, facts: &[Fact]) -> Vec<String> {
    let is_fact = |event: &Happening| {
        event.what == What::Violation
            || facts.iter().any(|fact| {
                let named = event.tells.iter().any(|told| fact.text.ends_with(told.as_str()));
                let words = event.to_string();
                let same = fact.text.contains(&words) && !words.is_empty();
                fact.node == event.node && fact.at == event.at && (named || same)
            })
    };
    let mut shown = BTreeSet::new();
    for (place, _) in trace.events.iter().enumerate().filter(|(_, event)| is_fact(event)) {
        let end = (place + AROUND).min(trace.events.len() - 1);
        shown.extend(place.saturating_sub(AROUND)..=end);
    }
    let mut lines = Vec::new();
    let mut before = None;
    for place in shown {
        if before.is_some_and(|before| before + 1 < place) {
            lines.push("...".to_string());
        }
        lines.extend(trace.events[place].lines(trace.clock));
        before = Some(place);
    }
    lines
}

impl Fact {
    fn of(event: &Happening, trace: &Trace) -> Fact {
        let place = event.node.map_or(String::new(), |node| format!("{node} "));
        let mut text = format!("{place}{event}");
        if let Some(told) = event.tells.last() {
            text.push_str(&format!(", tells {told}"));
        }
        Fact { node: event.node, at: event.at, clock: trace.clock, text }
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clock {
            Clock::Nanoseconds => write!(f, "{} (at {})", self.text, Moment(self.at)),
            Clock::Steps => write!(f, "{} (event {})", self.text, self.at),
        }
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        if let Some(property) = &self.property {
            write!(f, "\nWhat is promised: {property}.")?;
        }
        if !self.facts.is_empty() {
            f.write_str("\nThe facts:")?;
        }
        self.facts.iter().try_for_each(|fact| write!(f, "\n  {fact}"))?;
        if !self.grounds.is_empty() {
            f.write_str("\nThey cannot both be, given that:")?;
        }
        self.grounds.iter().try_for_each(|fact| write!(f, "\n  {fact}"))?;
        if let Some(well) = &self.well {
            write!(f, "\nAll was well until: {well}")?;
        }
        if let (Violation::Safety(_), Some(Fact { node: Some(node), .. })) =
            (&self.verdict, self.facts.last())
        {
            match self.legal.is_empty() {
                true => write!(f, "\nWhat {node} could have told instead: nothing yet.")?,
                false => {
                    let legal = self.legal.join(", or ");
                    write!(f, "\nWhat {node} could have told instead: {legal}, or nothing yet.")?;
                }
            }
        }
        if !self.excerpt.is_empty() {
            f.write_str("\nAround it:")?;
        }
        self.excerpt.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
