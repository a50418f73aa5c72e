//! Mutual exclusion by a central server (Coulouris and others, "Distributed Systems", 2012, section
//! 15.2; van Steen and Tanenbaum's "centralized algorithm").
//!
//! Who wants in asks the server, and enters when it grants. The server grants one node at a time;
//! who asks meanwhile waits in a queue. Who leaves tells the server, which then grants the first of
//! the queue.
//!
//! Why it is safe: a node is inside only between the server's grant and its own release, and the
//! server grants nobody else before it has that release.
//!
//! Model: no faults, perfect links in any order, asynchronous. No quorum: one node decides. A
//! release may be overtaken by the next request of the same node; then that waits in the queue.
//! The server is `n0`, which may want in itself: it then writes to itself.
//! Left out: electing another server when this one has crashed, and asking who is inside for a
//! grant that was lost.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use core::fmt::{self, Display};

use model::{Never, NodeId, Out, Process, named};
use serde::{Deserialize, Serialize};

use super::{Indication, Request};

/// What nodes and the server say to each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Message {
    /// To the server: let me in.
    Request,
    /// From the server: you are in.
    Grant,
    /// To the server: I am out.
    Release,
}

/// Where a node is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Place {
    /// Outside, wanting nothing.
    Outside,
    /// Outside, having asked.
    Waiting,
    /// Inside.
    Inside,
}

/// The algorithm at one node.
///
/// Invariants: `holder` and `queue` are the server's, and empty elsewhere; nobody waits in the
/// queue while there is no holder.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Central {
    me: NodeId,
    place: Place,
    /// Who was granted last and has not released.
    holder: Option<NodeId>,
    /// Who has asked and was not granted, in the order in which the requests came.
    queue: VecDeque<NodeId>,
    mutant: Option<Mutant>,
}

/// The server's name.
const SERVER: NodeId = NodeId(0);

impl Process for Central {
    type Request = Request;
    type Indication = Indication;
    type Message = Message;
    type Timer = Never;
    type Record = Never;

    fn request(&mut self, request: Request, out: &mut Out<Self>) {
        match (request, self.place) {
            // Coulouris §15.2, to enter.
            (Request::Enter, Place::Outside) => {
                self.place = Place::Waiting;
                // To forget it is a crash, which this model does not have.
                out.send(SERVER, Message::Request);
            }
            // Coulouris §15.2, to exit.
            (Request::Leave, Place::Inside) => self.leave(out),
            (Request::Enter, Place::Waiting | Place::Inside) => {}
            (Request::Leave, Place::Outside | Place::Waiting) => {}
        }
    }

    fn message(&mut self, from: NodeId, message: Message, out: &mut Out<Self>) {
        match message {
            // Coulouris §15.2, the server: if nobody holds it, reply at once, else queue.
            Message::Request if self.me == SERVER => {
                self.queue.push_back(from);
                self.grant_next(out);
            }
            // Coulouris §15.2, the server: on exit, the oldest entry in the queue.
            Message::Release if self.me == SERVER && self.holder == Some(from) => {
                self.holder = None;
                if !self.is_broken(Mutant::ForgetQueue) {
                    self.grant_next(out);
                }
            }
            Message::Grant if from == SERVER && self.place == Place::Waiting => {
                self.place = Place::Inside;
                out.indicate(Indication::Entered);
            }
            Message::Request | Message::Release | Message::Grant => {}
        }
    }
}

impl Central {
    /// The node `me`, outside; with a breakage, if one is named.
    pub fn new(me: NodeId, mutant: Option<Mutant>) -> Central {
        Central { me, place: Place::Outside, holder: None, queue: VecDeque::new(), mutant }
    }

    /// Where the node is.
    pub fn place(&self) -> Place {
        self.place
    }

    /// At the server: whether some node holds its grant.
    pub fn is_granting(&self) -> bool {
        self.holder.is_some()
    }

    /// How many nodes wait in the server's queue.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    fn is_broken(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// At the server: one node at a time.
    fn grant_next(&mut self, out: &mut Out<Self>) {
        let is_free = self.holder.is_none() || self.is_broken(Mutant::GrantTwo);
        if let Some(next) = self.queue.pop_front_if(|_| is_free) {
            self.holder = Some(next);
            // To forget it is a crash, which this model does not have.
            out.send(next, Message::Grant);
        }
    }

    fn leave(&mut self, out: &mut Out<Self>) {
        self.place = Place::Outside;
        out.indicate(Indication::Left);
        if !self.is_broken(Mutant::NoRelease) {
            // To forget it is a crash, which this model does not have.
            out.send(SERVER, Message::Release);
        }
    }
}

/// Who is inside holds the server's grant.
///
/// # Errors
/// Who is inside without one.
pub fn inside_holds(nodes: &[&Central]) -> Result<(), String> {
    let Some(server) = nodes.iter().find(|node| node.me == SERVER) else {
        return Ok(());
    };
    let is_stray = |node: &&&Central| node.place == Place::Inside && server.holder != Some(node.me);
    match nodes.iter().find(is_stray) {
        Some(node) => Err(format!("{} is inside, but does not hold the grant.", node.me)),
        None => Ok(()),
    }
}

named! {
    /// A breakage. A sound node has none; the places that ask for one show what each rule is for.
    pub enum Mutant {
        /// The server grants though somebody holds its grant.
        GrantTwo,
        /// The server grants nobody when a node has left.
        ForgetQueue,
        /// Who leaves does not say so.
        NoRelease,
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Message::Request => "Request",
            Message::Grant => "Grant",
            Message::Release => "Release",
        })
    }
}
