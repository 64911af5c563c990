//! A TCP connection that can be looked at without the runtime's help.

use std::io::{self, ErrorKind, IoSlice, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A runtime that stood still, while a person typed on its only thread, does not know yet what has come meanwhile; not
/// even that the other side has closed. In doubt a socket is asked itself, until it has no more, or so many times: nothing
/// else would end it where the other side does not fall silent.
#[derive(Clone, Default)]
pub(crate) struct Doubt(Arc<AtomicU8>);

/// Of 256 bytes each: more than some tickets of TLS, and the end behind them.
const LOOKS: u8 = 64;

impl Doubt {
    pub(crate) fn raise(&self) {
        self.0.store(LOOKS, Ordering::Relaxed);
    }

    /// Whether to look, and one time less.
    fn looks(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    fn dispel(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

pub(crate) struct Socket {
    tcp: TcpStream,
    doubt: Doubt,
}

impl Socket {
    pub(crate) fn new(tcp: TcpStream, doubt: Doubt) -> Socket {
        Socket { tcp, doubt }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.tcp).poll_read(cx, into);
        if polled.is_ready() || !self.doubt.looks() {
            return polled;
        }
        // Little is expected, and all that is given to it would have to be zeroed first.
        let mut some = [0; 256];
        let room = some.len().min(into.remaining());
        match (&*SockRef::from(&self.tcp)).read(some.get_mut(..room).unwrap_or_default()) {
            Ok(read) => into.put_slice(some.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.doubt.dispel();
                return Poll::Pending;
            }
            Err(error) => return Poll::Ready(Err(error)),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn doubt_is_over_where_the_other_side_goes_on() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let doubt = Doubt::default();
        let mut socket = Socket::new(tcp, doubt.clone());
        // The runtime does not know of it: from here on it has no turn.
        peer.write_all(&vec![b'x'; 64 * 1024]).unwrap();
        doubt.raise();
        let read = poll_fn(|context| {
            let mut all = 0;
            loop {
                let mut some = [0; 1024];
                let mut some = ReadBuf::new(&mut some);
                match Pin::new(&mut socket).poll_read(context, &mut some) {
                    Poll::Ready(read) => read.unwrap(),
                    Poll::Pending => return Poll::Ready(all),
                }
                all += some.filled().len();
            }
        });
        assert_eq!(read.await, 64 * 256);
    }
}
