//! The types of a subject under renamings of its nodes, and the test of what it says of them.
//!
//! A renamed node must do what the node does, renamed, and judges must say the same of renamed
//! worlds. All steps that are met first are tested, and a sample of the others.

use std::sync::Arc;

use ::world::Subject;
use ::world::rename::{Renaming, Symmetry, Tree, print, written};
use model::{Event, Fingerprint, Host, NodeId, Process};
use spec::monitor::Monitor;

use super::local::{Branch, Input, Local, Outcome, Up};
use super::tables::{Packet, Tables};
use super::{Lexicon, Shareable};
use crate::explore::fold::{Folding, asymmetry};
use crate::explore::meaning::{Heard, Kind, MonitorKey, RenamedKey};
use crate::{Judgement, Violation};

/// Steps that are all tested on a renamed node: far more than the first few levels have.
const TESTED: u64 = 1_000;

/// Of further steps, one in so many is tested: a test costs about two steps.
const SAMPLE: u64 = 16;

/// A declared symmetry with its renamings.
pub struct Symmetric<S: Subject> {
    symmetry: Symmetry<S>,
    pub folding: Arc<Folding>,
}

impl<S: Subject> Symmetric<S> {
    /// The symmetry of a subject with these requests at each node, if it has one.
    pub fn of(
        subject: &S,
        requests: &[Vec<<S::Process as Process>::Request>],
    ) -> Option<Symmetric<S>> {
        let symmetry = subject.symmetry()?;
        let mut folding = Folding::of(symmetry.groups(), subject.nodes());
        for renaming in &folding.renamings {
            match renamed_requests::<S>(renaming, requests) {
                Ok(map) => folding.requests.push(map),
                Err(fault) => folding.fault = Some(fault),
            }
        }
        let judged = test_first(subject, &symmetry, &folding.renamings);
        folding.fault = folding.fault.take().or(judged);
        Some(Symmetric { symmetry, folding: Arc::new(folding) })
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
    pub fn renamed(&self, tables: &mut Tables<S>, (kind, by, number): RenamedKey) -> u32 {
        let renaming = &self.folding.renamings[usize::from(by)];
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
        let others = self.folding.renamings.len() as u64 - 1;
        (is_due && others > 0).then(|| 1 + (Fingerprint::of(&count) % others) as usize)
    }
}

impl<S: Shareable> Lexicon<'_, S> {
    /// Whether a renamed node does what the node does, renamed; if not, the sentence that says so.
    pub(super) fn test_step(
        &self,
        tables: &mut Tables<S>,
        node: &Local<S::Process>,
        input: &Input<S::Process>,
        branches: &[Branch<S::Process>],
    ) -> Option<Violation> {
        let symmetric = self.symmetric.as_ref()?;
        let renaming = &symmetric.folding.renamings[symmetric.drawn(tables)?];
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
        let other = symmetric.local(node, renaming);
        let mut others = self.branches(&other, &input);
        for branch in branches {
            let renamed = branch.outcome.as_ref().ok().map(|o| symmetric.outcome(o, renaming));
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
        let symmetric = self.symmetric.as_ref()?;
        let by = symmetric.drawn(tables)?;
        let renaming = &symmetric.folding.renamings[by];
        let mut other = symmetric.symmetry.monitor(tables.monitors.value(monitor), renaming);
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
        let renamed = result.as_ref().ok().map(|m| symmetric.symmetry.monitor(m, renaming));
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
        let symmetric = self.symmetric.as_ref()?;
        let by = symmetric.drawn(&mut self.tables())?;
        let renaming = &symmetric.folding.renamings[by];
        let sources = &symmetric.folding.sources[by];
        let others: Vec<S::Process> = sources
            .iter()
            .map(|&source| symmetric.symmetry.process(processes[source], renaming))
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

/// Whether fresh processes and the fresh monitor are the same after any renaming. Renamings of
/// two neighbours make up all others.
fn test_first<S: Subject>(
    subject: &S,
    symmetry: &Symmetry<S>,
    renamings: &[Renaming],
) -> Option<String> {
    for renaming in renamings.iter().filter(|renaming| is_swap(renaming, subject.nodes())) {
        for node in NodeId::first(subject.nodes()) {
            let renamed = symmetry.process(&subject.process(node), renaming);
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
        if symmetry.monitor(&subject.told_monitor(), renaming) != subject.told_monitor() {
            return Some("The fresh monitor is another one after a renaming.".into());
        }
    }
    None
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

fn is_swap(renaming: &Renaming, nodes: usize) -> bool {
    NodeId::first(nodes).filter(|&node| renaming.node(node) != node).count() == 2
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
