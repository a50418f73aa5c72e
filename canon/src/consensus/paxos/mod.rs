//! Paxos, for a single decision (Lamport, "Paxos Made Simple", 2001; cited as `Lamport §` and by
//! its phases).
//!
//! A value is chosen when a majority of acceptors voted for it in one ballot. Ballots are numbered,
//! and each belongs to one proposer, which runs it in two phases. First it asks acceptors to
//! promise: to vote in no lower ballot any more, and to say what they last voted for. With a
//! majority of promises it puts a value to the vote: the one of the highest vote that was reported,
//! and its own only if none was. That is the whole secret: if a value may have been chosen below,
//! some acceptor of every majority reports it, and every higher ballot votes for the same.
//!
//! Every node is proposer, acceptor and learner. The proposer of a ballot counts its votes and
//! tells all nodes what was chosen (Lamport §2.3, a distinguished learner).
//!
//! Model: crash-recovery, fair-loss links that may lose, repeat and reorder, partial synchrony;
//! safety always, progress while a majority is up and timely. Quorum: any majority of the members.
//!
//! What the paper leaves open, and what is done here:
//! - *Retries.* Unanswered messages are repeated. Who is refused takes a higher ballot after a
//!   random back-off, so that duelling proposers (Lamport §2.4) come apart; no leader is elected.
//! - *Self is a peer.* A proposer's own acceptor answers by durable messages to itself.
//! - *Telling.* A proposer repeats the decision until every node has acknowledged it, so that
//!   nodes which proposed nothing decide too. Who has learned keeps it on disk.
//! - Prepare need not wait for the disk, but Accept must: see `begin` and `count_promise`.
//!
//! Left out: proposals survive no crash, so the layer above asks again; who has learned still
//! takes part in later ballots, which choose the same.

mod invariants;
mod message;
mod mutant;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use model::{NodeId, NodeSet, Out, Process, Value};
use serde::{Deserialize, Serialize};

pub use invariants::{chosen_stays, decided_stays, one_value_a_ballot, votes_are_promises};
pub use message::{Ballot, Message, Record, Retry, Vote};
pub use mutant::Mutant;

use super::{Decide, Propose};

/// What never changes at a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// This node.
    pub me: NodeId,
    /// All nodes, this one among them.
    pub members: NodeSet,
    /// How long to wait for answers and after a refusal, drawn anew each time. The range must be
    /// wide against the time of two round trips with their syncs, or proposers collide for ever.
    pub retry: Range<Duration>,
    /// A breakage, for testing the tools that must find it.
    pub mutant: Option<Mutant>,
}

impl Setup {
    /// A cluster of the nodes `n0` to `n(nodes-1)`, seen from `me`. Retries come after 100 to
    /// 500 ms: a hundred times what two round trips take on a local network.
    pub fn new(me: NodeId, nodes: usize) -> Setup {
        Setup {
            me,
            members: NodeSet::first(nodes),
            retry: Duration::from_millis(100)..Duration::from_millis(500),
            mutant: None,
        }
    }
}

/// Paxos at one node.
///
/// Invariants: a vote is never in a higher ballot than the promise; promise and vote only rise, and
/// are saved in the step that changes them; `begun` is the proposer's present ballot, if it has
/// one; the alarm is armed exactly while the proposer is not idle.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Paxos<V> {
    setup: Arc<Setup>,
    /// Acceptor: it votes in no ballot below this.
    promised: Ballot,
    /// Acceptor: its last vote.
    vote: Option<Vote<V>>,
    /// Proposer: the highest ballot that it ever began.
    begun: Ballot,
    proposer: Proposer<V>,
    /// Learner: what is decided.
    decided: Option<V>,
}

/// What a proposer is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Proposer<V> {
    /// Nothing.
    Idle,
    /// Phase 1: collects promises.
    Preparing {
        /// Its own value.
        proposal: V,
        /// Who promised.
        promises: NodeSet,
        /// The highest vote that was reported.
        highest: Option<Vote<V>>,
    },
    /// Phase 2: collects votes.
    Accepting {
        /// Its own value.
        proposal: V,
        /// The value that is put to the vote.
        value: V,
        /// Who voted for it.
        votes: NodeSet,
    },
    /// Was refused, and waits before it tries a higher ballot.
    Refused {
        /// Its own value.
        proposal: V,
        /// The ballot that stood in the way.
        above: Ballot,
    },
    /// Tells what is decided until every node has acknowledged it.
    Telling {
        /// Who has.
        learned: NodeSet,
    },
}

impl<V: Value> Process for Paxos<V> {
    type Request = Propose<V>;
    type Indication = Decide<V>;
    type Message = Message<V>;
    type Timer = Retry;
    type Record = Record<V>;

    fn recover(&mut self, record: Record<V>) {
        match record {
            Record::Begun(ballot) => self.begun = ballot,
            Record::Promised(ballot) => self.promised = ballot,
            Record::Voted(vote) => {
                self.promised = self.promised.max(vote.ballot);
                self.vote = Some(vote);
            }
            Record::Learned(value) => self.decided = Some(value),
        }
    }

    fn records(&self) -> Vec<Record<V>> {
        let mut records = Vec::from([Record::Begun(self.begun)]);
        records.extend(self.vote.clone().map(Record::Voted));
        // Behind the vote, for the promise may be higher.
        records.push(Record::Promised(self.promised));
        records.extend(self.decided.clone().map(Record::Learned));
        records
    }

    fn start(&mut self, out: &mut Out<Self>) {
        if let Some(value) = &self.decided {
            out.indicate(Decide(value.clone()));
        }
    }

    fn request(&mut self, Propose(value): Propose<V>, out: &mut Out<Self>) {
        if self.proposer != Proposer::Idle {
            return;
        }
        match self.decided {
            Some(_) => self.tell(out),
            None => self.begin(value, Ballot::NONE, out),
        }
    }

    fn message(&mut self, from: NodeId, message: Message<V>, out: &mut Out<Self>) {
        if !self.setup.members.contains(from) {
            return;
        }
        match message {
            // Lamport §2.2, phase 1b.
            Message::Prepare { ballot } => self.promise(from, ballot, out),
            // Lamport §2.2, phase 2a.
            Message::Promise { ballot, vote } => self.count_promise(from, ballot, vote, out),
            // Lamport §2.2, phase 2b.
            Message::Accept { ballot, value } => self.accept(from, Vote { ballot, value }, out),
            // Lamport §2.3: the distinguished learner hears of the votes.
            Message::Accepted { ballot } => self.count_vote(from, ballot, out),
            // Lamport §2.5: better to abandon the ballot.
            Message::Refuse { ballot, promised } => self.abandon(ballot, promised, out),
            // Lamport §2.3: the other learners hear of it.
            Message::Decided { value } => {
                self.learn(value, out);
                // Durable, for we are not told again.
                out.send_durable(from, Message::Learned);
            }
            Message::Learned => self.count_learned(from, out),
        }
    }

    fn timer(&mut self, Retry: Retry, out: &mut Out<Self>) {
        match &self.proposer {
            Proposer::Idle => return,
            Proposer::Preparing { .. } => self.ask(out),
            Proposer::Accepting { .. } => self.put_to_the_vote(out),
            Proposer::Refused { proposal, above } => {
                return self.begin(proposal.clone(), *above, out);
            }
            Proposer::Telling { .. } => self.send_decision(out),
        }
        self.arm(out);
    }
}

impl<V: Value> Paxos<V> {
    /// A node that has neither recovered nor started.
    pub fn new(setup: Setup) -> Paxos<V> {
        assert!(setup.members.contains(setup.me), "A node is one of its cluster's members.");
        Paxos {
            setup: Arc::new(setup),
            promised: Ballot::NONE,
            vote: None,
            begun: Ballot::NONE,
            proposer: Proposer::Idle,
            decided: None,
        }
    }

    /// The ballot below which its acceptor does not vote.
    pub fn promised(&self) -> Ballot {
        self.promised
    }

    /// Its acceptor's last vote.
    pub fn vote(&self) -> Option<&Vote<V>> {
        self.vote.as_ref()
    }

    /// The highest ballot that its proposer began.
    pub fn begun(&self) -> Ballot {
        self.begun
    }

    /// What its proposer is about.
    pub fn proposer(&self) -> &Proposer<V> {
        &self.proposer
    }

    /// What it knows to be decided.
    pub fn decided(&self) -> Option<&V> {
        self.decided.as_ref()
    }

    /// All nodes.
    pub fn members(&self) -> NodeSet {
        self.setup.members
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.setup.mutant == Some(mutant)
    }

    fn arm(&self, out: &mut Out<Self>) {
        out.set(Retry, self.setup.retry.clone());
    }

    /// Any two majorities share an acceptor: that of the promises and that of any earlier choice.
    fn quorum(&self, mutant: Mutant) -> usize {
        self.members().majority() - usize::from(self.is_broken(mutant))
    }

    // Proposer.

    /// Lamport §2.2, phase 1a: begins a ballot above all that this node has heard of.
    fn begin(&mut self, proposal: V, above: Ballot, out: &mut Out<Self>) {
        let above = above.max(self.begun).max(self.promised);
        let Some(ballot) = above.next(self.setup.me, self.members().len()) else {
            // A broken peer has used up the numbers. To begin none is all that is safe: whoever
            // counts on, or anew, puts two values to the vote in one ballot.
            self.proposer = Proposer::Idle;
            return;
        };
        self.begun = ballot;
        out.save(Record::Begun(self.begun));
        self.proposer = Proposer::Preparing { proposal, promises: NodeSet::EMPTY, highest: None };
        self.ask(out);
        self.arm(out);
    }

    fn ask(&self, out: &mut Out<Self>) {
        let Proposer::Preparing { promises, .. } = &self.proposer else {
            return;
        };
        for node in self.members().iter().filter(|&node| !promises.contains(node)) {
            // Harmless to forget: a promise binds its acceptor to the ballot, whichever life of
            // ours asked for it, and while nothing was put to the vote the ballot is still unused.
            out.send(node, Message::Prepare { ballot: self.begun });
        }
    }

    /// Lamport §2.2, phase 2a: with promises of a majority, the value of the highest vote among
    /// them is put to the vote, or the proposer's own if there is none.
    fn count_promise(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        vote: Option<Vote<V>>,
        out: &mut Out<Self>,
    ) {
        let (quorum, lowest) =
            (self.quorum(Mutant::FewerPromises), self.is_broken(Mutant::LowestVote));
        let is_stale = ballot != self.begun && !self.is_broken(Mutant::TakeStalePromise);
        let Proposer::Preparing { proposal, promises, highest } = &mut self.proposer else {
            return;
        };
        if is_stale {
            return;
        }
        promises.insert(from);
        let is_better = |vote: &Vote<V>, than: &Vote<V>| match lowest {
            true => vote.ballot < than.ballot,
            false => vote.ballot > than.ballot,
        };
        if let Some(vote) = vote
            && highest.as_ref().is_none_or(|highest| is_better(&vote, highest))
        {
            *highest = Some(vote);
        }
        if promises.len() < quorum {
            return;
        }
        let (proposal, highest) = (proposal.clone(), highest.take().map(|vote| vote.value));
        let reported = highest.filter(|_| !self.is_broken(Mutant::OwnValue));
        let value = reported.unwrap_or_else(|| proposal.clone());
        self.proposer = Proposer::Accepting { proposal, value, votes: NodeSet::EMPTY };
        self.put_to_the_vote(out);
        self.arm(out);
    }

    fn put_to_the_vote(&self, out: &mut Out<Self>) {
        let Proposer::Accepting { value, votes, .. } = &self.proposer else {
            return;
        };
        for node in self.members().iter().filter(|&node| !votes.contains(node)) {
            let accept = Message::Accept { ballot: self.begun, value: value.clone() };
            // Durable, for the ballot must be on disk by now: after a crash we could otherwise
            // begin it again, and put another value to the vote in it.
            match self.is_broken(Mutant::EarlyAccept) {
                true => out.send(node, accept),
                false => out.send_durable(node, accept),
            }
        }
    }

    /// Lamport §2.5: an acceptor takes part in a higher ballot.
    fn abandon(&mut self, ballot: Ballot, promised: Ballot, out: &mut Out<Self>) {
        if ballot != self.begun {
            return;
        }
        let (Proposer::Preparing { proposal, .. } | Proposer::Accepting { proposal, .. }) =
            &self.proposer
        else {
            return;
        };
        self.proposer = Proposer::Refused { proposal: proposal.clone(), above: promised };
        self.arm(out);
    }

    // Acceptor.

    /// Lamport §2.2, phase 1b (and P1a): a promise for the ballot, if there is none for a higher
    /// one. A repeated question gets the same answer.
    fn promise(&mut self, from: NodeId, ballot: Ballot, out: &mut Out<Self>) {
        if ballot < self.promised {
            return self.refuse(from, ballot, out);
        }
        if ballot > self.promised {
            self.promised = ballot;
            out.save(Record::Promised(ballot));
        }
        let promise = Message::Promise { ballot, vote: self.vote.clone() };
        // Durable, or after a crash we would vote in a lower ballot, behind its proposer's back.
        match self.is_broken(Mutant::EarlyPromise) {
            true => out.send(from, promise),
            false => out.send_durable(from, promise),
        }
    }

    /// Lamport §2.2, phase 2b: votes, unless there is a promise for a higher ballot.
    fn accept(&mut self, from: NodeId, vote: Vote<V>, out: &mut Out<Self>) {
        let ballot = vote.ballot;
        if ballot < self.promised && !self.is_broken(Mutant::VoteBelowPromise) {
            return self.refuse(from, ballot, out);
        }
        if self.vote.as_ref() != Some(&vote) {
            self.promised = self.promised.max(ballot);
            self.vote = Some(vote.clone());
            out.save(Record::Voted(vote));
        }
        // Durable, or a crash would take a vote out of a majority that is counted.
        match self.is_broken(Mutant::EarlyAccepted) {
            true => out.send(from, Message::Accepted { ballot }),
            false => out.send_durable(from, Message::Accepted { ballot }),
        }
    }

    fn refuse(&self, from: NodeId, ballot: Ballot, out: &mut Out<Self>) {
        // Harmless to forget: that the higher ballot was begun is true, whatever we remember.
        out.send(from, Message::Refuse { ballot, promised: self.promised });
    }

    // Learner.

    /// Lamport §2.3: with the votes of a majority in its ballot, a value is chosen.
    fn count_vote(&mut self, from: NodeId, ballot: Ballot, out: &mut Out<Self>) {
        let quorum = self.quorum(Mutant::FewerVotes);
        let Proposer::Accepting { value, votes, .. } = &mut self.proposer else {
            return;
        };
        if ballot != self.begun {
            return;
        }
        votes.insert(from);
        if votes.len() >= quorum {
            let value = value.clone();
            self.learn(value, out);
        }
    }

    /// The value is chosen: that never changes, so it may be told before it is on disk.
    fn learn(&mut self, value: V, out: &mut Out<Self>) {
        if self.decided.is_some() {
            return;
        }
        self.decided = Some(value.clone());
        out.save(Record::Learned(value.clone()));
        out.indicate(Decide(value));
        // Whoever was asked to propose sees to it that all learn, though another may be at it.
        if self.proposer != Proposer::Idle {
            self.tell(out);
        }
    }

    fn tell(&mut self, out: &mut Out<Self>) {
        self.proposer = Proposer::Telling { learned: NodeSet::EMPTY };
        self.arm(out);
        self.send_decision(out);
        self.count_learned(self.setup.me, out);
    }

    fn send_decision(&self, out: &mut Out<Self>) {
        let (Proposer::Telling { learned }, Some(value)) = (&self.proposer, &self.decided) else {
            return;
        };
        let is_due = |node: &NodeId| *node != self.setup.me && !learned.contains(*node);
        for node in self.members().iter().filter(is_due) {
            // Harmless to forget: it is decided, whoever remembers it.
            out.send(node, Message::Decided { value: value.clone() });
        }
    }

    fn count_learned(&mut self, from: NodeId, out: &mut Out<Self>) {
        let Proposer::Telling { learned } = &mut self.proposer else {
            return;
        };
        learned.insert(from);
        if *learned == self.setup.members {
            self.proposer = Proposer::Idle;
            out.cancel(Retry);
        }
    }
}
