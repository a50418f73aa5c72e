//! The state machine itself: a server or a client. It knows neither of the checkers.
//!
//! Each client writes one value and, once told that a value was chosen on its behalf, reads from
//! the next server. A server proposes the first value that it is asked to write, at one ballot of
//! its own; it answers reads once it knows what was chosen, and writes that come late never.
//! Nothing is lost or sent again, and the messages of a proposer to itself are taken at once.
//!
//! Source: L. Lamport, Paxos Made Simple, 2001, section 2. The shape of the clients, and that a
//! server which cannot answer a read stays silent, are those of stateright's example of Paxos, so
//! that the systems are of the kind which that checker shows.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use super::SERVERS;

/// The number of a node: servers first.
pub type Name = u8;

/// A ballot: rounds first, and the server that leads it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Ballot {
    round: u8,
    leader: Name,
}

/// What a client wishes to write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Proposal {
    client: Name,
    pub value: u8,
}

/// A proposal that was accepted at a ballot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Vote {
    ballot: Ballot,
    pub proposal: Proposal,
}

/// Between clients and servers, and among servers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A client writes a value.
    Put(u8),
    /// Its value, or another in its place, was chosen.
    PutOk,
    /// A client reads.
    Get,
    /// What it reads.
    GetOk(u8),
    /// Phase 1a.
    Prepare(Ballot),
    /// Phase 1b, with what was accepted at the greatest ballot so far.
    Promise(Ballot, Option<Vote>),
    /// Phase 2a.
    Accept(Vote),
    /// Phase 2b.
    Accepted(Ballot),
    /// A majority has accepted it.
    Chosen(Vote),
}

/// A node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    Server(Server),
    Client(Client),
}

/// A proposer, acceptor and learner.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Server {
    me: Name,
    /// The greatest ballot that it has promised or leads.
    ballot: Ballot,
    /// What it was asked to write, and later what its ballot is for.
    proposal: Option<Proposal>,
    /// For each server, what it had accepted when it promised this server's ballot.
    promises: [Option<Option<Vote>>; SERVERS as usize],
    /// A bit for each server that has accepted at this server's ballot.
    accepts: u8,
    vote: Option<Vote>,
    is_chosen: bool,
}

/// Writes, then reads.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Client {
    me: Name,
    waits: Waits,
}

/// What a client waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Waits {
    ToWrite,
    ToRead,
    ForNothing,
}

impl Node {
    /// A fresh node.
    pub fn new(me: Name) -> Node {
        if me >= SERVERS {
            return Node::Client(Client { me, waits: Waits::ToWrite });
        }
        Node::Server(Server {
            me,
            ballot: Ballot::default(),
            proposal: None,
            promises: [None; SERVERS as usize],
            accepts: 0,
            vote: None,
            is_chosen: false,
        })
    }

    /// What it sends at first.
    pub fn start(&self, mut send: impl FnMut(Name, Message)) {
        if let Node::Client(client) = self {
            send(client.me % SERVERS, Message::Put(client.me));
        }
    }

    /// Whether the message changes anything or is answered.
    pub fn heeds(&self, message: &Message) -> bool {
        match self {
            Node::Server(server) => server.heeds(message),
            Node::Client(client) => matches!(
                (client.waits, message),
                (Waits::ToWrite, Message::PutOk) | (Waits::ToRead, Message::GetOk(_))
            ),
        }
    }

    /// Takes a message that it heeds.
    pub fn take(&mut self, from: Name, message: Message, mut send: impl FnMut(Name, Message)) {
        match self {
            Node::Server(server) => server.take(from, message, &mut send),
            Node::Client(client) if client.waits == Waits::ToWrite => {
                client.waits = Waits::ToRead;
                send((client.me + 1) % SERVERS, Message::Get);
            }
            Node::Client(client) => client.waits = Waits::ForNothing,
        }
    }

    /// What it knows to be chosen.
    pub fn chosen(&self) -> Option<Proposal> {
        match self {
            Node::Server(Server { is_chosen: true, vote, .. }) => vote.map(|vote| vote.proposal),
            _ => None,
        }
    }
}

impl Server {
    fn heeds(&self, message: &Message) -> bool {
        match *message {
            Message::Get => self.is_chosen,
            _ if self.is_chosen => false,
            Message::Put(_) => self.proposal.is_none(),
            Message::Prepare(ballot) => self.ballot < ballot,
            Message::Promise(ballot, _) | Message::Accepted(ballot) => self.ballot == ballot,
            Message::Accept(vote) => self.ballot <= vote.ballot,
            Message::Chosen(_) => true,
            Message::PutOk | Message::GetOk(_) => false,
        }
    }

    fn take(&mut self, from: Name, message: Message, send: &mut impl FnMut(Name, Message)) {
        match message {
            Message::Get => {
                let vote = self.vote.expect("What is chosen was accepted.");
                send(from, Message::GetOk(vote.proposal.value));
            }
            Message::Put(value) => {
                self.proposal = Some(Proposal { client: from, value });
                self.ballot = Ballot { round: self.ballot.round + 1, leader: self.me };
                self.promises[usize::from(self.me)] = Some(self.vote);
                self.tell(Message::Prepare(self.ballot), send);
            }
            Message::Prepare(ballot) => {
                self.ballot = ballot;
                send(from, Message::Promise(ballot, self.vote));
            }
            Message::Promise(_, vote) => self.promised(from, vote, send),
            Message::Accept(vote) => {
                self.ballot = vote.ballot;
                self.vote = Some(vote);
                send(from, Message::Accepted(vote.ballot));
            }
            Message::Accepted(_) => self.accepted(from, send),
            Message::Chosen(vote) => {
                self.ballot = vote.ballot;
                self.vote = Some(vote);
                self.is_chosen = true;
            }
            Message::PutOk | Message::GetOk(_) => {}
        }
    }

    fn promised(&mut self, from: Name, vote: Option<Vote>, send: &mut impl FnMut(Name, Message)) {
        self.promises[usize::from(from)] = Some(vote);
        // A later promise than that of the majority changes nothing.
        if self.promises.iter().flatten().count() != usize::from(SERVERS / 2 + 1) {
            return;
        }
        let latest = self.promises.iter().flatten().flatten().max();
        let proposal = latest.map(|vote| vote.proposal).or(self.proposal);
        let proposal = proposal.expect("Who leads a ballot was asked to write.");
        let vote = Vote { ballot: self.ballot, proposal };
        self.proposal = Some(proposal);
        self.vote = Some(vote);
        self.accepts = 1 << self.me;
        self.tell(Message::Accept(vote), send);
    }

    fn accepted(&mut self, from: Name, send: &mut impl FnMut(Name, Message)) {
        self.accepts |= 1 << from;
        if self.accepts.count_ones() != u32::from(SERVERS / 2 + 1) {
            return;
        }
        let vote = self.vote.expect("Who leads a ballot accepts at it first.");
        self.is_chosen = true;
        self.tell(Message::Chosen(vote), send);
        send(vote.proposal.client, Message::PutOk);
    }

    /// Sends to all other servers.
    fn tell(&self, message: Message, send: &mut impl FnMut(Name, Message)) {
        (0..SERVERS).filter(|&to| to != self.me).for_each(|to| send(to, message));
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
