//! What will be done to a world, as data: drawn from a seed, kept in a file, cut down by shrinking.

use model::{NodeId, NodeSet, Random};
use serde::{Deserialize, Serialize};
use world::Failures;
use world::timed::{Climate, FUSE, Fault, Fuse, MICROS, MILLIS, SECONDS, Spread};

/// One run, as data. Together with the subject and the workload it decides everything that
/// happens; taking away an operation or a fault leaves the randomness of the others as it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Decides what is left open here: delays, losses, choices.
    pub seed: u64,
    /// How many nodes there are.
    pub nodes: usize,
    /// The weather until faults heal.
    pub climate: Climate,
    /// Who is Byzantine from the beginning.
    #[serde(default)]
    pub traitors: NodeSet,
    /// What clients do, by time.
    pub operations: Vec<Operation>,
    /// What goes wrong, by time.
    pub faults: Vec<Strike>,
    /// When faults heal, in nanoseconds.
    pub heal: u64,
    /// Who is up once faults have healed; all others are dead for good.
    pub core: NodeSet,
    /// How long the core then has to keep its promises, in nanoseconds; they are called broken only
    /// after five times this span. With 0, the run ends instead of healing.
    pub settle: u64,
}

/// A chance for a client to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// When, or as soon afterwards as the client is free, in nanoseconds.
    pub at: u64,
    /// Which client.
    pub client: u16,
    /// A number of its own, so that values can be unique.
    pub count: u64,
}

/// A fault and its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Strike {
    /// When, in nanoseconds.
    pub at: u64,
    /// What.
    pub fault: Fault,
}

/// How long the phases of a run are, and how much clients do.
#[derive(Clone, Debug)]
pub struct Scale {
    /// How long faults last, in nanoseconds.
    pub faults: u64,
    /// How long afterwards promises have to come true, in nanoseconds.
    pub settle: u64,
    /// The most operations that clients attempt while there are faults.
    pub operations: u64,
    /// The most faults that strike.
    pub strikes: u64,
}

impl Default for Scale {
    /// Ten seconds of faults: some dozens of elections, at the timeouts of textbooks.
    fn default() -> Self {
        Scale { faults: 10 * SECONDS, settle: 10 * SECONDS, operations: 200, strikes: 100 }
    }
}

impl Plan {
    /// Draws a run: first the swarm configuration (which kinds of faults there are at all, and how
    /// often), then everything else. A run with few kinds of faults gets deeper into each than one
    /// where all of them get in each other's way (Groce and others, Swarm Testing, 2012).
    pub fn draw(seed: u64, nodes: usize, failures: &Failures, scale: &Scale) -> Plan {
        let mut swarm = Random::child(seed, "swarm");
        let climate =
            Climate { orphans: draw_orphans(seed, failures), ..draw_climate(&mut swarm, failures) };
        let faults = Faults::draw(&mut swarm, nodes, failures, scale);
        let operations = draw_operations(seed, scale);
        let mut faults = faults.strikes(seed, scale, &operations);
        let mut core = draw_core(&mut swarm, nodes, failures, &faults);
        draw_disks(seed, failures, scale, &mut faults, &mut core);
        draw_clocks(seed, &mut faults);
        faults.retain(|strike| strike.at < scale.faults);
        let traitors = draw_traitors(seed, nodes, failures);
        for traitor in traitors.iter() {
            core.remove(traitor);
        }
        Plan {
            seed,
            nodes,
            climate,
            traitors,
            operations,
            faults,
            heal: scale.faults,
            core,
            settle: scale.settle,
        }
    }
}

/// Mostly as many traitors as the model allows, sometimes fewer. They stay up and go on betraying
/// when faults heal, but nothing is promised to them.
fn draw_traitors(seed: u64, nodes: usize, failures: &Failures) -> NodeSet {
    let mut random = Random::child(seed, "traitors");
    let most = failures.traitors as u64;
    let count = if random.chance(3, 4) { most } else { random.below(most + 1) };
    let mut traitors = NodeSet::EMPTY;
    while traitors.len() < (count as usize).min(nodes) {
        traitors.insert(NodeId(random.below(nodes as u64) as u16));
    }
    traitors
}

/// Whether what a node has on its way may die with it. Where packets may be lost anyway, that is
/// how they are.
fn draw_orphans(seed: u64, failures: &Failures) -> bool {
    let may_be = failures.crashes > 0 && !failures.loss;
    may_be && Random::child(seed, "orphans").chance(1, 2)
}

/// One run in so many has disks that fail: most runs should get far without.
const BAD_DISKS: u64 = 8;

/// Disks that fail to sync, whose frames rot, or that forget. They have a randomness of their own,
/// so that runs without them are as they were before there were such disks.
fn draw_disks(
    seed: u64,
    failures: &Failures,
    scale: &Scale,
    faults: &mut Vec<Strike>,
    core: &mut NodeSet,
) {
    let mut random = Random::child(seed, "disks");
    if failures.amnesia {
        for _ in 0..log_uniform(&mut random, 1, AMNESIAS) {
            let node = NodeId(random.below(failures.crashes as u64) as u16);
            let at = random.below(scale.faults);
            let down = log_uniform(&mut random, MILLIS, SECONDS);
            // Half of them forget everything.
            let some = log_uniform(&mut random, 1, 64);
            let frames = if random.chance(1, 2) { u64::MAX } else { some };
            faults.push(Strike { at, fault: Fault::Forget { node, down, frames } });
        }
    }
    if failures.recovery && random.chance(1, BAD_DISKS) {
        for strike in &mut *faults {
            if let Fault::Crash { fuse: fuse @ Fuse::Saves(_), .. } = &mut strike.fault
                && random.chance(1, 2)
            {
                *fuse = Fuse::Sync;
            }
        }
        // It may as well be one that is not of the core anyway.
        let node = NodeId(random.below(failures.crashes.max(1) as u64) as u16);
        let is_spare = !core.contains(node) || core.len() > failures.core;
        if failures.may_rot() && is_spare {
            core.remove(node);
            let (at, down) =
                (random.below(scale.faults), log_uniform(&mut random, MILLIS, SECONDS));
            let frame = random.below(1 << 16);
            faults.push(Strike { at, fault: Fault::Rot { node, down, frame } });
        }
    }
    faults.sort_by_key(|strike| strike.at);
}

/// Logs that a run without trust in disks loses, at most.
const AMNESIAS: u64 = 32;

/// Some of the clocks that leap are set back instead, or strobe: forward and back, again and again.
fn draw_clocks(seed: u64, faults: &mut Vec<Strike>) {
    let mut random = Random::child(seed, "clocks");
    let mut strobes = Vec::new();
    for strike in &mut *faults {
        let Fault::Leap { node, by } = strike.fault else { continue };
        match random.below(3) {
            0 => strike.fault = Fault::Back { node, by },
            1 => {
                for turn in 1..=2 * random.below(8) {
                    let at = strike.at + turn * log_uniform(&mut random, MILLIS, 100 * MILLIS);
                    let forth = turn.is_multiple_of(2);
                    let fault =
                        if forth { Fault::Leap { node, by } } else { Fault::Back { node, by } };
                    strobes.push(Strike { at, fault });
                }
            }
            _ => {}
        }
    }
    faults.extend(strobes);
    faults.sort_by_key(|strike| strike.at);
}

fn draw_core(swarm: &mut Random, nodes: usize, failures: &Failures, faults: &[Strike]) -> NodeSet {
    let mut core = NodeSet::first(nodes);
    if !failures.recovery {
        for strike in faults {
            if let Fault::Crash { node, .. } = strike.fault {
                core.remove(node);
            }
        }
    }
    // A node may be dead for good only if the model lets nodes crash.
    if failures.crashes == 0 || swarm.chance(1, 2) {
        return core;
    }
    let least = failures.core.max(nodes.saturating_sub(failures.crashes)).max(1);
    while core.len() > least {
        core.remove(NodeId(swarm.below(nodes as u64) as u16));
    }
    core
}

fn draw_operations(seed: u64, scale: &Scale) -> Vec<Operation> {
    let mut random = Random::child(seed, "operations");
    let total = log_uniform(&mut random, 1, scale.operations.max(1));
    let clients = 1 + random.below(8);
    let in_bursts = random.chance(1, 2);
    let mut at = 0;
    let mut operations: Vec<Operation> = (0..total)
        .map(|count| {
            // In a burst, operations come together, so that they are batched.
            if !in_bursts || random.chance(1, 8) {
                at = random.below(scale.faults);
            }
            Operation { at, client: random.below(clients) as u16, count }
        })
        .collect();
    operations.sort_by_key(|operation| operation.at);
    operations
}

fn draw_climate(swarm: &mut Random, failures: &Failures) -> Climate {
    let mut climate = Climate::calm();
    let slowest = if failures.asynchrony { 100 * MILLIS } else { MILLIS };
    climate.delay.most = climate.delay.least + log_uniform(swarm, 10 * MICROS, slowest);
    climate.ordered = !failures.reordering || swarm.chance(1, 2);
    climate.blocking = swarm.chance(1, 2);
    climate.sync.most = log_uniform(swarm, 300 * MICROS, 30 * MILLIS);
    let longest = if failures.asynchrony { MILLIS } else { 10 * MICROS };
    climate.wake.most = log_uniform(swarm, 10 * MICROS, longest);
    if failures.asynchrony && swarm.chance(1, 2) {
        climate.late_ppm = log_uniform(swarm, 100, 100_000) as u32;
        climate.late = Spread { least: 0, most: log_uniform(swarm, MILLIS, 2 * SECONDS) };
    }
    if failures.asynchrony && swarm.chance(1, 3) {
        climate.slow_sync_ppm = log_uniform(swarm, 1_000, 200_000) as u32;
        climate.slow_sync = Spread { least: MILLIS, most: log_uniform(swarm, MILLIS, SECONDS) };
    }
    if failures.loss && swarm.chance(1, 2) {
        climate.loss_ppm = log_uniform(swarm, 100, 300_000) as u32;
    }
    if failures.duplication && swarm.chance(1, 2) {
        climate.duplicate_ppm = log_uniform(swarm, 100, 300_000) as u32;
    }
    if failures.corruption {
        climate.corrupt_ppm = log_uniform(swarm, 1_000, 100_000) as u32;
    }
    if failures.drift && swarm.chance(1, 2) {
        climate.drift_ppm = log_uniform(swarm, 10, 50_000) as u32;
    }
    climate
}

/// The kinds of faults that strike in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Crash,
    CrashAtWork,
    CrashAtSave,
    Pause,
    Cut,
    Isolation,
    Clog,
    Stall,
    Skew,
    Storm,
    Omission,
}

/// The swarm configuration of the faults.
struct Faults {
    kinds: Vec<Kind>,
    nodes: usize,
    /// How many nodes may be down at once.
    crashes: usize,
    /// How many faults strike.
    total: u64,
    /// The longest that one lasts.
    longest: u64,
    duplication: bool,
    loss: bool,
    recovery: bool,
}

impl Faults {
    fn draw(swarm: &mut Random, nodes: usize, failures: &Failures, scale: &Scale) -> Faults {
        let crash = failures.crashes > 0;
        let several = nodes > 1;
        let kinds = [
            (Kind::Crash, crash),
            (Kind::CrashAtWork, crash),
            (Kind::CrashAtSave, crash),
            (Kind::Pause, failures.asynchrony),
            (Kind::Cut, failures.loss && several),
            (Kind::Isolation, failures.loss && several),
            (Kind::Clog, failures.asynchrony && several),
            (Kind::Stall, failures.asynchrony),
            (Kind::Skew, failures.drift),
            (Kind::Storm, failures.loss || failures.duplication),
        ];
        // What few models allow is drawn for them alone, so that the draws of others stay.
        let omission = failures.omission.then_some((Kind::Omission, true));
        let kinds = kinds.into_iter().chain(omission);
        let drawn = kinds.filter(|&(_, allowed)| swarm.chance(1, 2) && allowed);
        let kinds: Vec<Kind> = drawn.map(|(kind, _)| kind).collect();
        let minority = (nodes - 1) / 2;
        let few = if swarm.chance(1, 2) { minority.max(1) } else { nodes };
        Faults {
            kinds,
            nodes,
            crashes: few.min(failures.crashes),
            total: log_uniform(swarm, 1, scale.strikes.max(1)),
            longest: log_uniform(swarm, 10 * MILLIS, 4 * SECONDS),
            duplication: failures.duplication,
            loss: failures.loss,
            recovery: failures.recovery,
        }
    }

    fn strikes(&self, seed: u64, scale: &Scale, operations: &[Operation]) -> Vec<Strike> {
        let mut random = Random::child(seed, "faults");
        if self.kinds.is_empty() {
            return Vec::new();
        }
        let mut times: Vec<u64> = Vec::new();
        for _ in 0..self.total {
            // A third of the faults come soon after an operation, and a third soon after another
            // fault: that is when most happens, and when least is expected.
            let place = random.bits() as usize;
            let at = match random.below(3) {
                0 if !operations.is_empty() => operations[place % operations.len()].at,
                1 if !times.is_empty() => times[place % times.len()],
                _ => random.below(scale.faults),
            };
            let delay = log_uniform(&mut random, 10 * MICROS, SECONDS);
            times.push((at + delay).min(scale.faults - 1));
        }
        times.sort_unstable();
        let mut down_until = vec![0; self.nodes];
        let mut strikes = Vec::new();
        for at in times {
            let fault = self.fault(&mut random, scale);
            if let Fault::Crash { node, down, fuse, .. } = fault {
                let burning = if fuse == Fuse::Now { 0 } else { FUSE };
                let others = down_until.iter().filter(|&&until| until > at).count();
                if others >= self.crashes || down_until[node.index()] > at {
                    continue;
                }
                down_until[node.index()] = at.saturating_add(down).saturating_add(burning);
            }
            strikes.push(Strike { at, fault });
        }
        strikes
    }

    fn fault(&self, random: &mut Random, scale: &Scale) -> Fault {
        let kind = self.kinds[random.below(self.kinds.len() as u64) as usize];
        let node = NodeId(random.below(self.nodes as u64) as u16);
        let span = log_uniform(random, MILLIS, self.longest.max(2 * MILLIS));
        let (from, to) = self.sides(random, kind == Kind::Isolation);
        let dice = random.bits();
        match kind {
            Kind::Crash | Kind::CrashAtWork | Kind::CrashAtSave => Fault::Crash {
                node,
                // Without recovery, a node that is down stays down.
                down: if self.recovery { span } else { scale.faults },
                fuse: match kind {
                    Kind::CrashAtWork => Fuse::Events(1 + (dice & 15) as u32),
                    Kind::CrashAtSave => Fuse::Saves(1 + (dice & 3) as u32),
                    _ => Fuse::Now,
                },
                keep: (dice >> 8) as u8,
                compacted: (dice >> 16) & 3 == 0,
            },
            Kind::Pause => Fault::Pause { node, span },
            Kind::Cut | Kind::Isolation => Fault::Cut { from, to, both: dice & 3 > 0, span },
            Kind::Clog => Fault::Clog { from, to, span },
            Kind::Stall => Fault::Stall { node, span },
            Kind::Skew if dice & 7 == 0 => {
                Fault::Leap { node, by: log_uniform(random, MILLIS, 10 * SECONDS) }
            }
            Kind::Skew => {
                Fault::Skew { node, ppm: log_uniform(random, 10, 200_000) as i32 - 100_000 }
            }
            Kind::Omission => Fault::Omit {
                // The same few nodes, as many as may be faulty.
                node: NodeId(node.0 % self.crashes.max(1) as u16),
                sent_ppm: (((dice & 0xfffff) * 1_000_000) >> 20) as u32,
                received_ppm: ((((dice >> 20) & 0xfffff) * 1_000_000) >> 20) as u32,
                span,
            },
            Kind::Storm => {
                let rate = |bits: u64, allowed: bool| {
                    if allowed { ((bits & 0xffff) * 10) as u32 } else { 0 }
                };
                Fault::Storm {
                    loss_ppm: rate(dice, self.loss),
                    duplicate_ppm: rate(dice >> 16, self.duplication),
                    span,
                }
            }
        }
    }

    /// Two sides between which a link breaks, neither of them empty: one node and the others, or
    /// two sets at random.
    fn sides(&self, random: &mut Random, one_alone: bool) -> (NodeSet, NodeSet) {
        let all = NodeSet::first(self.nodes);
        let alone = NodeId(random.below(self.nodes as u64) as u16);
        let bits = random.bits();
        let in_first = |node: &NodeId| *node == alone || !one_alone && bits >> node.0 & 1 == 1;
        let mut first: NodeSet = all.iter().filter(in_first).collect();
        if first == all {
            first = NodeSet::from_iter([alone]);
        }
        let second = all.iter().filter(|&node| !first.contains(node)).collect();
        if bits >> 63 == 1 { (second, first) } else { (first, second) }
    }
}

/// A number from `least` to `most`; every order of magnitude is as likely as any other.
pub(crate) fn log_uniform(random: &mut Random, least: u64, most: u64) -> u64 {
    let (low, high) = (least.max(1).ilog2(), most.max(1).ilog2());
    let scale = low + random.below(u64::from(high.saturating_sub(low)) + 1) as u32;
    let base = 1u64 << scale;
    (base + random.below(base)).clamp(least, most.max(least))
}
