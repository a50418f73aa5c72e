//! What is replicated: a deterministic machine.

use core::fmt::Debug;
use core::hash::Hash;

use model::Value;

/// What is replicated: a deterministic machine that turns commands into replies.
///
/// Equal machines given equal commands become equal machines and give equal replies, on every node
/// and in every run. Whatever a client may have sent, `apply` and `query` return: what cannot be
/// done is a reply that says so, and has changed nothing.
pub trait Machine: Clone + Eq + Hash + Debug + Default + 'static {
    /// Changes the state; goes through the log.
    type Command: Value;
    /// Reads the state; does not go through the log.
    type Query: Value;
    /// The answer to either.
    type Reply: Value;

    /// Carries out the next command of the log.
    fn apply(&mut self, command: Self::Command) -> Self::Reply;

    /// Reads the state as it stands after the last command applied.
    fn query(&self, query: &Self::Query) -> Self::Reply;

    /// Roughly how many bytes the command takes in a message or in the log. Batches are cut by it.
    fn weight(command: &Self::Command) -> usize {
        let _ = command;
        1
    }

    /// Roughly how many bytes the state takes in memory, for reports.
    fn size(&self) -> u64 {
        0
    }
}
