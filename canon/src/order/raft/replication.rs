//! Raft §5.3 and §5.4.2: how entries reach the followers, and when they are committed.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use model::{NodeId, NodeSet, Out, Value};

use super::{
    APPEND_WEIGHT, Entry, Message, Mutant, Outcome, Position, Raft, Record, Role, SILENCE, Timer,
    UNCOMMITTED, WINDOW,
};

/// How far a member is, as its leader knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The index of the next entry to send; while probing, of the entry after the position that is
    /// asked about.
    next: u64,
    /// The index up to which the member's disk is known to match our log.
    matched: u64,
    /// Appends sent and not answered, at most [`WINDOW`].
    unanswered: u32,
    /// It is not known where the member's log matches ours: one Append at a time, to find out.
    is_probing: bool,
    /// The commit index it was last told.
    told: u64,
    /// Heartbeats since it last answered an Append, while Appends are unanswered.
    silent: u8,
    /// The newest heartbeat round that it has answered.
    pub(super) round: u64,
}

impl Progress {
    pub(super) fn new(next: u64) -> Progress {
        Progress { next, matched: 0, unanswered: 0, is_probing: true, told: 0, silent: 0, round: 0 }
    }

    fn has_room(&self) -> bool {
        self.unanswered < if self.is_probing { 1 } else { WINDOW }
    }

    /// Whether everything that was sent is known to have arrived. Answers are no measure of it:
    /// they may come twice, or late.
    fn is_settled(&self) -> bool {
        !self.is_probing && self.next == self.matched + 1
    }

    /// Starts over behind what is known to match.
    fn rewind(&mut self, next: u64) {
        self.next = next.max(self.matched + 1);
        self.unanswered = 0;
        self.silent = 0;
        self.is_probing = true;
    }
}

impl<V: Value> Raft<V> {
    /// Raft fig. 2, Leaders: a command from the layer above. `flush` saves and sends it, with all
    /// others at hand.
    pub(super) fn propose(&mut self, command: V) {
        let uncommitted = self.log.last().index - self.commit;
        if self.is_leader() && uncommitted < UNCOMMITTED {
            self.log.push(Entry { term: self.term, command: Some(command) });
        }
    }

    /// Sends each follower what it has not been sent, one Append at most, or else the commit
    /// index if it does not know it.
    pub(super) fn replicate(&mut self, out: &mut Out<Self>) {
        let tells_all = self.is_broken(Mutant::CommitBeyondMatch);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let (term, commit, last) = (self.term, self.commit, self.log.last().index);
        for (&node, progress) in &mut leader.members {
            if node == self.setup.me {
                continue;
            }
            if progress.next <= last && progress.has_room() {
                let base = self.log.position(progress.next - 1).expect("Next is within the log.");
                let entries = full_append(self.log.behind(base.index), self.setup.weigh);
                if !progress.is_probing {
                    progress.next += entries.len() as u64;
                }
                progress.unanswered += 1;
                progress.told = commit;
                // Harmless to forget: an answer to it counts what the follower's disk holds, and
                // these entries, of a term in which only we lead, are what it holds of us.
                out.send(node, Message::Append { term, base, entries, commit });
            }
            let known = if tells_all { commit } else { commit.min(progress.matched) };
            if progress.told < known {
                progress.told = known;
                // Harmless to forget: what is committed stays committed.
                out.send(node, Message::Commit { term, commit: known });
            }
        }
    }

    /// Gives the log's new entries to the disk, as many as one Append carries, so that a frame of
    /// the disk stays bounded too; and acknowledges them to oneself when the disk has them. Where
    /// an Append begins is never behind where this save begins, so nothing was sent that is not
    /// saved when the step ends.
    pub(super) fn save_entries(&mut self, out: &mut Out<Self>) {
        let after = self.log.saved();
        if after == self.log.last().index {
            return;
        }
        let entries = full_append(self.log.behind(after), self.setup.weigh);
        let end = after + entries.len() as u64;
        out.save(Record::Entries { after, entries });
        self.log.mark_saved(end);
        self.acknowledge(self.me(), Outcome::Matched(end), out);
    }

    /// Durable, for the leader counts it as a copy that a crash cannot take away.
    fn acknowledge(&mut self, leader: NodeId, outcome: Outcome, out: &mut Out<Self>) {
        let reply = Message::AppendReply { term: self.term, outcome };
        match self.is_broken(Mutant::EarlyAppendReply) {
            true => out.send(leader, reply),
            false => out.send_durable(leader, reply),
        }
    }

    /// Raft fig. 2, AppendEntries 2 to 5.
    pub(super) fn append(
        &mut self,
        from: NodeId,
        base: Position,
        entries: Vec<Entry<V>>,
        commit: u64,
        out: &mut Out<Self>,
    ) {
        if self.is_leader() {
            return; // Nobody else leads our term.
        }
        self.hear_leader(from, out);
        let skips_base = self.is_broken(Mutant::SkipBase) && base.index <= self.log.last().index;
        if !self.log.holds(base) && !skips_base {
            let hint = self.log.last_agreeable(base);
            let outcome = Outcome::Conflict { base: base.index, hint };
            return self.acknowledge(from, outcome, out);
        }
        // Within numbers, or the message would not have been taken.
        let end = base.index + entries.len() as u64;
        if !self.take_entries(base.index, entries, out) {
            return;
        }
        self.acknowledge(from, Outcome::Matched(end), out);
        self.commit_to(commit.min(end), out);
    }

    /// Raft fig. 2, AppendEntries 3 and 4. Entries that are here already stay, for an Append may
    /// be late and the log longer than it knows. Returns whether the log now holds them all.
    ///
    /// An Append that contradicts a committed entry is not taken, and not answered. Its leader, or
    /// the majority that elected it, has lost what it had said to be on its disk: what was told
    /// here cannot be taken back, and whoever is not acknowledged to does not count us in.
    fn take_entries(&mut self, base: u64, mut entries: Vec<Entry<V>>, out: &mut Out<Self>) -> bool {
        let is_here = |place: usize, entry: &Entry<V>| {
            let term = self.log.term_at(base + 1 + place as u64);
            match self.is_broken(Mutant::KeepConflict) {
                true => term.is_some(),
                false => term == Some(entry.term),
            }
        };
        let known = entries.iter().enumerate().take_while(|(p, e)| is_here(*p, e)).count();
        if known == entries.len() {
            return true;
        }
        let after = base + known as u64;
        if after < self.commit {
            return false;
        }
        entries.drain(..known);
        self.log.replace_behind(after, &entries);
        out.save(Record::Entries { after, entries });
        true
    }

    /// Raft fig. 2, AppendEntries 5, without entries.
    pub(super) fn learn_commit(&mut self, from: NodeId, commit: u64, out: &mut Out<Self>) {
        if self.is_leader() {
            return; // Nobody else leads our term.
        }
        self.hear_leader(from, out);
        // A sound leader says no more than our disk has answered for; a broken peer's word must not
        // reach beyond our log.
        self.commit_to(commit.min(self.log.last().index), out);
    }

    /// Raft fig. 2, Leaders: a follower's answer, or our own.
    pub(super) fn note_progress(&mut self, from: NodeId, outcome: Outcome, out: &mut Out<Self>) {
        let last = self.log.last().index;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let Some(progress) = leader.members.get_mut(&from) else {
            return;
        };
        progress.silent = 0;
        progress.unanswered = progress.unanswered.saturating_sub(1);
        match outcome {
            Outcome::Matched(index) if index <= last => {
                progress.is_probing = false;
                progress.matched = progress.matched.max(index);
                progress.next = progress.next.max(index + 1);
                self.advance_commit(out);
            }
            // An answer that is older than what we know, or to what we never sent.
            Outcome::Matched(_) => {}
            Outcome::Conflict { base, .. } if base <= progress.matched || base > last => {}
            Outcome::Conflict { base, hint } => {
                let hint = Position { index: hint.index.min(base - 1), term: hint.term };
                let agreeable = self.log.last_agreeable(hint).index;
                progress.rewind(agreeable + 1);
            }
        }
    }

    /// Raft fig. 2, Leaders, last rule: an entry of our own term that a majority's disks hold is
    /// committed (§5.4.2), and all before it. Any later leader's majority shares a member with
    /// this one.
    fn advance_commit(&mut self, out: &mut Out<Self>) {
        let quorum = match self.is_broken(Mutant::FewerCopies) {
            true => self.members().majority() - 1,
            false => self.members().majority(),
        };
        let Role::Leader(leader) = &self.role else {
            return;
        };
        let held = nth_largest(leader.members.values().map(|member| member.matched), quorum);
        let is_own = self.log.term_at(held) == Some(self.term);
        if held > self.commit && (is_own || self.is_broken(Mutant::CommitOldTerm)) {
            self.commit_to(held, out);
        }
    }

    /// A leader's heartbeat is due. Who lacks something that was sent, and has answered no Append
    /// for [`SILENCE`] heartbeats, is taken to have lost it.
    pub(super) fn beat(&mut self, out: &mut Out<Self>) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        for progress in leader.members.values_mut() {
            if progress.is_settled() {
                progress.silent = 0;
            } else if progress.silent < SILENCE {
                progress.silent += 1;
            } else if progress.is_probing {
                progress.rewind(progress.next); // The same question again.
            } else {
                progress.rewind(progress.matched + 1);
            }
            progress.told = 0;
        }
        out.set(Timer::Heartbeat, self.setup.heartbeat..self.setup.heartbeat);
        self.send_round(out);
    }
}

/// The longest run of entries that one Append carries, at least one.
fn full_append<V: Clone>(entries: &[Entry<V>], weigh: fn(&V) -> usize) -> Vec<Entry<V>> {
    let mut weight = 0;
    let mut count = 0;
    for entry in entries {
        count += 1;
        weight += entry.command.as_ref().map_or(0, weigh);
        if weight >= APPEND_WEIGHT {
            break;
        }
    }
    entries[..count].to_vec()
}

/// The largest number that at least `n` of the members' numbers reach.
pub(super) fn nth_largest(numbers: impl Iterator<Item = u64>, n: usize) -> u64 {
    let mut sorted = [0; NodeSet::CAPACITY];
    let mut count = 0;
    for (place, number) in sorted.iter_mut().zip(numbers) {
        *place = number;
        count += 1;
    }
    sorted[..count].sort_unstable_by(|a, b| b.cmp(a));
    sorted[n.max(1) - 1]
}
