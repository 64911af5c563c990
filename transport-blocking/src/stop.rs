//! Ends a client.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells whether the client was shut down, and wakes its threads when it is.
#[derive(Default)]
pub(crate) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_stopped: bool,
    /// How often parked threads were told to look again.
    calls: u64,
}

impl Stop {
    pub(crate) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Sleeps for `time`, or until the client is shut down.
    pub(crate) fn sleep(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.state(), time, |state| !state.is_stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Wakes the threads that are parked.
    pub(crate) fn wake(&self) {
        self.state().calls += 1;
        self.changed.notify_all();
    }

    /// Returns how often [`wake`](Stop::wake) was called.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Parks until [`wake`](Stop::wake) was called again, or the client is shut down.
    pub(crate) fn park(&self, calls: u64) {
        let parked = self.changed.wait_while(self.state(), |state| !state.is_stopped && state.calls == calls);
        drop(parked.unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
