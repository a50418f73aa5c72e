//! Raft §5.2 and §5.4.1: who leads a term.

use model::order::Tell;
use model::{NodeId, NodeSet, Out, Value};

use super::replication::Progress;
use super::{Entry, Leader, Message, Mutant, Position, Raft, Reads, Role, Timer};

impl<V: Value> Raft<V> {
    /// Raft fig. 2, All servers: a higher term was seen; whoever led or stood before now follows.
    pub(super) fn adopt(&mut self, term: u64, out: &mut Out<Self>) {
        self.term = term;
        self.vote = None;
        self.follow(None, out);
    }

    /// Follows `leader` in the current term, or nobody yet.
    pub(super) fn follow(&mut self, leader: Option<NodeId>, out: &mut Out<Self>) {
        if self.is_leader() {
            // Never sent and never saved: nobody knows of them.
            self.log.cut_unsaved();
            out.cancel(Timer::Heartbeat);
            out.set(Timer::Election, self.setup.election.clone());
        }
        self.role = Role::Follower { leader };
        out.indicate(Tell::Leader { term: self.term, leader });
    }

    /// The current leader was heard of: the election time-out begins anew.
    pub(super) fn hear_leader(&mut self, leader: NodeId, out: &mut Out<Self>) {
        if self.role != (Role::Follower { leader: Some(leader) }) {
            self.follow(Some(leader), out);
        }
        out.set(Timer::Election, self.setup.election.clone());
    }

    /// Raft fig. 2, Candidates: begins an election.
    pub(super) fn stand(&mut self, out: &mut Out<Self>) {
        if self.is_leader() {
            return;
        }
        let Some(term) = self.term.checked_add(1) else {
            return; // A broken peer has used up the terms, and a vote is cast once in each.
        };
        self.term = term;
        self.vote = Some(self.me());
        self.role = Role::Candidate { votes: NodeSet::EMPTY };
        out.indicate(Tell::Leader { term: self.term, leader: None });
        out.set(Timer::Election, self.setup.election.clone());
        let last = self.log.last();
        for other in self.others() {
            let request = Message::RequestVote { term, last };
            // Durable, for it reveals the term, in which we could otherwise stand or vote again
            // after a crash, and the end of our log, which must not shrink behind it.
            match self.is_broken(Mutant::EarlyRequestVote)
                || self.is_broken(Mutant::EarlyRequestVoteOwnVoteDurable)
            {
                true => out.send(other, request),
                false => out.send_durable(other, request),
            }
        }
        let own = Message::Vote { term, granted: true };
        match self.is_broken(Mutant::EarlyRequestVote) {
            true => out.send(self.me(), own),
            false => out.send_durable(self.me(), own),
        }
    }

    /// Raft fig. 2, RequestVote 2: one vote a term, first come first served, and only for a log
    /// that is at least as up to date as ours.
    pub(super) fn consider(&mut self, from: NodeId, last: Position, out: &mut Out<Self>) {
        let is_free = self.vote.is_none_or(|vote| vote == from);
        let is_up_to_date = last.is_up_to_date_with(self.log.last());
        let granted = (is_free || self.is_broken(Mutant::VoteAgain))
            && (is_up_to_date || self.is_broken(Mutant::VoteForOldLog));
        if granted {
            self.vote = Some(from);
            out.set(Timer::Election, self.setup.election.clone());
        }
        let vote = Message::Vote { term: self.term, granted };
        // Durable, or after a crash we could vote for another in the same term.
        match self.is_broken(Mutant::EarlyVote) {
            true => out.send(from, vote),
            false => out.send_durable(from, vote),
        }
    }

    /// Raft fig. 2, Candidates: a majority of the members makes a leader; any two majorities share
    /// a member, which votes once a term.
    pub(super) fn count_vote(&mut self, from: NodeId, granted: bool, out: &mut Out<Self>) {
        let enough = match self.is_broken(Mutant::FewerVotes) {
            true => self.members().majority() - 1,
            false => self.members().majority(),
        };
        let Role::Candidate { votes } = &mut self.role else {
            return;
        };
        if !granted {
            return;
        }
        votes.insert(from);
        if votes.len() >= enough {
            self.lead(out);
        }
    }

    /// Raft fig. 2, Leaders: begins to lead, with a no-op to commit what earlier terms left
    /// (Raft §8).
    fn lead(&mut self, out: &mut Out<Self>) {
        let next = self.log.last().index + 1;
        let members = self.members().iter().map(|node| (node, Progress::new(next))).collect();
        self.role = Role::Leader(Leader { members, reads: Reads::default() });
        self.log.push(Entry { term: self.term, command: None });
        out.cancel(Timer::Election);
        out.set(Timer::Heartbeat, self.setup.heartbeat..self.setup.heartbeat);
        out.indicate(Tell::Leader { term: self.term, leader: Some(self.me()) });
    }
}
