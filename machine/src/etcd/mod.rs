//! etcd's key-value store: every key with its history, numbered by one revision that grows with
//! each change.
//!
//! A change of any number of keys is one revision. A read names the revision it wants, and sees the
//! keys as they were then, back to the last compaction. A transaction compares, then reads and
//! writes, as one change. What the store does is what etcd 3.6 does, down to the order in which it
//! finds faults; where that is surprising, the code says so.
//!
//! Commands are expected to have passed [`Command::check`], but nothing depends on it: a command
//! that has not is refused, or done in the order it is written down.
//!
//! A tree maps a key to its versions, so that reading or writing one key costs the logarithm of the
//! number of keys. A list of all changes since the last compaction, in order, tells the next one
//! where to look. Values are shared, not copied, on their way out.
//!
//! Left out so far: leases (no lease exists, so a put with one is refused), watches,
//! authentication, alarms.

mod check;
mod command;
mod keys;
mod range;
mod reply;
mod store;
mod text;
mod txn;
mod weight;

use serde::{Deserialize, Serialize};

pub use check::{MAX_TXN_OPERATIONS, left_of};
pub use command::{
    Command, Compact, Compare, DeleteRange, Operand, Operation, Put, Query, Range, Relation,
    SortOrder, SortTarget, Txn,
};
pub use keys::Keys;
pub use reply::{
    DeleteRangeReply, Error, KeyValue, OperationReply, PutReply, RangeReply, Reply, TxnReply,
};

use crate::Machine;
use store::Store;

/// etcd's key-value store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Etcd {
    store: Store,
}

impl Etcd {
    /// The revision of the last change; 1 if there was none.
    pub fn revision(&self) -> i64 {
        self.store.revision()
    }

    /// The oldest revision that can be read; -1 before the first compaction.
    pub fn compacted(&self) -> i64 {
        self.store.compacted()
    }

    /// Roughly how many bytes of memory the store uses. The same on all nodes.
    pub fn size(&self) -> u64 {
        self.store.size()
    }

    fn change(&mut self, command: Command) -> Result<Reply, Error> {
        command.check_shape()?;
        match command {
            Command::Put(put) => {
                self.store.check_lease(put.lease)?;
                let mut write = self.store.write();
                let reply = write.put(put)?;
                write.commit();
                Ok(Reply::Put(reply))
            }
            Command::DeleteRange(delete) => {
                let mut write = self.store.write();
                let reply = write.delete(&delete);
                write.commit();
                Ok(Reply::DeleteRange(reply))
            }
            Command::Txn(txn) => Ok(Reply::Txn(txn::apply(&mut self.store, txn)?)),
            Command::Compact(compact) => {
                self.store.compact(compact.revision)?;
                Ok(Reply::Compact(self.store.revision()))
            }
        }
    }

    fn read(&self, query: &Query) -> Result<Reply, Error> {
        query.check()?;
        match query {
            Query::Range(range) => {
                let reply = range::range(&self.store, self.store.revision(), range)?;
                Ok(Reply::Range(reply))
            }
            Query::Txn(txn) => Ok(Reply::Txn(txn::query(&self.store, txn)?)),
        }
    }
}

impl Machine for Etcd {
    type Command = Command;
    type Query = Query;
    type Reply = Reply;

    fn apply(&mut self, command: Command) -> Reply {
        self.change(command).unwrap_or_else(Reply::Refused)
    }

    fn query(&self, query: &Query) -> Reply {
        self.read(query).unwrap_or_else(Reply::Refused)
    }

    fn weight(command: &Command) -> usize {
        command.weight()
    }

    fn size(&self) -> u64 {
        self.store.size()
    }
}
