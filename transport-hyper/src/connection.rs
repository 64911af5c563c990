//! One HTTP/1.1 connection, driven by whoever uses it: there is no task behind it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hub_auth_core::Delivery;
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{self, Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::runtime::{self, Handle};
use tokio::task::unconstrained;

use crate::socket::Doubt;
use crate::stream::Stream;

/// The longest head of an answer, in bytes; the Hub's have about 1 KiB. Of headers hyper takes 100, and at a smaller cost
/// where it is not told so.
const MAX_HEAD: usize = 32 * 1024;

/// An open connection. Dropping it closes it.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    doubt: Doubt,
    /// Whose reactor its socket is registered with. Nobody promises that another one's is driven.
    runtime: runtime::Id,
}

/// No answer came.
pub(crate) struct Error {
    pub(crate) sent: Delivery,
    pub(crate) cause: hyper::Error,
}

impl Connection {
    /// Talks HTTP/1.1 on this stream.
    pub(crate) async fn start(stream: Stream) -> hyper::Result<Connection> {
        let doubt = stream.doubt();
        let mut builder = Builder::new();
        builder.max_buf_size(MAX_HEAD);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let driver = Driver { connection: Some(Box::new(connection)), error: None };
        Ok(Connection { sender, driver, doubt, runtime: Handle::current().id() })
    }

    /// Sends a request, and waits for the head of its answer. A request of which no byte was written is put back.
    pub(crate) async fn send(&mut self, request: &mut Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let answer = pin!(self.sender.try_send_request(std::mem::take(request)));
        self.driver.drive(answer).await.map_err(|mut error| {
            let unsent = error.take_message();
            let sent = if unsent.is_some() { Delivery::NotSent } else { Delivery::MaybeSent };
            *request = unsent.unwrap_or_default();
            // What ended the connection says more than that it has ended.
            Error { sent, cause: self.driver.error.take().unwrap_or_else(|| error.into_error()) }
        })
    }

    /// The next piece of the body of that answer.
    pub(crate) async fn next(&mut self, body: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
        let mut frame = pin!(body.frame());
        // It mostly came with the head.
        let here = frame.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(frame) = here { frame } else { self.driver.drive(frame).await }
    }

    /// Whether another request may follow, after an answer that was read to its end: neither side said `close`, and
    /// nothing of the request is left unwritten.
    pub(crate) fn is_reusable(&mut self) -> bool {
        self.is_ready() || self.look()
    }

    /// Whether it can be used here and now, as far as one can tell, after it was idle.
    pub(crate) fn is_usable(&mut self) -> bool {
        self.doubt.raise();
        self.runtime == Handle::current().id() && self.look()
    }

    /// Looks at what came since it was last driven. Nobody is to be woken by it: else who sends the next request would wake
    /// himself, and drive it once for nothing.
    fn look(&mut self) -> bool {
        self.driver.advance(&mut Context::from_waker(Waker::noop()));
        self.is_ready()
    }

    fn is_ready(&self) -> bool {
        self.driver.connection.is_some() && self.sender.is_ready()
    }
}

/// What reads and writes for the connection.
struct Driver {
    /// `None` once it has ended.
    connection: Option<Box<http1::Connection<TokioIo<Stream>, Full<Bytes>>>>,
    /// What ended it.
    error: Option<hyper::Error>,
}

impl Driver {
    /// Waits for a part of an exchange, and drives the connection meanwhile.
    ///
    /// The task's own waker is used only where nothing is left but to wait: an answer that has come would wake its own reader,
    /// who then drives the next exchange once in vain.
    async fn drive<F: Future>(&mut self, part: F) -> F::Output {
        // Not made to pause for what else the task has done: who would wake it?
        let mut part = pin!(unconstrained(part));
        let mut woken = false;
        poll_fn(|context| {
            let quiet = &mut Context::from_waker(Waker::noop());
            // The first time a request goes out, and nothing can be back yet.
            if std::mem::replace(&mut woken, true) {
                self.advance(quiet);
                if let Poll::Ready(output) = part.as_mut().poll(quiet) {
                    return Poll::Ready(output);
                }
            }
            self.advance(context);
            // Quiet as well, since nothing but the connection brings it on.
            part.as_mut().poll(quiet)
        })
        .await
    }

    /// As far as it goes without waiting.
    fn advance(&mut self, context: &mut Context<'_>) {
        let Some(connection) = &mut self.connection else { return };
        if let Poll::Ready(ended) = Pin::new(connection).poll(context) {
            // Dropped at once, which hands back a request that was not begun.
            self.connection = None;
            self.error = ended.err();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::error::Error as _;
    use std::io;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake};
    use std::time::Duration;

    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
    use tokio::task::{consume_budget, yield_now};
    use tokio::time::{Instant, timeout};

    use super::*;

    /// A stream whose end is seen at the second look only, as that of a connection which closes while a request is
    /// handed to it.
    pub(crate) struct EndsUnseen {
        looked_at: bool,
        end: Option<io::Error>,
    }

    impl EndsUnseen {
        pub(crate) fn orderly() -> Stream {
            Stream::on(EndsUnseen { looked_at: false, end: None }, Doubt::default())
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

    /// A connection, and the server's end of it; each holds this many bytes that the other has not read.
    pub(crate) async fn pair(room: usize) -> (Connection, DuplexStream) {
        let (ours, theirs) = duplex(room);
        (Connection::start(Stream::on(ours, Doubt::default())).await.unwrap(), theirs)
    }

    /// Whether a connection can be used again when this is answered as soon as a request begins.
    async fn is_reusable_after(answer: &str, room: usize) -> bool {
        let (mut connection, mut server) = pair(room).await;
        let mut request = Request::post("/").body(Full::from(vec![b'x'; 1000])).unwrap();
        let answering = async {
            server.read_u8().await.unwrap();
            server.write_all(answer.as_bytes()).await.unwrap();
        };
        let (sent, ()) = tokio::join!(connection.send(&mut request), answering);
        let Ok(response) = sent else { panic!("no answer") };
        let mut body = response.into_body();
        while let Some(frame) = connection.next(&mut body).await {
            frame.unwrap();
        }
        connection.is_reusable()
    }

    #[tokio::test]
    async fn a_connection_is_used_again_where_both_sides_are_done() {
        assert!(is_reusable_after("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", 2000).await);
        assert!(is_reusable_after("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 2000).await);
        assert!(is_reusable_after("HTTP/1.1 204 No Content\r\n\r\n", 2000).await);
        // It wants to close.
        assert!(!is_reusable_after("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", 2000).await);
        assert!(!is_reusable_after("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}", 2000).await);
        // It did not read the request to its end.
        assert!(!is_reusable_after("HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\n{}", 100).await);
        // It says more than was asked.
        assert!(!is_reusable_after("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}{}", 2000).await);
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test]
    async fn who_reads_an_answer_does_not_wake_himself() {
        let (mut connection, mut server) = pair(2000).await;
        let count = Arc::new(Wakes::default());
        let waker = Waker::from(count.clone());
        let context = &mut Context::from_waker(&waker);

        let mut request = Request::post("/").body(Full::default()).unwrap();
        let mut sent = Box::pin(connection.send(&mut request));
        for part in ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 2\r\n\r\n{}"] {
            assert!(sent.as_mut().poll(context).is_pending());
            server.write_all(part.as_bytes()).await.unwrap();
        }
        let Poll::Ready(Ok(response)) = sent.as_mut().poll(context) else { panic!("no answer") };
        drop(sent);
        let mut body = response.into_body();
        assert!(pin!(connection.next(&mut body)).poll(context).is_ready());
        assert!(connection.is_reusable());
        // By what came, and no more often.
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
    }

    /// Tokio makes a task pause that has done 128 things, even before one that is there.
    #[tokio::test(start_paused = true)]
    async fn an_answer_is_seen_however_much_its_task_has_done() {
        for done in 0..128 {
            let (mut connection, mut server) = pair(2000).await;
            let mut request = Request::post("/").body(Full::default()).unwrap();
            let mut sent = Box::pin(connection.send(&mut request));
            assert!(sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            // A connection that ends does nothing more which would wake the task.
            let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            server.write_all(answer).await.unwrap();
            yield_now().await;
            for _ in 0..done {
                consume_budget().await;
            }
            let asleep = Instant::now();
            assert!(timeout(Duration::from_secs(60), sent).await.is_ok_and(|sent| sent.is_ok()));
            // This clock goes on only where nobody is woken.
            assert!(asleep.elapsed().is_zero(), "after {done}");
        }
    }

    #[tokio::test]
    async fn an_idle_connection_is_used_where_the_server_is_silent() {
        let (mut connection, server) = pair(100).await;
        assert!(connection.is_usable());
        drop(server);
        assert!(!connection.is_usable());

        let (mut connection, mut server) = pair(100).await;
        server.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.unwrap();
        assert!(!connection.is_usable());
    }

    #[tokio::test]
    async fn the_cause_is_what_ended_the_connection() {
        // Before the request is handed over, or while it is.
        for looked_at in [true, false] {
            let end = Some(io::Error::other("the peer does not like us"));
            let mut connection =
                Connection::start(Stream::on(EndsUnseen { looked_at, end }, Doubt::default())).await.unwrap();
            assert_eq!(connection.is_usable(), !looked_at);
            let mut request = Request::post("/sent-later").body(Full::default()).unwrap();
            let Err(Error { sent, cause }) = connection.send(&mut request).await else { panic!("an answer") };
            assert_eq!((sent, request.uri().path()), (Delivery::NotSent, "/sent-later"));
            let chain = std::iter::successors(cause.source(), |&error| error.source());
            assert_eq!(chain.last().unwrap().to_string(), "the peer does not like us");
        }
    }
}
