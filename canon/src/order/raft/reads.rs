//! Raft §8, as ReadIndex: reads that see everything told before they were asked, without a log
//! entry. A leader notes its commit index, asks in a heartbeat round whether it still leads, and
//! when a majority has answered lets the reads be answered from that index. All reads that come
//! while one round runs share the next.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;
use serde::{Deserialize, Serialize};

use model::order::Tell;
use model::{NodeId, Out, Value};

use super::replication::nth_largest;
use super::{Message, Mutant, Raft, Role};

/// The reads that a leader has been asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub(super) struct Reads {
    /// The newest round that has begun. Rounds count from 1 in each term.
    round: u64,
    /// Reads that wait for a round to begin, with who asked.
    asked: Vec<(NodeId, u64)>,
    /// Reads that wait for the running round or a later one to be answered.
    running: Vec<(NodeId, u64)>,
    /// The round that the running reads began with.
    running_round: u64,
    /// The commit index when it began.
    running_slot: u64,
}

impl Reads {
    /// How many rounds have begun.
    pub(super) fn rounds(&self) -> u64 {
        self.round
    }
}

impl<V: Value> Raft<V> {
    /// The layer above asks. Nobody answers if no leader is known, or the question gets lost: it
    /// will ask again.
    pub(super) fn read(&mut self, read: u64, out: &mut Out<Self>) {
        match self.role {
            Role::Leader(_) => self.ask_for(self.me(), Vec::from([read]), out),
            Role::Follower { leader: Some(leader) } => {
                // Harmless to forget: the layer above never uses a number again, so it knows an
                // answer to a read from before the crash for what it is.
                out.send(leader, Message::ReadIndex { term: self.term, reads: Vec::from([read]) });
            }
            Role::Follower { leader: None } | Role::Candidate { .. } => {}
        }
    }

    /// Takes up reads for the next round.
    pub(super) fn ask_for(&mut self, node: NodeId, reads: Vec<u64>, out: &mut Out<Self>) {
        if self.is_broken(Mutant::ReadUnasked) && self.is_leader() {
            return self.answer(self.commit, reads.iter().map(|&read| (node, read)), out);
        }
        if let Role::Leader(leader) = &mut self.role {
            leader.reads.asked.extend(reads.into_iter().map(|read| (node, read)));
        }
    }

    /// Begins a round for the reads at hand, if none runs. The commit index counts only once an
    /// entry of our own term is committed: before, it may lag behind what an earlier leader told.
    pub(super) fn begin_round(&mut self, out: &mut Out<Self>) {
        let is_current = self.log.term_at(self.commit) == Some(self.term)
            || self.is_broken(Mutant::ReadBeforeNoOp);
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let reads = &mut leader.reads;
        if reads.asked.is_empty() || !reads.running.is_empty() || !is_current {
            return;
        }
        reads.running = mem::take(&mut reads.asked);
        reads.running_round = reads.round + 1;
        reads.running_slot = self.commit;
        self.send_round(out);
    }

    /// Asks everybody, ourselves too, whether we still lead.
    pub(super) fn send_round(&mut self, out: &mut Out<Self>) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.reads.round += 1;
        let (term, round) = (self.term, leader.reads.round);
        for other in self.others() {
            // Harmless to forget: an answer says that its sender followed us in this term.
            out.send(other, Message::Heartbeat { term, round });
        }
        // Our own answer needs no disk either: it says that we lead now.
        out.send(self.me(), Message::HeartbeatReply { term, round });
    }

    /// A follower's answer to a heartbeat.
    pub(super) fn answer_heartbeat(&mut self, from: NodeId, round: u64, out: &mut Out<Self>) {
        if self.is_leader() {
            return; // Nobody else leads our term.
        }
        self.hear_leader(from, out);
        // Harmless to forget, even with the term: it says that until now we had joined no later
        // term, so no later leader had been elected with our vote. That stays true of the past.
        out.send(from, Message::HeartbeatReply { term: self.term, round });
    }

    /// Answers the running reads once a majority has answered their round or a later one: with
    /// any other majority, one that elected a later leader, it shares a member.
    pub(super) fn note_round(&mut self, from: NodeId, round: u64, out: &mut Out<Self>) {
        let quorum = self.members().majority();
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if let Some(progress) = leader.members.get_mut(&from) {
            progress.round = progress.round.max(round);
        }
        if leader.reads.running.is_empty() {
            return;
        }
        let answered = nth_largest(leader.members.values().map(|member| member.round), quorum);
        if answered >= leader.reads.running_round {
            let running = mem::take(&mut leader.reads.running);
            let slot = leader.reads.running_slot;
            self.answer(slot, running.into_iter(), out);
        }
    }

    fn answer(&self, slot: u64, reads: impl Iterator<Item = (NodeId, u64)>, out: &mut Out<Self>) {
        let mut remote: BTreeMap<NodeId, Vec<u64>> = BTreeMap::new();
        for (node, read) in reads {
            match node == self.me() {
                true => out.indicate(Tell::Readable { read, slot }),
                false => remote.entry(node).or_default().push(read),
            }
        }
        for (node, reads) in remote {
            // Harmless to forget: the slot was committed, and stays so.
            out.send(node, Message::ReadIndexReply { term: self.term, reads, slot });
        }
    }
}
