//! A protocol as a system: every run of its nodes within bounds.
//!
//! A world is a short row of numbers: one for each node as it is with its driver's share (alarms,
//! frames, messages that wait), one for the monitor, one for each packet in flight, and what is
//! left of the budgets. What comes of an input at a node depends on that node alone, so it is
//! computed once and remembered; the same holds for a monitor and for the judgement of a
//! combination of processes.
//!
//! What is left out, and why no behaviour is lost by it:
//! - *Losing a packet* is no step. Whatever can happen after a loss can happen while the packet
//!   waits for ever, and safety does not ask for an end.
//! - *A packet that changes nothing* where it arrives does not arrive. On a network that loses, the
//!   world in which it still waits can do whatever the other can: it blocks no room, since an equal
//!   packet sent later would only take its place.
//! - *A request that changes nothing* is not made. The layer above might as well not have asked:
//!   for safety, a monitor is told of requests only to know what may be told back. Where liveness
//!   is judged, it is made unless the monitor stays the same, too: an answer is owed.
//! - *A message to oneself* is taken in the step that wrote it, as by every driver. Steps of other
//!   nodes in between touch neither this node nor what it sends, so they may come before or after.
//!   A crash in between is covered by the crash behind: its disk is the same, since what is not
//!   yet durable is lost either way, and what was sent in addition may be lost. Only what was
//!   indicated in addition remains: a monitor sees at least as much as it would have.
//! - *A crash that keeps some frames* is as many syncs and then the crash.
//! - *What a crashed node had sent* may be lost even on links that lose nothing, as they promise
//!   nothing of a sender that crashes. While it is down its packets need not arrive; and before it
//!   comes back they may be dropped, one by one, the last of a link in order first.
//! - *Time* does not pass, unless [`Timing`] says otherwise: an armed alarm may ring at any moment.
//!   Clocks stand at 0.

mod bounds;
mod fairness;
mod fold;
mod lexicon;
mod lockstep;
mod log;
mod meaning;
mod memory;
mod reduction;
mod story;
mod timing;
mod world;

use std::sync::Arc;

use model::{NodeId, NodeSet};

pub use self::bounds::{Bounds, Flushing, Network, Shareable, Timing};
pub use self::memory::Memory;
pub use self::story::Scene;
pub use self::world::World;

use self::fold::Folding;
use self::lexicon::Lexicon;
use self::meaning::{Heard, Meaning, Step};
use self::memory::Act;
use self::world::{Channel, Shape};
use crate::{Fairness, Judgement, Successors, System, Violation};

/// A protocol as a [`System`].
pub struct Explore<'a> {
    name: String,
    /// Which variant of the subject it is, a phrase each.
    variant: Vec<String>,
    bounds: Bounds,
    shape: Shape,
    sometimes: Vec<&'static str>,
    /// The nodes that take no steps of their own.
    traitors: NodeSet,
    /// How many nodes must be up for anything to be promised.
    core: usize,
    folding: Option<Arc<Folding>>,
    meaning: Box<dyn Meaning + 'a>,
}

/// What happens in a world: something at one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    node: NodeId,
    act: Act,
    /// Which of the ways to answer the node's choices.
    which: u16,
}

impl<'a> Explore<'a> {
    /// The subject within these bounds.
    pub fn new<S: Shareable>(subject: &'a S, bounds: Bounds) -> Explore<'a> {
        let lexicon = Lexicon::new(subject, &bounds);
        let mut firsts = vec![0];
        for (place, count) in lexicon.requests().enumerate() {
            firsts.push(firsts[place] + count);
        }
        let traitors = subject.traitors();
        let explore = Explore {
            name: format!("{}, {} nodes", subject.name(), subject.nodes()),
            variant: Vec::new(),
            shape: Shape {
                nodes: subject.nodes(),
                requests: firsts,
                counts_forgeries: bounds.forgeries.is_some() && !traitors.is_empty(),
            },
            traitors,
            core: subject.failures().core,
            sometimes: lexicon.sometimes(),
            folding: lexicon.folding(),
            meaning: Box::new(lexicon),
            bounds,
        };
        explore.check_timing();
        explore
    }

    /// The same, saying of which variant of the subject it is: what was saved of one is not gone on
    /// from with another.
    pub fn of_variant(self, variant: Vec<String>) -> Explore<'a> {
        Explore { variant, ..self }
    }

    fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        NodeId::first(self.shape.nodes)
    }

    /// The monitor after a step of a node.
    fn watch(
        &self,
        memory: &mut Memory,
        monitor: u32,
        taken: Taken,
        told: u32,
    ) -> Result<u32, Violation> {
        let mut monitor = monitor;
        match taken.act {
            Act::Request(place) => {
                monitor = self.hear(memory, (monitor, taken.node, Heard::Request(place)))?;
            }
            Act::Crash => monitor = self.hear(memory, (monitor, taken.node, Heard::Crash))?,
            _ => {}
        }
        if told != 0 {
            monitor = self.hear(memory, (monitor, taken.node, Heard::Told(told)))?;
        }
        Ok(monitor)
    }

    /// The nodes that run the protocol.
    fn honest(&self) -> impl Iterator<Item = NodeId> + use<> {
        let traitors = self.traitors;
        NodeId::first(self.shape.nodes).filter(move |node| !traitors.contains(*node))
    }

    /// Looks up, once for each thread, every packet that a faulty node may forge.
    fn forge(&self, memory: &mut Memory) -> Arc<[(NodeId, u32)]> {
        Arc::clone(memory.forged.get_or_insert_with(|| self.meaning.forged()))
    }

    /// Adds what comes of each forged message that arrives.
    fn take_forged(
        &self,
        memory: &mut Memory,
        world: &[u32],
        successors: &mut Successors<Taken, World>,
    ) {
        if self.traitors.is_empty() || !self.shape.may_forge(world) {
            return;
        }
        for &(to, packet) in self.forge(memory).iter() {
            if memory.facts(world[to.index()]).is_up {
                self.take(memory, world, (to, Act::Forge(packet), 0), successors);
            }
        }
    }

    /// Adds everything that comes of an act at a node; a packet that arrives stands at `place`
    /// among those in flight.
    fn take(
        &self,
        memory: &mut Memory,
        world: &[u32],
        (node, act, place): (NodeId, Act, usize),
        successors: &mut Successors<Taken, World>,
    ) {
        let number = world[node.index()];
        if memory.idle.has(number, act) {
            return;
        }
        let steps = self.steps(memory, number, act);
        let heeds_debts = memory.heeds_debts && !memory.reducing.is_on;
        let is_owed = heeds_debts && matches!(act, Act::Request(_));
        if !is_owed && self.may_skip(act) && steps.iter().all(|step| step.is_idle(number)) {
            memory.idle.add(number, act);
        }
        let before = world[self.shape.monitor()];
        for (which, step) in steps.iter().enumerate() {
            let taken = Taken { node, act, which: which as u16 };
            let (led, posts, told, marks) = match step {
                Step::Led { node, posts, told, marks, .. } => (*node, posts, *told, *marks),
                Step::Broken { violation, .. } => {
                    successors.break_at(taken, violation.clone());
                    continue;
                }
            };
            memory.reached |= marks;
            let monitor = self.watch(memory, before, taken, told);
            let is_unheard = !is_owed || monitor.as_ref() == Ok(&before);
            if step.is_idle(number) && is_unheard && self.may_skip(act) {
                continue;
            }
            let monitor = match monitor {
                Ok(monitor) => monitor,
                Err(violation) => {
                    successors.break_at(taken, violation);
                    continue;
                }
            };
            if memory.reducing.is_on && memory.reducing.note(taken, led, told, posts) {
                successors.skip();
                continue;
            }
            let led = self.settled(memory, world, act, led);
            self.build(memory, world, taken, place);
            memory.words[node.index()] = led;
            memory.words[self.shape.monitor()] = monitor;
            self.post(memory, posts);
            successors.add(taken, memory.words.as_slice().into());
        }
    }

    /// Where in the world the packets stand that can arrive now, with their channels.
    fn deliveries(&self, memory: &Memory, world: &World) -> Vec<(Channel, usize)> {
        let mut deliveries = Vec::new();
        let flight = &world[self.shape.packets()..];
        let channel = |packet: u32| memory.channels[packet as usize];
        self.bounds.network.deliverable(flight, channel, |place| {
            let (from, to) = channel(flight[place]);
            if memory.facts(world[to.index()]).is_up {
                deliveries.push(((from, to), place));
            }
        });
        deliveries
    }

    /// Adds what comes of the packet that stands at a place among those in flight.
    fn arrive(
        &self,
        memory: &mut Memory,
        world: &World,
        (to, place): (NodeId, usize),
        successors: &mut Successors<Taken, World>,
    ) {
        let packet = world[self.shape.packets() + place];
        self.take(memory, world, (to, Act::Deliver(packet), place), successors);
    }

    /// Adds everything that comes of a world.
    fn leave(&self, memory: &mut Memory, world: &World, successors: &mut Successors<Taken, World>) {
        self.learn(memory, world);
        let shape = &self.shape;
        for ((_, to), place) in self.deliveries(memory, world) {
            self.arrive(memory, world, (to, place), successors);
        }
        self.take_forged(memory, world, successors);
        let due = self.alarms_due(memory, world);
        let first = due.and_then(|due| self.first_of_all(world, due));
        for node in self.honest() {
            let facts = memory.facts(world[node.index()]);
            let mut take = |act| self.take(memory, world, (node, act, 0), successors);
            if !facts.is_up {
                if self.bounds.recovery {
                    take(Act::Restart);
                    self.drop_sent(memory, world, node, successors);
                }
                continue;
            }
            let requests = 0..shape.requests_of(node);
            requests.filter(|&r| !shape.is_made(world, node, r)).for_each(|r| {
                take(Act::Request(r));
            });
            if self.bounds.flushing == Flushing::Free {
                take(Act::Flush);
            }
            if facts.frames > 0 {
                take(Act::Sync);
            }
            if let Some(due) = due.filter(|_| first.is_none_or(|first| first == node)) {
                self.take_alarms(memory, world, (node, due), successors);
            }
            if shape.crashes(world) > 0 {
                let crash = (node, Act::Crash, 0);
                self.take(memory, world, crash, successors);
            }
        }
    }

    /// Adds each loss of a packet that a node had sent before it crashed.
    fn drop_sent(
        &self,
        memory: &mut Memory,
        world: &World,
        node: NodeId,
        successors: &mut Successors<Taken, World>,
    ) {
        let start = self.shape.packets();
        let flight = &world[start..];
        let Memory { channels, reducing, .. } = memory;
        let channel = |packet: u32| channels[packet as usize];
        for (place, &packet) in flight.iter().enumerate() {
            let next = flight.get(place + 1).copied();
            let is_last = match self.bounds.network {
                // Whatever is in flight on such a network need not arrive.
                Network::Lossy { .. } | Network::Duplicating => return,
                Network::Reliable { .. } => next != Some(packet),
                Network::Fifo { .. } => next.map(channel) != Some(channel(packet)),
            };
            if is_last && channel(packet).0 == node {
                let taken = Taken { node, act: Act::Drop(packet), which: 0 };
                let number = world[node.index()];
                if reducing.is_on && reducing.note(taken, number, 0, &[]) {
                    successors.skip();
                    continue;
                }
                let mut words = world.to_vec();
                words.remove(start + place);
                successors.add(taken, words.into());
            }
        }
    }

    /// Whether an act that changes nothing need not be taken. See the header.
    fn may_skip(&self, act: Act) -> bool {
        match act {
            Act::Flush | Act::Request(_) | Act::Forge(_) => true,
            Act::Deliver(_) => matches!(self.bounds.network, Network::Lossy { .. }),
            Act::Fire(_) | Act::Sync | Act::Crash | Act::Restart | Act::Drop(_) => false,
        }
    }

    /// Begins the next world, with what the act used up taken away.
    fn build(&self, memory: &mut Memory, world: &[u32], taken: Taken, place: usize) {
        let words = &mut memory.words;
        words.clear();
        words.extend_from_slice(world);
        match taken.act {
            Act::Deliver(_) if self.bounds.network.consumes() => {
                words.remove(self.shape.packets() + place);
            }
            Act::Forge(_) => self.shape.spend_forgery(words),
            Act::Fire(_) => self.shape.spend_fire(words),
            Act::Request(request) => self.shape.make(words, taken.node, request),
            Act::Crash => self.shape.spend_crash(words),
            _ => {}
        }
    }

    fn post(&self, memory: &mut Memory, posts: &[u32]) {
        let Memory { words, channels, refused, .. } = memory;
        let start = self.shape.packets();
        for &packet in posts {
            let channel = |packet: u32| channels[packet as usize];
            let is_kept = self.bounds.network.post(words, start, packet, channel);
            *refused += u64::from(!is_kept);
        }
    }
}

impl System for Explore<'_> {
    type State = World;
    type Move = Taken;
    type Action = Scene;
    type Worker = Memory;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn identity(&self) -> u64 {
        self.meaning.identity()
    }

    fn bounds(&self) -> Vec<String> {
        let Bounds { network, crashes, recovery, fires, timing, forgeries, flushing, .. } =
            &self.bounds;
        let requests = self.shape.requests[self.shape.nodes];
        let mut bounds = vec![
            match network {
                Network::Lossy { copies } => format!(
                    "the network loses and reorders; equal packets in flight: {copies} at most"
                ),
                Network::Duplicating => "the network loses, reorders and duplicates".into(),
                Network::Reliable { copies } => {
                    format!("reliable links; equal packets in flight: {copies} at most")
                }
                Network::Fifo { copies } => {
                    format!("reliable links in order; equal packets in flight: {copies} at most")
                }
            },
            match recovery {
                true => format!("crashes: {crashes} at most"),
                false => format!("crashes: {crashes} at most, each for ever"),
            },
            match timing {
                Timing::Free => "durations of alarms do not matter".into(),
                Timing::Ordered => "alarms ring in an order that perfect clocks allow".into(),
                Timing::Synchronous => "rounds go in step".into(),
                Timing::Lockstep => {
                    "rounds go in lockstep: messages arrive in one order, faults come between \
                     rounds"
                        .into()
                }
            },
            match fires {
                Some(fires) => format!("alarms that ring: {fires} at most"),
                None => "alarms that ring: any number".into(),
            },
            format!("requests: {requests}, each at most once"),
            match flushing {
                Flushing::Free => "nodes flush at any time".into(),
                Flushing::Eager => "nodes flush right after each event".into(),
            },
        ];
        if !self.traitors.is_empty() {
            let how = match forgeries {
                Some(count) => format!("{count} at most"),
                None => "any number".into(),
            };
            let traitors = self.traitors;
            bounds.push(format!("faulty nodes: {traitors}; forged messages that arrive: {how}"));
        }
        bounds.extend(self.folding.as_deref().map(Folding::bound));
        bounds.extend(self.reduction_bound());
        bounds.extend(self.variant.iter().cloned());
        bounds
    }

    fn sometimes(&self) -> Vec<&'static str> {
        self.sometimes.clone()
    }

    fn worker(&self) -> Memory {
        Memory::new()
    }

    fn heed_debts(&self, memory: &mut Memory) {
        memory.heeds_debts = true;
    }

    /// All nodes have started, in the order of their numbers.
    fn initial(&self, memory: &mut Memory) -> Result<Vec<World>, Violation> {
        if let Some(violation) = self.folding.as_deref().and_then(Folding::fault) {
            return Err(violation);
        }
        memory.reducing.is_on = false;
        let mut words = self.shape.fresh(&self.bounds);
        let (nodes, monitor) = self.meaning.fresh();
        words[..self.shape.nodes].copy_from_slice(&nodes);
        words[self.shape.monitor()] = monitor;
        self.forge(memory);
        let mut worlds: Vec<World> = vec![words.into()];
        for node in self.honest() {
            let mut started = Successors::new();
            for world in &worlds {
                self.learn(memory, world);
                self.take(memory, world, (node, Act::Restart, 0), &mut started);
            }
            if let Some((_, _, violation)) = started.broken {
                return Err(violation);
            }
            worlds = started.list.into_iter().map(|(_, world)| world).collect();
        }
        Ok(worlds)
    }

    fn next(&self, memory: &mut Memory, world: &World, successors: &mut Successors<Taken, World>) {
        memory.reducing.is_on = false;
        match self.bounds.timing {
            Timing::Lockstep => self.leave_in_lockstep(memory, world, successors),
            _ => self.leave(memory, world, successors),
        }
    }

    fn is_reduced(&self) -> bool {
        self.bounds.reduction && self.irreducible().is_none()
    }

    fn next_awake(
        &self,
        memory: &mut Memory,
        world: &World,
        asleep: &[u64],
        successors: &mut Successors<Taken, World>,
    ) {
        self.leave_awake(memory, world, asleep, successors);
    }

    fn fold(&self, memory: &mut Memory, world: &mut World) {
        self.folded(memory, world);
    }

    fn judge(&self, memory: &mut Memory, world: &World) -> Judgement {
        if self.bounds.network.is_over(&world[self.shape.packets()..]) {
            return Judgement::Outside;
        }
        self.learn(memory, world);
        let Memory { seen, facts, .. } = memory;
        seen.clear();
        seen.extend(world[..self.shape.nodes].iter().map(|&node| facts[node as usize].seen));
        self.judge_memoised(memory)
    }

    fn judges_liveness(&self) -> Result<(), String> {
        self.is_fair()
    }

    fn owes(&self, memory: &mut Memory, world: &World) -> Option<String> {
        self.owed(memory, world)
    }

    fn fairness(&self, memory: &mut Memory, world: &World, taken: Taken) -> Fairness {
        self.fairness_of(memory, world, taken)
    }

    fn withheld(&self, _: &mut Memory, world: &World) -> Vec<u64> {
        self.withheld_from(world)
    }

    fn lasso(&self, stem: Vec<Scene>, cycle: Vec<Scene>, violation: &Violation) -> String {
        self.lasso_told(stem, cycle, violation)
    }

    fn reached(&self, memory: &Memory) -> u64 {
        memory.reached
    }

    fn action(&self, memory: &mut Memory, world: &World, taken: Taken) -> Scene {
        self.scene(memory, world, taken)
    }

    fn story(&self, scenes: &[Scene], violation: &Violation) -> String {
        self.told(scenes, violation)
    }

    fn heap_bytes(&self, world: &World) -> usize {
        // The allocator keeps a word beside each block and rounds up to two words.
        (size_of_val::<[u32]>(world) + 8).next_multiple_of(16)
    }

    fn shared_bytes(&self) -> usize {
        self.meaning.bytes()
    }

    fn worker_bytes(&self, memory: &Memory) -> usize {
        memory.bytes(self.shape.nodes)
    }

    fn met(&self) -> Vec<(&'static str, u64)> {
        self.meaning.met()
    }

    fn remembered(&self, memories: &[&Memory]) -> Option<Vec<u8>> {
        Some(self.logged(memories))
    }

    fn recall(&self, memory: &mut Memory, bytes: &[u8]) -> Result<(), String> {
        self.replay(memory, bytes)
    }

    fn save(&self, world: &World, bytes: &mut Vec<u8>) {
        world.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
    }

    fn load(&self, bytes: &[u8]) -> Option<World> {
        let words = bytes.chunks_exact(size_of::<u32>());
        let word = |word: &[u8]| word.try_into().map(u32::from_le_bytes).ok();
        words.map(word).collect()
    }

    fn cut(&self, memories: &[Memory]) -> Vec<String> {
        let refused: u64 = memories.iter().map(|memory| memory.refused).sum();
        if refused == 0 {
            return Vec::new();
        }
        vec![format!("steps that sent one more copy of a packet than the cap allows: {refused}")]
    }
}
