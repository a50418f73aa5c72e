//! Why a node did not start, or stopped; and what it tells whoever watches it.

use std::net::SocketAddr;
use std::{error, fmt, io};

use model::NodeId;

use crate::log::{LogError, Opened};
use crate::peers::{Note, PeersError};

/// Why a node did not start, or stopped.
#[derive(Debug)]
pub enum Error {
    /// The log could not be opened or written.
    Log(LogError),
    /// The peers' port could not be had.
    Peers(PeersError),
    /// The clients' port could not be had.
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's own word.
        source: io::Error,
    },
    /// The configuration names this node and its peers in a way that cannot be.
    Config(String),
    /// The system refused a thread, a poll or a runtime.
    Poll(io::Error),
    /// The drive loop ended by a broken invariant; its message was printed.
    Broken,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Log(error) => write!(f, "{error}"),
            Error::Peers(error) => write!(f, "{error}"),
            Error::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "the client port {address} is in use: stop the program that listens there, or \
                     choose another port"
                )
            }
            Error::Listen { address, source } => {
                write!(f, "cannot listen for clients on {address}: {source}")
            }
            Error::Config(why) => f.write_str(why),
            Error::Poll(error) => write!(f, "the system refused a thread or a poll: {error}"),
            Error::Broken => f.write_str(
                "the node broke an invariant of its own and stopped; its log is as the last sync \
                 left it",
            ),
        }
    }
}

impl error::Error for Error {}

/// What a node tells whoever watches it.
#[derive(Clone, Debug)]
pub enum News {
    /// The log was read.
    Recovered(Opened),
    /// Both ports are open.
    Listening {
        /// For clients.
        clients: SocketAddr,
        /// For peers.
        peers: SocketAddr,
    },
    /// Who leads now, as far as this node knows.
    Leader {
        /// The term.
        term: u64,
        /// The leader, if one is known.
        leader: Option<NodeId>,
    },
    /// Something about a connection with a peer.
    Peers(Note),
    /// A frame of this peer was whole but holds no message of ours: it runs another version.
    Unreadable(NodeId),
}
