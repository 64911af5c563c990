//! A connection whose buffers are wiped once they were used: ureq writes requests from them and reads answers into them, and
//! would keep or free them with the password still there.

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};
use zeroize::Zeroize;

/// Wipes what was sent as soon as it is, and what was read before the connection is kept or closed.
#[derive(Debug)]
pub(crate) struct Wiping(pub(crate) Box<dyn Transport>);

impl Wiping {
    fn wipe_input(&mut self) {
        let buffers = self.0.buffers();
        // With nothing left in it, all of it is room to append to.
        if buffers.input().is_empty() {
            buffers.input_append_buf().zeroize();
        }
    }
}

impl Transport for Wiping {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let sent = self.0.transmit_output(amount, timeout);
        if let Some(used) = self.0.buffers().output().get_mut(..amount) {
            used.zeroize();
        }
        sent
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // ureq takes some errors of a socket for the end of a body without a length. They are none.
        self.0.await_input(timeout).map_err(|error| match error {
            Error::Io(error) => Error::Other(Box::new(error)),
            other => other,
        })
    }

    /// ureq asks before it keeps a connection, and before it takes one up again.
    fn is_open(&mut self) -> bool {
        self.wipe_input();
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

impl Drop for Wiping {
    fn drop(&mut self) {
        let buffers = self.0.buffers();
        buffers.output().zeroize();
        let left = buffers.input().len();
        buffers.input_consume(left);
        self.wipe_input();
    }
}
