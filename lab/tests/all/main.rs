//! Every protocol under the lab's tools. One program: what the tools are for one protocol is
//! compiled once for all its tests.

mod abd;
mod as_json;
mod bases;
mod batched;
mod ben_or;
mod broadcast;
mod cap;
mod causal;
mod central;
mod chandy_lamport;
mod chandy_misra_haas_and;
mod clock;
mod extremes;
mod flp;
mod link;
mod paxos;
mod phase_king;
mod raft;
mod registry;
mod ricart_agrawala;
mod stories;
mod symmetry;
mod trial;
mod two_generals;
