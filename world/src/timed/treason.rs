//! Byzantine nodes: processes that follow their protocol when it pleases them.

use model::{NodeId, NodeSet, Process, Random};

use crate::subject::Subject;

/// The traitors of a world. Each runs the protocol, so that it knows what it ought to say, but
/// what it sends may be left out or replaced, differently for each addressee; and now and then it
/// says something of its own accord.
pub(super) struct Treason<P: Process> {
    traitors: NodeSet,
    /// What each traitor may write to each node.
    forgeries: Vec<Vec<Vec<P::Message>>>,
    random: Random,
}

impl<P: Process> Treason<P> {
    pub(super) fn new<S: Subject<Process = P>>(
        subject: &S,
        seed: u64,
        traitors: NodeSet,
    ) -> Treason<P> {
        let nodes = || NodeId::first(subject.nodes());
        let to_each = |traitor: NodeId| match traitors.contains(traitor) {
            true => nodes().map(|to| subject.forgeries(traitor, to)).collect(),
            false => Vec::new(),
        };
        let forgeries = nodes().map(to_each).collect();
        Treason { traitors, forgeries, random: Random::child(seed, "treason") }
    }

    pub(super) fn is_by(&self, node: NodeId) -> bool {
        self.traitors.contains(node)
    }

    /// What a traitor sends instead of this message, if anything.
    pub(super) fn instead_of(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: P::Message,
    ) -> Option<P::Message> {
        match self.random.below(4) {
            0 => None,
            1 => Some(self.forge(from, to).unwrap_or(message)),
            _ => Some(message),
        }
    }

    /// What a traitor says of its own accord, when something has happened to it.
    pub(super) fn whim(&mut self, from: NodeId) -> Option<(NodeId, P::Message)> {
        let nodes = self.forgeries.len() as u64;
        let to = NodeId(self.random.below(nodes) as u16);
        let speaks = to != from && self.random.chance(1, 3);
        if speaks { self.forge(from, to).map(|message| (to, message)) } else { None }
    }

    fn forge(&mut self, from: NodeId, to: NodeId) -> Option<P::Message> {
        let choice = &self.forgeries[from.index()][to.index()];
        choice.get(self.random.below(choice.len() as u64) as usize).cloned()
    }
}
