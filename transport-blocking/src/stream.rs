//! Bytes to and from a peer, under one deadline: a socket, or TLS over another such stream.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::tls::Tls;

/// A connection, however many layers it has.
pub(crate) enum Stream {
    Tcp(Tcp),
    Tls(Box<Tls>),
}

/// A socket. Whatever blocks on it ends at the deadline, with [`ErrorKind::TimedOut`].
pub(crate) struct Tcp {
    /// Shared with what interrupts it.
    socket: Arc<TcpStream>,
    /// `None` is never.
    deadline: Option<Instant>,
    /// What is not there at once is not waited for.
    hurried: bool,
}

impl Stream {
    pub(crate) fn tcp(socket: Arc<TcpStream>) -> Stream {
        Stream::Tcp(Tcp { socket, deadline: None, hurried: false })
    }

    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.socket().deadline = deadline;
    }

    /// Open, and silent at every layer: nothing decrypted, nothing undecrypted, nothing on the socket.
    pub(crate) fn is_idle(&mut self) -> bool {
        match self {
            Stream::Tcp(tcp) => tcp.is_idle(),
            Stream::Tls(tls) => tls.is_idle(),
        }
    }

    /// Does `work` without waiting for the peer: what would block is [`ErrorKind::WouldBlock`].
    pub(crate) fn hurry<T>(&mut self, work: impl FnOnce(&mut Stream) -> io::Result<T>) -> io::Result<T> {
        self.socket().hurry(true)?;
        let done = work(self);
        self.socket().hurry(false)?;
        done
    }

    fn socket(&mut self) -> &mut Tcp {
        match self {
            Stream::Tcp(tcp) => tcp,
            Stream::Tls(tls) => tls.below().socket(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.blocking(TcpStream::set_read_timeout, |mut socket| socket.read(into)),
            Stream::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.blocking(TcpStream::set_write_timeout, |mut socket| socket.write(from)),
            Stream::Tls(tls) => tls.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Tcp(_) => Ok(()),
            Stream::Tls(tls) => tls.flush(),
        }
    }
}

impl Tcp {
    fn blocking(
        &self,
        set_timeout: impl Fn(&TcpStream, Option<Duration>) -> io::Result<()>,
        mut work: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            if let (Some(deadline), false) = (self.deadline, self.hurried) {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(ErrorKind::TimedOut.into());
                }
                match set_timeout(&self.socket, Some(left)) {
                    // macOS says so of a socket that the peer has closed, which may still have an answer to read.
                    Err(error) if cfg!(target_os = "macos") && error.kind() == ErrorKind::InvalidInput => {}
                    set => set?,
                }
            }
            match work(&self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.hurried => {
                    return Err(ErrorKind::TimedOut.into());
                }
                done => return done,
            }
        }
    }

    fn is_idle(&mut self) -> bool {
        let peeked = self.hurry(true).and_then(|()| self.socket.peek(&mut [0]));
        self.hurry(false).is_ok() && peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    fn hurry(&mut self, hurried: bool) -> io::Result<()> {
        self.socket.set_nonblocking(hurried)?;
        self.hurried = hurried;
        Ok(())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stream::Tcp(tcp) => write!(f, "Tcp({:?})", tcp.socket.peer_addr().ok()),
            Stream::Tls(tls) => tls.fmt(f),
        }
    }
}
