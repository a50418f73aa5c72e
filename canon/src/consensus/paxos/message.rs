//! What Paxos says to its peers, saves, and is woken by.

use core::fmt::{self, Display};

use model::NodeId;
use serde::{Deserialize, Serialize};

/// A proposal number. Numbers of different proposers are disjoint (Lamport 2001, §2.5): of `n`
/// nodes, node `i` uses `n + i`, `2n + i` and so on. 0 is below all of them.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Ballot(pub u64);

impl Ballot {
    /// Below every ballot that is ever begun.
    pub const NONE: Ballot = Ballot(0);

    /// The lowest ballot above this one that belongs to `me` among `nodes` nodes; nothing if there
    /// is none, which only a broken peer's word can bring about.
    pub fn next(self, me: NodeId, nodes: usize) -> Option<Ballot> {
        let (nodes, me) = (nodes as u64, u64::from(me.0));
        let least = self.0.checked_add(1)?.max(nodes);
        let lap = least.saturating_sub(me).div_ceil(nodes);
        lap.checked_mul(nodes)?.checked_add(me).map(Ballot)
    }
}

/// That an acceptor accepted this value in this ballot.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Vote<V> {
    /// In which ballot.
    pub ballot: Ballot,
    /// What.
    pub value: V,
}

/// A message of Paxos.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message<V> {
    /// Phase 1a: will you take part in this ballot, and in none below it any more?
    Prepare { ballot: Ballot },
    /// Phase 1b: yes; and this is my last vote, if I cast one.
    Promise { ballot: Ballot, vote: Option<Vote<V>> },
    /// Phase 2a: accept this value in this ballot.
    Accept { ballot: Ballot, value: V },
    /// Phase 2b: done.
    Accepted { ballot: Ballot },
    /// Phases 1b and 2b: no, for I take part in `promised`.
    Refuse { ballot: Ballot, promised: Ballot },
    /// This value is decided.
    Decided { value: V },
    /// I know what is decided.
    Learned,
}

/// What Paxos writes to its log to survive a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Record<V> {
    /// Proposer: this ballot is begun.
    Begun(Ballot),
    /// Acceptor: it takes part in this ballot, and in none below.
    Promised(Ballot),
    /// Acceptor: its vote, which is a promise too.
    Voted(Vote<V>),
    /// Learner: what is decided.
    Learned(V),
}

/// Its alarm: what was asked is not answered, or the back-off is over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Retry;

impl Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<V: Display> Display for Vote<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.value, self.ballot)
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::Prepare { ballot } => write!(f, "Prepare ballot={ballot}"),
            Message::Promise { ballot, vote: Some(vote) } => {
                write!(f, "Promise ballot={ballot} vote={vote}")
            }
            Message::Promise { ballot, vote: None } => write!(f, "Promise ballot={ballot} no vote"),
            Message::Accept { ballot, value } => write!(f, "Accept ballot={ballot} {value}"),
            Message::Accepted { ballot } => write!(f, "Accepted ballot={ballot}"),
            Message::Refuse { ballot, promised } => {
                write!(f, "Refuse ballot={ballot} promised={promised}")
            }
            Message::Decided { value } => write!(f, "Decided {value}"),
            Message::Learned => f.write_str("Learned"),
        }
    }
}

impl<V: Display> Display for Record<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Begun(ballot) => write!(f, "Begun {ballot}"),
            Record::Promised(ballot) => write!(f, "Promised {ballot}"),
            Record::Voted(vote) => write!(f, "Voted {vote}"),
            Record::Learned(value) => write!(f, "Learned {value}"),
        }
    }
}

impl Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("retry")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballots_of_different_nodes_are_disjoint_and_rise() {
        for nodes in 1..6 {
            for me in NodeId::first(nodes) {
                for above in 0..20 {
                    let owns = |n: &u64| n % nodes as u64 == u64::from(me.0) && *n >= nodes as u64;
                    let next = (above + 1..99).find(owns).map(Ballot);
                    assert_eq!(Ballot(above).next(me, nodes), next);
                    let above = u64::MAX - above;
                    let next = (above..=u64::MAX).skip(1).find(owns).map(Ballot);
                    assert_eq!(Ballot(above).next(me, nodes), next);
                }
            }
        }
    }
}
