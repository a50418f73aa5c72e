//! The sequential specifications that come with the checker.

mod counter;
mod kv;
mod list;
mod lock;
mod multi_register;
mod register;
mod revisions;
mod set;

pub use counter::{Counter, CounterInput, CounterOutput};
pub use kv::{Kv, KvInput, KvOutput, KvState};
pub use list::{End, First, Last, List, ListInput, ListOutput, Queue, Stack};
pub use lock::{Lock, LockInput, LockOutput};
pub use multi_register::{Micro, MultiRegister, Registers, Txn};
pub use register::{Register, RegisterInput, RegisterOutput};
pub use revisions::{Ask, Found, Revisions, RevisionsInput, RevisionsOutput};
pub use set::{Set, SetInput, SetOutput};
