//! What makes Paxos safe, over the processes of all nodes. A node that is down is seen as what its
//! disk recovers.

use alloc::format;
use alloc::string::String;

use model::{NodeSet, Value};

use super::{Ballot, Paxos, Proposer, Vote};

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

/// Lamport §2.2, P2b: if a value is chosen, or may still be, every value that is put to the vote in
/// a higher ballot is the same. What may be chosen is what a majority has voted for in one ballot,
/// or still can.
///
/// This sees last votes only, for an acceptor keeps no others. What was chosen with the vote of a
/// node that has voted again is out of its sight, the vote that contradicts it included.
/// [`decided_stays`] sees that as soon as anybody learns of the choice.
///
/// # Errors
/// What may be chosen, and what else was put to the vote.
pub fn chosen_stays<V: Value>(nodes: &[&Paxos<V>]) -> Result<(), String> {
    for vote in nodes.iter().filter_map(|node| node.vote()) {
        let is_stray =
            |&(ballot, value): &(Ballot, &V)| ballot > vote.ballot && *value != vote.value;
        if let Some((ballot, value)) = put_to_the_vote(nodes).find(is_stray)
            && may_be_chosen(nodes, vote.ballot)
        {
            return Err(format!(
                "{vote} was chosen or may be, but {value} is put to the vote in ballot {ballot}."
            ));
        }
    }
    Ok(())
}

/// The same of what somebody has learned, whoever has voted since: a majority's last votes are for
/// it, in ballots above all in which anything else was put to the vote.
///
/// # Errors
/// What is decided, and what else was put to the vote.
pub fn decided_stays<V: Value>(nodes: &[&Paxos<V>]) -> Result<(), String> {
    for decided in nodes.iter().filter_map(|node| node.decided()) {
        let others = put_to_the_vote(nodes).filter(|(_, value)| *value != decided);
        let (above, other) = others.max_by_key(|(ballot, _)| *ballot).unzip();
        let stands = |vote: &Vote<V>| vote.value == *decided && Some(vote.ballot) > above;
        if !is_majority(nodes, |node| node.vote().is_some_and(stands)) {
            let why = other.map(|value| format!(", and {value} is put to the vote"));
            let why = why.unwrap_or_default();
            return Err(format!("{decided} is decided, but no majority stands by it{why}."));
        }
    }
    Ok(())
}

/// What is known to be put to the vote, and in which ballot: by who does it, or who voted for it.
fn put_to_the_vote<'a, V: Value>(
    nodes: &'a [&'a Paxos<V>],
) -> impl Iterator<Item = (Ballot, &'a V)> {
    nodes.iter().flat_map(|node| {
        let own = match &node.proposer {
            Proposer::Accepting { value, .. } => Some((node.begun, value)),
            _ => None,
        };
        own.into_iter().chain(node.vote().map(|vote| (vote.ballot, &vote.value)))
    })
}

/// Whether a majority has voted in this ballot, or can still.
fn may_be_chosen<V: Value>(nodes: &[&Paxos<V>], ballot: Ballot) -> bool {
    let last = |node: &Paxos<V>| node.vote().map_or(Ballot::NONE, |vote| vote.ballot);
    is_majority(nodes, |node| {
        last(node) == ballot || (last(node) < ballot && node.promised() <= ballot)
    })
}

fn is_majority<V: Value>(nodes: &[&Paxos<V>], has: impl Fn(&Paxos<V>) -> bool) -> bool {
    let those: NodeSet = nodes.iter().filter(|node| has(node)).map(|node| node.setup.me).collect();
    nodes.first().is_some_and(|node| node.members().has_majority(those))
}
