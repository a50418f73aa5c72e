//! Deadlock detection in the lab: what is common to its protocols.

mod borrowers;
mod chandy_misra_haas_and;

use canon::deadlock::{Indication, Request};
use model::{NodeId, NodeSet, Process, Random};
use spec::monitor::{Monitor, WaitsFor};

pub use borrowers::Borrowers;
pub use chandy_misra_haas_and::ChandyMisraHaasAndLab;

/// The judge of every protocol with the interface of [`canon::deadlock`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Judge(WaitsFor);

impl<P: Process<Request = Request, Indication = Indication>> Monitor<P> for Judge {
    fn requested(&mut self, node: NodeId, request: &Request) {
        if *request == Request::Detect {
            self.0.asked(node);
        }
    }

    fn indicated(&mut self, node: NodeId, indication: &Indication) -> Result<(), String> {
        match *indication {
            Indication::Blocked(on) => self.0.blocked(node, on),
            Indication::Asked(_) => Ok(()),
            Indication::Granted(to) => self.0.granted(node, to),
            Indication::Active => self.0.active(node),
            Indication::Deadlock => self.0.deadlock(node),
        }
    }

    fn crashed(&mut self, node: NodeId) {
        self.0.crashed(node);
    }

    fn settled(&self, correct: NodeSet) -> Result<(), String> {
        self.0.complete(correct)
    }
}

/// The next node in the ring of all.
pub(crate) fn next(node: NodeId, nodes: usize) -> NodeId {
    NodeId((node.0 + 1) % nodes as u16)
}

/// A request for drivers that have no clients: of ten, two block on one node or two, six grant, two
/// detect. Most grants go to a node that has not asked, and do nothing.
pub(crate) fn random(nodes: usize, random: &mut Random) -> Request {
    let mut some = |_| NodeId(random.below(nodes as u64) as u16);
    let (one, other) = (some(()), some(()));
    match random.below(10) {
        0 => Request::Block(NodeSet::from_iter([one])),
        1 => Request::Block(NodeSet::from_iter([one, other])),
        2..8 => Request::Grant(one),
        _ => Request::Detect,
    }
}
