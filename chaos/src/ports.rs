//! Ports for clusters that come and go.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};

/// Ports from one node to the next: its client port, its peer port, and room for more.
pub const PORTS_A_NODE: u16 = 10;

/// Ports that systems leave alone: above those of well-known services, and below those that Linux
/// gives to outgoing connections.
const FIRST: u64 = 11_000;
const COUNT: u64 = 20_000;

/// A port that begins [`PORTS_A_NODE`] free ones for each node. Nothing keeps others from taking
/// them.
pub fn free(nodes: u16) -> u16 {
    static TRIED: AtomicU64 = AtomicU64::new(0);
    let needed = PORTS_A_NODE * nodes;
    loop {
        // Clusters of one process, and of others, begin their search in different places.
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let place = RandomState::new().hash_one((std::process::id(), tried)) % COUNT;
        let base = (FIRST + place) as u16;
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if (base..base + needed).all(is_free) {
            return base;
        }
    }
}
