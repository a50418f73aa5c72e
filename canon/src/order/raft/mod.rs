//! Raft: a strong leader puts commands into one order (Ongaro and Ousterhout, "In Search of an
//! Understandable Consensus Algorithm", 2014; cited as `Raft §` and `Raft fig.`).
//!
//! Time is cut into terms. Each term begins with an election: a node that hears of no leader asks
//! all for their vote, and leads when a majority granted it. The leader alone appends to its log
//! and sends its entries to the others, each batch with the position of the entry before it, so a
//! follower's log agrees with the leader's as far as it answers that it does. An entry of the
//! leader's own term that a majority holds is committed, and everything before it too; committed
//! entries are told to the layer above, in order. A vote goes only to a candidate whose log is at
//! least as up to date as the voter's, so each leader's log holds every committed entry.
//!
//! Model: asynchronous, crash-recovery, fair-loss links that may lose, repeat and reorder; safety
//! always, progress while a majority is up and timely. Quorum: any majority of the members.
//!
//! What differs from the paper, and why:
//! - *Self is a peer.* A candidate votes and a leader acknowledges by durable messages to itself,
//!   so its own disk is one of the majority's, no faster and no slower, and a cluster of one node
//!   needs no special case.
//! - The leader sends entries before its own disk holds them (Ongaro's thesis, §10.2.1).
//! - One `flush` does one save, one Append a follower and one reply to itself for all proposals
//!   at hand. Until then they are marked unsaved, and cut if the leader steps down.
//! - Heartbeats are messages of their own: they ask whether the leader still leads, which serves
//!   elections and reads (`Raft §8`); many reads share one round.
//! - A conflicting follower hints at the last position that can still match (Raft §5.3).
//!
//! Left out, with their seams: pre-vote and check-quorum (`election.rs`, before `stand`);
//! snapshots (`log.rs` is the only place that knows where the log begins); membership change
//! (`Setup::members` is read through `members`); leases (`reads.rs`, before `begin_round`).

mod election;
mod invariants;
mod log;
mod message;
mod mutant;
mod reads;
mod replication;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::ops::Range;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use model::order::{Ask, Order, Tell};
use model::{NodeId, NodeSet, Out, Process, Value};

pub use invariants::{
    electable_completeness, election_safety, leader_append_only, leader_completeness, log_matching,
    state_machine_safety,
};
pub use log::{Entry, Log, Position};
pub use message::{Message, Outcome, Record, Timer};
pub use mutant::Mutant;

use reads::Reads;
use replication::Progress;

/// Appends to one follower that may be unanswered at once: with [`APPEND_WEIGHT`], 7 MiB, below
/// what the served store queues for a peer that does not read (8 MiB), so that nothing is sent only
/// to be dropped. A round trip moves 7 MiB at most, and batches grow while the window is full.
pub const WINDOW: u32 = 7;

/// Heartbeats without an answer to an Append until it is taken for lost: with the usual setup, 200
/// to 250 ms, longer than a full window takes on a line of 1 Gbit/s (60 ms) or a slow sync.
pub const SILENCE: u8 = 4;

/// Entries of a leader's log that may be uncommitted at once; proposals beyond are not taken. A
/// node has 16,384 requests waiting at most, so seven nodes that all forward theirs stay below it;
/// what it ends is the growth of a leader that has lost its majority.
pub const UNCOMMITTED: u64 = 1 << 17;

/// The weight at which an Append is full; the entry that reaches it still goes along, so a single
/// heavier one passes. In the served store weights are bytes: 1 MiB is about 3,000 puts of 256
/// bytes, far beyond what one flush gathers, and a tenth of a second on a 100 Mbit/s line.
pub const APPEND_WEIGHT: usize = 1 << 20;

/// What never changes at a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Setup<V> {
    /// This node.
    pub me: NodeId,
    /// All voters, this node among them.
    pub members: NodeSet,
    /// How long a follower waits for a leader, drawn anew each time. The range must be wide
    /// against the time of a round trip with its sync, or candidates collide.
    pub election: Range<Duration>,
    /// How often a leader makes itself heard: several times in the shortest election time-out.
    pub heartbeat: Duration,
    /// What a command weighs, against [`APPEND_WEIGHT`].
    #[serde(skip, default = "unweighed")]
    pub weigh: fn(&V) -> usize,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

/// Every command weighs the same.
fn unweighed<V>() -> fn(&V) -> usize {
    |_| 1
}

impl<V> Setup<V> {
    /// A cluster of the nodes `n0` to `n(nodes-1)`, seen from `me`. Election time-outs are 500 to
    /// 1,000 ms with a heartbeat every 50 ms: ten in the shortest time-out, so that a pause of
    /// some hundred milliseconds on a busy machine costs no election.
    pub fn new(me: NodeId, nodes: usize) -> Setup<V> {
        Setup {
            me,
            members: NodeSet::first(nodes),
            election: Duration::from_millis(500)..Duration::from_millis(1000),
            heartbeat: Duration::from_millis(50),
            weigh: unweighed(),
            mutant: None,
        }
    }
}

/// Raft at one node.
///
/// Invariants: `commit` is never beyond the log; entries up to `commit` are never cut; `term` and
/// `vote` are saved in the step that changes them; at a follower the whole log is given to disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Raft<V> {
    setup: Arc<Setup<V>>,
    term: u64,
    vote: Option<NodeId>,
    log: Log<V>,
    commit: u64,
    role: Role,
}

/// What a node is in its term, with what only that role has.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Role {
    /// Follows the leader, if it has heard of one.
    Follower {
        /// The leader of the current term.
        leader: Option<NodeId>,
    },
    /// Asks for votes.
    Candidate {
        /// Who granted one.
        votes: NodeSet,
    },
    /// Leads.
    Leader(Leader),
}

/// What only a leader has.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Leader {
    /// How far each member is, this node among them.
    members: BTreeMap<NodeId, Progress>,
    reads: Reads,
}

impl<V: Value> Process for Raft<V> {
    type Request = Ask<V>;
    type Indication = Tell<V>;
    type Message = Message<V>;
    type Timer = Timer;
    type Record = Record<V>;

    fn recover(&mut self, record: Record<V>) {
        match record {
            Record::Term { term, vote } => (self.term, self.vote) = (term, vote),
            Record::Entries { after, entries } => self.log.replace_behind(after, &entries),
        }
    }

    fn records(&self) -> Vec<Record<V>> {
        let term = Record::Term { term: self.term, vote: self.vote };
        let saved = &self.log.behind(0)[..self.log.saved() as usize];
        let entries = Record::Entries { after: 0, entries: saved.to_vec() };
        Vec::from([term, entries])
    }

    fn start(&mut self, out: &mut Out<Self>) {
        out.set(Timer::Election, self.setup.election.clone());
    }

    fn request(&mut self, request: Ask<V>, out: &mut Out<Self>) {
        match request {
            Ask::Propose(command) => self.propose(command),
            Ask::Read(read) => self.read(read, out),
        }
    }

    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        // What no leader can have sent says that its sender is broken. Nothing of it is believed,
        // its term neither: a log with terms that fall could never be led on from.
        if !self.members().contains(from) || !message.is_possible() {
            return;
        }
        let before = (self.term, self.vote);
        if message.term() > self.term {
            self.adopt(message.term(), out);
        }
        if message.term() < self.term && !self.is_broken(Mutant::TakeStaleTerm) {
            self.refuse(from, message, out);
        } else {
            self.take(from, message, out);
        }
        self.save_term(before, out);
    }

    fn timer(&mut self, timer: Timer, out: &mut Out<Self>) {
        let before = (self.term, self.vote);
        match timer {
            Timer::Election => self.stand(out),
            Timer::Heartbeat => self.beat(out),
        }
        self.save_term(before, out);
    }

    fn flush(&mut self, out: &mut Out<Self>) {
        self.replicate(out);
        self.save_entries(out);
        self.begin_round(out);
    }
}

impl<V: Value> Order for Raft<V> {
    type Command = V;

    fn term(&self) -> u64 {
        self.term
    }

    fn last_slot(&self) -> u64 {
        self.log.last().index
    }
}

impl<V: Value> Raft<V> {
    /// A node that has neither recovered nor started.
    pub fn new(setup: Setup<V>) -> Raft<V> {
        assert!(setup.members.contains(setup.me), "A node is one of its cluster's members.");
        Raft {
            setup: Arc::new(setup),
            term: 0,
            vote: None,
            log: Log::new(),
            commit: 0,
            role: Role::Follower { leader: None },
        }
    }

    /// Takes over from another node what commands weigh, which `serde` leaves out.
    pub fn weigh_as(&mut self, other: &Raft<V>) {
        let weigh = other.setup.weigh;
        self.setup = Arc::new(Setup { weigh, ..Setup::clone(&self.setup) });
    }

    /// The current term.
    pub fn term(&self) -> u64 {
        self.term
    }

    /// The index up to which entries are known to be committed.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// The log.
    pub fn log(&self) -> &Log<V> {
        &self.log
    }

    /// The role in the current term.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// How many heartbeat rounds this node has begun as the leader of its term; 0 if it does not
    /// lead.
    pub fn rounds(&self) -> u64 {
        match &self.role {
            Role::Leader(leader) => leader.reads.rounds(),
            Role::Follower { .. } | Role::Candidate { .. } => 0,
        }
    }

    /// Whether this node has voted for itself in its term.
    pub fn voted_for_itself(&self) -> bool {
        self.vote == Some(self.me())
    }

    /// Whether this node leads its term.
    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    fn me(&self) -> NodeId {
        self.setup.me
    }

    fn members(&self) -> NodeSet {
        self.setup.members
    }

    /// The members but this one.
    fn others(&self) -> impl Iterator<Item = NodeId> + use<V> {
        let me = self.me();
        self.members().iter().filter(move |&node| node != me)
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    /// One arm a message, all of the current term.
    fn take(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        match message {
            // Raft fig. 2, RequestVote 2.
            Message::RequestVote { last, .. } => self.consider(from, last, out),
            // Raft fig. 2, Candidates: votes from a majority.
            Message::Vote { granted, .. } => self.count_vote(from, granted, out),
            // Raft fig. 2, AppendEntries 2 to 5.
            Message::Append { base, entries, commit, .. } => {
                self.append(from, base, entries, commit, out);
            }
            // Raft fig. 2, Leaders: nextIndex and matchIndex.
            Message::AppendReply { outcome, .. } => self.note_progress(from, outcome, out),
            // Raft fig. 2, AppendEntries 5.
            Message::Commit { commit, .. } => self.learn_commit(from, commit, out),
            // Raft §5.2: a heartbeat keeps followers from standing for election.
            Message::Heartbeat { round, .. } => self.answer_heartbeat(from, round, out),
            // Raft §8: a majority answered, so no newer leader had been elected.
            Message::HeartbeatReply { round, .. } => self.note_round(from, round, out),
            // Raft §8, asked by a follower.
            Message::ReadIndex { reads, .. } => self.ask_for(from, reads, out),
            Message::ReadIndexReply { reads, slot, .. } => tell_readable(reads, slot, out),
        }
    }

    /// Raft fig. 2, RequestVote 1 and AppendEntries 1: the sender is told the current term.
    fn refuse(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        let term = self.term;
        match message {
            Message::RequestVote { .. } => {
                out.send_durable(from, Message::Vote { term, granted: false });
            }
            // Round 0 is never asked, so this answers no read: it only carries the term.
            Message::Append { .. } | Message::Heartbeat { .. } => {
                out.send_durable(from, Message::HeartbeatReply { term, round: 0 });
            }
            _ => {}
        }
    }

    /// Raft fig. 2, Persistent state: term and vote are saved in the step that changes them. All
    /// that this step sends durably waits for it, wherever in the step it stands.
    fn save_term(&mut self, before: (u64, Option<NodeId>), out: &mut Out<Self>) {
        if (self.term, self.vote) != before {
            let vote = self.vote.filter(|_| !self.is_broken(Mutant::VoteNotSaved));
            out.save(Record::Term { term: self.term, vote });
        }
    }

    /// Tells the entries between the old commit index and the new one.
    fn commit_to(&mut self, commit: u64, out: &mut Out<Self>) {
        assert!(commit <= self.log.last().index, "Only entries of the log are committed.");
        for slot in self.commit + 1..=commit {
            let command = self.log.entry(slot).and_then(|entry| entry.command.clone());
            out.indicate(Tell::Deliver { slot, command });
        }
        self.commit = self.commit.max(commit);
    }
}

fn tell_readable<V: Value>(reads: Vec<u64>, slot: u64, out: &mut Out<Raft<V>>) {
    for read in reads {
        out.indicate(Tell::Readable { read, slot });
    }
}

// The setup never changes, so it tells no two states of one run apart: comparing and hashing
// leave it out.

impl<V: Value> PartialEq for Raft<V> {
    fn eq(&self, other: &Self) -> bool {
        (self.term, self.vote, self.commit) == (other.term, other.vote, other.commit)
            && self.role == other.role
            && self.log == other.log
    }
}

impl<V: Value> Eq for Raft<V> {}

impl<V: Value> Hash for Raft<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.term, self.vote, self.commit, &self.role, &self.log).hash(state);
    }
}
