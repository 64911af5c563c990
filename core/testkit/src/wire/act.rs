//! The acts of a scripted server.

use std::fmt;
use std::sync::Arc;

/// One act of a scripted server on one connection. Where the script ends the server closes as agreed: TLS says goodbye.
#[derive(Clone)]
#[non_exhaustive]
pub enum Act {
    /// Reads one whole request.
    Read,
    /// Reads this many bytes, which are no part of a request.
    Take(usize),
    /// Waits for the first this many bytes of the next request.
    Peek(usize),
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Writes these bytes one at a time.
    Drip(Vec<u8>),
    /// Writes these bytes beneath TLS; without it, as [`Act::Write`].
    Raw(Vec<u8>),
    /// Of what is written from now on, TLS's own records included, lets this many bytes out and holds back the rest.
    Hold(usize),
    /// Writes what was held back, and holds back no more.
    Release,
    /// Reads the client's hello and sends the server's, and all that belongs to it.
    Hello,
    /// Sends a fatal alert of TLS, "bad record", after the handshake.
    Alert,
    /// Says goodbye, by TLS only: the socket stays open.
    Goodbye,
    /// Takes everything in and says nothing, until the client closes, which ends the script.
    Stall,
    /// Closes this half of the socket, without a goodbye of TLS. Nothing can be written from then on.
    Cut,
    /// Resets the connection, which ends the script.
    Reset,
    /// Calls this, and goes on when it returns. It must return when the server is to stop.
    Do(Arc<dyn Fn() + Send + Sync>),
}

impl Act {
    /// [`Act::Write`] of a text or bytes.
    pub fn write(bytes: impl Into<Vec<u8>>) -> Act {
        Act::Write(bytes.into())
    }

    /// [`Act::Do`] of a closure.
    pub fn call(f: impl Fn() + Send + Sync + 'static) -> Act {
        Act::Do(Arc::new(f))
    }
}

/// Of bytes only how many.
impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Read => f.write_str("Read"),
            Act::Take(bytes) => write!(f, "Take({bytes})"),
            Act::Peek(bytes) => write!(f, "Peek({bytes})"),
            Act::Write(bytes) => write!(f, "Write({} bytes)", bytes.len()),
            Act::Drip(bytes) => write!(f, "Drip({} bytes)", bytes.len()),
            Act::Raw(bytes) => write!(f, "Raw({} bytes)", bytes.len()),
            Act::Hold(bytes) => write!(f, "Hold({bytes})"),
            Act::Release => f.write_str("Release"),
            Act::Hello => f.write_str("Hello"),
            Act::Alert => f.write_str("Alert"),
            Act::Goodbye => f.write_str("Goodbye"),
            Act::Stall => f.write_str("Stall"),
            Act::Cut => f.write_str("Cut"),
            Act::Reset => f.write_str("Reset"),
            Act::Do(_) => f.write_str("Do"),
        }
    }
}
