//! The drive loop: one thread that owns the process, its log and its peers.
//!
//! A turn of the loop: take what is at hand (frames of peers, due alarms, requests), step the
//! process through each, flush; send, tell, write, sync; release what waited for the disk, and
//! send and tell again. While a sync runs the next batch gathers by itself, so the busier a node
//! is, the more requests share a sync; there is no timer to tune.

mod desk;
mod timers;
mod wires;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use machine::{Indication, Machine, Operation, Replica, Request};
use mio::{Events, Poll, Token};
use model::order::Order;
use model::{Choices, Event, Host, Moment, NodeId, Out, Process, Random};

pub use desk::{Desk, Refusal, WAITING, WAITING_WEIGHT};

use crate::log::Log;
use crate::peers::Peers;
use crate::status::Status;
use crate::{Error, News};
use timers::Timers;
use wires::Wires;

/// The token of the desk's waker; the peers' follow.
pub const DESK: Token = Token(0);

/// Events taken in one turn; what is beyond waits for the next.
const EVENTS: usize = 256;

/// How long a request may wait for its reply: two elections and a retry in between, as etcd's
/// seven seconds.
const PATIENCE: Duration = Duration::from_secs(7);

/// How long one turn takes requests before it goes on to flush, send and tell: a tenth of a
/// heartbeat, so that costly requests hold up nobody's elections. What is left has its turn next.
const TURN: Duration = Duration::from_millis(5);

/// How often overdue requests are looked for.
const PATROL: Duration = Duration::from_millis(250);

/// What clients of a replica ask.
pub type Asked<M> = Operation<<M as Machine>::Command, <M as Machine>::Query>;

/// A running node: a replica and everything it can reach.
pub struct Drive<O: Order<Command = machine::Command<M::Command>>, M: Machine> {
    poll: Poll,
    host: Host<Replica<O, M>>,
    out: Out<Replica<O, M>>,
    wires: Wires<Replica<O, M>>,
    desk: Arc<Desk<Asked<M>, M::Reply>>,
    status: Arc<Status>,
    news: Sender<News>,
    begin: Instant,
    /// Requests that no turn has taken yet.
    asked: VecDeque<(desk::Ticket<M::Reply>, Asked<M>)>,
    /// Requests that wait for their reply, by id from `first_waiting` on, with their deadlines.
    waiting: VecDeque<Waiting<M::Reply>>,
    first_waiting: u64,
    patrol: Instant,
    replies: Vec<desk::Told<M::Reply>>,
}

/// A request that waits: `None` once it was answered, until those before it are too.
type Waiting<R> = (Instant, Option<desk::Ticket<R>>);

impl<M, O> Drive<O, M>
where
    M: Machine,
    O: Order<Command = machine::Command<M::Command>>,
    Replica<O, M>:
        Process<Request = Request<M::Command, M::Query>, Indication = Indication<M::Reply>>,
{
    /// A node whose replica has recovered from `log`.
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own")]
    pub fn new(
        poll: Poll,
        host: Host<Replica<O, M>>,
        log: Log,
        peers: Peers,
        desk: Arc<Desk<Asked<M>, M::Reply>>,
        status: Arc<Status>,
        news: Sender<News>,
        seed: u64,
    ) -> Self {
        let now = Instant::now();
        let random = Random::child(seed, "alarms");
        let choices = Choices::Seeded(Random::child(seed, "choices"));
        let (timers, told) = (Timers::new(), Vec::new());
        Drive {
            poll,
            host,
            out: Out::new(choices),
            wires: Wires { log, peers, timers, random, told, now, failed: None },
            desk,
            status,
            news,
            begin: now,
            asked: VecDeque::new(),
            waiting: VecDeque::new(),
            first_waiting: 1,
            patrol: now + PATROL,
            replies: Vec::new(),
        }
    }

    /// Runs until the desk says stop.
    ///
    /// # Errors
    /// When the disk fails: the node must stop then, for it does not know what is durable.
    pub fn run(mut self) -> Result<(), Error> {
        let ended = self.turns();
        self.refuse_all();
        ended
    }

    fn turns(&mut self) -> Result<(), Error> {
        let mut events = Events::with_capacity(EVENTS);
        let mut arrived = Vec::new();
        let mut asked = Vec::new();
        self.host.step(Event::Start, &mut self.out, &mut self.wires);
        self.finish_turn()?;
        while !self.desk.is_stopping() {
            self.wait(&mut events, self.asked.is_empty())?;
            for event in &events {
                self.wires.peers.ready(event, &mut |from, bytes| {
                    arrived.push((from, postcard::from_bytes(bytes)));
                });
            }
            self.wires.now = Instant::now();
            self.out.set_now(Moment((self.wires.now - self.begin).as_nanos() as u64));
            // What has waited out a long sync is heard before alarms that came due meanwhile: a
            // leader that was heard of in time must not be stood against.
            for (from, message) in arrived.drain(..) {
                match message {
                    Ok(message) => self.step(Event::Message(from, message)),
                    Err(_) => self.tell_news(News::Unreadable(from)),
                }
            }
            self.ring();
            self.desk.take_asked(&mut asked);
            self.asked.extend(asked.drain(..));
            self.take();
            self.finish_turn()?;
            self.patrol();
        }
        Ok(())
    }

    /// Sleeps until something is at hand, if nothing is.
    fn wait(&mut self, events: &mut Events, is_idle: bool) -> Result<(), Error> {
        let now = Instant::now();
        let next = [self.wires.peers.tick(now), self.wires.timers.next(), Some(self.patrol)];
        let timeout = next.into_iter().flatten().min().map(|at| at.saturating_duration_since(now));
        let timeout = if is_idle { timeout } else { Some(Duration::ZERO) };
        for note in self.wires.peers.notes() {
            // Nobody may be listening any more: then nobody wants to know.
            let _ = self.news.send(News::Peers(note));
        }
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => {
                Err(Error::Poll(error))
            }
            _ => Ok(()),
        }
    }

    /// One event, and the messages to oneself that follow from it.
    fn step(&mut self, event: Event<Replica<O, M>>) {
        self.host.step(event, &mut self.out, &mut self.wires);
        while self.host.step_own(&mut self.out, &mut self.wires) {}
    }

    /// Due alarms, earliest first.
    fn ring(&mut self) {
        while let Some(timer) = self.wires.timers.take_due(self.wires.now) {
            self.step(Event::Timer(timer));
        }
    }

    /// Requests of clients, each under the next id, for one turn.
    fn take(&mut self) {
        let deadline = self.wires.now + PATIENCE;
        while let Some((ticket, operation)) = self.asked.pop_front() {
            let id = self.first_waiting + self.waiting.len() as u64;
            self.waiting.push_back((deadline, Some(ticket)));
            self.step(Event::Request(Request::Ask { id, operation }));
            if self.wires.now.elapsed() > TURN {
                return;
            }
        }
    }

    /// Flushes, sends, tells; writes and syncs; and again what the sync released.
    fn finish_turn(&mut self) -> Result<(), Error> {
        loop {
            self.host.settle(&mut self.out, &mut self.wires);
            if let Some(error) = self.wires.failed.take() {
                return Err(Error::Log(error));
            }
            self.wires.peers.flush();
            self.tell();
            let frames = self.host.frames();
            if frames == 0 {
                return Ok(());
            }
            self.wires.log.write().and_then(|()| self.wires.log.sync()).map_err(Error::Log)?;
            self.host.synced(frames, &mut self.wires);
        }
    }

    /// Hands replies to the clients and news to whoever watches.
    fn tell(&mut self) {
        if self.wires.told.is_empty() {
            return;
        }
        for told in self.wires.told.drain(..) {
            match told {
                Indication::Answer { id, reply } => {
                    let place = id.checked_sub(self.first_waiting).map(|place| place as usize);
                    let slot = place.and_then(|place| self.waiting.get_mut(place));
                    if let Some(ticket) = slot.and_then(|(_, ticket)| ticket.take()) {
                        self.replies.push((ticket, Ok(reply)));
                    }
                }
                Indication::Leader { term, leader } => {
                    self.status.set_leader(term, leader);
                    let _ = self.news.send(News::Leader { term, leader });
                }
            }
        }
        while let Some((_, None)) = self.waiting.front() {
            self.waiting.pop_front();
            self.first_waiting += 1;
        }
        let replica = self.host.process();
        let (applied, last) = (replica.applied(), replica.order().last_slot());
        self.status.set_log(applied, last, replica.machine().size());
        self.desk.tell(&mut self.replies);
    }

    /// Gives up on requests that are overdue: they are told so, and forgotten.
    fn patrol(&mut self) {
        if self.wires.now < self.patrol {
            return;
        }
        self.patrol = self.wires.now + PATROL;
        let before = self.first_waiting;
        while self.waiting.front().is_some_and(|(deadline, _)| *deadline <= self.wires.now) {
            if let Some((_, Some(ticket))) = self.waiting.pop_front() {
                self.replies.push((ticket, Err(Refusal::TimedOut)));
            }
            self.first_waiting += 1;
        }
        if self.first_waiting > before {
            self.desk.tell(&mut self.replies);
            self.step(Event::Request(Request::Forget { before: self.first_waiting }));
        }
    }

    /// Whoever waits, and whoever has just asked, is told that nothing will come.
    fn refuse_all(&mut self) {
        let mut asked = Vec::new();
        self.desk.take_asked(&mut asked);
        let never_taken = self.asked.drain(..).chain(asked).map(|(ticket, _)| ticket);
        let open = self.waiting.drain(..).filter_map(|(_, ticket)| ticket).chain(never_taken);
        self.replies.extend(open.map(|ticket| (ticket, Err(Refusal::Stopped))));
        self.desk.tell(&mut self.replies);
    }

    fn tell_news(&self, news: News) {
        // Nobody may be listening any more: then nobody wants to know.
        let _ = self.news.send(news);
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.host.me()
    }
}
