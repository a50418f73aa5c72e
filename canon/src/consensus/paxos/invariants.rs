//! What makes Paxos safe, over the processes of all nodes. A node that is down is seen as what its
//! disk recovers.

use alloc::format;
use alloc::string::String;

use model::{NodeSet, Value};

use super::{Ballot, Paxos, Vote};

/// Lamport §2.2, P1a: no acceptor votes in a ballot above the one that it promised to take part in.
///
/// # Errors
/// The vote and the promise.
pub fn votes_are_promises<V: Value>(nodes: &[&Paxos<V>]) -> Result<(), String> {
    for node in nodes {
        if let Some(vote) = node.vote().filter(|vote| vote.ballot > node.promised()) {
            let (me, promised) = (node.setup.me, node.promised());
            return Err(format!("{me} voted for {vote}, but promised only ballot {promised}."));
        }
    }
    Ok(())
}

/// Lamport §2.2: one value at most is put to the vote in a ballot.
///
/// # Errors
/// Two votes of one ballot that differ.
pub fn one_value_a_ballot<V: Value>(nodes: &[&Paxos<V>]) -> Result<(), String> {
    for (place, one) in nodes.iter().enumerate() {
        for other in &nodes[place + 1..] {
            let (Some(a), Some(b)) = (one.vote(), other.vote()) else {
                continue;
            };
            if a.ballot == b.ballot && a.value != b.value {
                let (m, n) = (one.setup.me, other.setup.me);
                return Err(format!("{m} voted for {a}, and {n} for {b}, in one ballot."));
            }
        }
    }
    Ok(())
}

/// Lamport §2.2, P2a: if a value is chosen, every vote in a higher ballot is for the same value.
///
/// # Errors
/// What was chosen, and a later vote for something else.
pub fn chosen_stays<V: Value>(nodes: &[&Paxos<V>]) -> Result<(), String> {
    let votes = || nodes.iter().filter_map(|node| node.vote());
    for chosen in votes().filter(|vote| is_chosen(nodes, vote.ballot)) {
        let strays = |vote: &&Vote<V>| vote.ballot > chosen.ballot && vote.value != chosen.value;
        if let Some(vote) = votes().find(strays) {
            return Err(format!("{chosen} was chosen, but there is a later vote for {vote}."));
        }
    }
    Ok(())
}

/// Whether a majority voted in this ballot.
fn is_chosen<V: Value>(nodes: &[&Paxos<V>], ballot: Ballot) -> bool {
    let voted = |node: &&&Paxos<V>| node.vote().is_some_and(|vote| vote.ballot == ballot);
    let voters: NodeSet = nodes.iter().filter(voted).map(|node| node.setup.me).collect();
    nodes.first().is_some_and(|node| node.members().has_majority(voters))
}
