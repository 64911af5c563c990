//! Plays the script of a scripted server.

use std::fmt;
use std::io::{self, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

use crate::Recorded;
use crate::request::{Arrival, Reader};
use crate::stream::Stream;

/// Names one act of a scripted server on one connection. At the end of the script the server closes the connection as agreed, with the
/// goodbye of TLS.
#[derive(Clone)]
#[non_exhaustive]
pub enum Act {
    /// Reads one whole request.
    Read,
    /// Waits for this many bytes of the next request.
    Peek(usize),
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one at a time.
    Drip(Vec<u8>),
    /// Writes these bytes beneath TLS; without TLS, as [`Act::Write`].
    Raw(Vec<u8>),
    /// From now on sends this many bytes, TLS's own records included, and drops all that follow.
    Limit(usize),
    /// Says goodbye in TLS and leaves the socket open.
    Goodbye,
    /// Reads on and says nothing until the client closes. Ends the script.
    Stall,
    /// Closes this half of the socket without the goodbye of TLS. Nothing can be written from then on.
    Cut,
    /// Resets the connection. Ends the script.
    Reset,
    /// Calls this function. It must return when the server is to stop.
    Do(Arc<dyn Fn() + Send + Sync>),
}

impl Act {
    /// Creates an [`Act::Write`] of a text or of bytes.
    pub fn write(bytes: impl Into<Vec<u8>>) -> Act {
        Act::Write(bytes.into())
    }

    /// Creates an [`Act::Do`] of a closure.
    pub fn call(f: impl Fn() + Send + Sync + 'static) -> Act {
        Act::Do(Arc::new(f))
    }
}

/// Hides the bytes.
impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act")
    }
}

/// Holds one connection of a scripted server.
pub(super) struct Line<'a> {
    pub(super) stream: Stream<'a>,
    pub(super) number: usize,
    pub(super) request: &'a dyn Fn(Recorded),
}

impl Line<'_> {
    /// Follows the script to its end, or to the end of the connection.
    pub(super) fn play(mut self, acts: &[Act]) -> io::Result<()> {
        let reader = &mut Reader::default();
        for act in acts {
            match act {
                Act::Read => {
                    if !self.next(reader)? {
                        return Ok(());
                    }
                }
                Act::Peek(bytes) => reader.at_least(&mut self.stream, *bytes)?,
                Act::Write(bytes) => self.stream.send(bytes)?,
                Act::Drip(bytes) => bytes.chunks(1).try_for_each(|byte| self.stream.send(byte))?,
                Act::Raw(bytes) => self.stream.gate().write_all(bytes)?,
                Act::Limit(bytes) => {
                    // The tickets that TLS still has to send do not count.
                    self.stream.flush()?;
                    self.stream.gate().room = *bytes;
                }
                Act::Goodbye => self.stream.goodbye()?,
                Act::Stall => return self.drain(reader),
                Act::Cut => self.stream.gate().socket.shutdown(Shutdown::Write)?,
                Act::Reset => return SockRef::from(self.stream.gate().socket).set_linger(Some(Duration::ZERO)),
                Act::Do(f) => f(),
            }
        }
        // Both fail after a cut.
        let _ = self.stream.goodbye();
        let _ = self.stream.gate().socket.shutdown(Shutdown::Write);
        self.drain(reader)
    }

    /// Reads the next request. Returns false at the end of the stream, or if it is no request.
    fn next(&mut self, reader: &mut Reader) -> io::Result<bool> {
        match reader.next(&mut self.stream, self.number)? {
            Arrival::Request(recorded, _) => {
                (self.request)(recorded);
                Ok(true)
            }
            Arrival::Refused(_) | Arrival::End => Ok(false),
        }
    }

    /// Reads on until the client closes: a socket that is closed with something unread is reset.
    fn drain(mut self, reader: &mut Reader) -> io::Result<()> {
        while !self.stream.is_handshaking() && matches!(self.next(reader), Ok(true)) {}
        io::copy(self.stream.gate(), &mut io::sink()).map(drop)
    }
}
