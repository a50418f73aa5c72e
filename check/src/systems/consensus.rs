//! What the specifications of consensus have in common: what is chosen, and that it is one value.

use crate::Violation;

/// How many acceptors there are.
pub const ACCEPTORS: u32 = 3;
/// Every set of two acceptors of three, a bit each; larger ones are not listed in the models.
pub const MAJORITIES: [u64; 3] = [0b011, 0b101, 0b110];

/// Should happen sometimes: there is a choice.
pub const CHOSEN: &str = "a value was chosen";
/// Should happen sometimes: there are two.
pub const CHOSEN_TWICE: &str = "a value was chosen at two ballots";

/// Agreement: of the ballots at which something is chosen, and what, all choose the same.
pub fn fault(mut chosen: impl Iterator<Item = (u32, u32)>) -> Option<Violation> {
    let (first, value) = chosen.next()?;
    let (later, other) = chosen.find(|(_, other)| *other != value)?;
    let text = format!("Value {value} is chosen at ballot {first}, but {other} at {later}.");
    Some(Violation::new("agreement", text))
}
