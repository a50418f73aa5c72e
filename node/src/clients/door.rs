//! The door through which clients come in: it keeps files back for the log and the peers, which end
//! the node or cut it off when they get none.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// Files that are kept back from clients: 32 for strangers at the peers' port and 16 for eight
/// peers, 8 for the log, 8 for polls and the standard streams, and half as many again to spare.
const KEPT: u64 = 96;

/// How long to wait when the system has no file or memory left for a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The clients that come, one connection each. When the process may open hardly more files,
/// connections are closed as they come until others have ended.
pub fn visitors(listener: TcpListener) -> impl Stream<Item = io::Result<Visitor>> {
    let open = Arc::new(AtomicU64::new(0));
    TcpListenerStream::new(listener)
        .then(move |accepted| admit(accepted, open.clone()))
        .filter_map(|visitor| visitor.map(Ok))
}

/// One connection that could not be accepted is no reason to stop accepting.
async fn admit(accepted: io::Result<TcpStream>, open: Arc<AtomicU64>) -> Option<Visitor> {
    let stream = match accepted {
        Ok(stream) => stream,
        Err(error) => {
            if !matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) {
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
            return None;
        }
    };
    let before = open.fetch_add(1, Ordering::Relaxed);
    let visitor = Visitor { stream, open };
    // The limit can be changed while the process runs.
    let most = getrlimit(Resource::Nofile).current.map(|files| files.saturating_sub(KEPT));
    if most.is_some_and(|most| before >= most) {
        return None;
    }
    // Replies are small and each of them is waited for.
    visitor.stream.set_nodelay(true).ok()?;
    Some(visitor)
}

/// A client's connection, counted as long as it is open.
#[derive(Debug)]
pub struct Visitor {
    stream: TcpStream,
    open: Arc<AtomicU64>,
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connected for Visitor {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Visitor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
