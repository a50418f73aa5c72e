//! The sequential specifications that come with the checker.

mod counter;
mod kv;
mod lock;
mod multi_register;
mod queue;
mod register;
mod set;
mod stack;

pub use counter::{Counter, CounterInput, CounterOutput};
pub use kv::{Kv, KvInput, KvOutput, KvState};
pub use lock::{Lock, LockInput, LockOutput};
pub use multi_register::{Micro, MultiRegister, Registers, Txn};
pub use queue::{Queue, QueueInput, QueueOutput};
pub use register::{Register, RegisterInput, RegisterOutput};
pub use set::{Set, SetInput, SetOutput};
pub use stack::{Stack, StackInput, StackOutput};
