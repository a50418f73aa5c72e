//! What clients are told when a request was not carried out.

use std::fmt::{self, Display};

use machine::etcd::Error as Refusal;
use tonic::{Code, Status};

/// Why a request was not carried out.
///
/// Code and text are those of etcd, and are a contract: clients tell errors apart by the exact
/// text, retry reads on any `Unavailable`, and take it that a write may have happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The store refused it, alike on every node; it has changed nothing.
    Refused(Refusal),
    /// An unknown sort order or target.
    InvalidSortOption,
    /// An unknown relation or target of a comparison. etcd takes the first for *holds*, and the
    /// second for *equal*; a client that means something this server does not know is better told.
    InvalidCompare,
    /// The request is larger than [`MAX_REQUEST_BYTES`](super::MAX_REQUEST_BYTES).
    RequestTooLarge,
    /// Too many requests wait to be carried out. This one was not taken, so it may be sent again.
    TooManyRequests,
    /// The store may not grow any more.
    NoSpace,
    /// There is no leader.
    NoLeader,
    /// This node is not the leader, and only the leader can do it.
    NotLeader,
    /// The leader changed while the request was under way: it may or may not be carried out.
    LeaderChanged,
    /// The server is stopping; the request may or may not be carried out.
    Stopped,
    /// The request took too long, and may or may not be carried out.
    TimedOut,
    /// As `TimedOut`, and the leader was lost meanwhile.
    TimedOutLeaderFailed,
    /// As `TimedOut`, and the connection to most other nodes was lost meanwhile.
    TimedOutConnectionLost,
    /// This node took too long to catch up with what the leader has committed.
    TimedOutCatchingUp,
    /// Too few nodes are reachable.
    Unhealthy,
    /// Nodes differ in what must be the same.
    Corrupt,
    /// A node that does not vote does not serve this.
    NotSupportedForLearner,
    /// The request has to do with a reply of another kind: a fault of this server.
    UnexpectedReply,
}

impl Error {
    /// The gRPC code that clients decide by.
    pub fn code(self) -> Code {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::LeaseNotFound => Code::NotFound,
                Refusal::Compacted | Refusal::FutureRevision => Code::OutOfRange,
                Refusal::EmptyKey
                | Refusal::KeyNotFound
                | Refusal::ValueProvided
                | Refusal::LeaseProvided
                | Refusal::TooManyOperations
                | Refusal::DuplicateKey
                | Refusal::WriteInQuery => Code::InvalidArgument,
            },
            Self::InvalidSortOption | Self::InvalidCompare | Self::RequestTooLarge => {
                Code::InvalidArgument
            }
            Self::TooManyRequests | Self::NoSpace => Code::ResourceExhausted,
            Self::NotLeader | Self::NotSupportedForLearner => Code::FailedPrecondition,
            Self::NoLeader
            | Self::LeaderChanged
            | Self::Stopped
            | Self::TimedOut
            | Self::TimedOutLeaderFailed
            | Self::TimedOutConnectionLost
            | Self::TimedOutCatchingUp
            | Self::Unhealthy => Code::Unavailable,
            Self::Corrupt => Code::DataLoss,
            Self::UnexpectedReply => Code::Internal,
        }
    }
}

impl std::error::Error for Error {}

/// The text that clients compare.
impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("etcdserver: ")?;
        f.write_str(match self {
            Self::Refused(refusal) => return refusal.fmt(f),
            Self::InvalidSortOption => "invalid sort option",
            Self::InvalidCompare => "invalid comparison in txn request",
            Self::RequestTooLarge => "request is too large",
            Self::TooManyRequests => "too many requests",
            Self::NoSpace => "mvcc: database space exceeded",
            Self::NoLeader => "no leader",
            Self::NotLeader => "not leader",
            Self::LeaderChanged => "leader changed",
            Self::Stopped => "server stopped",
            Self::TimedOut => "request timed out",
            Self::TimedOutLeaderFailed => {
                "request timed out, possibly due to previous leader failure"
            }
            Self::TimedOutConnectionLost => "request timed out, possibly due to connection lost",
            Self::TimedOutCatchingUp => {
                "request timed out, waiting for the applied index took too long"
            }
            Self::Unhealthy => "unhealthy cluster",
            Self::Corrupt => "corrupt cluster",
            Self::NotSupportedForLearner => "rpc not supported for learner",
            Self::UnexpectedReply => "unexpected reply",
        })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
