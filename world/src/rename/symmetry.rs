//! Which nodes of a subject are interchangeable.

use model::{Host, NodeSet};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Renaming, Tree, written};
use crate::Subject;

/// Gives a value with its nodes renamed.
type Renamed<T> = fn(&T, &Renaming) -> T;

/// Which nodes of a subject are interchangeable: renaming the nodes of a group among themselves
/// in a whole run gives a run again, and promises, invariants and bounds hold of both or of
/// neither.
///
/// Nodes of one group have the same requests, but for names of nodes in them. The checker then
/// explores one world of those that differ by a renaming only, and compares steps before and after
/// renaming as it goes, so that most wrong declarations are noticed.
pub struct Symmetry<S: Subject> {
    groups: Vec<NodeSet>,
    host: Renamed<Host<S::Process>>,
    process: Renamed<S::Process>,
    monitor: Renamed<S::Monitor>,
    tree: fn(&Host<S::Process>) -> Tree,
    restore: fn(&mut S::Process, &S::Process),
}

impl<S: Subject> Symmetry<S>
where
    S::Process: Serialize + DeserializeOwned,
    S::Monitor: Serialize + DeserializeOwned,
{
    /// The nodes of each group are interchangeable.
    ///
    /// # Panics
    /// If a node is in two groups.
    pub fn of(groups: &[NodeSet]) -> Symmetry<S> {
        let apart = |place: usize| {
            groups[..place].iter().all(|other| other.intersection(groups[place]).is_empty())
        };
        assert!((0..groups.len()).all(apart), "A node is in one group of a symmetry at most.");
        Symmetry {
            groups: groups.to_vec(),
            host: |host, renaming| renaming.of(host),
            process: |process, renaming| renaming.of(process),
            monitor: |monitor, renaming| renaming.of(monitor),
            tree: written::<Host<S::Process>>,
            restore: |_, _| {},
        }
    }

    /// All nodes of the subject are interchangeable.
    pub fn all(nodes: usize) -> Symmetry<S> {
        Symmetry::of(&[NodeSet::first(nodes)])
    }
}

impl<S: Subject> Symmetry<S> {
    /// Puts back into a renamed process (the first) what `serde` skips, such as a function, from
    /// the process as it was (the second).
    pub fn restoring(self, restore: fn(&mut S::Process, &S::Process)) -> Symmetry<S> {
        Symmetry { restore, ..self }
    }

    /// The groups; nodes in none of them keep their names.
    pub fn groups(&self) -> &[NodeSet] {
        &self.groups
    }

    /// A node's driver and process, renamed.
    pub fn host(&self, host: &Host<S::Process>, renaming: &Renaming) -> Host<S::Process> {
        let mut renamed = (self.host)(host, renaming);
        renamed.restore(|process| (self.restore)(process, host.process()));
        renamed
    }

    /// A process, renamed.
    pub fn process(&self, process: &S::Process, renaming: &Renaming) -> S::Process {
        let mut renamed = (self.process)(process, renaming);
        (self.restore)(&mut renamed, process);
        renamed
    }

    /// A monitor, renamed.
    pub fn monitor(&self, monitor: &S::Monitor, renaming: &Renaming) -> S::Monitor {
        (self.monitor)(monitor, renaming)
    }

    /// A node's driver and process as a tree.
    pub fn tree(&self, host: &Host<S::Process>) -> Tree {
        (self.tree)(host)
    }
}
