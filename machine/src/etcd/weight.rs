//! Roughly how many bytes commands take in a message or in the log.

use super::{Command, Compare, DeleteRange, Keys, Operand, Operation, Put, Txn};

/// What an operation takes beside its keys and values: tags, lengths, numbers and flags.
const FRAME: usize = 16;

impl Command {
    /// Roughly how many bytes it takes.
    pub fn weight(&self) -> usize {
        match self {
            Command::Put(put) => put.weight(),
            Command::DeleteRange(delete) => delete.weight(),
            Command::Txn(txn) => txn.weight(),
            Command::Compact(_) => FRAME,
        }
    }
}

impl Put {
    fn weight(&self) -> usize {
        FRAME + self.key.len() + self.value.len()
    }
}

impl DeleteRange {
    fn weight(&self) -> usize {
        FRAME + self.keys.weight()
    }
}

impl Txn {
    fn weight(&self) -> usize {
        let compare: usize = self.compare.iter().map(Compare::weight).sum();
        let operations: usize = self.operations().map(Operation::weight).sum();
        FRAME + compare + operations
    }
}

impl Operation {
    fn weight(&self) -> usize {
        match self {
            Operation::Range(range) => 2 * FRAME + range.keys.weight(),
            Operation::Put(put) => put.weight(),
            Operation::DeleteRange(delete) => delete.weight(),
            Operation::Txn(txn) => txn.weight(),
        }
    }
}

impl Compare {
    fn weight(&self) -> usize {
        let operand = match &self.operand {
            Operand::Value(value) => value.len(),
            _ => 0,
        };
        FRAME + self.keys.weight() + operand
    }
}

impl Keys {
    fn weight(&self) -> usize {
        match self {
            Keys::One(key) | Keys::From(key) => key.len(),
            Keys::Between(first, end) => first.len() + end.len(),
        }
    }
}
