//! Links in the lab.

mod causal;

pub use causal::CausalLinkLab;
