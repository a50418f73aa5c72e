//! Protocols whose every step is drawn by lot: they send, save, ask for alarms, indicate and
//! choose without sense, so that nothing is left out that a protocol may do.

use std::time::Duration;

use model::{Fingerprint, NodeId, NodeSet, Out, Process};
use spec::monitor::Monitor;
use world::{Invariant, Subject};

/// Nodes: with three, the steps of a third stand between those of two.
const NODES: usize = 3;

/// What is drawn. Equal lots draw alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Lots {
    pub seed: u64,
    /// Of so many combinations of processes, one breaks an invariant; 0: none does.
    pub wrong: u64,
    /// Of so many things that a monitor hears, one breaks its promise; 0: none does.
    pub false_promises: u64,
    /// Of so many combinations of processes, one lies outside of the bounds; 0: none does.
    pub outside: u64,
    pub has_traitor: bool,
}

impl Lots {
    fn draw(self, what: impl std::hash::Hash) -> u64 {
        Fingerprint::of(&(self.seed, what))
    }

    fn hits(self, one_of: u64, what: impl std::hash::Hash) -> bool {
        one_of > 0 && self.draw(what).is_multiple_of(one_of)
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Drawn {
    lots: Lots,
    me: NodeId,
    state: u8,
    /// Steps until it rests for ever.
    left: u8,
    /// What it has not yet sent.
    batch: u8,
}

impl Drawn {
    fn act(&mut self, kind: &str, from: NodeId, value: u8, out: &mut Out<Self>) {
        if self.left == 0 {
            return;
        }
        let lots = self.lots;
        let mut draw = lots.draw((self.me, self.state, kind, from, value));
        let mut coin = |sides: u64| {
            let side = draw % sides;
            draw /= sides;
            side
        };
        if coin(8) == 0 {
            return;
        }
        self.left -= 1;
        self.state = coin(4) as u8;
        if coin(8) == 0 {
            self.state += out.choose(2) as u8;
        }
        for to in NodeId::first(NODES) {
            match coin(4) {
                0 => out.send(to, coin(2) as u8),
                1 => out.send_durable(to, coin(2) as u8),
                _ => {}
            }
        }
        match coin(4) {
            0 => out.set(0, Duration::from_secs(1)..Duration::from_secs(2)),
            1 => out.cancel(0),
            _ => {}
        }
        match coin(4) {
            0 | 1 => out.save(self.state),
            2 => self.batch = 1 + coin(2) as u8,
            _ => {}
        }
        if coin(2) == 0 {
            out.indicate(coin(2) as u8);
        }
    }
}

impl Process for Drawn {
    type Request = u8;
    type Indication = u8;
    type Message = u8;
    type Timer = u8;
    type Record = u8;

    fn recover(&mut self, state: u8) {
        self.state = state;
    }

    fn records(&self) -> Vec<u8> {
        vec![self.state]
    }

    fn start(&mut self, out: &mut Out<Self>) {
        out.set(0, Duration::from_secs(1)..Duration::from_secs(2));
    }

    fn request(&mut self, request: u8, out: &mut Out<Self>) {
        self.act("request", self.me, request, out);
    }

    fn message(&mut self, from: NodeId, message: u8, out: &mut Out<Self>) {
        self.act("message", from, message, out);
    }

    fn timer(&mut self, timer: u8, out: &mut Out<Self>) {
        self.act("timer", self.me, timer, out);
    }

    fn flush(&mut self, out: &mut Out<Self>) {
        let batch = std::mem::take(&mut self.batch);
        if batch > 0 {
            out.send(NodeId((self.me.0 + 1) % NODES as u16), batch);
        }
    }
}

/// Remembers something of everything that it hears, in the order in which it hears it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Ear {
    lots: Lots,
    heard: u64,
}

impl Ear {
    fn hear(&mut self, node: NodeId, what: u8) -> Result<(), String> {
        let Ear { lots, heard } = *self;
        let what = (heard, node, what);
        // Of half of what it hears the order does not matter.
        let in_order = lots.draw((node, what.2)).is_multiple_of(2);
        self.heard = if in_order { lots.draw(what) % 4 } else { heard ^ u64::from(what.2 + 1) };
        let is_wrong = lots.hits(lots.false_promises, (heard, what));
        if is_wrong { Err("This was not promised.".into()) } else { Ok(()) }
    }
}

impl Monitor<Drawn> for Ear {
    fn requested(&mut self, node: NodeId, request: &u8) {
        let _ = self.hear(node, 10 + request);
    }

    fn indicated(&mut self, node: NodeId, indication: &u8) -> Result<(), String> {
        self.hear(node, *indication)
    }

    fn crashed(&mut self, node: NodeId) {
        let _ = self.hear(node, 20);
    }
}

/// Which processes there are, as far as lots tell.
fn seen(nodes: &[&Drawn]) -> Vec<(NodeId, u8, u8)> {
    nodes.iter().map(|node| (node.me, node.state, node.left)).collect()
}

impl Subject for Lots {
    type Process = Drawn;
    type Monitor = Ear;

    fn name(&self) -> &'static str {
        "lots"
    }

    fn nodes(&self) -> usize {
        NODES
    }

    fn process(&self, me: NodeId) -> Drawn {
        Drawn { lots: *self, me, state: 0, left: 1, batch: 0 }
    }

    fn monitor(&self) -> Ear {
        Ear { lots: *self, heard: 0 }
    }

    fn invariants(&self) -> Vec<Invariant<Drawn>> {
        fn holds(nodes: &[&Drawn]) -> Result<(), String> {
            let lots = nodes[0].lots;
            let is_wrong = lots.hits(lots.wrong, ("wrong", seen(nodes)));
            if is_wrong { Err("This is not to be.".into()) } else { Ok(()) }
        }
        vec![Invariant { name: "not to be", holds }]
    }

    fn within(&self, nodes: &[&Drawn]) -> bool {
        !self.hits(self.outside, ("outside", seen(nodes)))
    }

    fn requests(&self, node: NodeId) -> Vec<u8> {
        if node.0 < 2 { vec![0] } else { Vec::new() }
    }

    fn traitors(&self) -> NodeSet {
        if self.has_traitor { [NodeId(2)].into_iter().collect() } else { NodeSet::EMPTY }
    }

    fn forgeries(&self, _: NodeId, _: NodeId) -> Vec<u8> {
        vec![0, 1]
    }
}
