//! Frames between the nodes of a cluster, over TCP, on the caller's thread and poll.
//!
//! Every node dials every other, sends only on the connections it dialled and receives only on
//! those it accepted. A frame arrives whole, unchanged and in order, or not at all; frames are
//! lost whenever a connection is, and when a queue is full. The protocols above live with that.
//! docs/peers.md has the bytes and the reasons.
//!
//! The caller's loop polls, gives each event whose token is in its range to [`Peers::ready`],
//! does its own work with [`Peers::send`], and before polling again calls [`Peers::flush`] and
//! [`Peers::tick`], which says how long the poll may sleep.

mod accepted;
mod format;
mod link;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};
use std::{error, fmt, io};

use accepted::{Accepted, Progress};
use format::Hello;
pub use format::Reason;
use link::{Link, Turn};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use model::NodeId;
use socket2::{SockRef, TcpKeepalive};

/// The largest payload in bytes: whatever one frame of the log can hold, an Append can carry.
pub const MAX_FRAME: usize = crate::log::MAX_FRAME;

/// Once this many bytes are queued for a peer, further frames are dropped. 8 MiB are 7 ms of a
/// link of 10 Gbit/s: more would only grow old in the queue. As the last frame accepted may be
/// a large one, a queue is never above `QUEUE + MAX_FRAME` and a header: 72 MiB.
pub const QUEUE: usize = 8 << 20;

/// Connections that may be waiting to say hello. An honest peer says it within a round trip, so
/// more than a few are an attack or a port scan, and the oldest makes room for the newest.
pub const GUESTS: usize = 32;

/// How long a connection may take to say hello.
pub const HELLO_LIMIT: Duration = Duration::from_secs(3);

/// Bytes read from one connection before the others have their turn: about a millisecond.
const READ_BUDGET: usize = 1 << 20;

/// Bytes asked for in one read.
const CHUNK: usize = 64 << 10;

/// The capacity in bytes that a receiving buffer keeps when a large frame has passed.
const KEPT: usize = 2 * CHUNK;

/// Connections taken from the listener before others have their turn.
const ACCEPTS: usize = 64;

/// How long to wait when the system has no file or memory left for a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Diagnostics in one second: enough to see what is wrong, too few to fill a disk.
const NOTES: u32 = 16;

/// Traffic of peers never pauses longer than a heartbeat, so bytes that nobody acknowledges for
/// this long mean that the other machine, or the way there, is gone.
const UNANSWERED: Duration = Duration::from_secs(5);

/// Something that an operator may want to know, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The link to a peer stands.
    Up(NodeId, SocketAddr),
    /// The link to a peer was lost, or the first attempt to have one failed.
    Down(NodeId, SocketAddr, Reason),
    /// A connection that was accepted has been closed.
    Closed(Option<NodeId>, SocketAddr, Reason),
    /// The system could not accept a connection.
    Deaf(String),
    /// So many notes more than a second has room for.
    Suppressed(u64),
}

/// What has happened so far, in frames and connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Links that stand now.
    pub connected: usize,
    /// Peers whose accepted connection stands now.
    pub accepted: usize,
    /// Frames handed to the system.
    pub sent: u64,
    /// Frames delivered.
    pub received: u64,
    /// Frames dropped: no connection, a full queue, too large, lost with a connection.
    pub dropped: u64,
    /// Connections closed for what came, or did not come, over them.
    pub rejected: u64,
}

/// Why the transport could not be set up.
#[derive(Debug)]
pub enum PeersError {
    /// The address to listen on could not be had.
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's own word.
        source: io::Error,
    },
    /// The range of tokens is shorter than [`Peers::tokens`] says.
    Tokens {
        /// Tokens given.
        given: usize,
        /// Tokens needed.
        needed: usize,
    },
    /// The list of peers names this node, or another twice.
    Members(NodeId),
}

/// The transport of one node.
#[derive(Debug)]
pub struct Peers {
    me: NodeId,
    cluster: u64,
    listener: TcpListener,
    accept_again: Option<Option<Instant>>,
    registry: Registry,
    first: usize,
    links: Vec<Link>,
    guests: Vec<Option<Accepted>>,
    arrivals: u64,
    chunk: Vec<u8>,
    notes: VecDeque<Note>,
    notes_left: u32,
    notes_since: Option<Instant>,
    suppressed: u64,
    received: u64,
    rejected: u64,
}

impl Peers {
    /// How many tokens a transport with so many peers needs: the listener, a link and an
    /// accepted connection for each peer, and the connections that have not said hello.
    pub fn tokens(peers: usize) -> usize {
        1 + 2 * peers + GUESTS
    }

    /// Listens on `listen` and prepares to dial `peers`, which name all nodes but this one.
    ///
    /// # Errors
    /// When the address cannot be had, the tokens do not suffice, or the peers are not a list of
    /// others.
    pub fn new(
        me: NodeId,
        cluster: u64,
        listen: SocketAddr,
        peers: Vec<(NodeId, SocketAddr)>,
        registry: Registry,
        tokens: Range<usize>,
    ) -> Result<Peers, PeersError> {
        let (given, needed) = (tokens.len(), Peers::tokens(peers.len()));
        if given < needed {
            return Err(PeersError::Tokens { given, needed });
        }
        for (index, (peer, _)) in peers.iter().enumerate() {
            if *peer == me || peers[..index].iter().any(|(other, _)| other == peer) {
                return Err(PeersError::Members(*peer));
            }
        }
        let bind = || {
            let mut listener = TcpListener::bind(listen)?;
            registry.register(&mut listener, Token(tokens.start), Interest::READABLE)?;
            Ok(listener)
        };
        let listener = bind().map_err(|source| PeersError::Listen { address: listen, source })?;
        let guests = (0..peers.len() + GUESTS).map(|_| None).collect();
        let link = |(token, (peer, address))| {
            let hello = Hello { cluster, from: me, to: peer };
            Link::new(peer, address, Token(token), hello)
        };
        Ok(Peers {
            me,
            cluster,
            listener,
            accept_again: None,
            registry,
            first: tokens.start,
            links: (tokens.start + 1..).zip(peers).map(link).collect(),
            guests,
            arrivals: 0,
            chunk: vec![0; CHUNK],
            notes: VecDeque::new(),
            notes_left: NOTES,
            notes_since: None,
            suppressed: 0,
            received: 0,
            rejected: 0,
        })
    }

    /// Queues one frame for `to`; `encode` appends the payload to the vector it is given and
    /// leaves the rest alone. Without a connection, behind a full queue, above [`MAX_FRAME`] or
    /// to a stranger the frame is dropped and counted.
    pub fn send(&mut self, to: NodeId, encode: impl FnOnce(&mut Vec<u8>)) {
        if let Some(link) = self.links.iter_mut().find(|link| link.peer == to) {
            link.send(encode);
        }
    }

    /// Hands to the system what it takes now: at most one call a peer.
    pub fn flush(&mut self) {
        for index in 0..self.links.len() {
            if let Err(reason) = self.links[index].flush() {
                self.lost(index, reason);
            }
        }
    }

    /// Takes an event of the poll whose token is in the range given to [`Peers::new`], and
    /// gives every frame that has arrived to `deliver`. Other events are ignored.
    pub fn ready(&mut self, event: &Event, deliver: &mut impl FnMut(NodeId, &[u8])) {
        let Some(index) = event.token().0.checked_sub(self.first) else {
            return;
        };
        let links = 1 + self.links.len();
        if index == 0 {
            self.accept();
        } else if index < links {
            let (writable, readable) = (event.is_writable(), event.is_readable());
            match self.links[index - 1].ready(writable, readable) {
                Ok(Turn::Up) => {
                    let link = &self.links[index - 1];
                    let note = Note::Up(link.peer, link.address);
                    self.note(note);
                }
                Ok(_) => {}
                Err(reason) => self.lost(index - 1, reason),
            }
        } else if index - links < self.guests.len() {
            self.read(index - links, deliver);
        }
    }

    /// Does what is due: dials, gives up what has stalled, closes who said no hello. To be
    /// called once in every turn of the loop; the poll should sleep no longer than until the
    /// time returned.
    pub fn tick(&mut self, now: Instant) -> Option<Instant> {
        self.refill_notes(now);
        let mut next = self.tick_listener(now);
        let mut sooner = |at: Option<Instant>| next = next.into_iter().chain(at).min();
        let mut down = Vec::new();
        for (index, link) in self.links.iter_mut().enumerate() {
            let (turn, at) = link.tick(now, &self.registry);
            sooner(at);
            if let Turn::Down(reason) = turn {
                down.push((index, reason));
            }
        }
        let mut late = Vec::new();
        for (slot, guest) in self.guests.iter_mut().enumerate() {
            let Some(guest) = guest.as_mut().filter(|guest| guest.peer.is_none()) else {
                continue;
            };
            let deadline = *guest.deadline.get_or_insert(now + HELLO_LIMIT);
            if deadline > now { sooner(Some(deadline)) } else { late.push(slot) }
        }
        down.into_iter().for_each(|(index, reason)| self.note_down(index, reason));
        late.into_iter().for_each(|slot| self.reject(slot, Reason::Silent));
        next
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        let guests = || self.guests.iter().flatten();
        Counters {
            connected: self.links.iter().filter(|link| link.is_up()).count(),
            accepted: guests().filter(|guest| guest.peer.is_some()).count(),
            sent: self.links.iter().map(|link| link.frames_sent).sum(),
            received: self.received + guests().map(|guest| guest.frames).sum::<u64>(),
            dropped: self.links.iter().map(|link| link.frames_dropped).sum(),
            rejected: self.rejected,
        }
    }

    /// The bytes queued for `to` and not yet with the system.
    pub fn queued(&self, to: NodeId) -> usize {
        self.links.iter().filter(|link| link.peer == to).map(Link::queued).sum()
    }

    /// Takes the diagnostics gathered since the last call, oldest first; bounded in number.
    pub fn notes(&mut self) -> impl Iterator<Item = Note> + '_ {
        self.notes.drain(..)
    }

    fn accept(&mut self) {
        for _ in 0..ACCEPTS {
            match self.listener.accept() {
                Ok((stream, address)) => self.admit(stream, address),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                    ) => {}
                Err(error) => {
                    // Whoever waits in the system's queue makes no new edge: ask again later.
                    self.note(Note::Deaf(error.to_string()));
                    self.accept_again = Some(None);
                    return;
                }
            }
        }
        self.hear_again();
    }

    /// Registering anew lets the poll report at once what is still there.
    fn hear_again(&mut self) {
        let (token, interest) = (Token(self.first), Interest::READABLE);
        if let Err(error) = self.registry.reregister(&mut self.listener, token, interest) {
            self.note(Note::Deaf(error.to_string()));
            self.accept_again = Some(None);
        }
    }

    fn tick_listener(&mut self, now: Instant) -> Option<Instant> {
        let again = *self.accept_again.as_mut()?.get_or_insert(now + ACCEPT_AGAIN);
        if again > now {
            return Some(again);
        }
        self.accept_again = None;
        self.hear_again();
        None
    }

    /// Gives a new connection a place, the oldest stranger's if all are taken.
    fn admit(&mut self, mut stream: TcpStream, address: SocketAddr) {
        let strangers = || {
            let guests = self.guests.iter().enumerate();
            guests.filter_map(|(slot, guest)| Some((guest.as_ref()?, slot)))
        };
        let strangers = || strangers().filter(|(guest, _)| guest.peer.is_none());
        if strangers().count() >= GUESTS {
            let oldest = strangers().min_by_key(|(guest, _)| guest.age).map(|(_, slot)| slot);
            oldest.into_iter().for_each(|slot| self.reject(slot, Reason::Crowded));
        }
        // There is a place for each peer and for each stranger.
        let Some(slot) = self.guests.iter().position(Option::is_none) else {
            return;
        };
        let registered = tune(&stream).and_then(|()| {
            self.registry.register(&mut stream, self.guest_token(slot), Interest::READABLE)
        });
        match registered {
            Ok(()) => {
                self.arrivals += 1;
                self.guests[slot] = Some(Accepted::new(stream, address, self.arrivals));
            }
            Err(error) => {
                let reason = Reason::Io(error.to_string());
                self.note(Note::Closed(None, address, reason));
            }
        }
    }

    fn guest_token(&self, slot: usize) -> Token {
        Token(self.first + 1 + self.links.len() + slot)
    }

    fn read(&mut self, slot: usize, deliver: &mut impl FnMut(NodeId, &[u8])) {
        loop {
            let Some(guest) = &mut self.guests[slot] else {
                return;
            };
            let result = match guest.read(&mut self.chunk, deliver) {
                Ok(Progress::Drained) => return,
                Ok(Progress::Hello(hello)) => self.welcome(slot, hello),
                Ok(Progress::More) => {
                    let token = self.guest_token(slot);
                    let Some(guest) = &mut self.guests[slot] else {
                        return;
                    };
                    let again =
                        self.registry.reregister(&mut guest.stream, token, Interest::READABLE);
                    match again {
                        Ok(()) => return,
                        Err(error) => Err(Reason::Io(error.to_string())),
                    }
                }
                Err(reason) => Err(reason),
            };
            if let Err(reason) = result {
                return self.reject(slot, reason);
            }
        }
    }

    /// Checks a hello; a good one displaces the same peer's older connection.
    fn welcome(&mut self, slot: usize, hello: Hello) -> Result<(), Reason> {
        if hello.cluster != self.cluster {
            return Err(Reason::Cluster(hello.cluster));
        }
        if hello.to != self.me {
            return Err(Reason::To(hello.to));
        }
        let Some(link) = self.links.iter_mut().find(|link| link.peer == hello.from) else {
            return Err(Reason::From(hello.from));
        };
        link.hurry();
        let is_old = |guest: &Option<Accepted>| {
            guest.as_ref().is_some_and(|guest| guest.peer == Some(hello.from))
        };
        if let Some(old) = self.guests.iter().position(is_old) {
            self.close(old, Reason::Replaced);
        }
        let welcome = Hello { cluster: self.cluster, from: self.me, to: hello.from };
        match &mut self.guests[slot] {
            Some(guest) => guest.welcome(hello.from, welcome),
            None => Ok(()),
        }
    }

    fn reject(&mut self, slot: usize, reason: Reason) {
        let parted = matches!(reason, Reason::Closed | Reason::Io(_));
        let known = self.guests[slot].as_ref().is_some_and(|guest| guest.peer.is_some());
        // A peer that goes away is daily life; a stranger that does has been turned away.
        self.rejected += u64::from(!(known && parted));
        self.close(slot, reason);
    }

    fn close(&mut self, slot: usize, reason: Reason) {
        let Some(guest) = self.guests[slot].take() else {
            return;
        };
        self.received += guest.frames;
        self.note(Note::Closed(guest.peer, guest.address, reason));
    }

    fn lost(&mut self, index: usize, reason: Reason) {
        self.links[index].close();
        self.note_down(index, reason);
    }

    /// A peer that stays away is worth one line, not two a second.
    fn note_down(&mut self, index: usize, reason: Reason) {
        let link = &mut self.links[index];
        if link.news(&reason) {
            let note = Note::Down(link.peer, link.address, reason);
            self.note(note);
        }
    }

    fn note(&mut self, note: Note) {
        if self.notes_left == 0 || self.notes.len() >= NOTES as usize {
            self.suppressed += 1;
            return;
        }
        self.notes_left -= 1;
        self.notes.push_back(note);
    }

    fn refill_notes(&mut self, now: Instant) {
        let since = *self.notes_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= Duration::from_secs(1) {
            self.notes_since = Some(now);
            self.notes_left = NOTES;
            if self.suppressed > 0 {
                let suppressed = std::mem::take(&mut self.suppressed);
                self.note(Note::Suppressed(suppressed));
            }
        }
    }
}

/// No waiting for small packets to become large ones, and a dead host is noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(UNANSWERED).with_interval(UNANSWERED);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNANSWERED))?;
    Ok(())
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Up(peer, address) => write!(f, "connected to {peer} at {address}"),
            Note::Down(peer, address, reason) => {
                write!(f, "no connection to {peer} at {address}: {reason}")
            }
            Note::Closed(Some(peer), address, reason) => {
                write!(f, "closed the connection from {peer} at {address}: {reason}")
            }
            Note::Closed(None, address, reason) => {
                write!(f, "refused a connection from {address}: {reason}")
            }
            Note::Deaf(text) => write!(f, "cannot accept connections: {text}"),
            Note::Suppressed(count) => write!(f, "{count} more notes on peers were left out"),
        }
    }
}

impl fmt::Display for PeersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeersError::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "the peer port {address} is in use: stop the program that listens there, or \
                     choose another port"
                )
            }
            PeersError::Listen { address, source } => {
                write!(f, "cannot listen for peers on {address}: {source}")
            }
            PeersError::Tokens { given, needed } => {
                write!(f, "{given} poll tokens were given, {needed} are needed")
            }
            PeersError::Members(node) => {
                write!(f, "the peers must be the other nodes, each once; {node} is not")
            }
        }
    }
}

impl error::Error for PeersError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            PeersError::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}
