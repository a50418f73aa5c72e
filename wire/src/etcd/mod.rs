//! etcd's v3 API: from protobuf messages to commands and queries, and from replies to messages.
//!
//! Requests are refused here as etcd refuses them, with the code and the text that its clients look
//! for; what comes out has passed the machine's own check and can be proposed. Keys and values are
//! handed on as slices of what was received, never copied.
//!
//! A gateway does three things for a request: [`put`] and its like turn it into a command, the
//! replicated machine turns that into a reply, and [`Header::put`] and its like turn that into the
//! response, or into an [`Error`] which becomes a `tonic::Status`.

mod error;
mod request;
mod response;

pub use error::Error;
pub use request::{Request, compaction, delete_range, put, range, txn};
pub use response::Header;

/// Messages and services of package `etcdserverpb`, generated: requests, responses, servers,
/// clients.
#[allow(missing_docs, clippy::all)]
pub mod etcdserverpb {
    tonic::include_proto!("etcdserverpb");
}

/// Messages of package `mvccpb`, generated.
#[allow(missing_docs, clippy::all)]
pub mod mvccpb {
    tonic::include_proto!("mvccpb");
}

/// A request that goes through the log may have this many bytes: 1.5 MiB, as etcd's default. It is
/// one entry of the log, and so is written and sent in one piece: at a gigabit it holds up all
/// others for
/// 1.5 · 8 / 1000 s = 13 ms, a tenth of the shortest election timeout in use.
pub const MAX_REQUEST_BYTES: usize = 3 * 1024 * 1024 / 2;

/// A message may have this many bytes beyond those of the request in it, as in etcd: enough for a
/// request that is too large by a little to be refused in words and not by a broken stream.
pub const MESSAGE_OVERHEAD_BYTES: usize = 512 * 1024;

/// The largest message to receive, in bytes: 2 MiB. To be given to the server that decodes them.
pub const MAX_MESSAGE_BYTES: usize = MAX_REQUEST_BYTES + MESSAGE_OVERHEAD_BYTES;
