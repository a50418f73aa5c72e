//! A graph of dependencies on compact numbers, and which of its edges a search may follow.

use super::history::NONE;
use super::level::Strength;
use crate::history::{Budget, Stop};

/// Why one transaction precedes another (Adya 1999, section 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The other's write follows in the version order.
    Ww,
    /// The other read what was written.
    Wr,
    /// The other overwrote what was read.
    Rw,
    /// A version precedes the other's, or else there would be a cycle with one anti-dependency.
    /// A cycle through it therefore counts it as one.
    Before,
    /// One process called them in this order.
    Process,
    /// One ended before the other was called.
    Realtime,
    /// On from a node that stands for no transaction, as the edge that led there.
    Through,
}

impl Kind {
    const ALL: [Kind; 7] =
        [Kind::Ww, Kind::Wr, Kind::Rw, Kind::Before, Kind::Process, Kind::Realtime, Kind::Through];

    pub fn is_anti(self) -> bool {
        matches!(self, Kind::Rw | Kind::Before)
    }
}

/// The kind of an edge and the strength of the orders that it follows from, in a byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(u8);

impl Label {
    pub fn new(kind: Kind, strength: Strength) -> Label {
        Label(kind as u8 * 3 + strength as u8)
    }

    pub fn kind(self) -> Kind {
        Kind::ALL[usize::from(self.0 / 3)]
    }

    pub fn strength(self) -> Strength {
        Strength::ALL[usize::from(self.0 % 3)]
    }
}

/// An edge, and the key that it is about, or [`NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    pub key: u32,
    pub label: Label,
}

/// Edges as they are found. Nodes are the transactions, and after them nodes that stand for none.
#[derive(Debug)]
pub(super) struct Edges {
    pub list: Vec<Edge>,
    pub nodes: u32,
    /// Which call of `fan` met each transaction last: as a target, and as a source.
    met: Vec<u32>,
    fans: u32,
}

impl Edges {
    pub fn new(transactions: usize, budget: &mut Budget) -> Result<Edges, Stop> {
        let met = filled(0, transactions, budget)?;
        Ok(Edges { list: Vec::new(), nodes: transactions as u32, met, fans: 0 })
    }

    /// A node that stands for no transaction.
    pub fn node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    pub fn add(
        &mut self,
        (from, to): (u32, u32),
        (kind, strength): (Kind, Strength),
        key: u32,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if from == to {
            return Ok(());
        }
        budget.work(1)?;
        budget.push(&mut self.list, Edge { from, to, key, label: Label::new(kind, strength) })
    }

    /// Every source precedes every target but itself, in as many edges as there are of both.
    ///
    /// Sources that are targets too need edges of their own. Of those that are so by an
    /// anti-dependency the first two get them: they are a lost update already, which excludes all
    /// that further ones could.
    pub fn fan(
        &mut self,
        sources: &[(u32, Kind)],
        targets: &[u32],
        key: u32,
        budget: &mut Budget,
    ) -> Result<(), Stop> {
        if sources.is_empty() || targets.is_empty() {
            return Ok(());
        }
        if let &[target] = targets {
            for &(source, kind) in sources {
                self.add((source, target), (kind, Strength::Plain), key, budget)?;
            }
            return Ok(());
        }
        self.fans += 1;
        let middle = self.node();
        for &target in targets {
            self.met[target as usize] = self.fans;
            self.add((middle, target), (Kind::Through, Strength::Plain), key, budget)?;
        }
        let mut updates = 0;
        for &(source, kind) in sources {
            if self.met[source as usize] != self.fans {
                self.add((source, middle), (kind, Strength::Plain), key, budget)?;
                continue;
            }
            updates += u32::from(kind.is_anti());
            if kind.is_anti() && updates > 2 {
                continue;
            }
            for &target in targets {
                self.add((source, target), (kind, Strength::Plain), key, budget)?;
            }
        }
        Ok(())
    }
}

/// A vector of `length` equal elements, within the budget.
pub(super) fn filled<T: Clone>(
    element: T,
    length: usize,
    budget: &mut Budget,
) -> Result<Vec<T>, Stop> {
    budget.take(length * size_of::<T>())?;
    Ok(vec![element; length])
}

/// The edges by their origin.
#[derive(Debug)]
pub(super) struct Graph {
    starts: Vec<u32>,
    edges: Vec<(u32, u32, Label)>,
}

impl Graph {
    pub fn new(nodes: u32, list: &[Edge], budget: &mut Budget) -> Result<Graph, Stop> {
        let mut starts: Vec<u32> = filled(0, nodes as usize + 2, budget)?;
        for edge in list {
            starts[edge.from as usize + 2] += 1;
        }
        budget.work(list.len() as u64)?;
        for node in 2..starts.len() {
            starts[node] += starts[node - 1];
        }
        let nothing = (NONE, NONE, Label::new(Kind::Through, Strength::Plain));
        let mut edges = filled(nothing, list.len(), budget)?;
        for edge in list {
            let place = &mut starts[edge.from as usize + 1];
            edges[*place as usize] = (edge.to, edge.key, edge.label);
            *place += 1;
        }
        budget.work(list.len() as u64)?;
        Ok(Graph { starts, edges })
    }

    pub fn nodes(&self) -> u32 {
        self.starts.len() as u32 - 2
    }

    /// The numbers of the edges that leave a node.
    pub fn leaving(&self, node: u32) -> std::ops::Range<u32> {
        self.starts[node as usize]..self.starts[node as usize + 1]
    }

    pub fn edge(&self, from: u32, number: u32) -> Edge {
        let (to, key, label) = self.edges[number as usize];
        Edge { from, to, key, label }
    }
}

/// Which cycles are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// Of writes.
    Writes,
    /// Of writes, and reads of what was written.
    Dependencies,
    /// Besides, of reads of what was overwritten, no two adjacent.
    Nonadjacent,
    /// All.
    Any,
}

/// A class of cycles that appeal to orders of no more than a strength.
///
/// A search walks *places*: a node and whether it was entered by an anti-dependency, which
/// matters where two of those must not be adjacent.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub class: Class,
    pub strength: Strength,
}

impl View {
    /// The places of a node.
    pub fn states(self) -> u32 {
        if self.class == Class::Nonadjacent { 2 } else { 1 }
    }

    pub fn node(self, place: u32) -> u32 {
        place / self.states()
    }

    /// The place of a node that any edge may leave.
    pub fn open(self, node: u32) -> u32 {
        node * self.states()
    }

    /// Where an edge leads from a place, if it may be followed.
    pub fn follow(self, place: u32, to: u32, label: Label) -> Option<u32> {
        if label.strength() > self.strength {
            return None;
        }
        let states = self.states();
        let state = place % states;
        let state = match label.kind() {
            Kind::Ww | Kind::Process | Kind::Realtime => 0,
            Kind::Through => state,
            Kind::Wr if self.class == Class::Writes => return None,
            Kind::Wr => 0,
            Kind::Rw | Kind::Before => match self.class {
                Class::Writes | Class::Dependencies => return None,
                Class::Nonadjacent if state == 1 => return None,
                Class::Nonadjacent => 1,
                Class::Any => 0,
            },
        };
        Some(to * states + state)
    }
}

/// The strongly connected components.
#[derive(Debug)]
pub(super) struct Components {
    /// The component of each place, or [`NONE`] if it is alone.
    pub of: Vec<u32>,
    /// When the component of each place was complete: none leads to one that was so later.
    pub rank: Vec<u32>,
    /// The places, those of one component together.
    pub members: Vec<u32>,
    pub count: u32,
}

/// Tarjan's algorithm (1972), with its recursion on a stack of its own.
///
/// It begins with the last places, so that ranks fall with the numbers where nothing else decides.
pub(super) fn components(
    graph: &Graph,
    view: View,
    budget: &mut Budget,
) -> Result<Components, Stop> {
    let places = graph.nodes() as usize * view.states() as usize;
    let of = filled(NONE, places, budget)?;
    let rank = filled(0, places, budget)?;
    let order = filled(0, places, budget)?;
    let low = filled(0, places, budget)?;
    let found = Components { of, rank, members: Vec::new(), count: 0 };
    let (waiting, path) = (Vec::new(), Vec::new());
    let mut tarjan = Tarjan { graph, view, order, low, next: 1, complete: 0, waiting, path, found };
    for root in (0..places as u32).rev() {
        if tarjan.order[root as usize] == 0 {
            tarjan.visit(root, budget)?;
            tarjan.walk(budget)?;
        }
    }
    budget.give(places * 2 * size_of::<u32>());
    budget.give(tarjan.waiting.capacity() * size_of::<u32>());
    budget.give(tarjan.path.capacity() * size_of::<(u32, u32)>());
    Ok(tarjan.found)
}

struct Tarjan<'a> {
    graph: &'a Graph,
    view: View,
    /// When each place was first visited, from 1; [`NONE`] once its component is known.
    order: Vec<u32>,
    low: Vec<u32>,
    next: u32,
    complete: u32,
    /// Visited places whose component is not known.
    waiting: Vec<u32>,
    /// The way to the place at hand, each with the next of its edges.
    path: Vec<(u32, u32)>,
    found: Components,
}

impl Tarjan<'_> {
    fn visit(&mut self, place: u32, budget: &mut Budget) -> Result<(), Stop> {
        self.order[place as usize] = self.next;
        self.low[place as usize] = self.next;
        self.next += 1;
        budget.push(&mut self.waiting, place)?;
        let first = self.graph.leaving(self.view.node(place)).start;
        budget.push(&mut self.path, (place, first))
    }

    fn walk(&mut self, budget: &mut Budget) -> Result<(), Stop> {
        while let Some((place, next)) = self.path.last_mut() {
            let (place, number) = (*place, *next);
            let node = self.view.node(place);
            if number == self.graph.leaving(node).end {
                self.leave(place, budget)?;
                continue;
            }
            *next += 1;
            let edge = self.graph.edge(node, number);
            let Some(to) = self.view.follow(place, edge.to, edge.label) else {
                continue;
            };
            match self.order[to as usize] {
                0 => self.visit(to, budget)?,
                NONE => {}
                order => self.low[place as usize] = self.low[place as usize].min(order),
            }
        }
        Ok(())
    }

    fn leave(&mut self, place: u32, budget: &mut Budget) -> Result<(), Stop> {
        budget.work(1)?;
        self.path.pop();
        let low = self.low[place as usize];
        if let Some(&(parent, _)) = self.path.last() {
            self.low[parent as usize] = self.low[parent as usize].min(low);
        }
        if low != self.order[place as usize] {
            return Ok(());
        }
        let above = self.waiting.iter().rposition(|&waiting| waiting == place);
        let start = above.expect("a place waits until its component is known");
        let size = self.waiting.len() - start;
        self.complete += 1;
        for place in self.waiting.drain(start..) {
            self.order[place as usize] = NONE;
            self.found.rank[place as usize] = self.complete;
            if size > 1 {
                self.found.of[place as usize] = self.found.count;
                budget.push(&mut self.found.members, place)?;
            }
        }
        self.found.count += u32::from(size > 1);
        Ok(())
    }
}
