//! A protocol as the lab takes it: everything that exploring and simulating it needs.

use model::{Event, NodeId, NodeSet, Process, Random};
use spec::monitor::Monitor;

use crate::failures::Failures;
use crate::model::SystemModel;
use crate::rename::Symmetry;
use crate::trace::Epoch;

/// A protocol, its size and its promises, ready to be explored or simulated.
pub trait Subject: Sync {
    /// The protocol.
    type Process: Process;
    /// What it promises.
    type Monitor: Monitor<Self::Process>;

    /// The name by which `synod` knows it.
    fn name(&self) -> &'static str;

    /// How many nodes run it: `n0` to `n(nodes-1)`.
    fn nodes(&self) -> usize;

    /// A fresh process, before recovery and start.
    fn process(&self, node: NodeId) -> Self::Process;

    /// A fresh monitor over all nodes.
    fn monitor(&self) -> Self::Monitor;

    /// Inner invariants over the processes of the nodes, by name. A node that is down is seen as
    /// what its disk would recover; Byzantine nodes are left out.
    fn invariants(&self) -> Vec<Invariant<Self::Process>> {
        Vec::new()
    }

    /// Judges one step of one process, from before to after it.
    ///
    /// # Errors
    /// What the step breaks, as a sentence.
    fn step(&self, before: &Self::Process, after: &Self::Process) -> Result<(), String> {
        let _ = (before, after);
        Ok(())
    }

    /// What should happen sometimes, so that nothing passes vacuously.
    fn sometimes(&self) -> Vec<Sometimes<Self::Process>> {
        Vec::new()
    }

    /// The requests that the checker may make at `node` in any order, each at most once, and that
    /// stories may name.
    fn requests(&self, node: NodeId) -> Vec<<Self::Process as Process>::Request> {
        let _ = node;
        Vec::new()
    }

    /// One request of a random run, by its number in the run, so that values can be unique. The
    /// same arguments give the same request; numbers may be left out.
    fn request(
        &self,
        node: NodeId,
        count: u64,
        random: &mut Random,
    ) -> Option<<Self::Process as Process>::Request> {
        let _ = (node, count, random);
        None
    }

    /// What the protocol assumes of links, processes and time.
    fn model(&self) -> SystemModel {
        SystemModel::consensus(self.nodes())
    }

    /// What may go wrong in a random run: everything that the model allows.
    fn failures(&self) -> Failures {
        self.model().failures()
    }

    /// The nodes that are Byzantine when the subject is explored or told in a story: they take no
    /// steps of their protocol, and send what [`forgeries`](Subject::forgeries) lists. Neither
    /// invariants nor the monitor say anything of them. A random run draws its own.
    fn traitors(&self) -> NodeSet {
        NodeSet::EMPTY
    }

    /// The monitor, told who is Byzantine when the subject is explored or told in a story.
    fn told_monitor(&self) -> Self::Monitor {
        let mut monitor = self.monitor();
        self.traitors().iter().for_each(|node| monitor.faulty(node));
        monitor
    }

    /// What a Byzantine node might write to another, beyond what the protocol says: a bounded
    /// choice of what its type allows.
    fn forgeries(&self, traitor: NodeId, to: NodeId) -> Vec<<Self::Process as Process>::Message> {
        let _ = (traitor, to);
        Vec::new()
    }

    /// The epoch (term, view, ballot, phase) that a process is in, for diagrams.
    fn epoch(&self, process: &Self::Process) -> Option<Epoch> {
        let _ = process;
        None
    }

    /// The same subject with another number of nodes, if it has such a size: a failing run is
    /// shown with as few nodes as show it.
    fn resized(&self, nodes: usize) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = nodes;
        None
    }

    /// Which nodes are interchangeable, if any are: the checker then explores fewer worlds.
    fn symmetry(&self) -> Option<Symmetry<Self>>
    where
        Self: Sized,
    {
        None
    }

    /// Whether the checker should go on from here: the bounds of an exploration, as a predicate.
    fn within(&self, processes: &[&Self::Process]) -> bool {
        let _ = processes;
        true
    }
}

/// A property of all processes together, true in every reachable state.
pub struct Invariant<P> {
    /// Its name in the paper.
    pub name: &'static str,
    /// Judges the processes, by node; a violation is a sentence.
    pub holds: fn(&[&P]) -> Result<(), String>,
}

/// A mark that a good campaign reaches.
pub struct Sometimes<P: Process> {
    /// What has happened, as a phrase: `a leader stepped down`.
    pub name: &'static str,
    /// Whether it happened in this step, from the event and the process after it.
    pub seen: fn(&Event<P>, &P) -> bool,
}

/// The randomness of one operation of a random run, from which [`Subject::request`] draws: it does
/// not depend on how many operations went before.
pub fn operation_random(seed: u64, count: u64) -> Random {
    Random::child(seed ^ count.rotate_left(32), "operation")
}
