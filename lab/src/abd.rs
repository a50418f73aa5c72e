//! ABD in the lab: an atomic register over numbers.

use canon::register::abd::{
    Abd, Copy, Message, Mutant, Phase, QueryId, Setup, Stamp, one_value_a_stamp,
};
use canon::register::{Indication, Request};
use check::{Bounds, Flushing};
use model::{Event, NodeId, NodeSet, Random, named};
use serde::{Deserialize, Serialize};
use spec::monitor::{Linearizable, Object};
use world::rename::Symmetry;
use world::timed::SECONDS;
use world::trace::Causality;
use world::{Invariant, Sometimes, Subject, SystemModel, Timing};

use crate::alike::alike;
use crate::exhibit::{Card, Dial, Exhibit};
use crate::register_users::RegisterUsers;
use crate::theory::{Measure, calm_run};

/// A register as one memory has it: what was written last.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Register(Option<u64>);

impl Object for Register {
    type Operation = Request<u64>;
    type Answer = Indication<u64>;

    fn apply(&mut self, operation: &Request<u64>) -> Indication<u64> {
        match operation {
            Request::Read => Indication::ReadReturns(self.0),
            Request::Write(value) => {
                self.0 = Some(*value);
                Indication::WriteReturns
            }
        }
    }

    fn changes(operation: &Request<u64>) -> bool {
        matches!(operation, Request::Write(_))
    }
}

named! {
    /// Who may write.
    pub enum Writers {
        /// `n0` alone.
        One,
        /// Every node.
        All,
    }
}

/// ABD, its size, its bounds when explored, and perhaps its breakage.
#[derive(Clone, Debug)]
pub struct AbdLab {
    /// How many nodes.
    pub nodes: usize,
    /// Who may write.
    pub writers: Writers,
    /// What is broken, if anything.
    pub mutant: Option<Mutant>,
    /// When explored: how many values each writing node may write.
    pub writes: u64,
    /// When explored: how many nodes may write, if they may at all; those with the lowest numbers.
    pub writing: usize,
    /// When explored: how many nodes may read; those with the highest numbers.
    pub reading: usize,
    /// When explored: how often each reading node may read.
    pub reads: usize,
    /// Whether the inner invariants are judged; the monitor always is.
    pub inside: bool,
}

impl AbdLab {
    /// Sound ABD. The bounds of its exploration: one write at `n0`, a read at each of two others.
    pub fn new(nodes: usize, writers: Writers) -> AbdLab {
        let (writes, writing, reading, reads) = (1, 1, 2, 1);
        AbdLab { nodes, writers, mutant: None, writes, writing, reading, reads, inside: true }
    }

    fn may_write(&self, node: NodeId) -> bool {
        self.writers == Writers::All || node == NodeId(0)
    }
}

/// A stamp that no sound run of the lab reaches: what a traitor claims to have seen.
const FORGED: Stamp = Stamp { number: 1 << 40, writer: NodeId(0) };

impl Subject for AbdLab {
    type Process = Abd<u64>;
    type Monitor = Linearizable<Register>;

    fn name(&self) -> &'static str {
        Self::CARD.name
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, node: NodeId) -> Abd<u64> {
        let writer = (self.writers == Writers::One).then_some(NodeId(0));
        Abd::new(Setup { writer, mutant: self.mutant, ..Setup::new(node, self.nodes) })
    }

    fn monitor(&self) -> Linearizable<Register> {
        Linearizable::new(Register::default())
    }

    fn invariants(&self) -> Vec<Invariant<Abd<u64>>> {
        let inner = Invariant { name: "one value a stamp", holds: one_value_a_stamp };
        if self.inside { vec![inner] } else { Vec::new() }
    }

    fn sometimes(&self) -> Vec<Sometimes<Abd<u64>>> {
        vec![
            Sometimes { name: "a read writes back what it found", seen: writes_back },
            Sometimes { name: "an older copy is refused", seen: refuses },
            Sometimes { name: "a read finds a later copy than its own", seen: finds_later },
        ]
    }

    fn requests(&self, node: NodeId) -> Vec<Request<u64>> {
        let own = u64::from(node.0) * 10;
        let writes = self.may_write(node) && node.index() < self.writing;
        let writes = if writes { self.writes } else { 0 };
        let reads = if node.index() + self.reading >= self.nodes { self.reads } else { 0 };
        let writes = (1..=writes).map(|value| Request::Write(own + value));
        writes.chain(std::iter::repeat_n(Request::Read, reads)).collect()
    }

    fn request(&self, node: NodeId, count: u64, random: &mut Random) -> Option<Request<u64>> {
        let writes = random.chance(1, 2) && self.may_write(node);
        Some(if writes { Request::Write(count) } else { Request::Read })
    }

    /// Crash-recovery of any number; time means nothing to it.
    fn model(&self) -> SystemModel {
        SystemModel { timing: Timing::Asynchronous, ..SystemModel::consensus(self.nodes) }
    }

    fn forgeries(&self, _: NodeId, to: NodeId) -> Vec<Message<u64>> {
        let copy = Copy { stamp: FORGED, value: Some(u64::MAX) };
        let id = QueryId { life: 1, number: 1 };
        let stamp = Stamp { number: 1, writer: to };
        let value = Message::Value { id, copy: copy.clone() };
        vec![Message::Propagate { copy }, value, Message::Ack { stamp }]
    }

    fn symmetry(&self) -> Option<Symmetry<AbdLab>> {
        alike(self, NodeSet::first(self.nodes))
    }

    fn resized(&self, nodes: usize) -> Option<AbdLab> {
        Some(AbdLab { nodes, ..self.clone() })
    }
}

impl Exhibit for AbdLab {
    type Workload = RegisterUsers;
    type Mutant = Mutant;

    const CARD: Card = Card {
        name: "abd",
        what: "an atomic register on a majority",
        family: "register",
        file: "canon/src/register/abd/mod.rs",
        source: "Attiya, Bar-Noy, Dolev 1995; Lynch, Shvartsman 1997",
        nodes: 3,
        sizes: (1, 9),
    };

    const NEEDS: &'static [&'static str] = &["faults", "disk", "count"];

    fn sized(nodes: usize) -> AbdLab {
        AbdLab::new(nodes, Writers::All)
    }

    fn broken(self, mutant: Mutant) -> AbdLab {
        AbdLab { mutant: Some(mutant), ..self }
    }

    fn bounds(&self) -> Bounds {
        Bounds { crashes: 0, fires: Some(0), flushing: Flushing::Eager, ..Bounds::default() }
    }

    fn quick() -> (AbdLab, Bounds) {
        let lab = AbdLab { reading: 1, ..AbdLab::new(3, Writers::All) };
        let bounds = Bounds { crashes: 1, ..lab.bounds() };
        (lab, bounds)
    }

    fn dials(&mut self) -> Vec<Dial<'_>> {
        vec![
            Dial::word("writers", "who may write", &mut self.writers),
            Dial::number("writes", "how many values each writing node writes", &mut self.writes),
            Dial::number("writing", "how many nodes write", &mut self.writing),
            Dial::number("reading", "how many nodes read", &mut self.reading),
            Dial::number("reads", "how often each reading node reads", &mut self.reads),
        ]
    }

    fn theory(nodes: usize) -> Vec<Measure> {
        let others = nodes as f64 - 1.0;
        let one = AbdLab::new(nodes, Writers::One);
        let all = AbdLab::new(nodes, Writers::All);
        let (write, read) = (Request::Write(1), Request::Read);
        let mut list = cost(
            &one,
            write.clone(),
            ["messages a write, one writer", "delays of a write, one writer", "2(n-1)"],
            [2.0 * others, 2.0],
        );
        list.extend(cost(
            &all,
            write,
            ["messages a write, all write", "delays of a write, all write", "4(n-1)"],
            [4.0 * others, 4.0],
        ));
        list.extend(cost(
            &all,
            read,
            ["messages a read", "delays of a read", "4(n-1)"],
            [4.0 * others, 4.0],
        ));
        list
    }
}

/// The messages and the delays of one operation in a calm run.
fn cost(
    lab: &AbdLab,
    request: Request<u64>,
    [what, of_delays, formula]: [&'static str; 3],
    [messages, delays]: [f64; 2],
) -> Vec<Measure> {
    let nodes = lab.nodes;
    let trace = calm_run(lab, 1, &[(SECONDS, NodeId(0), request)], 2);
    let order = Causality::of(&trace);
    let returns = |index: &usize| !trace.events[*index].tells.is_empty();
    let returned = (0..trace.events.len()).find(returns).expect("A calm operation returns.");
    let convention = "messages between nodes; those of a node to itself are not counted";
    let sent = trace.messages() as f64;
    let count = Measure::exact(nodes, what, convention, sent, (formula, messages));
    let formula = match delays as u32 {
        2 => "2 (one phase), alone 0",
        _ => "4 (two phases), alone 0",
    };
    let convention = "messages on the longest chain from request to return";
    let measured = f64::from(order.delays(returned));
    // A node alone does not wait for others.
    let expected = if nodes > 1 { delays } else { 0.0 };
    vec![count, Measure::exact(nodes, of_delays, convention, measured, (formula, expected))]
}

fn writes_back(_: &Event<Abd<u64>>, abd: &Abd<u64>) -> bool {
    let Phase::Propagate { copy, answer, .. } = abd.phase() else {
        return false;
    };
    matches!(answer, Indication::ReadReturns(_)) && copy.value.is_some()
}

fn refuses(event: &Event<Abd<u64>>, abd: &Abd<u64>) -> bool {
    matches!(event, Event::Message(_, Message::Propagate { copy })
        if copy.stamp < abd.copy().stamp)
}

fn finds_later(event: &Event<Abd<u64>>, abd: &Abd<u64>) -> bool {
    let is_value = matches!(event, Event::Message(_, Message::Value { .. }));
    let found = match abd.phase() {
        Phase::Propagate { copy, answer: Indication::ReadReturns(_), .. } => Some(copy.stamp),
        _ => None,
    };
    is_value && found > Some(abd.copy().stamp)
}
