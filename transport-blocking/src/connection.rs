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
        self.stream.is_idle()
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
