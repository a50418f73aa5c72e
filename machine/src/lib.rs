//! What is replicated: the state machines, and Replica over an order.
#![no_std]
extern crate alloc;

pub mod etcd;
mod machine;
mod replica;

pub use machine::Machine;
pub use replica::{
    Command, Indication, Message, Operation, Origin, Record, Replica, Request, Timer,
};
