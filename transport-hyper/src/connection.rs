//! One HTTP/1.1 connection: hyper's handle to it, and the task that drives it.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The longest head of an answer, in bytes, and its most headers. The Hub's have about 1 KiB and 20.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;
/// How long a connection has after an answer to be ready again; it takes microseconds unless the peer left our request
/// unread.
const SETTLE: Duration = Duration::from_millis(100);

/// An open connection. Dropping it closes it.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// What ended the driving task, if it was an error.
    ended: oneshot::Receiver<hyper::Error>,
    /// Where that task runs. On another runtime nobody promises that it is driven.
    runtime: runtime::Id,
}

/// No answer came.
pub(crate) struct Error {
    pub(crate) cause: hyper::Error,
    /// The request, if no byte of it was written.
    pub(crate) unsent: Option<Request<Full<Bytes>>>,
}

impl Connection {
    /// Talks HTTP/1.1 on this stream.
    pub(crate) async fn start<S>(stream: S) -> hyper::Result<Connection>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = Builder::new();
        builder.max_buf_size(MAX_HEAD).max_headers(MAX_HEADERS);
        let (sender, driver) = builder.handshake(TokioIo::new(stream)).await?;
        let (end, ended) = oneshot::channel();
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                // Nobody listens any more if the connection was dropped.
                let _ = end.send(error);
            }
        });
        Ok(Connection { sender, ended, runtime: Handle::current().id() })
    }

    /// Sends a request, and waits for the head of its answer.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(response),
            Err(mut error) => {
                let unsent = error.take_message();
                let mut cause = error.into_error();
                if cause.is_canceled() || cause.is_closed() {
                    // The driver is at its end, and knows why.
                    cause = (&mut self.ended).await.unwrap_or(cause);
                }
                Err(Error { cause, unsent })
            }
        }
    }

    /// Whether another request may follow, after an answer that was read to its end: neither side said `close`.
    pub(crate) async fn is_reusable(&mut self) -> bool {
        matches!(timeout(SETTLE, self.sender.ready()).await, Ok(Ok(())))
    }

    /// Whether it can be used here and now, as far as one can tell.
    pub(crate) fn is_ready(&self) -> bool {
        self.runtime == Handle::current().id() && self.sender.is_ready()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::error::Error as _;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::ReadBuf;

    use super::*;

    /// A stream whose end is seen at the second look only, as that of a connection which closes while a request is
    /// handed to it.
    pub(crate) struct EndsUnseen {
        looked_at: bool,
        end: Option<io::Error>,
    }

    impl EndsUnseen {
        pub(crate) fn orderly() -> EndsUnseen {
            EndsUnseen { looked_at: false, end: None }
        }
    }

    impl AsyncRead for EndsUnseen {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if !std::mem::replace(&mut self.looked_at, true) {
                return Poll::Pending;
            }
            Poll::Ready(self.end.take().map_or(Ok(()), Err))
        }
    }

    impl AsyncWrite for EndsUnseen {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            panic!("written to a closed connection")
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn the_cause_is_what_ended_the_connection() {
        // Before the request is handed over, or while it is.
        for looked_at in [true, false] {
            let end = Some(io::Error::other("the peer does not like us"));
            let mut connection = Connection::start(EndsUnseen { looked_at, end }).await.unwrap();
            assert_eq!(connection.is_reusable().await, !looked_at);
            let sent = connection.send(Request::new(Full::default())).await;
            let Err(Error { cause, unsent }) = sent else { panic!("an answer") };
            assert!(unsent.is_some());
            let chain = std::iter::successors(cause.source(), |&error| error.source());
            assert_eq!(chain.last().unwrap().to_string(), "the peer does not like us");
        }
    }
}
