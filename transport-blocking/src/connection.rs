//! A connection as ureq sees it, with buffers that are wiped once they were used: ureq writes requests from them and
//! reads answers into them, and would keep or free them with the password still there.

use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};
use zeroize::Zeroize;

use crate::exchange::{INPUT, OUTPUT};
use crate::stream::Stream;

/// Wipes what was sent as soon as it is, and what was read before the connection is kept or closed.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    buffers: LazyBuffers,
    /// How many bytes from its start the input buffer may have been written to.
    read: usize,
    /// Whether the buffers were ever asked for: until then they take no memory.
    used: bool,
}

impl Connection {
    pub(crate) fn new(stream: Stream) -> Connection {
        Connection { stream, buffers: LazyBuffers::new(INPUT, OUTPUT), read: 0, used: false }
    }

    fn wipe_input(&mut self) {
        // With nothing left in it, all of it is room to append to.
        if self.read > 0 && self.buffers.input().is_empty() {
            let room = self.buffers.input_append_buf();
            let read = self.read.min(room.len());
            room.get_mut(..read).unwrap_or_default().zeroize();
            self.read = 0;
        }
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.used = true;
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.set_deadline(Instant::now().checked_add(*timeout.after));
        let output = self.buffers.output().get_mut(..amount).unwrap_or_default();
        // TLS forgives an error of writing until the next one, of which there may be none.
        let sent = self.stream.write_all(output).and_then(|()| self.stream.flush());
        output.zeroize();
        sent.map_err(|error| failed(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.set_deadline(Instant::now().checked_add(*timeout.after));
        let amount = self.stream.read(self.buffers.input_append_buf()).map_err(|error| failed(error, timeout))?;
        self.buffers.input_appended(amount);
        self.read += amount;
        Ok(amount > 0)
    }

    /// Asked before it is kept, and before it is taken up again.
    fn is_open(&mut self) -> bool {
        self.wipe_input();
        // What came behind an answer and was not read is nobody's.
        self.read == 0 && self.stream.is_idle()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }
}

/// Never [`Error::Io`]: ureq takes some errors of a socket for the end of a body without a length. They are none.
fn failed(error: std::io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Other(Box::new(error)),
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.used {
            return;
        }
        let left = self.buffers.input().len();
        self.buffers.input_consume(left);
        self.wipe_input();
        // Of a request that was never transmitted.
        self.buffers.output().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    const SECRET: &[u8] = b"canary";

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Connection::new(Stream::tcp(Arc::new(socket))), listener.accept().unwrap().0)
    }

    fn minute() -> NextTimeout {
        NextTimeout { after: std::time::Duration::from_secs(60).into(), ..NextTimeout::default() }
    }

    fn is_clean(connection: &mut Connection) -> bool {
        let clean = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let buffers = &mut connection.buffers;
        buffers.input().is_empty() && clean(buffers.output()) && clean(buffers.input_append_buf())
    }

    #[test]
    fn what_was_sent_is_wiped_even_if_sending_failed() {
        let (mut connection, mut peer) = pair();
        let no_time = NextTimeout { after: std::time::Duration::ZERO.into(), ..NextTimeout::default() };
        for (timeout, in_time) in [(minute(), true), (no_time, false)] {
            connection.buffers().output()[..SECRET.len()].copy_from_slice(SECRET);
            let sent = connection.transmit_output(SECRET.len(), timeout);
            assert!(if in_time { sent.is_ok() } else { matches!(sent, Err(Error::Timeout(_))) });
            assert!(is_clean(&mut connection));
        }
        let mut got = [0; SECRET.len()];
        peer.read_exact(&mut got).unwrap();
        assert_eq!(got, SECRET);
    }

    #[test]
    fn what_was_read_is_wiped_before_the_connection_is_kept() {
        let (mut connection, mut peer) = pair();
        for _ in 0..3 {
            peer.write_all(SECRET).unwrap();
            let mut read = 0;
            while read < SECRET.len() {
                assert!(connection.await_input(minute()).unwrap());
                let more = connection.buffers().input().len();
                connection.buffers().input_consume(more);
                read += more;
            }
            assert!(!is_clean(&mut connection));
            assert!(connection.is_open());
            assert!(is_clean(&mut connection));
        }
    }

    #[test]
    fn a_connection_that_was_closed_or_speaks_unasked_is_not_open() {
        let (mut connection, mut peer) = pair();
        assert!(connection.is_open());
        peer.write_all(b"!").unwrap();
        assert!(eventually(|| !connection.is_open()));
        let (mut connection, peer) = pair();
        drop(peer);
        assert!(eventually(|| !connection.is_open()));
    }

    #[test]
    fn a_connection_with_something_unread_is_not_open() {
        let (mut connection, mut peer) = pair();
        peer.write_all(SECRET).unwrap();
        while connection.buffers().input().len() < SECRET.len() {
            connection.await_input(minute()).unwrap();
        }
        assert!(!connection.is_open());
    }

    /// What the peer does is seen a little later.
    fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
        let start = Instant::now();
        while start.elapsed().as_secs() < 60 {
            if is_so() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }
}
