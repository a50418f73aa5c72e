//! One connection that another dialled: this node receives on it, and sends but the welcome.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use model::NodeId;

use super::format::{HELLO, Hello, Reason, may_be_hello, take_frames};
use super::{KEPT, MAX_FRAME, READ_BUDGET};

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything there was.
    Drained,
    /// More is there, but others shall have their turn.
    More,
    /// A complete hello, not yet answered; reading stopped behind it.
    Hello(Hello),
}

#[derive(Debug)]
pub(super) struct Accepted {
    pub stream: TcpStream,
    pub address: SocketAddr,
    /// Who it is, once the hello was good.
    pub peer: Option<NodeId>,
    /// When the hello must be complete; `None` until a tick says what time it is.
    pub deadline: Option<Instant>,
    /// Which connection it is in the order of their coming.
    pub age: u64,
    /// The beginning of a frame whose rest has not arrived. It grows with what arrives, not
    /// with what a header claims.
    stash: Vec<u8>,
    pub frames: u64,
}

impl Accepted {
    pub fn new(stream: TcpStream, address: SocketAddr, age: u64) -> Accepted {
        Accepted { stream, address, peer: None, deadline: None, age, stash: Vec::new(), frames: 0 }
    }

    /// Reads what has arrived, through `chunk`, and gives whole frames to `deliver`.
    pub fn read(
        &mut self,
        chunk: &mut [u8],
        deliver: &mut impl FnMut(NodeId, &[u8]),
    ) -> Result<Progress, Reason> {
        let mut budget = READ_BUDGET;
        while budget > 0 {
            let wanted = if self.peer.is_some() { chunk.len() } else { HELLO - self.stash.len() };
            let count = match self.stream.read(&mut chunk[..wanted]) {
                Ok(0) => return Err(Reason::Closed),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Progress::Drained);
                }
                Err(error) => return Err(Reason::Io(error.to_string())),
            };
            budget = budget.saturating_sub(count);
            match self.peer {
                Some(peer) => self.take(&chunk[..count], |payload| deliver(peer, payload))?,
                None => {
                    self.stash.extend_from_slice(&chunk[..count]);
                    if !may_be_hello(&self.stash) {
                        return Err(Reason::NotAPeer);
                    }
                    if let Some(hello) = self.stash.first_chunk() {
                        return Ok(Progress::Hello(Hello::decode(hello)?));
                    }
                }
            }
        }
        Ok(Progress::More)
    }

    /// Answers a good hello; what follows are frames.
    pub fn welcome(&mut self, peer: NodeId, welcome: Hello) -> Result<(), Reason> {
        self.stash.clear();
        self.peer = Some(peer);
        match self.stream.write(&welcome.encode()) {
            Ok(HELLO) => Ok(()),
            // A new socket's buffer has room for 32 bytes, or something is badly wrong.
            Ok(_) => Err(Reason::Closed),
            Err(error) => Err(Reason::Io(error.to_string())),
        }
    }

    /// Takes newly arrived bytes. Frames that lie whole in them are never copied.
    fn take(&mut self, bytes: &[u8], deliver: impl FnMut(&[u8])) -> Result<(), Reason> {
        if self.stash.is_empty() {
            let (frames, used) = take_frames(bytes, MAX_FRAME, deliver)?;
            self.frames += frames;
            self.stash.extend_from_slice(&bytes[used..]);
            return Ok(());
        }
        self.stash.extend_from_slice(bytes);
        let (frames, used) = take_frames(&self.stash, MAX_FRAME, deliver)?;
        self.frames += frames;
        self.stash.drain(..used);
        if self.stash.len() <= KEPT {
            self.stash.shrink_to(KEPT);
        }
        Ok(())
    }
}
