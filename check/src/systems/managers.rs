//! What the specifications of transaction commit have in common: the states of resource managers.

use crate::{Judgement, Violation};

/// The RM works on the transaction.
pub const WORKING: u64 = 0;
/// The RM can commit and can abort.
pub const PREPARED: u64 = 1;
/// The RM has committed.
pub const COMMITTED: u64 = 2;
/// The RM has aborted.
pub const ABORTED: u64 = 3;

/// What should happen sometimes; [`judge`] sets a bit for each.
pub const SOMETIMES: [&str; 2] = ["a resource manager committed", "a resource manager aborted"];

/// Consistency (TCConsistent): no RM has committed while another has aborted. The state of each RM
/// is two bits of `states`, the first RM's lowest; what was seen is added to `seen`.
pub fn judge(states: u64, seen: &mut u64) -> Judgement {
    let every_low = 0x5555_5555_5555_5555;
    let (low, high) = (states & every_low, states >> 1 & every_low);
    let (committed, aborted) = (high & !low, high & low);
    *seen |= u64::from(committed != 0) | u64::from(aborted != 0) << 1;
    if committed == 0 || aborted == 0 {
        return Judgement::Within;
    }
    Judgement::Broken(Violation {
        property: "consistency".into(),
        text: format!(
            "Resource manager {} has committed, but {} has aborted.",
            committed.trailing_zeros() / 2,
            aborted.trailing_zeros() / 2
        ),
    })
}
