//! Every protocol under the lab's tools. One program: what the tools are for one protocol is
//! compiled once for all its tests.

mod as_json;
mod ben_or;
mod broadcast;
mod causal;
mod chandy_lamport;
mod chandy_misra_haas_and;
mod clock;
mod link;
mod paxos;
mod phase_king;
mod raft;
mod raft_stories;
mod registry;
mod ricart_agrawala;
mod trial;
mod two_generals;
