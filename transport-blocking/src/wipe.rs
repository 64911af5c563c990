//! A connection whose buffers are wiped once they were used: ureq writes requests from them and reads answers into
//! them, and would keep or free them with the password still there.

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use ureq::unversioned::transport::LazyBuffers;

    const SECRET: &[u8] = b"canary";

    /// Looks at its buffers when it goes.
    #[derive(Debug)]
    struct Witness {
        buffers: LazyBuffers,
        clean: Arc<AtomicBool>,
    }

    impl Transport for Witness {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, _: usize, _: NextTimeout) -> Result<(), Error> {
            Err(Error::ConnectionFailed)
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            self.buffers.input_append_buf()[..SECRET.len()].copy_from_slice(SECRET);
            self.buffers.input_appended(SECRET.len());
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            true
        }
    }

    impl Drop for Witness {
        fn drop(&mut self) {
            self.clean.store(is_clean(&mut self.buffers), Ordering::SeqCst);
        }
    }

    fn is_clean(buffers: &mut dyn Buffers) -> bool {
        let clean = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        buffers.input().is_empty() && clean(buffers.output()) && clean(buffers.input_append_buf())
    }

    fn wiping() -> (Wiping, Arc<AtomicBool>) {
        let clean = Arc::new(AtomicBool::new(false));
        let witness = Witness { buffers: LazyBuffers::new(64, 64), clean: Arc::clone(&clean) };
        (Wiping(Box::new(witness)), clean)
    }

    #[test]
    fn what_was_sent_is_wiped_even_if_sending_failed() {
        let (mut wiping, _) = wiping();
        wiping.buffers().output()[..SECRET.len()].copy_from_slice(SECRET);
        assert!(wiping.transmit_output(SECRET.len(), NextTimeout::default()).is_err());
        assert!(is_clean(wiping.buffers()));
    }

    #[test]
    fn what_was_read_is_wiped_before_the_connection_is_kept() {
        let (mut wiping, _) = wiping();
        wiping.await_input(NextTimeout::default()).unwrap();
        wiping.buffers().input_consume(SECRET.len());
        assert!(!is_clean(wiping.buffers()));
        assert!(wiping.is_open());
        assert!(is_clean(wiping.buffers()));
    }

    #[test]
    fn everything_is_wiped_at_the_end() {
        let (mut wiping, clean) = wiping();
        wiping.buffers().output()[..SECRET.len()].copy_from_slice(SECRET);
        wiping.await_input(NextTimeout::default()).unwrap();
        drop(wiping);
        assert!(clean.load(Ordering::SeqCst));
    }
}
