//! TCP and TLS as ureq takes them, with buffers that are wiped.
//!
//! ureq's own transports free what was sent with the password still in it.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hub_auth_core::TransportErrorKind;
use hub_auth_host::TlsFault;
use hub_auth_host::rustls::pki_types::ServerName;
use hub_auth_host::rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::config::Config;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, ShutdownHandle, Transport, TransportAdapter,
};
use ureq::{Error, Timeout};
use zeroize::Zeroize;

use crate::error::NotSent;
use crate::stop::Stopped;

/// A socket.
pub(crate) struct Tcp {
    socket: Arc<TcpStream>,
    buffers: Wiped,
    /// When the connection has to be open, tunnel and TLS included.
    open_by: Instant,
}

impl Tcp {
    pub(crate) fn new(socket: TcpStream, details: &ConnectionDetails, open_by: Instant) -> Result<Tcp, NotSent> {
        let socket = Arc::new(socket);
        let handle: Arc<dyn ShutdownHandle> = Arc::clone(&socket) as _;
        (details.register_shutdown)(Arc::downgrade(&handle))
            .map_err(|_| NotSent::new(TransportErrorKind::Closed, Stopped))?;
        Ok(Tcp { socket, buffers: Wiped::new(details.config), open_by })
    }

    fn deadline(&self, timeout: NextTimeout) -> Option<Instant> {
        let deadline = Instant::now().checked_add(*timeout.after);
        if timeout.reason == Timeout::Connect {
            Some(deadline.unwrap_or(self.open_by).min(self.open_by))
        } else {
            deadline
        }
    }
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let deadline = self.deadline(timeout);
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        let mut sent = Ok(());
        while !rest.is_empty() && sent.is_ok() {
            match until(&self.socket, deadline, TcpStream::set_write_timeout, |mut socket| socket.write(rest)) {
                Ok(amount) => rest = rest.get(amount..).unwrap_or_default(),
                Err(error) => sent = Err(failed(error, timeout)),
            }
        }
        self.buffers.wipe_output(amount);
        sent
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let deadline = self.deadline(timeout);
        let input = self.buffers.input_append_buf();
        let amount = until(&self.socket, deadline, TcpStream::set_read_timeout, |mut socket| socket.read(input))
            .map_err(|error| failed(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Tells whether the peer has neither closed nor spoken unasked.
    fn is_open(&mut self) -> bool {
        let peeked = self.socket.set_nonblocking(true).and_then(|()| self.socket.peek(&mut [0]));
        self.socket.set_nonblocking(false).is_ok() && peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// TLS over another transport, agreed on before a request can be written.
pub(crate) struct Tls {
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    buffers: Wiped,
}

impl Tls {
    /// Completes the handshake with the host of `details` by the deadline.
    pub(crate) fn agree(
        config: &Arc<ClientConfig>,
        details: &ConnectionDetails,
        below: Box<dyn Transport>,
        deadline: Instant,
    ) -> Result<Tls, Error> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Error::Other(error.into()))?;
        let conn = ClientConnection::new(Arc::clone(config), name).map_err(|error| Error::Other(error.into()))?;
        let mut sock = TransportAdapter::new(below, Arc::clone(&details.current_time));
        let left = deadline.saturating_duration_since(Instant::now());
        sock.set_timeout(NextTimeout { after: left.into(), ..details.timeout });
        let mut tls = Tls { stream: StreamOwned::new(conn, sock), buffers: Wiped::new(details.config) };
        while tls.stream.conn.is_handshaking() {
            let done = tls.stream.conn.complete_io(&mut tls.stream.sock);
            done.map_err(|error| tls.why(error))?;
        }
        tls.stream.flush().map_err(|error| tls.why(error))?;
        Ok(tls)
    }

    /// Returns the error to report. A peer that closed while we wrote has perhaps said why: that it refuses our certificate.
    fn why(&mut self, error: io::Error) -> Error {
        let error = not_io(error);
        let StreamOwned { conn, sock } = &mut self.stream;
        // With an error of its own at hand, rustls has read all it needs, and the peer may say nothing more.
        let is_closed = matches!(&error, Error::Other(source) if TlsFault::find(&**source).is_none());
        if !is_closed || conn.read_tls(sock).is_err() {
            return error;
        }
        conn.process_new_packets().err().map_or(error, |why| Error::Other(why.into()))
    }
}

impl Transport for Tls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        // rustls keeps an error of writing to itself until the next one, of which there may be none.
        let sent = self.stream.write_all(output).and_then(|()| self.stream.flush());
        self.buffers.wipe_output(amount);
        sent.map_err(|error| self.why(error))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf()).map_err(not_io)?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// ureq's buffers, wiped: of what was sent as soon as it is, of what was read when all of it was taken.
#[derive(Debug)]
struct Wiped {
    buffers: LazyBuffers,
    /// The bytes written into the input buffer since it was last wiped.
    read: usize,
}

impl Wiped {
    fn new(config: &Config) -> Wiped {
        Wiped { buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()), read: 0 }
    }

    fn wipe_output(&mut self, amount: usize) {
        self.buffers.output().get_mut(..amount).unwrap_or_default().zeroize();
    }
}

impl Buffers for Wiped {
    fn output(&mut self) -> &mut [u8] {
        self.buffers.output()
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.read += amount;
        self.buffers.input_appended(amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
        if self.read > 0 && self.buffers.input().is_empty() {
            // With nothing left in it, all of it is room to append to.
            let room = self.buffers.input_append_buf();
            let read = self.read.min(room.len());
            room.get_mut(..read).unwrap_or_default().zeroize();
            self.read = 0;
        }
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.buffers.tmp_and_output()
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        let left = self.buffers.input().len();
        self.input_consume(left);
        // Of a request that was never transmitted.
        self.buffers.output().zeroize();
    }
}

/// Does one read or write by the deadline, after which the error is [`ErrorKind::TimedOut`]. One that a signal interrupted
/// is repeated.
fn until(
    socket: &TcpStream,
    deadline: Option<Instant>,
    set_timeout: fn(&TcpStream, Option<Duration>) -> io::Result<()>,
    mut work: impl FnMut(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(ErrorKind::TimedOut.into());
        }
        match set_timeout(socket, left) {
            // macOS says so of a socket that the peer has closed, which may still have an answer to read.
            Err(error) if cfg!(target_os = "macos") && error.kind() == ErrorKind::InvalidInput => {}
            set => set?,
        }
        match work(socket) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            done => return done,
        }
    }
}

fn failed(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => not_io(error),
    }
}

/// Never [`Error::Io`], of which ureq takes some for the end of a body without a length: a cut answer would look whole.
fn not_io(error: io::Error) -> Error {
    match Error::from(error) {
        Error::Io(error) => Error::Other(Box::new(error)),
        error => error,
    }
}

impl fmt::Debug for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tcp({:?})", self.socket.peer_addr().ok())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.stream.sock.get_ref()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const SECRET: &[u8] = b"canary";

    fn pair() -> (Tcp, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = Arc::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        let buffers = Wiped::new(&Config::builder().build());
        (Tcp { socket, buffers, open_by: Instant::now() }, listener.accept().unwrap().0)
    }

    fn is_clean(tcp: &mut Tcp) -> bool {
        let clean = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let buffers = &mut tcp.buffers;
        buffers.input().is_empty() && clean(buffers.output()) && clean(buffers.input_append_buf())
    }

    #[test]
    fn sent_bytes_are_wiped_also_if_sending_failed() {
        let (mut tcp, mut peer) = pair();
        let late = NextTimeout { reason: Timeout::Connect, ..NextTimeout::default() };
        for (timeout, is_sent) in [(NextTimeout::default(), true), (late, false)] {
            tcp.buffers().output()[..SECRET.len()].copy_from_slice(SECRET);
            assert_eq!(tcp.transmit_output(SECRET.len(), timeout).is_ok(), is_sent);
            assert!(is_clean(&mut tcp));
        }
        let mut got = [0; SECRET.len()];
        peer.read_exact(&mut got).unwrap();
        assert_eq!(got, SECRET);
    }

    #[test]
    fn read_bytes_are_wiped_once_they_were_taken() {
        let (mut tcp, mut peer) = pair();
        for _ in 0..3 {
            peer.write_all(SECRET).unwrap();
            let mut taken = 0;
            while taken < SECRET.len() {
                assert!(tcp.await_input(NextTimeout::default()).unwrap());
                let more = tcp.buffers().input().len();
                assert!(!is_clean(&mut tcp));
                tcp.buffers().input_consume(more);
                taken += more;
            }
            assert!(is_clean(&mut tcp));
        }
    }
}
