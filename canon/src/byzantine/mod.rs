//! Agreement among nodes of which some lie.
//!
//! Requests and indications are those of [`consensus`](crate::consensus), and so are the
//! properties, but for the nodes that keep to the protocol only: whatever the others do, no two of
//! these decide differently, and what they decide was proposed by one of them.
//!
//! | protocol | nodes | timing | rounds | messages |
//! |---|---|---|---|---|
//! | [`phase_king`] | n > 4f | synchronous | 2(f+1) | (f+1)(n-1)(n+1) |

pub mod phase_king;
