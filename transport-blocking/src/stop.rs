//! The end of a client.

use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells whether the client was shut down, and ends its sleeps when it is.
#[derive(Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn stop(&self) {
        *self.stopped() = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped()
    }

    /// Sleeps for `time`, or until the client is shut down.
    pub(crate) fn sleep(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.stopped(), time, |stopped| !*stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn stopped(&self) -> MutexGuard<'_, bool> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The source of every error after a shutdown.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client was shut down")
    }
}

impl std::error::Error for Stopped {}
