//! A yardstick: a register that answers at once, from the node's own copy, and tells the others
//! later. It is as available and as fast as can be, and promises nothing but that copies agree
//! once everything that was sent has arrived.

use canon::register::abd::{Copy, Stamp};
use canon::register::{Indication, Request};
use model::{Never, NodeId, NodeSet, Out, Process};
use spec::monitor::Monitor;
use world::{Subject, SystemModel};

/// The register at one node.
///
/// Invariant: the stamp of `copy` never falls.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Local {
    me: NodeId,
    members: NodeSet,
    copy: Copy<u64>,
}

impl Process for Local {
    type Request = Request<u64>;
    type Indication = Indication<u64>;
    type Message = Copy<u64>;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, request: Request<u64>, out: &mut Out<Self>) {
        let Request::Write(value) = request else {
            return out.indicate(Indication::ReadReturns(self.copy.value));
        };
        let stamp = Stamp { number: self.copy.stamp.number + 1, writer: self.me };
        self.copy = Copy { stamp, value: Some(value) };
        for node in self.members.iter().filter(|&node| node != self.me) {
            // Nothing is promised of it, so nothing is lost by forgetting it.
            out.send(node, self.copy.clone());
        }
        out.indicate(Indication::WriteReturns);
    }

    fn message(&mut self, _: NodeId, copy: Copy<u64>, _: &mut Out<Self>) {
        if copy.stamp > self.copy.stamp {
            self.copy = copy;
        }
    }
}

/// The yardstick and its size.
#[derive(Clone, Debug)]
pub struct LocalLab {
    /// How many nodes.
    pub nodes: usize,
}

/// Judges nothing: there is nothing that it promises at once.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Nothing;

impl Monitor<Local> for Nothing {
    fn indicated(&mut self, _: NodeId, _: &Indication<u64>) -> Result<(), String> {
        Ok(())
    }
}

impl Subject for LocalLab {
    type Process = Local;
    type Monitor = Nothing;

    fn name(&self) -> &'static str {
        "local"
    }

    fn nodes(&self) -> usize {
        self.nodes
    }

    fn process(&self, me: NodeId) -> Local {
        Local { me, members: NodeSet::first(self.nodes), copy: Copy::default() }
    }

    fn monitor(&self) -> Nothing {
        Nothing
    }

    fn model(&self) -> SystemModel {
        SystemModel::faultless(self.nodes)
    }
}
