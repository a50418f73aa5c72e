//! What Raft says to its peers, saves, and is woken by.

use alloc::vec::Vec;
use core::fmt::{self, Display};
use core::iter;

use serde::{Deserialize, Serialize};

use super::log::{Entry, Position};
use model::NodeId;

/// A message of Raft. Every one carries its sender's term.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Message<V> {
    /// `Raft fig. 2, RequestVote`: a candidate asks for a vote.
    RequestVote { term: u64, last: Position },
    /// The answer; a candidate also sends it to itself.
    Vote { term: u64, granted: bool },
    /// `Raft fig. 2, AppendEntries`: the entries that follow `base` in the leader's log.
    Append { term: u64, base: Position, entries: Vec<Entry<V>>, commit: u64 },
    /// The answer; a leader also sends it to itself.
    AppendReply { term: u64, outcome: Outcome },
    /// The leader's commit index, as far as it knows the follower's log to match. No answer.
    Commit { term: u64, commit: u64 },
    /// The leader lives, and asks whether it still leads. It says nothing of the log.
    Heartbeat { term: u64, round: u64 },
    /// The follower followed this leader when it got the heartbeat of this round.
    HeartbeatReply { term: u64, round: u64 },
    /// `Raft §8` at a follower: from which slot may these reads be answered?
    ReadIndex { term: u64, reads: Vec<u64> },
    /// The leader's answer.
    ReadIndexReply { term: u64, reads: Vec<u64>, slot: u64 },
}

/// What became of an Append.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Outcome {
    /// The log matches the leader's up to here.
    Matched(u64),
    /// The log does not hold the Append's base. The hint is the last position, at most at
    /// `base`, whose term is not above the base's: no later one can match (Raft §5.3, the
    /// optimisation at the end).
    Conflict { base: u64, hint: Position },
}

/// What Raft writes to its log to survive a crash.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the comment of a variant explains its fields")]
pub enum Record<V> {
    /// The current term, and whom this node voted for in it.
    Term { term: u64, vote: Option<NodeId> },
    /// The log is cut behind index `after`, and these entries follow.
    Entries { after: u64, entries: Vec<Entry<V>> },
}

/// Raft's alarms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Timer {
    /// No leader was heard of for an election time-out.
    Election,
    /// A leader's heartbeat is due.
    Heartbeat,
}

impl<V> Message<V> {
    /// Whether a leader can have sent it, going by itself alone. The entries of its log follow the
    /// base in number, and their terms never fall nor go beyond its own.
    pub(super) fn is_possible(&self) -> bool {
        let Message::Append { term, base, entries, .. } = self else {
            return true;
        };
        let inner = entries.iter().map(|entry| entry.term);
        let has_numbers = base.index.checked_add(entries.len() as u64).is_some();
        has_numbers && iter::once(base.term).chain(inner).chain([*term]).is_sorted()
    }

    /// The sender's term.
    pub fn term(&self) -> u64 {
        match self {
            Message::RequestVote { term, .. }
            | Message::Vote { term, .. }
            | Message::Append { term, .. }
            | Message::AppendReply { term, .. }
            | Message::Commit { term, .. }
            | Message::Heartbeat { term, .. }
            | Message::HeartbeatReply { term, .. }
            | Message::ReadIndex { term, .. }
            | Message::ReadIndexReply { term, .. } => *term,
        }
    }
}

impl<V: Display> Display for Message<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Message::RequestVote { term, last } => write!(f, "RequestVote term={term} last={last}"),
            Message::Vote { term, granted: true } => write!(f, "Vote term={term} granted"),
            Message::Vote { term, granted: false } => write!(f, "Vote term={term} denied"),
            Message::Append { term, base, entries, commit } => {
                write!(f, "Append term={term} base={base} ")?;
                write_entries(f, base.index, entries)?;
                write!(f, " commit={commit}")
            }
            Message::AppendReply { term, outcome: Outcome::Matched(index) } => {
                write!(f, "AppendReply term={term} matched={index}")
            }
            Message::AppendReply { term, outcome: Outcome::Conflict { base, hint } } => {
                write!(f, "AppendReply term={term} conflict at {base} hint={hint}")
            }
            Message::Commit { term, commit } => write!(f, "Commit term={term} commit={commit}"),
            Message::Heartbeat { term, round } => write!(f, "Heartbeat term={term} round={round}"),
            Message::HeartbeatReply { term, round } => {
                write!(f, "HeartbeatReply term={term} round={round}")
            }
            Message::ReadIndex { term, reads } => write!(f, "ReadIndex term={term} {reads:?}"),
            Message::ReadIndexReply { term, reads, slot } => {
                write!(f, "ReadIndexReply term={term} {reads:?} slot={slot}")
            }
        }
    }
}

impl<V: Display> Display for Record<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Term { term, vote: Some(vote) } => write!(f, "Term {term} vote={vote}"),
            Record::Term { term, vote: None } => write!(f, "Term {term} no vote"),
            Record::Entries { after, entries } => {
                write!(f, "Entries ")?;
                write_entries(f, *after, entries)
            }
        }
    }
}

impl Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Timer::Election => "election",
            Timer::Heartbeat => "heartbeat",
        })
    }
}

/// Writes `[4@2=x 5@2=y]`: index, term and command of the entries after `base`; long lists are
/// shortened in the middle.
fn write_entries<V: Display>(
    f: &mut fmt::Formatter<'_>,
    base: u64,
    entries: &[Entry<V>],
) -> fmt::Result {
    const SHOWN: usize = 4;
    f.write_str("[")?;
    for (place, entry) in entries.iter().enumerate() {
        if place == SHOWN && entries.len() > SHOWN + 1 {
            write!(f, " and {} more", entries.len() - SHOWN)?;
            break;
        }
        let space = if place == 0 { "" } else { " " };
        let index = base.saturating_add(1 + place as u64);
        write!(f, "{space}{index}@{}", entry.term)?;
        match &entry.command {
            Some(command) => write!(f, "={command}")?,
            None => f.write_str("=no-op")?,
        }
    }
    f.write_str("]")
}
