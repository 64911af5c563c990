//! What HTTP is spoken on: TCP, or TLS on any other stream.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::socket::{Doubt, Socket};

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A stream that says goodbye when it is dropped, by whomever: over TLS with a `close_notify`.
pub(crate) struct Stream {
    io: Box<dyn Io>,
    /// That of the socket at the bottom.
    doubt: Doubt,
}

impl Stream {
    pub(crate) fn tcp(tcp: TcpStream) -> Stream {
        let doubt = Doubt::default();
        Stream::on(Socket::new(tcp, doubt.clone()), doubt)
    }

    pub(crate) fn on(io: impl Io + 'static, doubt: Doubt) -> Stream {
        Stream { io: Box::new(io), doubt }
    }

    pub(crate) fn doubt(&self) -> Doubt {
        self.doubt.clone()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Once and without waiting: the few bytes have room, unless the other side has stopped reading.
        let _ = Pin::new(&mut self.io).poll_shutdown(&mut Context::from_waker(Waker::noop()));
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, pieces)
    }

    /// Where it is not, hyper copies the body, and does not wipe the copy.
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
