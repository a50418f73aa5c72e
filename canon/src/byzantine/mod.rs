//! Agreement among nodes of which some lie.
//!
//! Requests and indications are those of [`consensus`](crate::consensus).
//!
//! Properties, of the loyal nodes whatever the others do (the `Consensus` monitor in `spec` checks
//! them when it is told who lies):
//! - validity: what a loyal node decides, a loyal node proposed;
//! - agreement: no two loyal nodes decide different values;
//! - integrity: a loyal node decides once;
//! - termination: every loyal node decides.
//!
//! | protocol | nodes | timing | rounds | messages |
//! |---|---|---|---|---|
//! | [`phase_king`] | n > 4f | synchronous | 2(f+1) | (f+1)(n-1)(n+1) |

pub mod phase_king;
