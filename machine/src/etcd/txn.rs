//! Transactions: compare first, then act, as one change.

use alloc::vec::{self, Vec};
use core::cmp::Ordering;

use super::command::{Compare, Operand, Operation, Put, Relation, Txn};
use super::range::{check_revision, range};
use super::reply::{Error, OperationReply, TxnReply};
use super::store::{Store, Version, Write};

/// Carries out a transaction. If any of it cannot be done then none of it is.
pub(super) fn apply(store: &mut Store, txn: Txn) -> Result<TxnReply, Error> {
    let mut plan = Vec::new();
    let succeeded = decide(store, &txn, &mut plan)?;
    let mut write = store.write();
    match execute(&mut write, txn, succeeded, &mut plan.into_iter()) {
        Ok(responses) => Ok(TxnReply { revision: write.commit(), succeeded, responses }),
        // Reached by a put that keeps a value which an earlier operation of the same transaction
        // deletes.
        Err(error) => {
            write.undo();
            Err(error)
        }
    }
}

/// Carries out a transaction that only reads.
pub(super) fn query(store: &Store, txn: &Txn) -> Result<TxnReply, Error> {
    let mut plan = Vec::new();
    let succeeded = decide(store, txn, &mut plan)?;
    let responses = read(store, txn, succeeded, &mut plan.into_iter())?;
    Ok(TxnReply { revision: store.revision(), succeeded, responses })
}

/// Decides which branch is taken, and whether all in it can be done as the store is now.
///
/// The plan gets the decision of every transaction within that branch, each followed by those
/// within it: all comparisons are made before anything is written.
fn decide(store: &Store, txn: &Txn, plan: &mut Vec<bool>) -> Result<bool, Error> {
    let succeeded = txn.compare.iter().all(|compare| holds(store, compare));
    for operation in if succeeded { &txn.success } else { &txn.failure } {
        match operation {
            Operation::Range(range) => check_revision(store, range)?,
            Operation::Put(put) => check_put(store, put)?,
            Operation::DeleteRange(_) => {}
            Operation::Txn(within) => {
                let place = plan.len();
                plan.push(false);
                plan[place] = decide(store, within, plan)?;
            }
        }
    }
    Ok(succeeded)
}

fn check_put(store: &Store, put: &Put) -> Result<(), Error> {
    if (put.ignore_value || put.ignore_lease) && !store.contains(&put.key) {
        return Err(Error::KeyNotFound);
    }
    store.check_lease(put.lease)
}

fn execute(
    write: &mut Write<'_>,
    txn: Txn,
    succeeded: bool,
    plan: &mut vec::IntoIter<bool>,
) -> Result<Vec<OperationReply>, Error> {
    let branch = if succeeded { txn.success } else { txn.failure };
    let steps = branch.into_iter().map(|operation| {
        Ok(match operation {
            Operation::Range(read) => {
                OperationReply::Range(range(write.store(), write.revision(), &read)?)
            }
            Operation::Put(put) => OperationReply::Put(write.put(put)?),
            Operation::DeleteRange(delete) => OperationReply::DeleteRange(write.delete(&delete)),
            Operation::Txn(within) => {
                let succeeded = next(plan);
                let responses = execute(write, within, succeeded, plan)?;
                OperationReply::Txn(TxnReply { revision: 0, succeeded, responses })
            }
        })
    });
    steps.collect()
}

fn read(
    store: &Store,
    txn: &Txn,
    succeeded: bool,
    plan: &mut vec::IntoIter<bool>,
) -> Result<Vec<OperationReply>, Error> {
    let branch = if succeeded { &txn.success } else { &txn.failure };
    let steps = branch.iter().map(|operation| {
        Ok(match operation {
            Operation::Range(read) => OperationReply::Range(range(store, store.revision(), read)?),
            Operation::Put(_) | Operation::DeleteRange(_) => return Err(Error::WriteInQuery),
            Operation::Txn(within) => {
                let succeeded = next(plan);
                let responses = read(store, within, succeeded, plan)?;
                OperationReply::Txn(TxnReply { revision: 0, succeeded, responses })
            }
        })
    });
    steps.collect()
}

fn next(plan: &mut vec::IntoIter<bool>) -> bool {
    plan.next().expect("the plan decides every transaction within the branch taken")
}

/// Whether a comparison holds for the store as it is now.
fn holds(store: &Store, compare: &Compare) -> bool {
    let mut live = store.live(&compare.keys, store.revision()).peekable();
    if live.peek().is_none() {
        return match compare.operand {
            Operand::Value(_) => false,
            _ => relates(compare, &Version::NEVER),
        };
    }
    live.all(|(_, version)| relates(compare, version))
}

fn relates(compare: &Compare, version: &Version) -> bool {
    let ordering = match &compare.operand {
        Operand::Version(number) => version.version.cmp(number),
        Operand::Create(number) => version.create_revision.cmp(number),
        Operand::Mod(number) => version.mod_revision.cmp(number),
        Operand::Value(value) => version.value.cmp(value),
        Operand::Lease(number) => version.lease.cmp(number),
    };
    match compare.relation {
        Relation::Equal => ordering == Ordering::Equal,
        Relation::Greater => ordering == Ordering::Greater,
        Relation::Less => ordering == Ordering::Less,
        Relation::NotEqual => ordering != Ordering::Equal,
    }
}
