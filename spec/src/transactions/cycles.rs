//! Looks for cycles, class by class, and for the shortest of each.

use std::collections::VecDeque;

use super::anomaly::{Anomaly, Phenomenon};
use super::evidence::{Finding, Findings, Witness};
use super::graph::{Class, Components, Edge, Edges, Graph, Kind, View, components, filled};
use super::history::NONE;
use super::level::Strength;
use crate::history::{Budget, Stop};

/// How many more edges of a component a shorter cycle is looked for through, once there is one.
/// Components of real anomalies have a few dozen edges; in one of a million, each search can take
/// 10 ms, and 64 of them less than a second.
const TRIES: usize = 64;

/// Steps on ways that led nowhere, of all searches for cycles with one anti-dependency: a step
/// takes some 5 ns, so a second. Whether there is any such cycle takes a square of the size of the
/// component in the worst case. What is then not found by this name is found by a weaker one, and
/// the answer says that it stopped.
const ALLOTMENT: u64 = 1 << 28;

/// How many ways from a transaction are looked at for write skew. It is G2-item by another name,
/// which is found anyway.
const WAYS: usize = 64;

/// Finds the cycles.
///
/// A class that was found at a weaker strength, by the data alone say, is not looked for again at
/// a stronger one: it excludes all that it could.
pub(super) fn search(
    edges: Edges,
    findings: &mut Findings,
    budget: &mut Budget,
) -> Result<(), Stop> {
    let held = budget.used();
    let Some((graph, names)) = knots(edges, budget)? else {
        return Ok(());
    };
    let mut cycles = Cycles { walker: Walker::new(&graph, budget)?, graph, findings };
    let found = Strength::ALL.into_iter().try_for_each(|strength| cycles.at(strength, budget));
    let whole = cycles.walker.wasted <= ALLOTMENT;
    let name = |node: u32| names[node as usize];
    for finding in &mut cycles.findings.list {
        if let Witness::Cycle(cycle) = &mut finding.witness {
            for edge in cycle.iter_mut() {
                (edge.from, edge.to) = (name(edge.from), name(edge.to));
            }
        }
    }
    budget.restore(held);
    found.and(if whole { Ok(()) } else { Err(Stop::Allotment) })
}

/// The part of the graph that is in cycles, and what its nodes were before. Mostly there is none.
fn knots(edges: Edges, budget: &mut Budget) -> Result<Option<(Graph, Vec<u32>)>, Stop> {
    let view = View { class: Class::Any, strength: Strength::Strong };
    let held = budget.used();
    let graph = Graph::new(edges.nodes, &edges.list, budget)?;
    let Components { of, mut members, .. } = components(&graph, view, budget)?;
    drop(graph);
    if members.is_empty() {
        budget.restore(held);
        return Ok(None);
    }
    members.sort_unstable();
    let mut numbers = filled(NONE, edges.nodes as usize, budget)?;
    for (number, &member) in (0..).zip(&members) {
        numbers[member as usize] = number;
    }
    let mut list = Vec::new();
    for &edge in &edges.list {
        let component = of[edge.from as usize];
        if component != NONE && component == of[edge.to as usize] {
            let number = |node: u32| numbers[node as usize];
            let (from, to) = (number(edge.from), number(edge.to));
            budget.push(&mut list, Edge { from, to, ..edge })?;
        }
    }
    let graph = Graph::new(members.len() as u32, &list, budget)?;
    Ok(Some((graph, members)))
}

struct Cycles<'a> {
    graph: Graph,
    walker: Walker,
    findings: &'a mut Findings,
}

impl Cycles<'_> {
    fn at(&mut self, strength: Strength, budget: &mut Budget) -> Result<(), Stop> {
        let view = |class| View { class, strength };
        let (writes, dependencies) = (view(Class::Writes), view(Class::Dependencies));
        let (nonadjacent, any) = (view(Class::Nonadjacent), view(Class::Any));
        let is = |wanted: Kind| move |kind: Kind| kind == wanted;
        self.look(Phenomenon::G0, (writes, writes), is(Kind::Ww), budget)?;
        self.look(Phenomenon::G1c, (dependencies, dependencies), is(Kind::Wr), budget)?;
        self.look(Phenomenon::GSingle, (nonadjacent, dependencies), Kind::is_anti, budget)?;
        let forks = [Phenomenon::GSingle, Phenomenon::LongFork, Phenomenon::GNonadjacent];
        if !self.has_any(&forks, strength) {
            let views = (nonadjacent, nonadjacent);
            self.look(Phenomenon::GNonadjacent, views, Kind::is_anti, budget)?;
        }
        if !self.has_any(&[Phenomenon::WriteSkew, Phenomenon::G2Item], strength) {
            self.skew(any, budget)?;
        }
        if !self.has_any(&forks, strength) && !self.has_any(&[Phenomenon::WriteSkew], strength) {
            self.look(Phenomenon::G2Item, (any, any), Kind::is_anti, budget)?;
        }
        Ok(())
    }

    fn has_any(&self, phenomena: &[Phenomenon], strength: Strength) -> bool {
        phenomena.iter().any(|&phenomenon| self.findings.has(phenomenon, strength))
    }

    /// Looks for cycles through an edge of a kind, whose two ends are in one component of the
    /// first view, and whose rest the second view may follow.
    fn look(
        &mut self,
        phenomenon: Phenomenon,
        (whole, rest): (View, View),
        through: impl Fn(Kind) -> bool,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if self.findings.has(phenomenon, rest.strength) {
            return Ok(());
        }
        let held = budget.used();
        let mut found = Found::default();
        let done = self.scan((whole, rest), through, &mut found, budget);
        self.conclude(phenomenon, rest.strength, found);
        done?;
        budget.restore(held);
        Ok(())
    }

    fn scan(
        &mut self,
        (whole, rest): (View, View),
        through: impl Fn(Kind) -> bool,
        found: &mut Found,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        let parts = components(&self.graph, whole, budget)?;
        // Where the rest follows less than the whole, there may be no way back. The ranks of the
        // rest rule out most of those edges at once, for what is overwritten is mostly older.
        let ranks = match whole.class == rest.class {
            true => None,
            false => Some(components(&self.graph, rest, budget)?.rank),
        };
        found.tries = vec![0; parts.count as usize];
        for &place in &parts.members {
            let component = parts.of[place as usize];
            let node = whole.node(place);
            for number in self.graph.leaving(node) {
                let edge = self.graph.edge(node, number);
                let to = whole.follow(place, edge.to, edge.label);
                let inside = to.is_some_and(|to| parts.of[to as usize] == component);
                if !inside || !through(edge.label.kind()) || found.enough(component) {
                    continue;
                }
                let Some(to) = to_rest(rest, to, edge.to) else {
                    continue;
                };
                if ranks.is_some() && self.walker.wasted > ALLOTMENT {
                    return Ok(());
                }
                let ends = (to, rest.open(node));
                let way = self.walker.walk(&self.graph, rest, ends, ranks.as_deref(), budget)?;
                found.note(component, edge, way);
            }
        }
        Ok(())
    }

    fn conclude(&mut self, phenomenon: Phenomenon, strength: Strength, found: Found) {
        let Some(cycle) = found.shortest else {
            return;
        };
        let anti = cycle.iter().filter(|edge| edge.label.kind().is_anti()).count();
        let phenomenon = match phenomenon {
            Phenomenon::GNonadjacent | Phenomenon::G2Item if anti == 1 => Phenomenon::GSingle,
            Phenomenon::GNonadjacent if is_long_fork(&cycle) => Phenomenon::LongFork,
            other => other,
        };
        let anomaly = Anomaly { phenomenon, strength };
        let witness = Witness::Cycle(cycle);
        self.findings.list.push(Finding { anomaly, count: found.components, witness });
    }

    /// Two transactions, each of which overwrote another key that the other had read.
    fn skew(&mut self, view: View, budget: &mut Budget) -> Result<(), Stop> {
        let mut found = Found::default();
        for node in 0..self.graph.nodes() {
            for there in self.overwriters(view, node, budget)? {
                let end = there.last().expect("an edge leads there").to;
                if end <= node {
                    continue;
                }
                for back in self.overwriters(view, end, budget)? {
                    let home = back.last().is_some_and(|last| last.to == node);
                    if home && back[0].key != there[0].key {
                        found.components += 1;
                        let cycle = || there.iter().chain(&back).copied().collect();
                        found.shortest.get_or_insert_with(cycle);
                    }
                }
            }
        }
        self.conclude(Phenomenon::WriteSkew, view.strength, found);
        Ok(())
    }

    /// The ways of one anti-dependency from a node; those through a node that stands for no
    /// transaction have two edges.
    fn overwriters(
        &self,
        view: View,
        node: u32,
        budget: &mut Budget,
    ) -> Result<Vec<Vec<Edge>>, Stop> {
        let mut ways = Vec::new();
        for number in self.graph.leaving(node) {
            budget.work(1)?;
            if ways.len() >= WAYS {
                break;
            }
            let edge = self.graph.edge(node, number);
            if edge.label.kind() != Kind::Rw || edge.label.strength() > view.strength {
                continue;
            }
            let onward: Vec<Edge> = self
                .graph
                .leaving(edge.to)
                .map(|number| self.graph.edge(edge.to, number))
                .filter(|next| next.label.kind() == Kind::Through)
                .take(WAYS)
                .collect();
            budget.work(onward.len() as u64)?;
            if onward.is_empty() {
                ways.push(vec![edge]);
            }
            ways.extend(onward.into_iter().map(|next| vec![edge, next]));
        }
        Ok(ways)
    }
}

/// Where the rest of a cycle starts: where the first edge led, as the rest sees places.
fn to_rest(rest: View, to: Option<u32>, node: u32) -> Option<u32> {
    match rest.class {
        Class::Nonadjacent => to,
        Class::Writes | Class::Dependencies | Class::Any => Some(rest.open(node)),
    }
}

/// Two writes, each read by one who did not yet see the other.
fn is_long_fork(cycle: &[Edge]) -> bool {
    let kinds: Vec<Kind> =
        cycle.iter().map(|edge| edge.label.kind()).filter(|kind| *kind != Kind::Through).collect();
    kinds == [Kind::Rw, Kind::Wr, Kind::Rw, Kind::Wr]
}

/// The transactions of a cycle: its edges, but those that only go on.
fn length(cycle: &[Edge]) -> usize {
    cycle.iter().filter(|edge| edge.label.kind() != Kind::Through).count()
}

/// What a search found: in how many components, and the shortest cycle.
#[derive(Default)]
struct Found {
    components: u64,
    /// For each component in which a cycle was found, how many edges were tried since then.
    tries: Vec<usize>,
    shortest: Option<Vec<Edge>>,
}

impl Found {
    /// Whether a component needs no more searches.
    fn enough(&self, component: u32) -> bool {
        let tries = self.tries[component as usize];
        let shortest = self.shortest.as_ref().map_or(usize::MAX, |cycle| length(cycle));
        tries > 0 && (tries > TRIES || shortest == 2)
    }

    fn note(&mut self, component: u32, edge: Edge, way: Option<Vec<Edge>>) {
        let tries = &mut self.tries[component as usize];
        if *tries == 0 && way.is_some() {
            self.components += 1;
        }
        *tries += usize::from(*tries > 0 || way.is_some());
        let Some(way) = way else {
            return;
        };
        let mut cycle = vec![edge];
        cycle.extend(way);
        if self.shortest.as_ref().is_none_or(|shortest| length(&cycle) < length(shortest)) {
            self.shortest = Some(cycle);
        }
    }
}

/// Shortest ways. Marks are told apart by the number of the search, so that they need no clearing.
struct Walker {
    round: u32,
    /// Steps on ways that led nowhere.
    wasted: u64,
    marks: Vec<Mark>,
    queue: VecDeque<(u32, u32)>,
}

#[derive(Clone, Copy)]
struct Mark {
    round: u32,
    steps: u32,
    /// The place before, and the edge from there.
    before: u32,
    edge: u32,
}

impl Walker {
    fn new(graph: &Graph, budget: &mut Budget) -> Result<Walker, Stop> {
        let mark = Mark { round: 0, steps: 0, before: NONE, edge: NONE };
        // A node has at most two places, and a place is queued at most twice.
        let places = graph.nodes() as usize * 2;
        let marks = filled(mark, places, budget)?;
        budget.take(places * 2 * size_of::<(u32, u32)>())?;
        Ok(Walker { round: 0, wasted: 0, marks, queue: VecDeque::new() })
    }

    /// The shortest way from a place to another, if there is one, breadth first. An edge that only
    /// goes on has no length, so the places that it leads to are next. Ranks of components, if
    /// given, tell from where there is no way.
    fn walk(
        &mut self,
        graph: &Graph,
        view: View,
        (from, to): (u32, u32),
        ranks: Option<&[u32]>,
        budget: &mut Budget,
    ) -> Result<Option<Vec<Edge>>, Stop> {
        let hopeless =
            |place: u32| ranks.is_some_and(|ranks| ranks[place as usize] < ranks[to as usize]);
        if hopeless(from) {
            return Ok(None);
        }
        self.round += 1;
        self.queue.clear();
        self.mark(from, Mark { round: self.round, steps: 0, before: NONE, edge: NONE });
        self.queue.push_back((from, 0));
        let mut walked = 0;
        while let Some((place, steps)) = self.queue.pop_front() {
            budget.work(1)?;
            if steps > self.marks[place as usize].steps {
                continue;
            }
            if place == to {
                return Ok(Some(self.way(graph, view, to)));
            }
            let node = view.node(place);
            for number in graph.leaving(node) {
                budget.work(1)?;
                walked += 1;
                let edge = graph.edge(node, number);
                let Some(next) = view.follow(place, edge.to, edge.label) else {
                    continue;
                };
                let free = edge.label.kind() == Kind::Through;
                let steps = steps + u32::from(!free);
                let old = self.marks[next as usize];
                if old.round == self.round && old.steps <= steps || hopeless(next) {
                    continue;
                }
                self.mark(next, Mark { round: self.round, steps, before: place, edge: number });
                match free {
                    true => self.queue.push_front((next, steps)),
                    false => self.queue.push_back((next, steps)),
                }
            }
        }
        self.wasted += walked;
        Ok(None)
    }

    fn mark(&mut self, place: u32, mark: Mark) {
        self.marks[place as usize] = mark;
    }

    /// The edges that led to a place.
    fn way(&self, graph: &Graph, view: View, to: u32) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut mark = self.marks[to as usize];
        while mark.edge != NONE {
            edges.push(graph.edge(view.node(mark.before), mark.edge));
            mark = self.marks[mark.before as usize];
        }
        edges.reverse();
        edges
    }
}
