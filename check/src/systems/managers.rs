//! What the specifications of transaction commit have in common: the states of resource managers,
//! two bits each of a number, the first RM's lowest.

use crate::Violation;

/// The RM works on the transaction.
pub const WORKING: u64 = 0;
/// The RM can commit and can abort.
pub const PREPARED: u64 = 1;
/// The RM has committed.
pub const COMMITTED: u64 = 2;
/// The RM has aborted.
pub const ABORTED: u64 = 3;

/// Should happen sometimes: one has committed.
pub const SOME_COMMITTED: &str = "a resource manager committed";
/// Should happen sometimes: one has aborted.
pub const SOME_ABORTED: &str = "a resource manager aborted";

/// The lower bit of each RM's two.
const LOW: u64 = 0x5555_5555_5555_5555;

/// The RMs that have committed, by their lower bits.
pub fn committed(states: u64) -> u64 {
    states >> 1 & !states & LOW
}

/// The RMs that have aborted, by their lower bits.
pub fn aborted(states: u64) -> u64 {
    states >> 1 & states & LOW
}

/// Consistency (TCConsistent): no RM has committed while another has aborted.
pub fn fault(states: u64) -> Option<Violation> {
    let (committed, aborted) = (committed(states), aborted(states));
    if committed == 0 || aborted == 0 {
        return None;
    }
    let (one, other) = (committed.trailing_zeros() / 2, aborted.trailing_zeros() / 2);
    let text = format!("Resource manager {one} has committed, but {other} has aborted.");
    Some(Violation::new("consistency", text))
}
