//! Symmetry: of the worlds that differ by a renaming of nodes only, one stands for all.
//!
//! The least of them, as a row of numbers, is the one. Nodes are first put in the order of prints
//! that no renaming changes, so only renamings among nodes with equal prints are tried.
//!
//! A subject says which nodes are interchangeable; here it is tested as the exploration goes: a
//! renamed node must do what the node does, renamed, and judges must say the same of renamed
//! worlds. All steps that are met first are tested, and a sample of the others.

use std::cmp::Ordering;

use ::world::Subject;
use ::world::rename::{Renaming, Symmetry, Tree, print, written};
use model::{Event, Fingerprint, Host, NodeId, NodeSet, Process};
use spec::monitor::Monitor;

use super::local::{Branch, Input, Local, Outcome, Up};
use super::log;
use super::memo::Memory;
use super::tables::{Heard, MonitorKey, Packet, Tables};
use super::world::World;
use super::{Explore, Network, Shareable};
use crate::{Judgement, Violation};

/// Renamings of one symmetry at most: 7!, all of seven nodes. For each world that is met, those
/// are tried that keep the order of prints, so more would be more than is gained.
const MOST_RENAMINGS: usize = 5_040;

/// Steps that are all tested on a renamed node: far more than the first few levels have.
const TESTED: u64 = 1_000;

/// Of further steps, one in so many is tested: a test costs about two steps.
const SAMPLE: u64 = 16;

/// The renamings of a symmetry, ready to be used on numbers.
pub struct Folding<S: Subject> {
    symmetry: Symmetry<S>,
    /// All of them; the first changes nothing.
    renamings: Vec<Renaming>,
    /// For each renaming and each place, the place whose node comes there.
    sources: Vec<Vec<usize>>,
    /// For each renaming and each request of all nodes, the request that it becomes.
    requests: Vec<Vec<u32>>,
    /// The places of each group in order.
    groups: Vec<Vec<usize>>,
    /// What is wrong with the declaration itself.
    fault: Option<String>,
}

/// What is renamed, as a part of a key of what is remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Node,
    Monitor,
    Packet,
}

impl Kind {
    /// Its place among the counts of what was met.
    pub fn size(self) -> usize {
        match self {
            Kind::Node => 0,
            Kind::Packet => 1,
            Kind::Monitor => 2,
        }
    }
}

/// A renamed number: what it is, which one, and by which renaming.
pub type RenamedKey = (Kind, u16, u32);

impl<S: Subject> Folding<S> {
    /// The folding of a subject with these requests at each node, if it has a symmetry.
    pub fn of(
        subject: &S,
        requests: &[Vec<<S::Process as Process>::Request>],
    ) -> Option<Folding<S>> {
        let symmetry = subject.symmetry()?;
        let nodes = subject.nodes();
        let mut folding = Folding {
            groups: symmetry.groups().iter().map(|group| places(*group)).collect(),
            renamings: Vec::new(),
            sources: Vec::new(),
            requests: Vec::new(),
            fault: None,
            symmetry,
        };
        let count: usize =
            folding.groups.iter().map(|g| (1..=g.len()).product::<usize>()).product();
        if count > MOST_RENAMINGS {
            folding.fault = Some(format!(
                "A symmetry has {count} renamings, and the checker takes {MOST_RENAMINGS} at \
                 most: declare smaller groups."
            ));
        } else {
            folding.renamings = renamings(nodes, &folding.groups);
        }
        for renaming in &folding.renamings {
            let back = renaming.inverse();
            let sources = NodeId::first(nodes).map(|node| back.node(node).index()).collect();
            folding.sources.push(sources);
            match renamed_requests::<S>(renaming, requests) {
                Ok(map) => folding.requests.push(map),
                Err(fault) => folding.fault = Some(fault),
            }
        }
        let judged = folding.test_first(subject);
        folding.fault = folding.fault.take().or(judged);
        Some(folding)
    }

    /// What is wrong with the declaration itself, if anything is.
    pub fn fault(&self) -> Option<Violation> {
        self.fault.clone().map(asymmetry)
    }

    /// The groups in words.
    pub fn bound(&self) -> String {
        let groups: Vec<String> = self.symmetry.groups().iter().map(NodeSet::to_string).collect();
        format!("worlds that differ by a renaming within {} count as one", groups.join(" or "))
    }

    /// Whether fresh processes and the fresh monitor are the same after any renaming. Renamings of
    /// two neighbours make up all others.
    fn test_first(&self, subject: &S) -> Option<String> {
        for renaming in self.renamings.iter().filter(|renaming| is_swap(renaming, subject.nodes()))
        {
            for node in NodeId::first(subject.nodes()) {
                let renamed = self.symmetry.process(&subject.process(node), renaming);
                let there = renaming.node(node);
                if renamed != subject.process(there) {
                    return Some(format!(
                        "The nodes are declared interchangeable, but {there} begins as {:?}, and \
                         {node} with renamed nodes would begin as {renamed:?}.",
                        subject.process(there)
                    ));
                }
                for other in NodeId::first(subject.nodes()) {
                    if !is_forged_alike(subject, renaming, node, other) {
                        return Some(format!(
                            "What {node} may forge for {other} is not, renamed, what {there} may \
                             forge for {}.",
                            renaming.node(other)
                        ));
                    }
                }
            }
            if renaming.nodes(subject.traitors()) != subject.traitors() {
                return Some("A group of interchangeable nodes is faulty in part.".into());
            }
            if self.symmetry.monitor(&subject.told_monitor(), renaming) != subject.told_monitor() {
                return Some("The fresh monitor is another one after a renaming.".into());
            }
        }
        None
    }

    /// A hash of a node that is the same however nodes are renamed.
    pub fn print(&self, node: &Local<S::Process>) -> u64 {
        let disk = Host::new(node.me, node.disk.clone());
        let up = node.up.as_ref().map(|up| {
            let rest = written(&(&up.timers, &up.frames));
            Box::new(Tree::Row(vec![self.symmetry.tree(&up.host), rest]))
        });
        let tree = Tree::Row(vec![written(&node.me), Tree::Option(up), self.symmetry.tree(&disk)]);
        print(&tree, node.me, self.symmetry.groups())
    }

    fn local(&self, node: &Local<S::Process>, renaming: &Renaming) -> Local<S::Process> {
        let up = node.up.as_ref().map(|up| {
            let mut host = self.symmetry.host(&up.host, renaming);
            host.sort_held();
            Up { host, timers: renaming.of(&up.timers), frames: renaming.of(&up.frames) }
        });
        Local { me: renaming.node(node.me), up, disk: self.symmetry.process(&node.disk, renaming) }
    }

    fn outcome(&self, outcome: &Outcome<S::Process>, renaming: &Renaming) -> Outcome<S::Process> {
        Outcome {
            node: self.local(&outcome.node, renaming),
            posts: outcome
                .posts
                .iter()
                .map(|(to, message)| (renaming.node(*to), renaming.of(message)))
                .collect(),
            told: renaming.of(&outcome.told),
            marks: outcome.marks,
        }
    }

    /// What a number becomes.
    fn renamed(&self, tables: &mut Tables<S>, (kind, by, number): RenamedKey) -> u32 {
        let renaming = &self.renamings[usize::from(by)];
        match kind {
            Kind::Node => {
                let entry = &tables.entries[number as usize];
                let (node, print) = (self.local(&entry.node, renaming), entry.print);
                tables.node(node, print)
            }
            Kind::Monitor => {
                let monitor = self.symmetry.monitor(tables.monitors.value(number), renaming);
                tables.monitors.number(monitor).0
            }
            Kind::Packet => {
                let packet = tables.packets.value(number);
                let packet = Packet {
                    from: renaming.node(packet.from),
                    to: renaming.node(packet.to),
                    message: renaming.of(&packet.message),
                };
                tables.packets.number(packet).0
            }
        }
    }

    /// A renaming to test with, drawn by the count of what was tested; none if it is not the turn.
    fn drawn(&self, tables: &mut Tables<S>) -> Option<usize> {
        tables.tested += 1;
        let count = tables.tested;
        let is_due = count <= TESTED || count.is_multiple_of(SAMPLE);
        let others = self.renamings.len() as u64 - 1;
        (is_due && others > 0).then(|| 1 + (Fingerprint::of(&count) % others) as usize)
    }
}

impl<S: Shareable> Explore<'_, S> {
    /// Puts in a world's place the one that stands for all that differ by a renaming.
    pub(super) fn folded(&self, memory: &mut Memory, world: &mut World) {
        let Some(folding) = &self.folding else {
            return;
        };
        self.learn(memory, world);
        let nodes = self.shape.nodes;
        let prints: Vec<u64> =
            world[..nodes].iter().map(|&node| memory.facts[node as usize].print).collect();
        let mut least: Option<Vec<u32>> = None;
        for by in 0..folding.renamings.len() {
            let sources = &folding.sources[by];
            let is_sorted = |group: &Vec<usize>| {
                group.is_sorted_by(|&a, &b| prints[sources[a]] <= prints[sources[b]])
            };
            if !folding.groups.iter().all(is_sorted) {
                continue;
            }
            let mut row = Vec::with_capacity(world.len());
            for &source in sources {
                row.push(self.renamed(memory, (Kind::Node, by as u16, world[source])));
            }
            let order = least.as_ref().map_or(Ordering::Less, |least| row[..].cmp(&least[..nodes]));
            if order == Ordering::Greater {
                continue;
            }
            self.rename_rest(memory, world, by, &mut row);
            if order == Ordering::Less || least.as_ref().is_some_and(|least| row < *least) {
                least = Some(row);
            }
        }
        if let Some(least) = least {
            *world = least.into();
        }
    }

    /// Adds to a row of renamed nodes everything else of the world, renamed.
    fn rename_rest(&self, memory: &mut Memory, world: &World, by: usize, row: &mut Vec<u32>) {
        let folding = self.folding.as_ref().expect("only called when folding");
        let shape = &self.shape;
        row.push(self.renamed(memory, (Kind::Monitor, by as u16, world[shape.monitor()])));
        let start = shape.packets();
        row.extend_from_slice(&world[row.len()..start]);
        shape.rename_made(world, row, &folding.requests[by]);
        let packets = &world[start..];
        for &packet in packets {
            let packet = self.renamed(memory, (Kind::Packet, by as u16, packet));
            row.push(packet);
        }
        let channels = &memory.channels;
        match self.bounds.network {
            Network::Fifo { .. } => {
                row[start..].sort_by_key(|&packet| channels[packet as usize]);
            }
            _ => row[start..].sort_unstable(),
        }
    }

    pub(super) fn renamed(&self, memory: &mut Memory, key: RenamedKey) -> u32 {
        if key.1 == 0 {
            return key.2;
        }
        if let Some(&number) = memory.renamed.get(&key) {
            return number;
        }
        let folding = self.folding.as_ref().expect("only called when folding");
        let mut tables = self.tables();
        let number = match tables.renamed.get(&key) {
            Some(&number) => number,
            None => {
                let number = folding.renamed(&mut tables, key);
                tables.renamed.insert(key, number);
                tables.log.push(log::Entry::Renamed(key));
                number
            }
        };
        super::memo::learn_from(&tables, memory);
        drop(tables);
        memory.renamed.insert(key, number);
        number
    }

    /// Whether a renamed node does what the node does, renamed; if not, the sentence that says so.
    pub(super) fn test_step(
        &self,
        tables: &mut Tables<S>,
        node: &Local<S::Process>,
        input: &Input<S::Process>,
        branches: &[Branch<S::Process>],
    ) -> Option<Violation> {
        let folding = self.folding.as_ref()?;
        let renaming = &folding.renamings[folding.drawn(tables)?];
        let input = match input {
            Input::Event(Event::Message(from, message)) => {
                Input::Event(Event::Message(renaming.node(*from), renaming.of(message)))
            }
            Input::Event(Event::Timer(timer)) => Input::Event(Event::Timer(renaming.of(timer))),
            Input::Event(Event::Request(request)) => {
                Input::Event(Event::Request(renaming.of(request)))
            }
            Input::Event(Event::Start) => Input::Event(Event::Start),
            Input::Event(Event::Flush) => Input::Event(Event::Flush),
            Input::Sync => Input::Sync,
            Input::Crash => Input::Crash,
            Input::Restart => Input::Restart,
        };
        let other = folding.local(node, renaming);
        let mut others = self.branches(&other, &input);
        for branch in branches {
            let renamed = branch.outcome.as_ref().ok().map(|o| folding.outcome(o, renaming));
            let place = others.iter().position(|other| is_same(&renamed, other));
            let Some(place) = place else {
                return Some(asymmetry(format!(
                    "The nodes are declared interchangeable, but {} does something else at {} \
                     than {} does with renamed nodes.",
                    other.me, input, node.me
                )));
            };
            others.swap_remove(place);
        }
        (!others.is_empty()).then(|| {
            asymmetry(format!("{} has more choices at {input} than {}.", other.me, node.me))
        })
    }

    /// Whether a renamed monitor makes the same of what it hears.
    pub(super) fn test_heard(
        &self,
        tables: &mut Tables<S>,
        (monitor, node, heard): MonitorKey,
        result: &Result<S::Monitor, String>,
    ) -> Option<Violation> {
        let folding = self.folding.as_ref()?;
        let by = folding.drawn(tables)?;
        let renaming = &folding.renamings[by];
        let mut other = folding.symmetry.monitor(tables.monitors.value(monitor), renaming);
        let there = renaming.node(node);
        let mut judged = Ok(());
        match heard {
            Heard::Request(place) => {
                other.requested(there, &renaming.of(&self.requests[node.index()][place as usize]));
            }
            Heard::Crash => other.crashed(there),
            Heard::Told(list) => {
                for indication in tables.told.value(list).iter() {
                    judged = judged.and_then(|()| other.indicated(there, &renaming.of(indication)));
                }
            }
        }
        let renamed = result.as_ref().ok().map(|m| folding.symmetry.monitor(m, renaming));
        (renamed != judged.ok().map(|()| other)).then(|| {
            asymmetry(format!(
                "The monitor makes something else of what {there} tells than of what {node} tells."
            ))
        })
    }

    /// Whether a renamed world is judged alike.
    pub(super) fn test_judged(
        &self,
        processes: &[&S::Process],
        judgement: &Judgement,
    ) -> Option<Violation> {
        let folding = self.folding.as_ref()?;
        let by = folding.drawn(&mut self.tables())?;
        let renaming = &folding.renamings[by];
        let sources = &folding.sources[by];
        let others: Vec<S::Process> = sources
            .iter()
            .map(|&source| folding.symmetry.process(processes[source], renaming))
            .collect();
        let other = self.judge_processes(&others.iter().collect::<Vec<_>>());
        let is_alike = match (judgement, &other) {
            (Judgement::Broken(one), Judgement::Broken(two)) => one.property == two.property,
            (one, two) => one == two,
        };
        (!is_alike).then(|| {
            asymmetry("A world is judged otherwise when its nodes are renamed.".to_owned())
        })
    }
}

fn is_forged_alike<S: Subject>(subject: &S, renaming: &Renaming, from: NodeId, to: NodeId) -> bool {
    if !subject.traitors().contains(from) {
        return true;
    }
    let mut there = subject.forgeries(renaming.node(from), renaming.node(to));
    subject.forgeries(from, to).iter().all(|message| {
        let renamed = renaming.of(message);
        let place = there.iter().position(|other| *other == renamed);
        place.map(|place| there.swap_remove(place)).is_some()
    }) && there.is_empty()
}

fn asymmetry(text: String) -> Violation {
    Violation { property: "symmetry of the nodes".into(), text }
}

/// Messages to different nodes leave a step together: their order is not seen.
fn is_same<P: Process>(one: &Option<Outcome<P>>, other: &Branch<P>) -> bool {
    let posts = |outcome: &Outcome<P>| {
        let mut posts = outcome.posts.clone();
        posts.sort_by_key(|(to, _)| *to);
        posts
    };
    match (one, &other.outcome) {
        (None, Err(_)) => true,
        (Some(one), Ok(other)) => {
            one.node == other.node && one.told == other.told && posts(one) == posts(other)
        }
        _ => false,
    }
}

fn places(group: NodeSet) -> Vec<usize> {
    group.iter().map(NodeId::index).collect()
}

fn is_swap(renaming: &Renaming, nodes: usize) -> bool {
    NodeId::first(nodes).filter(|&node| renaming.node(node) != node).count() == 2
}

/// All renamings within the groups; the first changes nothing.
fn renamings(nodes: usize, groups: &[Vec<usize>]) -> Vec<Renaming> {
    let mut all = vec![NodeId::first(nodes).collect::<Vec<NodeId>>()];
    for group in groups {
        for (at, &place) in group.iter().enumerate() {
            let swapped = all.iter().flat_map(|to| {
                group[at..].iter().map(move |&other| {
                    let mut to = to.clone();
                    to.swap(place, other);
                    to
                })
            });
            all = swapped.collect();
        }
    }
    all.into_iter().map(Renaming::new).collect()
}

/// For each request of all nodes, the one that it becomes.
fn renamed_requests<S: Subject>(
    renaming: &Renaming,
    requests: &[Vec<<S::Process as Process>::Request>],
) -> Result<Vec<u32>, String> {
    let firsts: Vec<u32> = requests
        .iter()
        .scan(0, |sum, list| {
            *sum += list.len() as u32;
            Some(*sum - list.len() as u32)
        })
        .collect();
    let mut map = Vec::new();
    for node in NodeId::first(requests.len()) {
        let there = renaming.node(node);
        let mut taken = vec![false; requests[there.index()].len()];
        for request in &requests[node.index()] {
            let renamed = renaming.of(request);
            let mut others = requests[there.index()].iter().enumerate();
            let place = others.find(|(place, other)| !taken[*place] && **other == renamed);
            let Some((place, _)) = place else {
                return Err(format!(
                    "The nodes are declared interchangeable, but {node} may be asked {request}, \
                     and {there} may not be asked {renamed}."
                ));
            };
            taken[place] = true;
            map.push(firsts[there.index()] + place as u32);
        }
    }
    Ok(map)
}
