//! The five properties of Raft fig. 3, over the processes of all nodes. A node that is down is
//! seen as what its disk recovers.

use alloc::format;
use alloc::string::String;

use model::Value;

use super::{Position, Raft};

/// At most one leader is elected in a term.
///
/// # Errors
/// Two leaders of one term.
pub fn election_safety<V: Value>(nodes: &[&Raft<V>]) -> Result<(), String> {
    for (one, other) in pairs(nodes) {
        if one.is_leader() && other.is_leader() && one.term() == other.term() {
            let (a, b, term) = (one.me(), other.me(), one.term());
            return Err(format!("{a} and {b} both lead term {term}."));
        }
    }
    Ok(())
}

/// A leader never overwrites or deletes entries in its log. Judges one step of one node; what was
/// never given to the disk counts when the step is over.
///
/// # Errors
/// What the leader lost.
pub fn leader_append_only<V: Value>(before: &Raft<V>, after: &Raft<V>) -> Result<(), String> {
    let (old, new) = (before.log().behind(0), after.log().behind(0));
    let leads_on = before.is_leader() && after.is_leader() && before.term() == after.term();
    if leads_on && !new.starts_with(old) {
        return Err(format!("{} leads term {} and cut its log.", after.me(), after.term()));
    }
    Ok(())
}

/// If two logs hold an entry with the same index and term, they are identical up to it.
///
/// # Errors
/// Two logs and where they differ.
pub fn log_matching<V: Value>(nodes: &[&Raft<V>]) -> Result<(), String> {
    for (one, other) in pairs(nodes) {
        let common = one.log().last().index.min(other.log().last().index);
        let matches = |index: &u64| one.log().term_at(*index) == other.log().term_at(*index);
        let Some(last) = (1..=common).rev().find(matches) else {
            continue;
        };
        if let Some(index) = (1..=last).find(|&i| one.log().entry(i) != other.log().entry(i)) {
            let position = Position { index: last, term: one.log().term_at(last).unwrap_or(0) };
            let (a, b) = (one.me(), other.me());
            return Err(format!(
                "The logs of {a} and {b} agree on {position} but differ at index {index}."
            ));
        }
    }
    Ok(())
}

/// If an entry is committed, it is in the logs of the leaders of all later terms. A node's commit
/// index is at most of its own term, so a leader of that term or a later one must hold it all.
///
/// # Errors
/// The leader, and the entry that it lacks.
pub fn leader_completeness<V: Value>(nodes: &[&Raft<V>]) -> Result<(), String> {
    for leader in nodes.iter().filter(|node| node.is_leader()) {
        for node in nodes.iter().filter(|node| node.term() <= leader.term()) {
            let missing =
                (1..=node.commit()).find(|&i| leader.log().entry(i) != node.log().entry(i));
            if let Some(index) = missing {
                return Err(format!(
                    "{} leads term {} without the entry that {} knows committed at index {index}.",
                    leader.me(),
                    leader.term(),
                    node.me()
                ));
            }
        }
    }
    Ok(())
}

/// Leader completeness, one election ahead: whoever a majority would vote for by the comparison of
/// logs (Raft §5.4.1) holds every committed entry. It follows from the argument of Raft §5.4.3:
/// a majority holds the entry and logs at least as late as its leader's term, and a log without
/// it that is as late would have come from a leader without it.
///
/// # Errors
/// The entry, and who could be elected without it.
pub fn electable_completeness<V: Value>(nodes: &[&Raft<V>]) -> Result<(), String> {
    for node in nodes.iter().filter(|node| node.commit() > 0) {
        let Some(committed) = node.log().position(node.commit()) else {
            continue;
        };
        for loser in nodes.iter().filter(|other| !other.log().holds(committed)) {
            let last = loser.log().last();
            let would_vote = |voter: &&&Raft<V>| last.is_up_to_date_with(voter.log().last());
            let votes = nodes.iter().filter(would_vote).count();
            if votes >= node.members().majority() {
                return Err(format!(
                    "{} told the entry at {committed}, but {} could still be elected without it.",
                    node.me(),
                    loser.me()
                ));
            }
        }
    }
    Ok(())
}

/// If a node has told an entry at an index, no node tells another one there.
///
/// # Errors
/// Two nodes and the index.
pub fn state_machine_safety<V: Value>(nodes: &[&Raft<V>]) -> Result<(), String> {
    for (one, other) in pairs(nodes) {
        let common = one.commit().min(other.commit());
        if let Some(index) = (1..=common).find(|&i| one.log().entry(i) != other.log().entry(i)) {
            let (a, b) = (one.me(), other.me());
            return Err(format!("{a} and {b} committed different entries at index {index}."));
        }
    }
    Ok(())
}

fn pairs<'a, 'n, V>(
    nodes: &'a [&'n Raft<V>],
) -> impl Iterator<Item = (&'n Raft<V>, &'n Raft<V>)> + use<'a, 'n, V> {
    nodes.iter().enumerate().flat_map(|(i, &one)| nodes[i + 1..].iter().map(move |&o| (one, o)))
}
