//! One connection that this node dialled: it sends on it, and never receives but the welcome.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use model::NodeId;

use super::format::{HELLO, Hello, Reason, last_frame, put_frame};
use super::{MAX_FRAME, QUEUE, tune};

/// The first wait before dialling again; it doubles up to [`LAST_WAIT`]. A restarted peer is
/// dialled at once when it has dialled us, so the cap costs nothing in the usual case.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// The longest wait before dialling again: a hundredth of a percent of a core and a few packets.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Connecting and being welcomed takes two round trips: enough for any two places on earth,
/// with one lost packet sent again.
const GREETING: Duration = Duration::from_secs(3);

/// How long queued bytes may rest before the connection counts as dead. A receiver that is
/// alive but this late has missed every deadline of the protocols above anyway.
pub(super) const STALL: Duration = Duration::from_secs(3);

#[derive(Debug)]
enum State {
    /// Dial at the given time; `None` until the next tick says what time it is.
    Waiting(Option<Instant>),
    /// Dialled, hello not yet written.
    Connecting(TcpStream, Option<Instant>),
    /// Hello written, no welcome yet, of which some bytes may be there.
    Greeting(TcpStream, Option<Instant>, Vec<u8>),
    /// Welcomed: frames flow.
    Up(TcpStream),
}

/// What a link reports.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Nothing,
    Up,
    Down(Reason),
}

#[derive(Debug)]
pub(super) struct Link {
    pub peer: NodeId,
    pub address: SocketAddr,
    pub token: Token,
    hello: Hello,
    state: State,
    wait: Duration,
    /// Whole frames; those before `sent` are, in part, with the system.
    out: Vec<u8>,
    sent: usize,
    /// The socket's buffer was full; it says when there is room again.
    blocked: bool,
    /// Since when nothing has moved, as the ticks saw it.
    resting: Option<Instant>,
    pub frames_sent: u64,
    pub frames_dropped: u64,
    /// Why it is down, if that was said already.
    told: Option<Reason>,
}

impl Link {
    pub fn new(peer: NodeId, address: SocketAddr, token: Token, hello: Hello) -> Link {
        Link {
            peer,
            address,
            token,
            hello,
            state: State::Waiting(None),
            wait: Duration::ZERO,
            out: Vec::new(),
            sent: 0,
            blocked: false,
            resting: None,
            frames_sent: 0,
            frames_dropped: 0,
            told: None,
        }
    }

    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    /// The bytes queued and not yet with the system.
    pub fn queued(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Queues a frame, or drops it: while there is no connection, behind a full queue, or when
    /// it is too large.
    pub fn send(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let down = matches!(self.state, State::Waiting(_));
        if down || self.queued() >= QUEUE || !put_frame(&mut self.out, MAX_FRAME, encode) {
            self.frames_dropped += 1;
        }
    }

    /// Writes what the socket takes in one call.
    pub fn flush(&mut self) -> Result<(), Reason> {
        let State::Up(stream) = &mut self.state else {
            return Ok(());
        };
        if self.blocked || self.sent == self.out.len() {
            return Ok(());
        }
        match stream.write(&self.out[self.sent..]) {
            Ok(0) => return Err(Reason::Closed),
            Ok(count) => {
                self.sent += count;
                self.resting = None;
                // A short count means that the buffer is full: the next edge comes with room.
                self.blocked = self.sent < self.out.len();
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Reason::Io(error.to_string())),
        }
        if self.sent == self.out.len() {
            self.frames_sent += last_frame(&self.out, self.sent).0;
            self.out.clear();
            self.out.shrink_to(QUEUE);
            self.sent = 0;
        } else if self.sent >= QUEUE {
            // Moving the rest to the front is paid for by the bytes that have left.
            let (frames, begin) = last_frame(&self.out, self.sent);
            self.frames_sent += frames;
            self.out.drain(..begin);
            self.sent -= begin;
        }
        Ok(())
    }

    /// Takes an event of this link's socket.
    pub fn ready(&mut self, writable: bool, readable: bool) -> Result<Turn, Reason> {
        if writable {
            self.blocked = false;
            self.greet()?;
            self.flush()?;
        }
        if readable { self.read() } else { Ok(Turn::Nothing) }
    }

    /// Does what is due, and says when something will be next.
    pub fn tick(&mut self, now: Instant, registry: &Registry) -> (Turn, Option<Instant>) {
        if let State::Waiting(at) = &mut self.state {
            let at = *at.get_or_insert(now + self.wait);
            if at > now {
                return (Turn::Nothing, Some(at));
            }
            if let Err(reason) = self.dial(registry) {
                self.close();
                return (Turn::Down(reason), Some(now + self.wait));
            }
        }
        let (limit, reason) = match &mut self.state {
            State::Waiting(_) => return (Turn::Nothing, None),
            State::Connecting(_, since) | State::Greeting(_, since, _) => {
                (*since.get_or_insert(now) + GREETING, Reason::Silent)
            }
            State::Up(_) if self.sent == self.out.len() => return (Turn::Nothing, None),
            State::Up(_) => (*self.resting.get_or_insert(now) + STALL, Reason::Stalled),
        };
        if limit > now {
            return (Turn::Nothing, Some(limit));
        }
        self.close();
        (Turn::Down(reason), Some(now + self.wait))
    }

    /// Whether being down for `reason` has not been said since the link was last up.
    pub fn news(&mut self, reason: &Reason) -> bool {
        self.told.replace(reason.clone()).as_ref() != Some(reason)
    }

    /// Dials at the next tick: the peer has shown that it is there.
    pub fn hurry(&mut self) {
        if let State::Waiting(_) = self.state {
            self.wait = Duration::ZERO;
            self.state = State::Waiting(None);
        }
    }

    /// Forgets the connection and what is queued on it, and waits before dialling again.
    pub fn close(&mut self) {
        self.frames_dropped += last_frame(&self.out, self.out.len()).0;
        let (whole, _) = last_frame(&self.out, self.sent);
        self.frames_dropped -= whole;
        self.frames_sent += whole;
        self.out.clear();
        self.out.shrink_to(QUEUE);
        (self.sent, self.blocked, self.resting) = (0, false, None);
        self.wait = (self.wait * 2).clamp(FIRST_WAIT, LAST_WAIT);
        // Closing the socket also takes it out of the poll.
        self.state = State::Waiting(None);
    }

    fn dial(&mut self, registry: &Registry) -> Result<(), Reason> {
        let dial = || {
            let mut stream = TcpStream::connect(self.address)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            registry.register(&mut stream, self.token, interest)?;
            Ok(stream)
        };
        let stream = dial().map_err(|error: io::Error| Reason::Io(error.to_string()))?;
        self.state = State::Connecting(stream, None);
        Ok(())
    }

    /// Says hello once the connection stands.
    fn greet(&mut self) -> Result<(), Reason> {
        let State::Connecting(stream, since) = &mut self.state else {
            return Ok(());
        };
        let io = |error: io::Error| Reason::Io(error.to_string());
        if let Some(error) = stream.take_error().map_err(io)? {
            return Err(io(error));
        }
        if stream.peer_addr().is_err() {
            return Ok(());
        }
        tune(stream).map_err(io)?;
        // A new socket's buffer has room for 32 bytes, or something is badly wrong.
        if stream.write(&self.hello.encode()).map_err(io)? != HELLO {
            return Err(Reason::Closed);
        }
        let since = *since;
        let state = std::mem::replace(&mut self.state, State::Waiting(None));
        if let State::Connecting(stream, _) = state {
            self.state = State::Greeting(stream, since, Vec::with_capacity(HELLO));
        }
        Ok(())
    }

    /// Reads the welcome; anything after it, the end included, ends the connection.
    fn read(&mut self) -> Result<Turn, Reason> {
        let mut turn = Turn::Nothing;
        let mut bytes = [0; HELLO];
        loop {
            let (stream, wanted) = match &mut self.state {
                State::Waiting(_) => return Ok(turn),
                State::Connecting(stream, _) | State::Up(stream) => (stream, 1),
                State::Greeting(stream, _, welcome) => (stream, HELLO - welcome.len()),
            };
            let count = match stream.read(&mut bytes[..wanted]) {
                Ok(0) => return Err(Reason::Closed),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(turn),
                // A socket that is not yet connected says so; its writable event is to come.
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(turn),
                Err(error) => return Err(Reason::Io(error.to_string())),
            };
            let State::Greeting(_, _, welcome) = &mut self.state else {
                return Err(Reason::Unexpected);
            };
            welcome.extend_from_slice(&bytes[..count]);
            if let Some(welcome) = welcome.first_chunk() {
                let welcome = Hello::decode(welcome)?;
                self.check(welcome)?;
                let state = std::mem::replace(&mut self.state, State::Waiting(None));
                if let State::Greeting(stream, ..) = state {
                    self.state = State::Up(stream);
                }
                self.wait = Duration::ZERO;
                self.told = None;
                turn = Turn::Up;
                self.flush()?;
            }
        }
    }

    fn check(&self, welcome: Hello) -> Result<(), Reason> {
        if welcome.cluster != self.hello.cluster {
            return Err(Reason::Cluster(welcome.cluster));
        }
        if welcome.from != self.peer {
            return Err(Reason::From(welcome.from));
        }
        if welcome.to != self.hello.from {
            return Err(Reason::To(welcome.to));
        }
        Ok(())
    }
}
