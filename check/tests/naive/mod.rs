//! The same exploration as plainly as it can be written: whole worlds in a set, nothing numbered,
//! nothing remembered, nothing reduced.
#![allow(dead_code)]

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use check::{Bounds, Flushing, Network};
use model::{Choices, Event, Host, NodeId, NodeSet, Out, Outside, Process};
use spec::monitor::Monitor;
use world::Subject;
use world::rename::{Renaming, Symmetry};

/// A packet: from, to, message.
pub type Packet<S> = (NodeId, NodeId, <<S as Subject>::Process as Process>::Message);

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Node<P: Process> {
    pub host: Option<Host<P>>,
    pub timers: BTreeSet<P::Timer>,
    pub frames: VecDeque<Vec<P::Record>>,
    pub disk: P,
}

pub struct World<S: Subject> {
    pub nodes: Vec<Node<S::Process>>,
    /// In a fixed order.
    pub flight: Vec<Packet<S>>,
    pub monitor: S::Monitor,
    /// Node and place of each request that was made.
    pub asked: BTreeSet<(NodeId, usize)>,
    pub crashes: u16,
    pub fires: u16,
    pub forgeries: Option<u16>,
    /// Whether the monitor has heard something that breaks its promise.
    pub is_broken: bool,
}

impl<S: Subject> World<S> {
    /// Everything as one value.
    fn parts(&self) -> impl Eq + std::hash::Hash + '_ {
        let World { nodes, flight, monitor, asked, crashes, fires, forgeries, is_broken } = self;
        (nodes, flight, monitor, asked, crashes, fires, forgeries, is_broken)
    }

    pub fn sort_flight(&mut self) {
        self.flight.sort_by_cached_key(|(from, to, message)| (*from, *to, message.to_string()));
    }
}

impl<S: Subject> Clone for World<S> {
    fn clone(&self) -> Self {
        World {
            nodes: self.nodes.clone(),
            flight: self.flight.clone(),
            monitor: self.monitor.clone(),
            asked: self.asked.clone(),
            ..*self
        }
    }
}

impl<S: Subject> PartialEq for World<S> {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl<S: Subject> Eq for World<S> {}

impl<S: Subject> std::hash::Hash for World<S> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// The world around the node that is at work.
struct Reach<'w, S: Subject> {
    me: NodeId,
    network: Network,
    traitors: NodeSet,
    flight: &'w mut Vec<Packet<S>>,
    monitor: &'w mut S::Monitor,
    is_broken: &'w mut bool,
    timers: &'w mut BTreeSet<<S::Process as Process>::Timer>,
    frames: &'w mut VecDeque<Vec<<S::Process as Process>::Record>>,
}

impl<S: Subject> Outside<S::Process> for Reach<'_, S> {
    fn send(&mut self, to: NodeId, message: <S::Process as Process>::Message) {
        let packet = (self.me, to, message);
        if self.traitors.contains(to) {
            return;
        }
        let same = self.flight.iter().filter(|other| **other == packet).count();
        let cap = match self.network {
            Network::Lossy { copies } => usize::from(copies),
            _ => 1,
        };
        if same < cap {
            self.flight.push(packet);
        }
    }

    fn save(&mut self, records: &mut Vec<<S::Process as Process>::Record>) {
        self.frames.push_back(records.clone());
    }

    fn indicate(&mut self, told: <S::Process as Process>::Indication) {
        *self.is_broken |= self.monitor.indicated(self.me, &told).is_err();
    }

    fn set(&mut self, timer: <S::Process as Process>::Timer, _: Range<Duration>) {
        self.timers.insert(timer);
    }

    fn cancel(&mut self, timer: <S::Process as Process>::Timer) {
        self.timers.remove(&timer);
    }
}

enum Act<P: Process> {
    Event(Event<P>),
    Sync,
}

/// A subject within bounds: a lossy or duplicating network.
pub struct Naive<'a, S: Subject> {
    subject: &'a S,
    bounds: &'a Bounds,
}

impl<'a, S: Subject> Naive<'a, S> {
    pub fn new(subject: &'a S, bounds: &'a Bounds) -> Self {
        Naive { subject, bounds }
    }

    /// The numbers of distinct and of generated worlds.
    pub fn count(&self) -> (u64, u64) {
        let first = self.first();
        let generated = first.len();
        let worlds = self.worlds();
        let followed: usize = worlds.iter().map(|world| self.next(world).len()).sum();
        (worlds.len() as u64, (generated + followed) as u64)
    }

    /// Every world that can be reached; one that is broken is not left.
    pub fn worlds(&self) -> HashSet<World<S>> {
        let mut visited: HashSet<World<S>> = self.first().into_iter().collect();
        let mut queue: VecDeque<World<S>> = visited.iter().cloned().collect();
        while let Some(world) = queue.pop_front() {
            if world.is_broken {
                continue;
            }
            for world in self.next(&world) {
                if visited.insert(world.clone()) {
                    queue.push_back(world);
                }
            }
        }
        visited
    }

    /// All nodes have started, in the order of their numbers.
    pub fn first(&self) -> Vec<World<S>> {
        let nodes = NodeId::first(self.subject.nodes());
        let mut worlds = vec![World {
            nodes: nodes.clone().map(|me| down(self.subject.process(me))).collect(),
            flight: Vec::new(),
            monitor: self.subject.monitor(),
            asked: BTreeSet::new(),
            crashes: self.bounds.crashes,
            fires: self.bounds.fires.expect("bounded here"),
            forgeries: self.bounds.forgeries,
            is_broken: false,
        }];
        for me in nodes.filter(|me| !self.subject.traitors().contains(*me)) {
            worlds = worlds.iter().flat_map(|world| self.restarted(world, me)).collect();
        }
        worlds
    }

    fn restarted(&self, world: &World<S>, me: NodeId) -> Vec<World<S>> {
        let mut world = world.clone();
        let disk = world.nodes[me.index()].disk.clone();
        world.nodes[me.index()].host = Some(Host::new(me, disk));
        self.acted(&world, me, &Act::Event(Event::Start))
    }

    /// The world after a node has acted, for each way to answer its choices.
    fn acted(&self, world: &World<S>, me: NodeId, act: &Act<S::Process>) -> Vec<World<S>> {
        let mut worlds = Vec::new();
        let mut scripts = vec![Vec::new()];
        while let Some(script) = scripts.pop() {
            let (world, asked) = self.answered(world, me, act, script.clone());
            match asked.get(script.len()) {
                None => worlds.push(world),
                Some(&bound) => scripts.extend((0..bound).map(|answer| {
                    let mut script = script.clone();
                    script.push(answer);
                    script
                })),
            }
        }
        worlds
    }

    fn answered(
        &self,
        world: &World<S>,
        me: NodeId,
        act: &Act<S::Process>,
        script: Vec<u32>,
    ) -> (World<S>, Vec<u32>) {
        let mut world = world.clone();
        let World { nodes, flight, monitor, is_broken, .. } = &mut world;
        let Node { host, timers, frames, disk } = &mut nodes[me.index()];
        let host = host.as_mut().expect("only nodes that are up act");
        let mut out = Out::new(Choices::Scripted { script, asked: Vec::new() });
        let mut first = None;
        if let Act::Sync = act {
            first = frames.pop_front();
        }
        let network = self.bounds.network;
        let traitors = self.subject.traitors();
        let mut reach =
            Reach::<S> { me, network, traitors, flight, monitor, is_broken, timers, frames };
        match act {
            Act::Event(Event::Flush) => host.settle(&mut out, &mut reach),
            Act::Event(event) => {
                host.step(event.clone(), &mut out, &mut reach);
            }
            Act::Sync => {
                let records = first.expect("there is a frame");
                records.into_iter().for_each(|record| disk.recover(record));
                host.synced(1, &mut reach);
            }
        }
        while host.step_own(&mut out, &mut reach) {}
        if self.bounds.flushing == Flushing::Eager {
            host.settle(&mut out, &mut reach);
        }
        host.sort_held();
        world.sort_flight();
        let asked = match out.choices() {
            Choices::Scripted { asked, .. } => asked.clone(),
            Choices::Seeded(_) => unreachable!("a script was given"),
        };
        (world, asked)
    }

    pub fn next(&self, world: &World<S>) -> Vec<World<S>> {
        let mut all = Vec::new();
        let mut kinds = world.flight.clone();
        kinds.dedup();
        for packet in kinds {
            let (from, to, message) = packet.clone();
            if world.nodes[to.index()].host.is_none() {
                continue;
            }
            let mut world = world.clone();
            let stays = self.bounds.network == Network::Duplicating;
            if !stays {
                let place = world.flight.iter().position(|other| *other == packet);
                world.flight.remove(place.expect("it is in flight"));
            }
            let after = self.acted(&world, to, &Act::Event(Event::Message(from, message)));
            all.extend(after.into_iter().filter(|other| stays || *other != world));
        }
        for me in NodeId::first(world.nodes.len()) {
            if self.subject.traitors().contains(me) {
                self.forge(world, me, &mut all);
            } else if world.nodes[me.index()].host.is_none() {
                all.extend(self.restarted(world, me));
            } else {
                self.next_at(world, me, &mut all);
            }
        }
        all
    }

    /// What comes of the lies of a faulty node.
    fn forge(&self, world: &World<S>, from: NodeId, all: &mut Vec<World<S>>) {
        for to in NodeId::first(world.nodes.len()).filter(|_| world.forgeries != Some(0)) {
            if world.nodes[to.index()].host.is_none() {
                continue;
            }
            let mut world = world.clone();
            world.forgeries = world.forgeries.map(|count| count - 1);
            for message in self.subject.forgeries(from, to) {
                let after = self.acted(&world, to, &Act::Event(Event::Message(from, message)));
                all.extend(after.into_iter().filter(|other| *other != world));
            }
        }
    }

    /// What a node that is up does besides hearing messages.
    fn next_at(&self, world: &World<S>, me: NodeId, all: &mut Vec<World<S>>) {
        let node = &world.nodes[me.index()];
        for (place, request) in self.subject.requests(me).into_iter().enumerate() {
            let mut world = world.clone();
            if world.asked.insert((me, place)) {
                let mut heard = world.clone();
                heard.monitor.requested(me, &request);
                let after = self.acted(&heard, me, &Act::Event(Event::Request(request)));
                all.extend(after.into_iter().filter(|other| *other != heard));
            }
        }
        if self.bounds.flushing == Flushing::Free {
            let flushed = self.acted(world, me, &Act::Event(Event::Flush));
            all.extend(flushed.into_iter().filter(|other| other != world));
        }
        if !node.frames.is_empty() {
            all.extend(self.acted(world, me, &Act::Sync));
        }
        for timer in node.timers.iter().filter(|_| world.fires > 0) {
            let mut world = world.clone();
            world.fires -= 1;
            world.nodes[me.index()].timers.remove(timer);
            all.extend(self.acted(&world, me, &Act::Event(Event::Timer(timer.clone()))));
        }
        if world.crashes > 0 {
            let mut world = world.clone();
            world.crashes -= 1;
            let disk = world.nodes[me.index()].disk.clone();
            world.nodes[me.index()] = down(disk);
            world.monitor.crashed(me);
            all.push(world);
        }
    }
}

fn down<P: Process>(disk: P) -> Node<P> {
    Node { host: None, timers: BTreeSet::new(), frames: VecDeque::new(), disk }
}

/// How many of these worlds differ by more than a renaming of interchangeable nodes.
///
/// # Panics
/// If one becomes a world that is not among them.
pub fn orbits<S: Subject>(subject: &S, worlds: &HashSet<World<S>>) -> u64 {
    let symmetry = subject.symmetry().expect("Some nodes are interchangeable.");
    let mut swaps = Vec::new();
    for group in symmetry.groups() {
        for (one, other) in group.iter().zip(group.iter().skip(1)) {
            let mut to: Vec<NodeId> = NodeId::first(subject.nodes()).collect();
            to.swap(one.index(), other.index());
            swaps.push(Renaming::new(to));
        }
    }
    let (mut seen, mut orbits) = (HashSet::new(), 0);
    for world in worlds {
        orbits += u64::from(!seen.contains(world));
        let mut orbit = vec![world.clone()];
        while let Some(world) = orbit.pop() {
            if seen.insert(world.clone()) {
                orbit.extend(swaps.iter().map(|swap| renamed(&symmetry, &world, swap)));
            }
        }
    }
    assert!(seen == *worlds, "Worlds become worlds.");
    orbits
}

fn renamed<S: Subject>(symmetry: &Symmetry<S>, world: &World<S>, to: &Renaming) -> World<S> {
    let back = to.inverse();
    let node = |node: NodeId| {
        let old = &world.nodes[back.node(node).index()];
        let host = old.host.as_ref().map(|host| {
            let mut host = symmetry.host(host, to);
            host.sort_held();
            host
        });
        let disk = symmetry.process(&old.disk, to);
        Node { host, disk, timers: to.of(&old.timers), frames: to.of(&old.frames) }
    };
    let mut renamed = World {
        nodes: NodeId::first(world.nodes.len()).map(node).collect(),
        flight: to.of(&world.flight),
        monitor: symmetry.monitor(&world.monitor, to),
        asked: to.of(&world.asked),
        ..*world
    };
    renamed.sort_flight();
    renamed
}
