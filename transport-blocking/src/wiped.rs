//! Wipes the buffers of a transport. ureq's own free a request with the password still in it.

use std::io::{self, Write};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, TransportAdapter};
use zeroize::Zeroize;

/// Wipes the buffers of the transport inside: a request once it was written, an answer before its connection goes back to
/// the pool.
#[derive(Debug)]
pub(crate) struct Wiped {
    inside: Box<dyn Transport>,
    /// The bytes read since the input buffer was last wiped.
    read: usize,
}

impl Wiped {
    pub(crate) fn new(inside: Box<dyn Transport>) -> Wiped {
        Wiped { inside, read: 0 }
    }
}

impl Transport for Wiped {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inside.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let sent = self.inside.transmit_output(amount, timeout);
        self.buffers().output().get_mut(..amount).unwrap_or_default().fill(0);
        sent
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let before = self.buffers().input().len();
        let has_more = self.inside.await_input(timeout);
        self.read += self.buffers().input().len() - before;
        // ureq takes some `Error::Io` for the end of a body without a length: a cut answer would look whole.
        has_more.map_err(|error| if let Error::Io(error) = error { Error::Other(error.into()) } else { error })
    }

    /// ureq asks this before it keeps a connection, and before it uses a kept one.
    fn is_open(&mut self) -> bool {
        // Nothing is left to read, so all of the input buffer is room. `zeroize` would fill it byte by byte; the compiler
        // cannot leave out the writes to a buffer that lives on.
        let room = self.inside.buffers().input_append_buf();
        let read = self.read.min(room.len());
        room.get_mut(..read).unwrap_or_default().fill(0);
        self.read = 0;
        self.inside.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inside.is_tls()
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        let buffers = self.inside.buffers();
        buffers.input_consume(buffers.input().len());
        buffers.input_append_buf().zeroize();
        // Holds a request that was never transmitted.
        buffers.output().zeroize();
    }
}

/// Writes bytes to a transport, and wipes the buffer that they went through, even if they could not be sent.
pub(crate) fn write_wiped(stream: &mut TransportAdapter, bytes: &[u8]) -> io::Result<()> {
    let written = stream.write_all(bytes);
    stream.get_mut().buffers().output().zeroize();
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use ureq::unversioned::transport::LazyBuffers;
    use ureq::unversioned::transport::time::Instant;

    const SECRET: &[u8] = b"canary";

    /// Sends into the void, unless its deadline has passed, and reads a secret.
    #[derive(Debug)]
    struct Void(LazyBuffers);

    impl Transport for Void {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, _: usize, timeout: NextTimeout) -> Result<(), Error> {
            if timeout.after.is_zero() { Err(Error::Timeout(timeout.reason)) } else { Ok(()) }
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            self.0.input_append_buf()[..SECRET.len()].copy_from_slice(SECRET);
            self.0.input_appended(SECRET.len());
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    fn void() -> Box<dyn Transport> {
        Box::new(Void(LazyBuffers::new(64, 64)))
    }

    fn is_clean(bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| *byte == 0)
    }

    #[test]
    fn a_request_is_wiped_even_if_it_cannot_be_sent() {
        let late = NextTimeout { after: std::time::Duration::ZERO.into(), ..NextTimeout::default() };
        for (timeout, is_sent) in [(NextTimeout::default(), true), (late, false)] {
            let mut wiped = Wiped::new(void());
            wiped.buffers().output()[..SECRET.len()].copy_from_slice(SECRET);
            assert_eq!(wiped.transmit_output(SECRET.len(), timeout).is_ok(), is_sent);
            assert!(is_clean(wiped.buffers().output()));

            let mut stream = TransportAdapter::new(void(), Arc::new(Instant::now));
            stream.set_timeout(timeout);
            assert_eq!(write_wiped(&mut stream, SECRET).is_ok(), is_sent);
            assert!(is_clean(stream.get_mut().buffers().output()));
        }
    }

    #[test]
    fn an_answer_is_wiped_before_its_connection_is_used_again() {
        let mut wiped = Wiped::new(void());
        for _ in 0..3 {
            assert!(wiped.await_input(NextTimeout::default()).unwrap());
            let buffers = wiped.buffers();
            buffers.input_consume(buffers.input().len());
        }
        assert!(wiped.is_open());
        assert!(is_clean(wiped.buffers().input_append_buf()));
    }
}
